"""Files that are made here: pictures in every format, and PDF files down to their objects."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from ocrzoo.inputs import pdf_pool
from ocrzoo.inputs.iter_pages import Input, pages
from ocrzoo_registry.errors import InputError

Picture = NDArray[np.uint8]


@pytest.fixture(scope="session")
def picture() -> Picture:
    """A BGR picture of 20 x 30 with no two like pixels beside each other."""
    return np.random.default_rng(5).integers(0, 256, (20, 30, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def encoded(picture: Picture) -> Callable[..., bytes]:
    """Encode the picture, or another, by OpenCV."""

    def encode(suffix: str = ".png", image: NDArray[Any] = picture) -> bytes:
        done, content = cv2.imencode(suffix, image)
        assert done
        return content.tobytes()

    return encode


@pytest.fixture(scope="session")
def through_pillow(picture: Picture) -> Callable[..., bytes]:
    """Encode the picture, or several, by Pillow; ``mode`` is Pillow's."""

    def encode(file_format: str, mode: str = "RGB", images: Sequence[Picture] = (picture,), **options: Any) -> bytes:
        first, *others = [PIL.Image.fromarray(image[:, :, ::-1]).convert(mode) for image in images]
        more = {"save_all": True, "append_images": others} if others else {}
        content = io.BytesIO()
        first.save(content, file_format, **more, **options)
        return content.getvalue()

    return encode


@dataclass(frozen=True)
class PdfMaker:
    """Writes PDF files object by object."""

    def stream(self, content: bytes, entries: bytes = b"") -> bytes:
        """Write a stream with the entries of its dictionary."""
        return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(content), content)

    def file(self, *objects: bytes, trailer: bytes = b"") -> bytes:
        """Write a file of numbered objects, of which the first is the catalog."""
        out = bytearray(b"%PDF-1.7\n")
        offsets = []
        for number, thing in enumerate(objects, 1):
            offsets.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, thing)
        table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        size = len(objects) + 1
        end = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R%b>>\n" % (size, table, size, trailer)
        return bytes(out) + end + b"startxref\n%d\n%%%%EOF\n" % len(out)

    def page(self, drawing: bytes, *more: bytes, box: str = "0 0 200 100", entries: bytes = b"") -> bytes:
        """Write a file of one page; ``more`` are objects 5, 6, ..."""
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents 4 0 R%b>>" % (box.encode(), entries)
        kids = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
        return self.file(b"<</Type/Catalog/Pages 2 0 R>>", kids, page, self.stream(drawing), *more)

    def pages(self, *grays: float, box: str = "0 0 200 100") -> bytes:
        """Write a file with a page of each gray, 0 to 1."""
        first = 3
        kids = b" ".join(b"%d 0 R" % (first + 2 * i) for i in range(len(grays)))
        objects = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[%b]/Count %d>>" % (kids, len(grays))]
        for i, gray in enumerate(grays):
            number = first + 2 * i + 1
            objects.append(b"<</Type/Page/Parent 2 0 R/MediaBox[%b]/Contents %d 0 R>>" % (box.encode(), number))
            objects.append(self.stream(b"%f g 0 0 200 100 re f" % gray))
        return self.file(*objects)


@pytest.fixture(scope="session")
def pdf() -> PdfMaker:
    """A writer of PDF files."""
    return PdfMaker()


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    """End the processes that a test started, so that no limit it set outlives it."""
    yield
    pdf_pool.end_all()


@pytest.fixture(scope="session")
def the_error() -> Callable[[Input], str]:
    """Read the only page of an input, which fails; returns the one line it fails with."""

    def read(source: Input) -> str:
        (page,) = pages(source)
        with pytest.raises(InputError) as caught:
            page.read()
        assert "\n" not in str(caught.value)
        return str(caught.value)

    return read
