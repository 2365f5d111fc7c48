"""ocrzoo as an OCR engine of docling: what docling's entry point finds."""

from __future__ import annotations

from ocrzoo_docling.model import OcrzooModel
from ocrzoo_docling.options import OcrzooOptions

__all__ = ["OcrzooModel", "OcrzooOptions", "ocr_engines"]


def ocr_engines() -> dict[str, list[type[OcrzooModel]]]:
    """Return the engines of this plugin."""
    return {"ocr_engines": [OcrzooModel]}
