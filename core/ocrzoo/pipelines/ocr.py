"""The General OCR pipeline: set upright, detect, order, crop, turn, recognize, assemble."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ocrzoo.inputs import Input, pages
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.config import at_hand
from ocrzoo.pipelines.doc_preprocessor import DocPreprocessorPipeline
from ocrzoo.pipelines.engine_config import configured_loader
from ocrzoo.pipelines.executor import OnError, page_by_page
from ocrzoo.pipelines.line_router import Readers
from ocrzoo.pipelines.model_cache import Modules
from ocrzoo.pipelines.predict_params import Run, run_of
from ocrzoo.pipelines.schema import LimitType, LineOrientationModule, OCRConfig
from ocrzoo.predictors.base import ImageClassifier
from ocrzoo.predictors.detection import Detection, TextDetector
from ocrzoo.predictors.recognition import TextRecognizer
from ocrzoo.processing import geometry, rotation
from ocrzoo.processing.recognition import Line
from ocrzoo.results.doc_preprocessor import DocPreprocessorResult
from ocrzoo.results.line import ReadBy, ReadLine
from ocrzoo.results.ocr import OCRResult
from ocrzoo.results.output_files import PageSource
from ocrzoo.types import Image, Quad
from ocrzoo_registry.errors import SourceError, UsageError

UPSIDE_DOWN = 1
"""The class of a line that stands on its head; PaddleX goes by the number, not by the label."""


@dataclass(frozen=True)
class Crop:
    """One line of a page, cut out and set upright."""

    image: Image
    quad: Quad
    score: float
    """Of the detection."""


class OCRPipeline:
    """Reads pages. Models are loaded when the first page needs them; several threads may call ``predict``."""

    def __init__(self, config: OCRConfig, loader: ModelLoader) -> None:
        self.config = config
        loader = configured_loader(loader, config)
        self._modules = Modules(loader)
        self._readers = Readers(config.SubModules.TextRecognition)
        upright = config.SubPipelines.DocPreprocessor
        self._upright = (
            None
            if upright is None
            else DocPreprocessorPipeline(
                upright.model_copy(update={"paddlex_quirks": upright.paddlex_quirks or config.paddlex_quirks}), loader
            )
        )

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
        device: str | None = None,
        on_error: OnError | None = None,
    ) -> Iterator[OCRResult]:
        """Read pages one by one; results come as soon as they are there, in the order of the pages.

        ``None`` means the pipeline's own setting; 0 is a value. A page that cannot be read is handed to
        ``on_error`` and the next one is read; without ``on_error``, the error is raised after the last page.
        A stage that the pipeline has switched off is loaded when it is asked for here.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense.
            OcrzooError: A model cannot be had or loaded.
        """
        run = run_of(
            self.config,
            orientation=use_doc_orientation_classify,
            unwarping=use_doc_unwarping,
            line_orientation=use_textline_orientation,
            limit_side_len=text_det_limit_side_len,
            limit_type=text_det_limit_type,
            thresh=text_det_thresh,
            box_thresh=text_det_box_thresh,
            unclip_ratio=text_det_unclip_ratio,
            score_thresh=text_rec_score_thresh,
            word_boxes=return_word_box,
        )
        lanes = [run.on(one) for one in self._modules.devices(device)]
        return page_by_page(pages(input), lanes, lambda source, image, lane: self._read(image, lane, source), on_error)

    def load(self, run: Run | None = None) -> None:
        """Fetch and load all models that are switched on now, not with the first page.

        Raises:
            OcrzooError: A model cannot be had or loaded.
        """
        run = run or run_of(self.config)
        if run.upright is not None:
            self._preprocessor().load(run.upright)
        self.detector(run)
        if run.line_orientation:
            self._line_classifier(run)
        for place in range(len(self._readers.settings)):
            self.recognizer(run, place)

    def detector(self, run: Run | None = None) -> TextDetector:
        """Return the text detection model, loaded."""
        return self._modules.get(self.config.SubModules.TextDetection, TextDetector, run.device if run else None)

    def recognizer(self, run: Run | None = None, place: int = 0) -> TextRecognizer:
        """Return the text recognition model, loaded; ``place`` says which where several languages need several."""
        settings = self._readers.settings
        try:
            return self._modules.get(settings[place], TextRecognizer, run.device if run else None)
        except SourceError as error:
            languages = list(dict.fromkeys(tag for one in settings for tag in one.languages))
            if languages:
                hint = at_hand(languages, [one.model_name for one in settings], self._modules.loader.zoo)
                error.args = (f"{error}{hint}", *error.args[1:])
            raise

    def _read(self, image: Image, run: Run, source: PageSource) -> OCRResult:
        self.load(run)
        upright = self._set_upright(image, run, source)
        page: Image = image if upright is None else upright["output_img"]
        crops = self._crop(page, self._detect(page, run))
        angles = self._angles(crops, run)
        lines = self._recognise(crops, angles, run)
        return OCRResult.assemble(
            source,
            page,
            upright,
            quads=[crop.quad for crop in crops],
            det_scores=[crop.score for crop in crops],
            det_params=replace(self.detector(run).defaults, **run.detection),
            angles=angles,
            lines=lines,
            score_thresh=run.score_thresh,
            text_type=self.config.text_type,
            line_orientation=run.line_orientation,
            word_boxes=run.word_boxes,
            paddlex_quirks=self.config.paddlex_quirks,
            languages=self._readers.asked,
        )

    def _set_upright(self, image: Image, run: Run, source: PageSource) -> DocPreprocessorResult | None:
        if run.upright is None:
            return None
        inside = replace(source, input_path=None, page_index=None)
        return self._preprocessor().prepare(image, run.upright, inside)

    def _detect(self, page: Image, run: Run) -> Detection:
        detector = self.detector(run)
        return detector.predict([page], replace(detector.defaults, **run.detection))[0]

    def _crop(self, page: Image, detected: Detection) -> list[Crop]:
        """Cut the lines out, in the order of reading; what has no area is left out."""
        cut = [(i, geometry.crop(page, detected.quads[i])) for i in geometry.reading_order(detected.quads)]
        return [Crop(crop, detected.quads[i], detected.scores[i]) for i, crop in cut if crop is not None]

    def _angles(self, crops: Sequence[Crop], run: Run) -> list[int]:
        """The class of each line: 1 stands on its head; -1 where nobody asked."""
        if not run.line_orientation:
            return [-1] * len(crops)
        batch_size = self._line_settings().batch_size
        found = self._line_classifier(run).predict([crop.image for crop in crops], batch_size)
        if self.config.paddlex_quirks:  # PaddleX gives every line the class of the first one of its batch
            return [found[i - i % batch_size].class_id for i in range(len(found))]
        return [one.class_id for one in found]

    def _recognise(self, crops: Sequence[Crop], angles: Sequence[int], run: Run) -> list[ReadLine]:
        exact = self.config.paddlex_quirks
        pictures = [
            rotation.turn_line(crop.image, exact_as_paddlex=exact) if angle == UPSIDE_DOWN else crop.image
            for crop, angle in zip(crops, angles, strict=True)
        ]
        told = self._readers.read(pictures, lambda place, some: self._read_lines(place, some, run))
        by = [self._read_by(place, run) for place in range(len(self._readers.settings))]
        return [
            ReadLine(one.line, crop.quad, flipped=angle == UPSIDE_DOWN, by=by[one.reader], language=one.language)
            for one, crop, angle in zip(told, crops, angles, strict=True)
        ]

    def _read_lines(self, place: int, pictures: Sequence[Image], run: Run) -> list[Line]:
        settings = self._readers.settings[place]
        return self.recognizer(run, place).predict(
            pictures, settings.batch_size, batching=self.config.batching, input_shape=settings.input_shape
        )

    def _read_by(self, place: int, run: Run) -> ReadBy:
        recognizer = self.recognizer(run, place)
        return ReadBy(recognizer.name, tuple(recognizer.scripts), self._readers.languages(place))

    def _preprocessor(self) -> DocPreprocessorPipeline:
        if self._upright is None:
            raise UsageError("the configuration has no SubPipelines.DocPreprocessor: add it, or switch its stages off")
        return self._upright

    def _line_settings(self) -> LineOrientationModule:
        settings = self.config.SubModules.TextLineOrientation
        if settings is None:
            raise UsageError("the configuration has no module TextLineOrientation: add it, or switch its stage off")
        return settings

    def _line_classifier(self, run: Run) -> ImageClassifier:
        return self._modules.get(
            self._line_settings(),
            ImageClassifier,  # type: ignore[type-abstract]
            run.device,
            "use_textline_orientation",
        )
