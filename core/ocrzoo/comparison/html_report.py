"""The comparison as one HTML file that needs nothing else."""

from __future__ import annotations

import base64
from pathlib import Path
from tempfile import TemporaryFile

import cv2

from ocrzoo.comparison.comparison import Comparison
from ocrzoo.types import Image
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import os_errors_as

_TEMPLATE = Path(__file__).with_name("report.html.jinja")
_MOST_HEIGHT = 96
"""Pixels of the picture of a line; taller ones are shrunk."""
_MOST_WIDTH = 1600
_QUALITY = 82


def check(path: Path) -> None:
    """Refuse to go on where no report could be written in the end, which may be hours later.

    Raises:
        UsageError: Jinja2 is not installed, or a file cannot be written there.
    """
    try:
        import jinja2  # noqa: F401  # before any page is read
    except ImportError as error:
        raise UsageError("compare --html needs jinja2: run pip install 'ocrzoo[compare]'") from error
    with os_errors_as(UsageError, f"{path} could not be written"):
        path.parent.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=path.parent).close()


def to_html(found: Comparison) -> str:
    """Return the report; every text in it is escaped."""
    import jinja2

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string(_TEMPLATE.read_text(encoding="utf-8"))
    lines = sum(len(page.rows) for page in found.pages)
    differing = sum(row.differs for page in found.pages for row in page.rows)
    return template.render(found=found, lines=lines, differing=differing, base64=_base64)


def to_jpeg(image: Image) -> bytes:
    """Return the picture of a line, H x W x 3, uint8, BGR, as small as a report needs it."""
    height, width = image.shape[:2]
    scale = min(_MOST_HEIGHT / height, _MOST_WIDTH / width, 1.0)
    if scale < 1:
        size = (max(round(width * scale), 1), max(round(height * scale), 1))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)  # type: ignore[assignment]  # uint8 stays
    _, content = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return content.tobytes()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
