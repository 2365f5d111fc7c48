"""The General OCR pipeline: preprocess, detect, order, crop, turn, recognize, assemble."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Unpack

from ocrzoo.decoding import Lexicon, Terms
from ocrzoo.engines.base import Device
from ocrzoo.inputs import Input, Password, pages
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline, PreprocessorModels
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.executor import OnError, Reading, run_pages, run_pages_async
from ocrzoo.pipelines.lazy_model import LazyModel, load_optional, load_together
from ocrzoo.pipelines.line_router import Crop, warn_of_missing_words
from ocrzoo.pipelines.predict_params import OCRParams, OCRSettings, check_names, ocr_params
from ocrzoo.pipelines.readers import LoadedReaders, Readers
from ocrzoo.pipelines.schema import LimitType, OCRConfig, RecognitionModule
from ocrzoo.predictors.base import Detector, ImageClassifier, Recognizer
from ocrzoo.processing import rotation
from ocrzoo.processing.detection import MAX_REGIONS
from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
from ocrzoo.results.line import RecognizedLine
from ocrzoo.results.line_keys import counts
from ocrzoo.results.ocr import OCRResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.scheduling.slots import Slots
from ocrzoo.types import Image, Upscale
from ocrzoo_registry.errors import UsageError

log = logging.getLogger("ocrzoo")

_OF_A_READER = frozenset({"model_name", "model_dir", "languages", "others", "fallback"})
"""Keys of the recognition module that do not hold for another model."""

UPSIDE_DOWN = 1
"""The class of an upside-down line; PaddleX goes by the number, not by the label."""


class OCROptions(OCRSettings, total=False):
    """The arguments of :meth:`OCRPipeline.predict` besides the input, for type checkers."""

    device: str | None
    password: Password
    on_error: OnError | None


@dataclass(frozen=True)
class OCRModels:
    """The loaded models of a device; ``None`` where a stage is off."""

    preprocessor: PreprocessorModels | None
    detector: Detector
    line_classifier: ImageClassifier | None
    readers: LoadedReaders

    @property
    def recognizers(self) -> tuple[Recognizer, ...]:
        """The recognition models: the first one reads all lines, the others those in their languages."""
        return self.readers.recognizers


class OCRPipeline:
    """Reads pages. Models are loaded when the first page needs them; several threads may call ``predict``."""

    def __init__(self, config: OCRConfig, loader: ModelLoader) -> None:
        """``config`` says which models run, ``loader`` where and with which engine.

        Raises:
            UnknownModel: No card has the name of a model.
            UsageError: A model does another task, or engine settings make no sense.
        """
        loader = configured_loader(loader, config)
        self._loader = loader
        modules = config.SubModules
        inner = config.SubPipelines.DocPreprocessor
        self.config = config
        self.devices = loader.pages_on
        self._is_bounded = loader.ceiling is not None
        self._at_once = loader.pages_at_once
        places = self._at_once * len(self.devices)
        self._places = Slots(lambda: places)  # without self: a cycle would keep the networks until a collection
        self._preprocessor = None
        if inner is not None:
            quirks = inner.paddlex_quirks or config.paddlex_quirks
            self._preprocessor = DocPreprocessorPipeline(inner.model_copy(update={"paddlex_quirks": quirks}), loader)
        self._detector: LazyModel[Detector] = LazyModel("TextDetection", modules.TextDetection, loader)
        self._line_classifier: LazyModel[ImageClassifier] = LazyModel(
            "TextLineOrientation",
            modules.TextLineOrientation,
            loader,
            switch="use_textline_orientation",
        )
        self._readers = Readers(modules.TextRecognition, config.batching, loader, paddlex_quirks=config.paddlex_quirks)

    def predict(
        self,
        input: Input,
        use_doc_orientation_classify: bool | None = None,
        use_doc_unwarping: bool | None = None,
        use_textline_orientation: bool | None = None,
        text_det_limit_side_len: int | None = None,
        text_det_limit_type: LimitType | None = None,
        text_det_thresh: float | None = None,
        text_det_box_thresh: float | None = None,
        text_det_unclip_ratio: float | None = None,
        text_rec_score_thresh: float | None = None,
        return_word_box: bool | None = None,
        *,
        upscale: Upscale | None = None,
        enhance: bool | None = None,
        split_columns: bool | None = None,
        return_chars: bool | None = None,
        return_scripts: bool | None = None,
        allow: Terms = None,
        deny: Terms = None,
        patterns: Terms = None,
        lexicon: Lexicon = None,
        alternatives: int | None = None,
        restore_spaces: bool | None = None,
        return_paragraphs: bool | None = None,
        dehyphenate: bool | None = None,
        device: str | None = None,
        password: Password = None,
        on_error: OnError | None = None,
    ) -> Iterator[OCRResult]:
        """Read pages; results come as soon as they are there, in the order of the pages.

        Pages overlap: the next ones are taken and read ahead, :data:`~ocrzoo.scheduling.PAGES_AT_ONCE` at a time.
        Closing or dropping the iterator stops the work.

        ``None`` means the pipeline's own setting; 0 is a value. A page that cannot be read is handed to
        ``on_error`` and the next one is read; without ``on_error``, the error is raised after the last page.
        A stage that the pipeline has switched off is loaded when it is asked for here. ``password`` opens encrypted
        PDFs; of several, each is tried.

        Pages that are hard to read (docs/hard-pages.md) are enlarged before lines are looked for (``upscale``: 1 to 4,
        or ``auto`` for those whose lines are small), or get less noise, and more contrast where it is low
        (``enhance``). With ``split_columns``, a line that was detected across the gutter between two columns is split
        there (docs/paragraphs.md). With ``return_scripts``, results have the script of each line.

        What is known of the lines helps to read them (docs/characters.md): characters that they may have (``allow``) or
        not have (``deny``), ``patterns`` of which a line matches one, a ``lexicon`` that has every line. With
        ``alternatives``, results have so many readings of each line, with their probabilities; with ``return_chars``,
        each character with its score and its box. ``restore_spaces`` adds spaces that the network sees between words
        but does not read.

        With ``return_paragraphs``, results have the paragraphs and headings of each page, and so do their exports
        (docs/paragraphs.md); with ``dehyphenate`` too, in which words that are divided at the end of a line are whole.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be downloaded or loaded.
        """
        options = OCROptions(
            use_doc_orientation_classify=use_doc_orientation_classify,
            use_doc_unwarping=use_doc_unwarping,
            use_textline_orientation=use_textline_orientation,
            text_det_limit_side_len=text_det_limit_side_len,
            text_det_limit_type=text_det_limit_type,
            text_det_thresh=text_det_thresh,
            text_det_box_thresh=text_det_box_thresh,
            text_det_unclip_ratio=text_det_unclip_ratio,
            text_rec_score_thresh=text_rec_score_thresh,
            upscale=upscale,
            enhance=enhance,
            split_columns=split_columns,
            return_word_box=return_word_box,
            return_chars=return_chars,
            return_scripts=return_scripts,
            allow=allow,
            deny=deny,
            patterns=patterns,
            lexicon=lexicon,
            alternatives=alternatives,
            restore_spaces=restore_spaces,
            return_paragraphs=return_paragraphs,
            dehyphenate=dehyphenate,
            device=device,
            password=password,
            on_error=on_error,
        )
        return run_pages(*self._reading(input, options))

    def predict_async(self, input: Input, **options: Unpack[OCROptions]) -> AsyncGenerator[OCRResult, None]:
        """Read pages for ``async for``, with the arguments of :meth:`predict`; the event loop goes on meanwhile.

        Cancelling the task, or leaving the loop, stops the work. ``on_error`` is called in the event loop.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be downloaded or loaded.
        """
        check_names("predict_async", options, OCROptions)
        return run_pages_async(*self._reading(input, options))

    def _reading(self, input: Input, given: OCROptions) -> Reading[OCRResult]:
        """What is read how: the arguments of ``run_pages``."""
        device = given.get("device")
        params = ocr_params(self.config, given)
        devices = self.devices if device is None else Device.parse_all(device)
        found = pages(input, self.config.input_options, password=given.get("password"))
        workers = [partial(self._read, params, one) for _ in range(self._at_once) for one in devices]
        return found, workers, given.get("on_error"), self._places

    def load(self, params: OCRParams | None = None, device: Device | None = None) -> OCRModels:
        """Download and load the models of all stages that are on now, not with the first page, and return them.

        Raises:
            OcrzooError: A model cannot be downloaded or loaded.
        """
        params = params or ocr_params(self.config, {})
        device = device or self.devices[0]
        lines = [self._line_classifier] * params.line_orientation
        steps = self._preprocessor.stages(params.preprocessing) if self._preprocessor and params.preprocessing else []
        if not self._is_bounded:  # the memory of each network is measured alone
            load_together([*steps, *lines, self._detector, *self._readers.models], device)
        load_optional([*steps, *lines], device)
        return OCRModels(
            self._load_preprocessor(params, device),
            self._detector.on(device),
            self._line_classifier.on(device) if params.line_orientation else None,
            self._readers.load(device),
        )

    def loaded_models(self) -> list[dict[str, Any]]:
        """Describe the models that are loaded: module, name, digests of the files, engine, precision and device."""
        steps = [] if self._preprocessor is None else self._preprocessor.models
        models = [*steps, self._detector, self._line_classifier, *self._readers.models]
        return [described for model in models for described in model.describe()]

    def stages_to_download(self, options: Mapping[str, Any]) -> list[str]:
        """Return the switches of stages that these options of ``predict`` turn on and whose models are not here."""
        asked = OCRSettings(
            use_doc_orientation_classify=options.get("use_doc_orientation_classify"),
            use_doc_unwarping=options.get("use_doc_unwarping"),
            use_textline_orientation=options.get("use_textline_orientation"),
        )
        params = ocr_params(self.config, asked)
        wanted, own = params.preprocessing, self._preprocessor
        steps = own.stages(wanted) if own is not None and wanted is not None else []
        stages = [*steps, *[self._line_classifier] * params.line_orientation]
        device = self.devices[0]
        return [one.switch for one in stages if not (one.is_loaded(device) or one.is_local())]

    def with_readers(self, readers: Sequence[Mapping[str, Any]]) -> OCRPipeline:
        """Return a pipeline with other recognition models, which shares all else with this one, models included.

        ``readers`` have the keys of ``SubModules.TextRecognition`` that differ: ``model_name`` and ``languages``.

        Raises:
            UnknownModel: No card has the name of a model.
            UsageError: A model does another task.
        """
        own = self.config.SubModules.TextRecognition
        inherited = {name: getattr(own, name) for name in own.model_fields_set - _OF_A_READER}
        first, *others = readers
        settings = RecognitionModule.model_validate({**inherited, **first, "others": others})
        modules = self.config.SubModules.model_copy(update={"TextRecognition": settings})
        made = copy(self)
        made.config = self.config.model_copy(update={"SubModules": modules})
        quirks = self.config.paddlex_quirks
        made._readers = Readers(  # noqa: SLF001  # of this class
            settings, self.config.batching, self._loader, paddlex_quirks=quirks, shared=self._readers.models
        )
        return made

    def _load_preprocessor(self, params: OCRParams, device: Device) -> PreprocessorModels | None:
        if params.preprocessing is None:
            return None
        if self._preprocessor is None:
            raise UsageError("the configuration has no SubPipelines.DocPreprocessor: add it, or switch its stages off")
        return self._preprocessor.load(params.preprocessing, device)

    def _read(self, params: OCRParams, device: Device, source: PageSource, image: Image) -> OCRResult:
        models = self.load(params, device)
        preprocessed = self._preprocess(source, image, models)
        page: Image = image if preprocessed is None else preprocessed["output_img"]
        quirks = self.config.paddlex_quirks
        det_params = replace(models.detector.defaults, **params.detection, paddlex_quirks=quirks)
        most = self.config.input_options.most_pixels
        crops, left_out = params.finder.find(page, models.detector, det_params, most)
        angles = self._line_angles(crops, models)
        readers = models.readers
        without_model = models.line_classifier is None and not quirks
        upright = self._upright(crops, angles)
        lines = readers.router.read(upright, readers.recognizers, turn=without_model, decoding=params.decoding)
        if without_model:
            angles = [UPSIDE_DOWN if line.flipped else -1 for line in lines]
        _log_what_is_missing(source, lines, params.score_thresh)
        return OCRResult.assemble(
            source,
            page,
            preprocessed,
            quads=[crop.quad for crop in crops],
            det_scores=[crop.score for crop in crops],
            det_params=det_params,
            angles=angles,
            lines=lines,
            score_thresh=params.score_thresh,
            text_type=self.config.text_type,
            line_orientation=params.line_orientation,
            word_boxes=params.word_boxes,
            characters=params.characters,
            scripts=params.scripts,
            alternatives=params.decoding.alternatives > 0,
            paddlex_quirks=quirks,
            languages=readers.router.by_language,
            warnings=[
                *readers.warnings,
                *_warnings(source, left_out),
                *(warn_of_missing_words(lines) if params.word_boxes or params.characters else ()),
            ],
            structure=params.structure,
        )

    def _preprocess(self, source: PageSource, image: Image, models: OCRModels) -> DocPreprocessorResult | None:
        if self._preprocessor is None or models.preprocessor is None:
            return None
        inner = replace(source, input_path=None, page_index=None)
        return self._preprocessor.preprocess(inner, image, models.preprocessor)

    def _line_angles(self, crops: Sequence[Crop], models: OCRModels) -> list[int]:
        """The class of each line: 0 or 1 (:data:`UPSIDE_DOWN`); -1 where the stage is off."""
        settings = self.config.SubModules.TextLineOrientation
        if models.line_classifier is None or settings is None:
            return [-1] * len(crops)
        size = settings.batch_size
        found = models.line_classifier.predict([crop.image for crop in crops], size)
        if self.config.paddlex_quirks:  # PaddleX gives every line the class of the first one of its batch
            return [found[i - i % size].class_id for i in range(len(found))]
        return [one.class_id for one in found]

    def _upright(self, crops: Sequence[Crop], angles: Sequence[int]) -> list[Crop]:
        """Turn the crops that are upside down."""
        quirks = self.config.paddlex_quirks
        return [
            replace(crop, image=rotation.turn_line(crop.image, exact_as_paddlex=quirks), flipped=True)
            if angle == UPSIDE_DOWN
            else crop
            for crop, angle in zip(crops, angles, strict=True)
        ]


def _warnings(source: PageSource, left_out: int) -> list[str]:
    """Say how many regions of a page were left out, and log it."""
    if not left_out:
        return []
    warning = f"{left_out} text regions at the bottom were left out: {MAX_REGIONS} are read; split the page"
    log.warning("%s: %s", _where(source), warning)
    return [warning]


def _log_what_is_missing(source: PageSource, lines: Sequence[RecognizedLine], score_thresh: float) -> None:
    """Log that a page has no text, or less than was found on it."""
    where, found = _where(source), counts(lines, score_thresh)
    detected, low, blank = found["detected"], found["below_score_thresh"], found["without_text"]
    if not detected:
        log.info("%s: no text was detected", where)
    if low:
        best = max(read.line.score for read in lines if read.line.score < score_thresh)
        log.info(
            "%s: %d of %d lines are left out: scores of up to %.3f, less than text_rec_score_thresh=%g",
            *(where, low, detected, best, score_thresh),
        )
    if blank:
        log.info("%s: %d of %d lines that were detected have no text", where, blank, detected)


def _where(source: PageSource) -> str:
    """Name a page in messages."""
    page = source.label if source.input_path is None else source.input_path
    return page if source.page_index is None else f"{page}, page {source.page_index + 1}"
