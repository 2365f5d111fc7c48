"""The hooks that OCRmyPDF calls."""

from __future__ import annotations

import argparse
import shutil
from typing import Annotated

from ocrmypdf import OcrOptions, hookimpl
from ocrmypdf.builtin_plugins.tesseract_ocr import TesseractOptions
from ocrmypdf.cli import numeric
from ocrmypdf.exceptions import BadArgsError
from ocrmypdf.pluginspec import OcrEngine
from pluggy import PluginManager
from pydantic import BaseModel, Field

from ocrzoo_ocrmypdf.engine import OcrzooEngine
from ocrzoo_ocrmypdf.readers import one_line_errors, pipeline

TESSERACT = "ocrmypdf.builtin_plugins.tesseract_ocr"
"""OCRmyPDF's plugin for Tesseract, which refuses every file where that program is not installed."""


class OcrzooOptions(BaseModel):
    """What ``--ocrzoo-...`` options say."""

    recognition_model: Annotated[str | None, Field(description="Recognition model")] = None
    detection_model: Annotated[str | None, Field(description="Detection model")] = None
    detection_dpi: Annotated[int, Field(ge=0, description="Resolution at which lines are found")] = 150
    orientation_model: Annotated[str, Field(description="Model for --rotate-pages")] = "PP-LCNet_x1_0_doc_ori"


@hookimpl
def initialize(plugin_manager: PluginManager) -> None:
    """Work without Tesseract: its plugin is left out where the program is missing."""
    if shutil.which("tesseract") is None:
        plugin_manager.set_blocked(TESSERACT)


@hookimpl
def register_options() -> dict[str, type[BaseModel]]:
    """Name the options; OCRmyPDF itself reads those of Tesseract."""
    options: dict[str, type[BaseModel]] = {"ocrzoo": OcrzooOptions}
    return options if shutil.which("tesseract") else {**options, "tesseract": TesseractOptions}


@hookimpl
def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options to the command line."""
    group = parser.add_argument_group("ocrzoo", "The models that read the pages (ocrzoo models list)")
    group.add_argument(
        "--ocrzoo-recognition-model", metavar="NAME", help="read with this model; by default, the one for the languages"
    )
    group.add_argument("--ocrzoo-detection-model", metavar="NAME", help="find lines with this model")
    group.add_argument(
        "--ocrzoo-detection-dpi",
        metavar="DPI",
        type=numeric(int, 0),
        default=OcrzooOptions().detection_dpi,
        help="find lines at this resolution, which is faster; 0: that of the page (default: %(default)s)",
    )
    group.add_argument(
        "--ocrzoo-orientation-model",
        metavar="NAME",
        default=OcrzooOptions().orientation_model,
        help="find the orientation of pages with this model, for --rotate-pages (default: %(default)s)",
    )
    if not shutil.which("tesseract"):
        TesseractOptions.add_arguments_to_parser(parser)  # commands that have some still work


@hookimpl
def check_options(options: OcrOptions) -> None:
    """Find the models, and say in one line why there are none.

    Raises:
        BadArgsError: No model reads a language, a model does not exist, or the renderer is another one.
    """
    if not _is_chosen(options):
        return
    if options.pdf_renderer == "sandwich":
        raise BadArgsError("ocrzoo writes no text layer of its own: leave out --pdf-renderer sandwich")
    with one_line_errors(BadArgsError):
        pipeline(options)


@hookimpl
def get_ocr_engine(options: OcrOptions | None) -> OcrEngine | None:
    """Read with ocrzoo, unless ``--ocr-engine`` names another engine."""
    return OcrzooEngine() if options is None or _is_chosen(options) else None


def _is_chosen(options: OcrOptions) -> bool:
    return options.ocr_engine in {"auto", "ocrzoo"}
