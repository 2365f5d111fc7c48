"""What a worker reads with: the server's pipeline, and those for languages that requests ask for."""

from __future__ import annotations

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from threading import Lock
from typing import Any

import cv2
import numpy as np

from ocrzoo.decoding.patterns import limit_building
from ocrzoo.inputs import Page, pages
from ocrzoo.inputs.file_types import HEAD_BYTES, file_type
from ocrzoo.inputs.page import PageError
from ocrzoo.inputs.pdf_pool import limit_memory
from ocrzoo.pipelines.factory import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.pipelines.receipts import digest, plain_result, receipt_of
from ocrzoo.results.exports.content import lines_with_text
from ocrzoo.results.exports.formats import document
from ocrzoo.results.exports.md import to_md
from ocrzoo.results.exports.txt import to_txt
from ocrzoo.results.ocr import OCRResult
from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.serving.reading import LineAnswer, PageAnswer, ReadRequest
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError, OfflineError, UsageError
from ocrzoo_registry.zoo import Zoo, select_models

JPEG_QUALITY = 95
"""OpenCV's default, which PaddleX uses."""

PDF_BYTES = 2 << 30
"""Address space of a process that renders a PDF, without a ceiling for the worker's own memory."""

NAME = "document"
"""The name of every file, in documents that are made of it."""

SendPage = Callable[[PageAnswer], None]


class Pipelines:
    """The pipelines of a worker; several threads may read."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """``settings`` are those of the message ``start``; the models are loaded.

        Raises:
            OcrzooError: The pipeline cannot be built, or its models cannot be loaded.
        """
        self._settings = settings
        self._zoo = Zoo()
        self._own: OCRPipeline = create_pipeline(
            settings["pipeline"],
            config=settings["config"],
            threads=settings["threads"],
            zoo=self._zoo,
            **settings["options"],
        )
        if not isinstance(self._own, OCRPipeline):
            raise UsageError("only the pipeline OCR, or a configuration of it, can be served")
        limit_memory(self._own.config.memory or PDF_BYTES)
        limit_building(settings["patterns_s"])
        for device in self._own.devices:
            self._own.load(device=device)
        self._by_language: OrderedDict[str, tuple[OCRPipeline, dict[str, Any]]] = OrderedDict()
        self._choosing = Lock()

    def models(self) -> list[dict[str, Any]]:
        """Describe the models that are loaded."""
        return self._own.loaded_models()

    def read(self, request: ReadRequest, send: SendPage) -> tuple[dict[str, Any], bytes]:
        """Read a file, ``send`` each page, and return what is said at the end, and the document.

        Raises:
            OcrzooError: The file cannot be read, or the request makes no sense.
        """
        pipeline, selection = self._own, None
        if request.lang is not None:
            pipeline, selection = self._for_language(request.lang)
        if self._settings["languages"] != "any" and (missing := pipeline.stages_to_download(request.options)):
            raise OfflineError(f"this server has no model for {', '.join(missing)}: leave it out, or ask its operator")
        digests: dict[int, str] = {}

        def send_page(page: PageAnswer) -> None:
            if request.receipt:
                digests[page.index] = digest(page.result)
            send(page)

        limits = self._settings["max_pixels"], self._settings["page_s"]
        reading = _Reading(pipeline, request, send_page, *limits)
        document = reading.export() if request.lines is not None else reading.read()
        done: dict[str, Any] = {"kind": reading.kind, "total_pages": reading.total, "selection": selection}
        if request.receipt:
            pages = [digests[index] for index in sorted(digests)]
            done["receipt"] = receipt_of(
                pipeline,
                threads=self._settings["threads"],
                input_sha256=hashlib.sha256(request.content).hexdigest(),
                options=request.options,
                pages=pages,
                max_pages=request.max_pages,
                page_numbers=request.page_numbers,
            ).model_dump(mode="json")
        return done, document

    def _for_language(self, lang: str) -> tuple[OCRPipeline, dict[str, Any]]:
        """The pipeline for languages; the other models are those of the server's own."""
        policy = self._settings["languages"]
        if policy == "off":
            raise UsageError("lang: this server reads its own languages only (--languages off)")
        with self._choosing:
            found = self._by_language.pop(lang, None)
            if found is None:
                found = self._chosen(lang, installed=policy == "installed")
            self._by_language[lang] = found
            while len(self._by_language) > self._settings["languages_kept"]:
                self._by_language.popitem(last=False)
            return found

    def _chosen(self, lang: str, *, installed: bool) -> tuple[OCRPipeline, dict[str, Any]]:
        selection = select_models(lang, zoo=self._zoo, installed=installed)
        models = selection.require()
        pipeline = self._own.with_readers(
            [{"model_name": one.name, "languages": [each.language for each in one.support]} for one in models]
        )
        return pipeline, {
            "languages": [language.tag for language in selection.languages],
            "models": [one.name for one in models],
            "reason": selection.reason,
        }


def read_pages(pipeline: OCRPipeline, request: ReadRequest, send: SendPage) -> None:
    """Read a file with a pipeline, and ``send`` each page.

    Raises:
        OcrzooError: The file cannot be read.
    """
    _Reading(pipeline, request, send).read()


def without_name(error: Exception) -> str:
    """Return an error's line, without the names that the file of a request has here."""
    return str(error).removeprefix(f"{NAME}: ").removeprefix("the bytes given: ")


class _Reading:
    """One file being read."""

    def __init__(
        self,
        pipeline: OCRPipeline,
        request: ReadRequest,
        send: SendPage,
        most_pixels: int | None = None,
        page_s: float | None = None,
    ) -> None:
        options = pipeline.config.input_options
        limits = [most for most in (most_pixels, options.most_pixels) if most is not None]
        self._input_options = replace(options, most_pixels=min(limits, default=None), page_s=page_s)
        self._pipeline = pipeline
        self._request = request
        self._send = send
        self.total = 0
        """Pages of the file, as far as they were counted."""
        self._type = file_type(request.content[:HEAD_BYTES])
        self._sizes: dict[int, tuple[int, int]] = {}
        self._failed: list[InputError] = []
        self._read = 0

    @property
    def kind(self) -> str:
        """``pdf``, ``tiff`` if there are several pages, or ``image``."""
        return "image" if self._type not in {"pdf", "tiff"} or (self._type == "tiff" and self.total < 2) else self._type

    def read(self) -> bytes:
        """Read the pages, send each, and return the document, if one is asked for.

        Raises:
            InputError: No page could be read.
        """
        results = self._results()
        fmt = self._request.document
        content = b""
        if fmt is None:
            deque(results, maxlen=0)
        else:
            first = next(results, None)
            if first is not None:
                content = document((one.page_for(fmt) for one in _chained(first, results)), fmt)
        self._check_any()
        return content

    def export(self) -> bytes:
        """Return a document of the lines of the request, on the pages of its file.

        Raises:
            InputError: A page cannot be decoded.
            UsageError: There is no such format, or more lists of lines than pages.
        """
        lines = self._request.lines or ()
        found = ((page, each) for page, each in zip(self._pages(), lines, strict=False))
        made = (_text_page(page, number, each) for number, (page, each) in enumerate(found))
        content = document(made, str(self._request.document))
        if self.total < len(lines):
            raise UsageError(f"pages: lines for {len(lines)} pages, and the file has {self.total}")
        return content

    def _results(self) -> Iterator[OCRResult]:
        options = dict(self._request.options)
        with closing(self._pipeline.predict(self._pages(), on_error=self._on_error, **options)) as results:  # type: ignore[type-var]  # a generator
            for result in results:
                index = result["page_index"] or 0
                width, height = self._sizes[index]
                self._read += 1
                page = result.page_for("json")
                self._send(
                    PageAnswer(
                        index,
                        width,
                        height,
                        plain_result(result),
                        to_txt([page]).rstrip("\n"),
                        to_md([page]).rstrip("\n"),
                        [_line(line) for line, _ in lines_with_text(page)],
                        pictures=self._pictures(result),
                    )
                )
                yield result

    def _on_error(self, error: InputError) -> None:
        self._failed.append(error)
        page = error.page if isinstance(error, PageError) else None
        if page is not None and page.page_index is not None:
            self._send(PageAnswer(page.page_index, error=without_name(error)))

    def _check_any(self) -> None:
        if self._read:
            return
        if self._failed:
            raise self._failed[0]
        raise InputError(f"no page was read: the file has {self.total}")

    def _pages(self) -> Iterator[Page]:
        """The pages to read; those after them are counted."""
        request = self._request
        if request.kind is not None and (request.kind == "pdf") != (self._type == "pdf"):
            said = "a PDF (fileType 0)" if request.kind == "pdf" else "an image (fileType 1)"
            is_pdf = "a PDF" if self._type == "pdf" else "not a PDF"
            raise InputError(f"the file is said to be {said}, and is {is_pdf}")
        wanted = None if request.page_numbers is None else frozenset(request.page_numbers)
        taken = 0
        with closing(pages(request.content, self._input_options, password=request.password)) as found:  # type: ignore[type-var]  # a generator
            for number, page in enumerate(found):
                self.total = number + 1
                if (wanted is None or number in wanted) and (request.max_pages is None or taken < request.max_pages):
                    taken += 1
                    yield self._measured(page)

    def _measured(self, page: Page) -> Page:
        """The page, whose size is noted when it is decoded."""

        def read() -> Image:
            image = page.read()
            self._sizes[page.page_index or 0] = image.shape[1], image.shape[0]
            return image

        return replace(page, read=read, input_path=NAME)

    def _pictures(self, result: OCRResult) -> dict[str, bytes]:
        asked = self._request.pictures
        found: dict[str, bytes] = {}
        drawn = result.img if {"ocr", "preprocessing"} & set(asked) else {}
        preprocessed = result.get("doc_preprocessor_res")
        for name in asked:
            picture: Image | None = None
            if name == "input":
                picture = result.text_page().image if preprocessed is None else preprocessed["input_img"]
            elif (made := drawn.get({"ocr": "ocr_res_img", "preprocessing": "preprocessed_img"}[name])) is not None:
                picture = np.asarray(made.convert("RGB"))[:, :, ::-1]
            if picture is not None:
                found[name] = _jpeg(picture, self._request.picture_size)
        return found


def _line(line: TextLine) -> LineAnswer:
    corners = np.nan_to_num(line.polygon.astype(np.float64)).round(2).tolist()
    return {"text": line.text, "polygon": corners, "score": line.score, "direction": line.direction}


def _chained(first: OCRResult, others: Iterator[OCRResult]) -> Iterator[OCRResult]:
    yield first
    yield from others


def _jpeg(picture: Image, most: tuple[int, int] | None) -> bytes:
    """Encode a picture (H x W x 3, uint8, BGR) as JPEG, scaled down to at most this width and height."""
    height, width = picture.shape[:2]
    if most is not None and (width > most[0] or height > most[1]):
        scale = min(most[0] / width, most[1] / height)
        picture = cv2.resize(picture, (max(1, int(scale * width)), max(1, int(scale * height))))  # type: ignore[assignment]  # uint8
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()


def _text_page(page: Page, number: int, lines: Any) -> TextPage:
    made = tuple(
        TextLine(str(line["text"]), np.array(line["polygon"], np.float32).reshape(-1, 2), float(line["score"]))
        for line in lines
    )
    return TextPage(f"page-{number + 1}", page.read(), made, None, page.page_index, page.origin)
