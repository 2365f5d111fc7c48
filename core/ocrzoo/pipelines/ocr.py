"""The General OCR pipeline: detect, order, crop, recognise, assemble."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock
from typing import Any, Literal, TypeVar, get_args

import cv2

from ocrzoo.inputs import Input, Page, pages
from ocrzoo.predictors.detection import TextDetector
from ocrzoo.predictors.recognition import TextRecogniser
from ocrzoo.results.ocr import OCRResult
from ocrzoo.runtime import Runtime
from ocrzoo.tasks import quads
from ocrzoo.tasks.quads import Image
from ocrzoo_registry.errors import InputError, UsageError

LimitType = Literal["min", "max"]
Predictor = TypeVar("Predictor")

MAX_SIDE_LEN = 100_000
MAX_UNCLIP_RATIO = 100
"""Beyond it, every region would cover the page."""


@dataclass(frozen=True)
class _Run:
    """What holds for all pages of one ``predict`` call."""

    detection: Mapping[str, Any]
    """Fields of :class:`~ocrzoo.tasks.detection.DetectionParams`; what is not here is the model's own."""
    score_thresh: float


class OCRPipeline:
    """Reads pages. Models are loaded when the first page needs them; several threads may call ``predict``."""

    def __init__(self, config: Mapping[str, Any], runtime: Runtime) -> None:
        """``config`` has PaddleX's keys, as in ``pipelines/OCR.yaml``."""
        self._config = config
        self._modules: Mapping[str, Mapping[str, Any]] = config["SubModules"]
        self._runtime = runtime
        self._loading = Lock()

    @cached_property
    def detector(self) -> TextDetector:
        """The text detection model, loaded."""
        return self._load("TextDetection", TextDetector)

    @cached_property
    def recogniser(self) -> TextRecogniser:
        """The text recognition model, loaded."""
        return self._load("TextRecognition", TextRecogniser)

    def load(self) -> None:
        """Fetch and load all models now, not with the first page; several threads may ask at once.

        Raises:
            OcrzooError: A model cannot be had or loaded.
        """
        with self._loading:
            _ = self.detector, self.recogniser

    def predict(
        self,
        input: Input,
        *,
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
        on_error: Callable[[InputError], None] | None = None,
    ) -> Iterator[OCRResult]:
        """Read pages one by one; results come as soon as they are there, in the order of the pages.

        ``None`` means the pipeline's own setting; 0 is a value. A page that cannot be read is handed to
        ``on_error`` and the next one is read; without ``on_error``, the error is raised after the last page.

        Raises:
            InputError: Pages could not be read (after all the others were).
            UsageError: A parameter makes no sense, or asks for a stage that this version does not have.
            OcrzooError: A model cannot be had or loaded.
        """
        absent = {
            "use_doc_orientation_classify": use_doc_orientation_classify,
            "use_doc_unwarping": use_doc_unwarping,
            "use_textline_orientation": use_textline_orientation,
            "return_word_box": return_word_box,
        }
        for name, asked in absent.items():
            if asked:
                raise UsageError(f"{name}: this version does not have that stage yet: leave it out, or pass False")
        run = self._run(
            limit_side_len=text_det_limit_side_len,
            limit_type=text_det_limit_type,
            thresh=text_det_thresh,
            box_thresh=text_det_box_thresh,
            unclip_ratio=text_det_unclip_ratio,
            score_thresh=text_rec_score_thresh,
        )
        return self._results(pages(input), run, on_error)

    def _results(
        self, found: Iterator[Page], run: _Run, on_error: Callable[[InputError], None] | None
    ) -> Iterator[OCRResult]:
        taken: set[str] = set()
        failures: list[InputError] = []
        for page in found:
            try:
                image = page.read()
                self.load()
                result = self._read(page, image, run, name=_free_name(page.stem, taken))
            except (InputError, MemoryError, cv2.error) as error:
                reason = " ".join(str(error).split()) or type(error).__name__
                where = page.input_path or "an array"
                failure = InputError(reason if reason.startswith(where) else f"{where}: {reason}")
                failure.__cause__ = error
                failures.append(failure)
                if on_error is not None:
                    on_error(failure)
                continue
            yield result
        if failures and on_error is None:
            raise failures[0] if len(failures) == 1 else InputError("; ".join(map(str, failures)))

    def _read(self, page: Page, image: Image, run: _Run, name: str) -> OCRResult:
        params = replace(self.detector.defaults, **run.detection)
        detected = self.detector.predict([image], params)[0]
        order = quads.reading_order(detected.quads)
        crops = [(i, quads.crop(image, detected.quads[i])) for i in order]
        kept = [(i, crop) for i, crop in crops if crop is not None]
        batch_size = int(self._modules["TextRecognition"]["batch_size"])
        lines = self.recogniser.predict([crop for _, crop in kept], batch_size)
        return OCRResult.assemble(
            input_path=page.input_path,
            page_index=page.page_index,
            image=image,
            name=name,
            quads=[detected.quads[i] for i, _ in kept],
            det_scores=[detected.scores[i] for i, _ in kept],
            lines=lines,
            det_params=params,
            score_thresh=run.score_thresh,
            text_type=str(self._config["text_type"]),
        )

    def _load(self, module: str, kind: type[Predictor]) -> Predictor:
        settings = self._modules[module]
        predictor = self._runtime.predictor(settings["model_name"], settings["module_name"], settings["model_dir"])
        if not isinstance(predictor, kind):
            raise UsageError(f"{settings['model_name']}: this pipeline cannot use a {type(predictor).__name__}")
        return predictor

    def _run(self, *, score_thresh: float | None, **chosen: Any) -> _Run:
        settings = self._modules["TextDetection"]
        names = ("limit_side_len", "limit_type", "max_side_limit", "thresh", "box_thresh", "unclip_ratio")
        detection = {name: settings[name] for name in names}
        detection.update({name: value for name, value in chosen.items() if value is not None})
        side = detection["limit_side_len"]
        if not isinstance(side, int) or not 1 <= side <= MAX_SIDE_LEN:
            raise UsageError(f"text_det_limit_side_len={side!r}: a whole number from 1 to {MAX_SIDE_LEN} is needed")
        if detection["limit_type"] not in get_args(LimitType):
            raise UsageError(f"text_det_limit_type={detection['limit_type']!r}: 'min' or 'max' is needed")
        default = float(self._modules["TextRecognition"]["score_thresh"])
        score_thresh = default if score_thresh is None else score_thresh
        shares = {"text_det_thresh": detection["thresh"], "text_det_box_thresh": detection["box_thresh"]}
        for name, value in {**shares, "text_rec_score_thresh": score_thresh}.items():
            _check_range(name, value, 1)
        _check_range("text_det_unclip_ratio", detection["unclip_ratio"], MAX_UNCLIP_RATIO)
        return _Run(detection, score_thresh)


def _check_range(name: str, value: Any, most: float) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise UsageError(f"{name}={value!r}: a number from 0 to {most:g} is needed")


def _free_name(stem: str, taken: set[str]) -> str:
    """Take a name that no other page of the run has: the stem, or with _2, _3, ... after it."""
    names = itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))
    name = next(name for name in names if name not in taken)
    taken.add(name)
    return name
