"""The model card: one strict, frozen record a model, never executed as code.

A card has a model's name and task, its languages, published figures, files, sources and how it is run. Cards are YAML,
one file a model, or JSON lines, many in a file (:mod:`ocrzoo_registry.cards.loader` reads both), or are built in Python
by a plugin.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    PrivateAttr,
    Strict,
    StringConstraints,
    model_validator,
)

from ocrzoo_registry.cards.address import Address
from ocrzoo_registry.cards.formats import FORMAT_NAME, RELATIVE_PATH, model_and_format, portable
from ocrzoo_registry.cards.public_urls import public

Tier = Literal["server", "mobile", "medium", "small", "tiny"]
"""The size class that a family publishes a model under."""

NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"
Name = Annotated[str, StringConstraints(pattern=NAME)]
BASE_MODEL = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127})?$"
Task = Name
"""What a model does, by PaddleX's module names or a name that a plugin's predictor declares."""
Format = Annotated[str, StringConstraints(pattern=FORMAT_NAME)]
"""A file format that a model is published in (:mod:`ocrzoo_registry.cards.formats`)."""
RelativePath = Annotated[str, StringConstraints(pattern=RELATIVE_PATH), AfterValidator(portable)]
_SHA256 = r"^[0-9a-f]{64}$"
Sha256 = Annotated[str, StringConstraints(pattern=_SHA256)]
LANGUAGE_TAG = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?$"
LanguageTag = Annotated[str, StringConstraints(pattern=LANGUAGE_TAG)]
_DATE = r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$"
Date = Annotated[str, StringConstraints(pattern=_DATE)]
_CARD_VERSION = r"^(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})\.(0|[1-9]\d{0,5})$"
CardVersion = Annotated[str, StringConstraints(pattern=_CARD_VERSION)]
_SCRIPT_CODE = r"^[A-Z][a-z]{3}$"
ScriptCode = Annotated[str, StringConstraints(pattern=_SCRIPT_CODE)]
_URL = r"^https?://[^\s\\]+$"
Url = Annotated[str, StringConstraints(pattern=_URL)]
_SECURE_URL = r"^https://[^\s\\]+$"
SecureUrl = Annotated[str, StringConstraints(pattern=_SECURE_URL), AfterValidator(public)]
"""An address that something is downloaded from."""
Size = Annotated[int, Field(ge=0, le=1 << 62)]
"""A size that can be reckoned with."""
Text = Annotated[str, StringConstraints(min_length=1)]
Reference = dict[str, JsonValue]
"""Where one source has a model: plain data that the source itself interprets."""

T = TypeVar("T")
Items = Annotated[tuple[T, ...], Strict(strict=False)]
"""A tuple that a list may be given for, as YAML and JSON have only lists; its items stay strict."""

FORMS = {
    NAME: "a name: letters, digits, dots, dashes and underscores",
    BASE_MODEL: "the name of a model, or a repository such as PaddlePaddle/UVDoc",
    FORMAT_NAME: "a format: lowercase letters, digits and underscores",
    RELATIVE_PATH: "a path below the card's folder, such as charsets/own.txt",
    _SHA256: "a sha256: 64 hexadecimal digits",
    LANGUAGE_TAG: "a language tag such as en, zh-Hant or pt-BR",
    _DATE: "a date in quotes, such as '2026-11-30'",
    _CARD_VERSION: "a version of three numbers, such as 1.2.0",
    _SCRIPT_CODE: "a script code such as Latn",
    _URL: "an http or https address",
    _SECURE_URL: "an https address",
}
"""A description of each pattern, for errors."""


class Record(BaseModel):
    """The base of all parts of a card: frozen, strictly typed, no unknown keys, no NaN."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


class Verified(Record):
    """Who computed a figure again, apart from its publisher."""

    by: Text
    """The person or project that did it."""
    when: Date | None = None
    """The day, in quotes: ``'2026-11-30'``."""
    on: Text | None = None
    """The pages, data set or machine, where these are not those of the figure itself."""


class Metric(Record):
    """One published figure, or, where only words were published, those words."""

    name: Literal["hmean", "accuracy", "weighted_accuracy", "top1_accuracy", "cer"]
    """What was measured: detection Hmean, line accuracy, top-1 accuracy, or character error rate."""
    value: float | None = None
    """The figure itself, in ``unit``."""
    unit: Literal["percent", "ratio"] | None = None
    """``percent`` runs 0 to 100, ``ratio`` 0 to 1."""
    language: LanguageTag | None = None
    """The language of the test set (``und-Latn``: several of one script, ``mul``: many)."""
    dataset: Text | None = None
    """What it was measured on; figures on different data sets do not compare."""
    source: Text
    """Where the figure was published."""
    statement: Text | None = None
    """The words, where no figure was published."""
    comparable_to: Name | None = None
    """The model that ``statement`` compares this one with."""
    verified: Verified | None = None
    """Who computed the figure again; without it, only the source states it."""

    @model_validator(mode="after")
    def _figure_or_words(self) -> Metric:
        if (self.value is None) == (self.statement is None):
            raise ValueError("a metric has either a value or a statement")
        if (self.value is None) != (self.unit is None):
            raise ValueError("a value needs a unit, and a unit a value")
        return self


class Latency(Record):
    """One published inference time of the network alone, without pre- and post-processing."""

    device: Literal["cpu", "gpu"]
    """What it was measured on."""
    mode: Literal["normal", "high_performance"]
    """PaddleX's terms: plain Paddle Inference in FP32, or its accelerated plugin."""
    ms: Annotated[float, Field(gt=0)]
    """Milliseconds an image."""
    environment: Text
    """Hardware and software of the test."""


class ErrorRate(Record):
    """The measured character error rate of one way to run the model; those of one model are of the same pages."""

    engine: Name
    """The inference engine, by its registered name."""
    precision: Name
    """The numeric precision, such as ``bfloat16``."""
    batching: Literal["exact", "width"]
    """Which lines share a call: PaddleX's groups, or lines of similar width."""
    percent: Annotated[float, Field(ge=0)]
    """Character error rate, spaces included, 0 to 100 and beyond."""
    difference: Annotated[tuple[float, float], Strict(strict=False)] | None = None
    """The 95 % interval of the difference to float32 with PaddleX's groups, in percentage points, paired by page."""
    speed: Annotated[float, Field(gt=0)] | None = None
    """Times as fast as float32 with PaddleX's groups, on a CPU that computes the precision itself, if measured."""
    pages: Text
    """What was read, and by what else."""
    verified: Verified | None = None
    """Who measured it, and when."""


class BaseModelRef(Record):
    """A model that another one was made from."""

    name: Annotated[str, StringConstraints(pattern=BASE_MODEL)]
    """Its name here, or its repository on a hub: ``PaddlePaddle/PP-OCRv5_mobile_rec``."""
    relation: Literal["finetune", "quantized", "converted", "merge", "adapter"]
    """How, in the terms of Hugging Face; ``converted``: the same weights in another format."""


class Links(Record):
    """URLs for people; downloads use ``sources``. A link that was not published is absent."""

    inference: Url | None = None
    """The exported model, ready to run."""
    training: Url | None = None
    """The weights to fine-tune from."""
    homepage: Url | None = None
    """The publisher's page about the model."""


class FileRecord(Record):
    """One file of a model; the base of every record of a file."""

    path: RelativePath
    """Inside the model's folder."""
    size: Size | None = None
    """Bytes."""
    sha256: Sha256 | None = None
    """The digest of the file, 64 lowercase hexadecimal digits in quotes; with ``digest_origin``."""
    digest_origin: Text | None = None
    """Where the digest comes from, such as ``computed by us``; with ``sha256``."""


class File(FileRecord):
    """A file as a card lists it; a digest is optional."""

    @model_validator(mode="after")
    def _digest_with_origin(self) -> File:
        if (self.sha256 is None) != (self.digest_origin is None):
            raise ValueError("a digest comes with its origin: sha256 needs digest_origin, and digest_origin a sha256")
        return self


class Artifact(Record):
    """The model in one format."""

    files: Annotated[Items[File], Field(min_length=1)]
    """The files to have, at least those of the format: ``inference.onnx`` for ``onnx``."""
    networks: Items[Name] = ()
    """The networks of a model that has several, as its predictor asks for them; each is a folder with the files of the
    format: ``[encoder, decoder]`` has ``encoder/inference.onnx`` and ``decoder/inference.onnx``."""


Shapes = Annotated[tuple[Items[int], Items[int], Items[int]], Strict(strict=False)]


class Inference(Record):
    """How the model is run; the model's own ``inference.yml`` takes precedence."""

    predictor: Name
    """The predictor that runs it, by its registered name; docs/networks.md has what each needs of a network."""
    preprocess: Items[dict[str, JsonValue]] = ()
    """PaddleX's ``PreProcess.transform_ops``, in order, one key an entry; for a recognition network of another height,
    ``{RecResizeImg: {image_shape: [3, 32, 320]}}``."""
    postprocess: dict[str, JsonValue] = Field(default_factory=dict)
    """PaddleX's ``PostProcess``, without the charset; its ``name`` is one that the predictor knows, such as
    ``CTCLabelDecode`` or ``DBPostProcess``."""
    dynamic_shapes: dict[str, Shapes] = Field(default_factory=dict)
    """Input name to its smallest, usual and largest shape, N x C x H x W."""


Box = Annotated[tuple[int, int, int, int], Strict(strict=False)]
"""Left, top, right and bottom, in pixels."""


class SelfCheck(Record):
    """A small picture and what the model finds in it: an engine that finds anything else is not used."""

    picture: RelativePath
    """An image of a few kB, relative to the card: a line for recognition, a page for other tasks."""
    text: Text | None = None
    """What a recognition model reads; spaces are not compared."""
    boxes: Items[Box] = ()
    """The lines that a detection model finds, in any order; a side may differ by six pixels."""
    label: Text | None = None
    """The best class of a classifier."""

    @model_validator(mode="after")
    def _one_answer(self) -> SelfCheck:
        if sum(map(bool, (self.text, self.boxes, self.label))) != 1:
            raise ValueError("a self-check has one of text, boxes and label")
        return self


class ModelCard(Record):
    """Everything known about one model."""

    _folder: Path = PrivateAttr(default=Path())
    _publisher: str = PrivateAttr(default="")
    _file: Path | None = PrivateAttr(default=None)
    _address: Address | None = PrivateAttr(default=None)

    name: Annotated[Name, AfterValidator(portable)]
    """The model's official name; unique in the whole catalog, also regardless of case."""
    aliases: Items[Name] = ()
    """Former names of the model, and names that others know it by; in any case, each leads here with a warning."""
    family: Name
    """Models that were published together."""
    task: Task
    """What the model does: one of the tasks that its predictor declares, such as ``text_recognition``."""
    tier: Tier | None = None
    """The size class that a family publishes a model under."""
    version: Text
    """The release line, such as ``PP-OCRv5``."""
    card_version: CardVersion | None = None
    """The version of the card: the first number rises with what the model reads (files, charset, inference), the second
    with what is stated of it (figures, languages, sources, names), the third with its texts."""
    summary: Text
    """One or two sentences: what the model is good for."""
    license: Text
    """SPDX identifier, such as ``Apache-2.0``."""
    links: Links = Links()
    """URLs for people; downloads use ``sources``."""
    tags: Items[Text] = ()
    """Free words."""
    deprecated_by: Name | None = None
    """The model to use instead."""
    base_model: Items[BaseModelRef] = ()
    """The models that this one was made from."""

    languages: Items[LanguageTag] = ()
    """BCP-47; what the publisher claims, not what the charset covers."""
    scripts: Items[ScriptCode] = ()
    """ISO 15924: the scripts of the claimed languages; with one that runs from right to left, texts are reordered."""
    charset: RelativePath | None = None
    """Text file (UTF-8) with one entry a line, in the order of the network's classes, without the blank before them and
    the space after them; relative to the card."""
    labels: Items[Text] = ()
    """Class names of a classifier, in the order of the network's classes."""

    metrics: Items[Metric] = ()
    """Published figures."""
    latency: Items[Latency] = ()
    """Published inference times."""
    error_rates: Items[ErrorRate] = ()
    """Measured by us, by precision and batching, the fastest way first; ``precision="auto"`` takes the first that is
    accurate enough (docs/pipeline.md)."""
    size_mb: Annotated[float, Field(gt=0)] | None = None
    """Published storage size in megabytes."""
    artifacts: Annotated[dict[Format, Artifact], Field(min_length=1)]
    """The files of each format that the model is published in, such as ``onnx``."""
    known_digests: RelativePath | None = None
    """File with the digests of third-party copies of this model, which only corroborate."""
    sources: dict[Name, dict[Format, Reference]] = Field(default_factory=dict)
    """Source name to format to the reference that this source understands (``SourceSpec.reference``)."""
    inference: Inference
    """How the model is run."""
    self_check: SelfCheck | None = None
    """What the published weights find in a small picture; each engine is checked with it once on a machine."""

    @model_validator(mode="after")
    def _complete(self) -> ModelCard:
        suffix = model_and_format(self.name)[1]
        if suffix != "paddle":
            raise ValueError(f"a name cannot end in _{suffix}, as the folders of that format do")
        names = [one.casefold() for one in (self.name, *self.aliases)]
        if double := next((one for one in self.aliases if names.count(one.casefold()) > 1), None):
            raise ValueError(f"aliases: {double} is there twice, or is the model's own name")
        for source, references in self.sources.items():
            if unlisted := references.keys() - self.artifacts.keys():
                raise ValueError(f"sources.{source} has {min(unlisted)!r}, which artifacts does not list")
        return self

    def __eq__(self, other: object) -> bool:
        """Whether another card says the same, wherever its folder is."""
        return isinstance(other, ModelCard) and self.__dict__ == other.__dict__

    def __hash__(self) -> int:
        """Hash the name, which is unique in a catalog."""
        return hash(self.name)

    @property
    def folder(self) -> Path:
        """The folder that ``charset``, ``known_digests`` and directory sources are relative to."""
        return self._folder

    @property
    def publisher(self) -> str:
        """The distribution that the card is from; empty for ocrzoo's own, and outside of a catalog."""
        return self._publisher

    @property
    def file(self) -> Path | None:
        """The YAML file that has the card alone; ``None`` if it came otherwise."""
        return self._file

    @property
    def fault(self) -> Exception | None:
        """Why the card cannot be used (:class:`FaultyCard`)."""
        return None

    @property
    def address(self) -> Address | None:
        """The address that the user named the model by; ``None`` for a model of a plugin. No card can state one."""
        return self._address

    def located_in(self, folder: Path, address: Address | None = None) -> ModelCard:
        """Return the card with the folder that its paths are relative to, and the address that it is of."""
        card = self.model_copy()
        card._folder = folder  # noqa: SLF001  # of the copy made here
        card._address = address  # noqa: SLF001
        return card


class FaultyCard(ModelCard):
    """What a hook yields in place of a card that cannot be used: its fault, and what it says of its name and claims.

    The plugin manager refuses it, so nobody else meets one.
    """

    _fault: Exception | None = PrivateAttr(default=None)

    @property
    def fault(self) -> Exception | None:
        """Why the card cannot be used."""
        return self._fault


_COMMIT = r"^[0-9a-f]{40}$"
Commit = Annotated[str, StringConstraints(pattern=_COMMIT)]


def is_commit(text: str) -> bool:
    """Whether a revision is a commit's full name."""
    return re.fullmatch(_COMMIT, text) is not None
