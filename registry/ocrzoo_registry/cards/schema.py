"""The model card: one strict, frozen record a model, never executed as code.

A card has a model's name and task, its languages, published figures, files, sources and how it is run. Cards are YAML,
one file a model, or JSON lines, many in a file (:mod:`ocrzoo_registry.cards.loader` reads both), or are built in Python
by a plugin.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, JsonValue, PrivateAttr, Strict, StringConstraints, model_validator

from ocrzoo_registry.cards.address import Address
from ocrzoo_registry.cards.fields import (
    BASE_MODEL,
    CardVersion,
    Format,
    Items,
    LanguageTag,
    Name,
    Record,
    Reference,
    RelativePath,
    ScriptCode,
    Sha256,
    Size,
    Task,
    Text,
    Url,
)
from ocrzoo_registry.cards.figures import ErrorRate, Latency, Metric
from ocrzoo_registry.cards.formats import model_and_format, portable

Tier = Literal["server", "mobile", "medium", "small", "tiny"]
"""The size class that a family publishes a model under."""


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
    size_mb: Annotated[float, Field(ge=0.0001, le=1_000_000)] | None = None
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
