"""The records of pipeline configurations: PaddleX's keys, their types and their defaults.

Sources of the defaults: PaddleX 3.7.2's ``OCR.yaml`` and ``doc_preprocessor.yaml``, and its code for absent keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    model_validator,
)
from pydantic_core import PydanticKnownError

from ocrzoo.decoding import MOST_READINGS
from ocrzoo.memory.ceiling import page_pixels
from ocrzoo.memory.sizes import parse_size
from ocrzoo.precision.wanted import parse_precision
from ocrzoo.types import MAX_UPSCALE, Batching, Frames, Precision
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.languages.tags import Language, parse_language

if TYPE_CHECKING:
    from ocrzoo.inputs.options import InputOptions

LimitType = Literal["min", "max"]
MAX_SIDE_LEN = 100_000
MAX_UNCLIP_RATIO = 100
"""Beyond it, every region would cover the page."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=MAX_SIDE_LEN)]
Shape = Annotated[tuple[Count, Count, Count], Field(strict=False)]
"""Channels, height, width."""
Texts = tuple[str, ...]


def _language(value: object) -> Language:
    if isinstance(value, Language):
        return value
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    try:
        return parse_language(value)
    except OcrzooError as error:
        raise ValueError(str(error)) from error


ConfigLanguage = Annotated[Language, PlainValidator(_language), PlainSerializer(lambda one: one.tag, return_type=str)]
"""A language, in a file by any of its codes or names."""


def _size(value: object) -> int | None:
    try:
        return None if value is None else parse_size(value)
    except OcrzooError as error:
        raise ValueError(str(error)) from error


ConfigSize = Annotated[int | None, BeforeValidator(_size)]
"""An amount of memory, in a file in any of its forms."""


class ConfigRecord(BaseModel):
    """A part of a configuration: frozen, no unknown keys; numbers may be written as text, as PaddleX allows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


def _precision(value: object) -> Precision | None:
    try:
        return None if value is None else parse_precision(value)
    except OcrzooError as error:
        raise ValueError(str(error)) from error


ConfigPrecision = Annotated[Precision | None, BeforeValidator(_precision)]
"""A precision, in a file by any of its names."""


class EngineSettings(ConfigRecord):
    """How networks run; a module's own keys take precedence over those of its pipeline."""

    engine: str | None = None
    """An engine, by its name in ocrzoo or in PaddleX."""
    engine_config: dict[str, Any] | None = None
    use_hpip: bool | None = None
    """``False``: Paddle's own runtime; ``True``: an accelerated one; ``None``: the fastest that is installed."""
    hpi_config: dict[str, Any] | None = None
    precision: ConfigPrecision = None
    """Numeric precision; ``None``: that of the pipeline, or else the default (docs/pipeline.md)."""


def only(task: Task) -> AfterValidator:
    """Make a field refuse every other task."""

    def check(value: Task) -> Task:
        if value != task:
            raise ValueError(f"must be {task!r}")
        return value

    return AfterValidator(check)


class Module(EngineSettings):
    """One model of a pipeline."""

    module_name: Task
    """The task of the model's card, which is PaddleX's module name."""
    model_name: str | None = None
    """Optional if ``model_dir`` has an ``inference.yml`` with the name."""
    model_dir: Path | None = None
    batch_size: Count = 1
    genai_config: Any = None
    """PaddleX's, for vision-language servers; ignored here."""


class OrientationModule(Module):
    """Document orientation classification."""

    module_name: Annotated[Task, only("doc_text_orientation")] = "doc_text_orientation"


class UnwarpingModule(Module):
    """Document unwarping."""

    module_name: Annotated[Task, only("image_unwarping")] = "image_unwarping"


class DetectionModule(Module):
    """Text detection."""

    module_name: Annotated[Task, only("text_detection")] = "text_detection"
    limit_side_len: Count = 960
    limit_type: LimitType = "max"
    max_side_limit: Count = 4000
    thresh: Share = 0.3
    box_thresh: Share = 0.6
    unclip_ratio: Annotated[float, Field(ge=0, le=MAX_UNCLIP_RATIO)] = 2.0
    input_shape: Shape | None = None


class LineOrientationModule(Module):
    """Text line orientation classification."""

    module_name: Annotated[Task, only("textline_orientation")] = "textline_orientation"


class Reader(Module):
    """A recognition model, and the languages that it reads."""

    module_name: Annotated[Task, only("text_recognition")] = "text_recognition"
    input_shape: Shape | None = None
    languages: tuple[ConfigLanguage, ...] = ()
    """The languages of the pages that it reads; if empty, results have no languages."""


class OtherReader(Reader):
    """A recognition model for further languages; keys that are left out are the first model's."""

    languages: tuple[ConfigLanguage, ...] = Field(min_length=1)


_OF_ALL_READERS = (
    *("score_thresh", "return_word_box", "return_chars", "return_scripts"),
    *("allow", "deny", "patterns", "lexicon", "alternatives", "restore_spaces"),
)
"""Keys of the recognition module that hold whichever model reads."""


class RecognitionModule(Reader):
    """Text recognition, by one model or several."""

    score_thresh: Share = 0.0
    return_word_box: bool = False
    return_chars: bool = False
    return_scripts: bool = False
    allow: Texts = ()
    """What is known of the lines (:class:`~ocrzoo.decoding.Decoding`), here and in the next five keys."""
    deny: Texts = ()
    patterns: Texts = ()
    lexicon: Texts | Path | None = None
    alternatives: Annotated[int, Field(ge=0, le=MOST_READINGS)] = 0
    restore_spaces: bool = False
    others: tuple[OtherReader, ...] = ()
    """Models for languages that the first does not read; each line goes to the model that reads its language."""
    fallback: tuple[OtherReader, ...] = ()
    """Models on this machine that read the languages if those above cannot be downloaded."""

    @model_validator(mode="after")
    def _has_languages(self) -> Self:
        if self.others and not self.languages:
            raise ValueError("with others, languages must list those of the first model")
        return self

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All recognition models, the first one first."""
        return (self, *(self._completed(other) for other in self.others))

    def local(self) -> RecognitionModule | None:
        """Return the module with the models of :attr:`fallback`, if there are any."""
        if not self.fallback:
            return None
        first, *others = map(self._completed, self.fallback)
        own = {**_stated(first), **{name: getattr(self, name) for name in _OF_ALL_READERS}}
        return RecognitionModule.model_validate({**own, "others": [_stated(one) for one in others]})

    def _completed(self, other: OtherReader) -> Reader:
        given = {name: getattr(other, name) for name in other.model_fields_set}
        inherited = {name: getattr(self, name) for name in (*EngineSettings.model_fields, "batch_size")}
        return OtherReader(**{**inherited, **given})


def _stated(record: Reader) -> dict[str, Any]:
    return {name: getattr(record, name) for name in record.model_fields_set}


class PipelineConfig(EngineSettings):
    """What the configurations of all pipelines share."""

    batch_size: Count = 1
    """Pages that PaddleX takes at once; ignored here, results do not depend on it."""
    paddlex_quirks: bool = False
    """Reproduce PaddleX where ocrzoo deviates on purpose (docs/paddlex-differences.md)."""
    frames: Frames = "first"
    """Which frames of an animation, or of a file with several photographs, are read as pages."""
    memory: ConfigSize | None = None
    """Bytes that the process's memory stays below, or text such as ``1.5GiB``."""
    Serving: dict[str, Any] | None = None
    """PaddleX's, for servers; ignored here."""

    @property
    def input_options(self) -> InputOptions:
        """How pages are decoded."""
        from ocrzoo.inputs.options import InputOptions  # imports OpenCV

        most = None if self.memory is None else page_pixels(self.memory)
        return InputOptions(frames=self.frames, paddlex_quirks=self.paddlex_quirks, most_pixels=most)


class DocPreprocessorModules(ConfigRecord):
    """The modules of ``doc_preprocessor``."""

    DocOrientationClassify: OrientationModule | None = None
    DocUnwarping: UnwarpingModule | None = None


class DocPreprocessorConfig(PipelineConfig):
    """The pipeline ``doc_preprocessor``, alone or inside another."""

    pipeline_name: Literal["doc_preprocessor"] = "doc_preprocessor"
    use_doc_orientation_classify: bool = True
    use_doc_unwarping: bool = True
    SubModules: DocPreprocessorModules = DocPreprocessorModules()


class OCRSubPipelines(ConfigRecord):
    """The pipelines inside ``OCR``."""

    DocPreprocessor: DocPreprocessorConfig | None = None


class OCRModules(ConfigRecord):
    """The modules of ``OCR``."""

    TextDetection: DetectionModule
    TextLineOrientation: LineOrientationModule | None = None
    TextRecognition: RecognitionModule


class OCRConfig(PipelineConfig):
    """The pipeline ``OCR``."""

    pipeline_name: Literal["OCR"] = "OCR"
    text_type: Literal["general"] = "general"
    use_doc_preprocessor: bool = True
    use_textline_orientation: bool = True
    batching: Batching | None = None
    """Which lines share a call: PaddleX's groups (``exact``), or lines of similar ``width``; ``None``: ``exact`` with
    float32, otherwise what the model's figures favour."""
    return_paragraphs: bool = False
    """Whether results have paragraphs and headings."""
    dehyphenate: bool = False
    """Whether they have, and words that are divided at the end of a line are whole in them."""
    upscale: Annotated[float, Field(strict=True, ge=1, le=MAX_UPSCALE)] | Literal["auto"] = 1.0
    """By how much pages are enlarged before lines are looked for; ``auto``: those whose lines are small."""
    enhance: bool = False
    """Whether pages get less noise, and more contrast where it is low, before they are read."""
    split_columns: bool = False
    """Whether lines that were detected across the gutter between two columns are split there."""
    SubPipelines: OCRSubPipelines = OCRSubPipelines()
    SubModules: OCRModules
