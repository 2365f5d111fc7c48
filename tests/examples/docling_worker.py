"""A page through docling's own stages: its PDF backend, its preprocessing, and the OCR engine that its factory makes.

Run by docling's environment: ``docling_worker.py PDF JSON``; JSON has the options of the engine. Prints JSON.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from docling.backend.pypdfium2_backend import PyPdfiumDocumentBackend
from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import InputFormat, Page
from docling.datamodel.document import ConversionResult, InputDocument
from docling.datamodel.pipeline_options import OcrOptions
from docling.exceptions import OcrLanguageNotSupportedError
from docling.models.factories import get_ocr_factory
from docling.models.factories.ocr_factory import OcrFactory
from docling.models.stages.page_preprocessing.page_preprocessing_model import (
    PagePreprocessingModel,
    PagePreprocessingOptions,
)


def main() -> None:
    """Read the first page."""
    factory = get_ocr_factory(allow_external_plugins=True)
    options = factory.create_options("ocrzoo", **json.loads(sys.argv[2]))
    origin = factory.registered_meta[type(options)]
    print(json.dumps({"plugin": origin.plugin_name, "module": origin.module, **read(factory, options)}))


def read(factory: OcrFactory, options: OcrOptions) -> dict[str, Any]:
    """Return the cells of the page, or the error."""
    accelerator = AcceleratorOptions(num_threads=2)
    try:
        engine = factory.create_instance(options, enabled=True, artifacts_path=None, accelerator_options=accelerator)
    except OcrLanguageNotSupportedError as error:
        return {"error": str(error)}
    document = InputDocument(Path(sys.argv[1]), InputFormat.PDF, PyPdfiumDocumentBackend)
    result, page = ConversionResult(input=document), Page(page_no=1)
    page._backend = document._backend.load_page(0)
    page.size = page._backend.get_size()
    (done,) = engine(result, PagePreprocessingModel(PagePreprocessingOptions(images_scale=1))(result, [page]))
    cells = [[cell.text, cell.from_ocr, cell.rect.to_bounding_box().as_tuple()] for cell in done.cells]
    return {"cells": cells, "score": result.confidence.pages[1].ocr_score}


if __name__ == "__main__":
    main()
