"""A document loader of LangChain: the text of images and scanned PDF files, a document a page."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from langchain_core.document_loaders import BaseLoader
from langchain_core.documents import Document

from ocrzoo import Input, InputError, OCRPipeline, OCRResult, create_pipeline

log = logging.getLogger(__name__)

STAGES = ("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation")
"""Off unless asked for, as in ``ocrzoo.read``: they need further models."""


class OcrzooLoader(BaseLoader):
    """Loads what ocrzoo reads: images, PDF files, folders, URLs, or a list of these.

    ``options`` are those of ``ocrzoo.create_pipeline``: ``lang="ru,en"``, ``text_recognition_model_name=...``. The
    models are loaded once, when the first page is read. ``password`` opens encrypted PDF files.

    A page that cannot be read does not stop the others. Its error is raised after the last page; with
    ``silent_errors``, as LangChain's own loaders call it, it is logged instead.

    The metadata of a document: ``source`` (path or URL), ``page`` (from 0), ``languages`` (the tags of its lines, if
    ``lang`` was given), ``score`` (mean of its lines, 0 to 1; not there if there are none) and ``lines``.
    """

    def __init__(
        self, file_path: Input, *, password: str | None = None, silent_errors: bool = False, **options: Any
    ) -> None:
        self.file_path = file_path
        self.password = password
        self.silent_errors = silent_errors
        self.options = {**dict.fromkeys(STAGES, False), **options}

    def lazy_load(self) -> Iterator[Document]:
        """Yield a document a page, as soon as it is read.

        Raises:
            OcrzooError: Pages could not be read, after all the others were; or there is no such language or model.
        """
        pages = self._pipeline.predict(
            self.file_path, password=self.password, on_error=_log if self.silent_errors else None
        )
        for page in pages:
            yield Document(page_content=page.text, metadata=metadata(page))

    @cached_property
    def _pipeline(self) -> OCRPipeline:
        return create_pipeline("OCR", **self.options)


def metadata(page: OCRResult) -> dict[str, Any]:
    """Return what is known of a page besides its text."""
    scores = page["rec_scores"]
    languages = sorted({tag for tag in page.get("rec_languages", ()) if tag})
    return {
        "source": page["input_path"] or "",
        "page": page["page_index"] or 0,
        **({"languages": languages} if languages else {}),
        **({"score": round(sum(map(float, scores)) / len(scores), 4)} if scores else {}),
        "lines": len(scores),
    }


def _log(error: InputError) -> None:
    log.warning("%s", error)
