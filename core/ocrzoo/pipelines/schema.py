"""What a pipeline's configuration may say: PaddleX's keys, their types, and what holds where a key is absent.

Sources of the defaults: PaddleX 3.7.2's ``OCR.yaml`` and ``doc_preprocessor.yaml``, and what its code takes for
absent keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from ocrzoo.types import Batching
from ocrzoo_registry.cards.schema import Task
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.languages.tags import parse_language

LimitType = Literal["min", "max"]
MAX_SIDE_LEN = 100_000
MAX_UNCLIP_RATIO = 100
"""Beyond it, every region would cover the page."""

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=1, le=MAX_SIDE_LEN)]
Shape = Annotated[tuple[Count, Count, Count], Field(strict=False)]
"""Channels, height, width."""


class Settings(BaseModel):
    """What all parts share: frozen, no unknown keys; numbers may be written as text, as PaddleX allows."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, arbitrary_types_allowed=True)


class EngineSettings(Settings):
    """How networks are run; a module's own words count before those of the pipeline around it."""

    engine: str | None = None
    """An engine by its name here, or by PaddleX's."""
    engine_config: dict[str, Any] | None = None
    use_hpip: bool | None = None
    """``False``: Paddle's own runtime; ``True``: an accelerated one; ``None``: the fastest that is installed."""
    hpi_config: dict[str, Any] | None = None


def only(task: Task) -> AfterValidator:
    """Make a field refuse every other task."""

    def check(value: Task) -> Task:
        if value != task:
            raise ValueError(f"{task!r} is due here")
        return value

    return AfterValidator(check)


class Module(EngineSettings):
    """One model of a pipeline."""

    module_name: Task
    """What the model does, in PaddleX's word, which is the task of its card."""
    model_name: str | None = None
    """May be left out where ``model_dir`` holds a model that says its name."""
    model_dir: Path | None = None
    batch_size: Count = 1
    genai_config: Any = None
    """PaddleX's, for vision-language servers; means nothing here."""


class OrientationModule(Module):
    """The model that tells how a page is turned."""

    module_name: Annotated[Task, only("doc_text_orientation")] = "doc_text_orientation"


class UnwarpingModule(Module):
    """The model that flattens a page."""

    module_name: Annotated[Task, only("image_unwarping")] = "image_unwarping"


class DetectionModule(Module):
    """The model that finds lines."""

    module_name: Annotated[Task, only("text_detection")] = "text_detection"
    limit_side_len: Count = 960
    limit_type: LimitType = "max"
    max_side_limit: Count = 4000
    thresh: Share = 0.3
    box_thresh: Share = 0.6
    unclip_ratio: Annotated[float, Field(ge=0, le=MAX_UNCLIP_RATIO)] = 2.0
    input_shape: Shape | None = None


class LineOrientationModule(Module):
    """The model that tells whether a line stands on its head."""

    module_name: Annotated[Task, only("textline_orientation")] = "textline_orientation"


def _tag(code: str) -> str:
    """The tag of a language, whichever way it is named."""
    try:
        return parse_language(code).tag
    except OcrzooError as error:
        raise ValueError(str(error)) from error


class Reader(Module):
    """A model that reads lines, and what of."""

    module_name: Annotated[Task, only("text_recognition")] = "text_recognition"
    input_shape: Shape | None = None
    languages: tuple[Annotated[str, AfterValidator(_tag)], ...] = ()
    """The languages that pages are in and that it is to read; empty: nobody says, and no line is told a language."""


class OtherReader(Reader):
    """A model that reads the lines that are in its languages; what is not said of it is as said of the first model."""

    languages: tuple[Annotated[str, AfterValidator(_tag)], ...] = Field(min_length=1)


class RecognitionModule(Reader):
    """The model that reads lines, or the first of several."""

    score_thresh: Share = 0.0
    return_word_box: bool = False
    others: tuple[OtherReader, ...] = ()
    """Models for languages that the first does not read; each line goes to the one that can read it."""

    @model_validator(mode="after")
    def _says_what_each_reads(self) -> Self:
        if self.others and not self.languages:
            raise ValueError("with others, languages has to say what the first model is to read")
        return self

    @property
    def readers(self) -> tuple[Reader, ...]:
        """All models that read lines, the first one first."""
        return (self, *(self._completed(other) for other in self.others))

    def _completed(self, other: OtherReader) -> Reader:
        said = {name: getattr(other, name) for name in other.model_fields_set}
        same = {name: getattr(self, name) for name in (*EngineSettings.model_fields, "batch_size")}
        return OtherReader(**{**same, **said})


class DocPreprocessorModules(Settings):
    """The models of the pipeline that sets pages upright."""

    DocOrientationClassify: OrientationModule | None = None
    DocUnwarping: UnwarpingModule | None = None


class DocPreprocessorConfig(EngineSettings):
    """The pipeline ``doc_preprocessor``, alone or inside another."""

    pipeline_name: Literal["doc_preprocessor"] = "doc_preprocessor"
    use_doc_orientation_classify: bool = True
    use_doc_unwarping: bool = True
    batch_size: Count = 1
    paddlex_quirks: bool = False
    """Do what PaddleX does where ocrzoo knows better (docs/paddlex-differences.md)."""
    SubModules: DocPreprocessorModules = DocPreprocessorModules()
    Serving: dict[str, Any] | None = None


class OCRSubPipelines(Settings):
    """The pipelines inside OCR."""

    DocPreprocessor: DocPreprocessorConfig | None = None


class OCRModules(Settings):
    """The models of OCR itself."""

    TextDetection: DetectionModule
    TextLineOrientation: LineOrientationModule | None = None
    TextRecognition: RecognitionModule


class OCRConfig(EngineSettings):
    """The pipeline ``OCR``."""

    pipeline_name: Literal["OCR"] = "OCR"
    text_type: Literal["general"] = "general"
    use_doc_preprocessor: bool = True
    use_textline_orientation: bool = True
    batch_size: Count = 1
    """Pages that PaddleX takes at once; means nothing here, where no answer depends on it."""
    batching: Batching = "exact"
    """Which lines share a call: PaddleX's groups, or those of like width."""
    paddlex_quirks: bool = False
    """Do what PaddleX does where ocrzoo knows better (docs/paddlex-differences.md)."""
    SubPipelines: OCRSubPipelines = OCRSubPipelines()
    SubModules: OCRModules
    Serving: dict[str, Any] | None = None
    """What a server made of the pipeline does."""
