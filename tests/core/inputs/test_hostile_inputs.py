"""Inputs that are there to harm: nothing hangs, nothing fills the memory, and every refusal is one clear line."""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from ocrzoo.inputs import decode, limits, pages, pdf_pool, pdfs
from ocrzoo.inputs.pdf_pool import PdfProcess
from ocrzoo_registry.errors import InputError, UsageError

Failing = Callable[[Any], str]


class TestHostileFiles:
    """The other pages go on."""

    def test_a_pipe_is_not_waited_for(self, tmp_path: Path, the_error: Failing) -> None:
        os.mkfifo(tmp_path / "page.png")
        assert "a pipe or device, not a file" in the_error(tmp_path / "page.png")

    def test_a_device_is_not_read(self, the_error: Failing) -> None:
        assert "a pipe or device, not a file" in the_error("/dev/zero")

    def test_an_endless_file_is_an_error(
        self, tmp_path: Path, the_error: Failing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(limits, "MAX_BYTES", 10)
        (tmp_path / "page.png").write_bytes(b"x" * 11)
        assert "larger than 10 bytes" in the_error(tmp_path / "page.png")

    def test_a_header_that_only_opencv_accepts_is_an_error(self) -> None:
        """A wrong checksum in an ancillary chunk stops Pillow, which knows the size, but not OpenCV."""
        content = bytearray(cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes())
        chunk = b"tEXt" + b"key\0value"
        content[33:33] = len(chunk[4:]).to_bytes(4, "big") + chunk + b"\0\0\0\0"
        with pytest.raises(InputError, match="not a readable image"):
            decode(bytes(content), "page")

    def test_a_format_that_starts_a_program_is_not_opened(self, the_error: Failing) -> None:
        """Pillow hands PostScript to a program."""
        assert "a PostScript file" in the_error(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n")

    @pytest.mark.parametrize("name", ["x" * 5000, "nul\0byte.png", ""])
    def test_names_that_no_file_can_have(self, name: str, the_error: Failing) -> None:
        assert the_error(name)

    @pytest.mark.parametrize(
        ("name", "stem"),
        [
            ("ftp://127.0.0.1/%00.png", "%00"),
            ("y" * 300 + ".png", "y" * 191 + "~9637cfea"),
            ("C:evil.png", "C_evil"),
            ("\N{GRINNING FACE}" * 60 + ".png", "\N{GRINNING FACE}" * 47 + "~3edc8b98"),
            ("http://[::1", "download"),
        ],
    )
    def test_results_get_names_that_every_system_allows(self, name: str, stem: str) -> None:
        (page,) = pages(name)
        assert page.stem == stem

    @pytest.mark.parametrize("wrong", [None, 3, {"a": 1}, bytearray(b"x"), memoryview(b"x")])
    def test_an_unsupported_input_is_an_error(self, wrong: Any) -> None:
        with pytest.raises(UsageError, match="is not an input: use a path"):
            list(pages(wrong))


class TestHostilePdfs:
    """A kilobyte that would take hours, or all memory, costs its own page."""

    @pytest.fixture
    def laughs(self, pdf: Any) -> bytes:
        """One square, drawn ten times by what is drawn ten times, and so on: 10 to the 9th."""

        def form(drawing: bytes, within: bytes = b"") -> bytes:
            return bytes(pdf.stream(drawing, b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]" + within))

        forms = [form(b"/X Do " * 10, b"/Resources<</XObject<</X %d 0 R>>>>" % (6 + i)) for i in range(8)]
        entries = b"/Resources<</XObject<</X 5 0 R>>>>"
        return bytes(pdf.page(b"/X Do " * 10, *forms, form(b"0 0 1 1 re f"), entries=entries))

    @pytest.fixture
    def swelling(self, pdf: Any) -> bytes:
        """A page whose drawing is 260 MB long once it is unpacked twice."""
        drawing = zlib.compress(zlib.compress(b"0 0 1 1 re f\n" * 20_000_000, 1), 9)
        kids = b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
        page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R>>"
        packed = pdf.stream(drawing, b"/Filter[/FlateDecode/FlateDecode]")
        return bytes(pdf.file(b"<</Type/Catalog/Pages 2 0 R>>", kids, page, packed))

    def test_a_page_that_never_gets_done(
        self, laughs: bytes, pdf: Any, the_error: Failing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pdf_pool, "PAGE_S", 0.5)
        assert the_error(laughs) == "the bytes given: page 1: not rendered within 0.5 s"
        monkeypatch.undo()
        assert next(pages(pdf.pages(0))).read().max() == 0, "the next one is read"

    def test_a_page_that_exhausts_memory(
        self, swelling: bytes, pdf: Any, the_error: Failing, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(pdf_pool, "MAX_MEMORY", 512 << 20)
        message = the_error(swelling)
        assert message.startswith("the bytes given: page 1: damaged, or it needs more than 0.5 GiB of memory")
        assert next(pages(pdf.pages(0))).read().max() == 0, "the next one is read"

    def test_a_file_is_skipped_after_several_crashes(self, pdf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        def ask(process: PdfProcess, request: dict[str, Any], *_: Any) -> dict[str, Any]:
            if "render" in request:
                process.end()
                raise EOFError("crashed")
            return {"pages": 5, "width": 100, "height": 100}

        monkeypatch.setattr(PdfProcess, "ask", ask)
        said = []
        for page in pages(pdf.pages(0)):
            with pytest.raises(InputError) as caught:
                page.read()
            said.append(str(caught.value).removeprefix("the bytes given: "))
        tried = [f"page {number}: crashed" for number in range(1, pdfs.MAX_CRASHES + 1)]
        assert said == [*tried, *["skipped after 3 pages that could not be rendered"] * 2]

    def test_more_pages_than_there_can_be(self, pdf: Any, the_error: Failing) -> None:
        content = pdf.page(b"").replace(b"/Count 1>>", b"/Count 999999>>")
        assert "too many pages: 999999: the limit is 50000" in the_error(content)

    def test_pages_within_themselves(self, pdf: Any) -> None:
        content = pdf.file(b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 4>>")
        for page in pages(content):
            with pytest.raises(InputError, match="could not be read: Failed to load page"):
                page.read()
