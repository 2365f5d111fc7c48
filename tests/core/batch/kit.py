"""Small pages in every kind of input, and the tables that a batch writes."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pyarrow as pa
import pytest
from pyarrow import dataset, parquet

import ocrzoo
from ocrzoo.batch import Outcome, run
from ocrzoo.types import Image

TINY = {
    "text_detection_model_name": "PP-OCRv6_tiny_det",
    "text_recognition_model_name": "PP-OCRv6_tiny_rec",
    "use_doc_orientation_classify": False,
    "use_doc_unwarping": False,
    "use_textline_orientation": False,
}
Batch = Callable[..., Outcome]
Rows = list[dict[str, Any]]


@cache
def _pipeline(arguments: tuple[tuple[str, Any], ...]) -> Any:
    return ocrzoo.create_pipeline("OCR", **dict(arguments))


def loaded(**arguments: Any) -> Any:
    """A pipeline, the same for the same arguments."""
    kept = {key: value for key, value in arguments.items() if key not in {"zoo", "threads"}}
    return _pipeline(tuple(sorted(kept.items())))


def load_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let batches use pipelines that are loaded, because loading takes longer than the few pages here."""
    monkeypatch.setattr(run, "create_pipeline", lambda _name, **arguments: loaded(**arguments))


def picture(text: str) -> Image:
    """A page with a few letters: H x W x 3, uint8, BGR."""
    page = np.full((60, 160, 3), 255, np.uint8)
    cv2.putText(page, text, (12, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 2, cv2.LINE_AA)
    return page


def png(text: str) -> bytes:
    """The same as a file."""
    return cv2.imencode(".png", picture(text))[1].tobytes()


def document(texts: Sequence[str], file_format: str = "PDF") -> bytes:
    """A PDF or TIFF with a page for each text."""
    first, *others = [PIL.Image.fromarray(picture(text)) for text in texts]
    content = io.BytesIO()
    first.save(content, file_format, save_all=True, append_images=others)
    return content.getvalue()


def archive(members: Sequence[tuple[str, bytes]]) -> bytes:
    """A tar with these members."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        for name, data in members:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return content.getvalue()


def table(dest: Path, name: str) -> Rows:
    """The rows of a table in DEST, as any reader of Parquet finds them, in the order of their inputs."""
    if not (dest / name).is_dir():
        return []
    found: Rows = dataset.dataset(dest / name, format="parquet").to_table().to_pylist()
    return sorted(found, key=lambda row: (row["input"], row["member"] or "", row["page"] or 0, row["run"]))


def names(rows: Rows) -> list[tuple[str, str | None, int | None]]:
    """Whose rows they are."""
    return [(row["input"], row["member"], row["page"]) for row in rows]


def write_table(path: Path, columns: dict[str, Any], **options: Any) -> None:
    """Write a Parquet file."""
    parquet.write_table(pa.table(columns), path, **options)
