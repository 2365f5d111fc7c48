"""The engine: it reads the parts of pages that docling asks for, and returns cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from docling.datamodel.accelerator_options import AcceleratorOptions
from docling.datamodel.base_models import Page
from docling.datamodel.document import ConversionResult
from docling.datamodel.pipeline_options import OcrOptions
from docling.datamodel.settings import settings
from docling.exceptions import OcrLanguageNotSupportedError
from docling.models.base_ocr_model import BaseOcrModel
from docling.utils.ocr_language import OcrLanguage
from docling.utils.profiling import TimeRecorder
from docling_core.types.doc import BoundingBox, CoordOrigin
from docling_core.types.doc.page import BoundingRectangle, TextCell, TextDirection

from ocrzoo import OCRPipeline, UnknownLanguage, create_pipeline
from ocrzoo_docling.options import OcrzooOptions


class OcrzooModel(BaseOcrModel):
    """Reads with ocrzoo; the models are loaded when the first page needs them."""

    multiple_languages: ClassVar[bool] = True

    def __init__(
        self,
        enabled: bool,
        artifacts_path: Path | None,
        options: OcrzooOptions,
        accelerator_options: AcceleratorOptions,
    ) -> None:
        """``accelerator_options`` has the number of threads, and ``cuda`` or ``cuda:0``.

        ``artifacts_path`` is not used: ocrzoo has a store of its own (``OCRZOO_HOME``).

        Raises:
            OcrLanguageNotSupportedError: No model reads a language.
            OcrzooError: A model does not exist.
        """
        super().__init__(
            enabled=enabled, artifacts_path=artifacts_path, options=options, accelerator_options=accelerator_options
        )
        if enabled:
            self._pipeline = self._created(options, accelerator_options)

    def _created(self, options: OcrzooOptions, accelerator: AcceleratorOptions) -> OCRPipeline:
        languages = self.resolve_ocr_languages()
        chosen: dict[str, Any] = {
            "lang": tuple(languages) or None,
            "text_recognition_model_name": options.recognition_model,
            "text_detection_model_name": options.detection_model,
        }
        kind, _, number = str(getattr(accelerator.device, "value", accelerator.device)).partition(":")
        try:
            return create_pipeline(
                "OCR",
                device=f"gpu:{number or 0}" if kind == "cuda" else None,
                threads=accelerator.num_threads,
                use_doc_orientation_classify=False,
                use_doc_unwarping=False,
                use_textline_orientation=False,
                **chosen,
            )
        except UnknownLanguage as error:
            raise OcrLanguageNotSupportedError("ocrzoo", ", ".join(languages), detail=str(error)) from error

    def map_ocr_language(self, language: OcrLanguage) -> str:
        """Return a language as it was written, or the tag after ``iso:``."""
        return language.native or language.bcp47()

    def __call__(self, conv_res: ConversionResult, page_batch: Iterable[Page]) -> Iterator[Page]:
        """Add the cells that were read to the pages."""
        for page in page_batch:
            if self.enabled and page._backend is not None and page._backend.is_valid():  # noqa: SLF001
                with TimeRecorder(conv_res, "ocr"):
                    rectangles = self.get_ocr_rects(page)
                    cells = [cell for one in rectangles if one.area() for cell in self._read(page, one)]
                    self.post_process_cells(cells, page, conv_res)
                if settings.debug.visualize_ocr:
                    self.draw_ocr_rects_and_cells(conv_res, page, rectangles)
            yield page

    def _read(self, page: Page, part: BoundingBox) -> Iterator[TextCell]:
        """Read a part of a page, drawn at docling's scale: a cell a line, in reading order."""
        scale = self.options.scale
        if page._backend is None:  # noqa: SLF001
            return
        picture = page._backend.get_page_image(scale=scale, cropbox=part)  # noqa: SLF001
        pixels = np.ascontiguousarray(np.asarray(picture.convert("RGB"))[:, :, ::-1])
        (result,) = self._pipeline.predict([pixels])
        for index, line in enumerate(result.text_page().lines):
            corners = np.asarray(line.polygon, float) / scale + (part.l, part.t)
            left, top, right, bottom = (*corners.min(axis=0).tolist(), *corners.max(axis=0).tolist())
            box = BoundingBox(l=left, t=top, r=right, b=bottom, coord_origin=CoordOrigin.TOPLEFT)
            yield TextCell(
                index=index,
                text=line.text,
                orig=line.text,
                confidence=float(line.score),
                from_ocr=True,
                rect=BoundingRectangle.from_bounding_box(box),
                text_direction=TextDirection.RIGHT_TO_LEFT if line.direction == "rtl" else TextDirection.LEFT_TO_RIGHT,
            )

    @classmethod
    def get_options_type(cls) -> type[OcrOptions]:
        """Return the class of the options, by which docling finds the engine."""
        return OcrzooOptions
