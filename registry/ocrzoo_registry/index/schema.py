"""The index of a mirror or bundle: every model in it, with its card, files and digests. It is enough to fetch by.

``index.json`` lies at the root of what is served; the bytes of a file lie beside it as ``blobs/<sha256>``. The layouts
of the hubs (:mod:`ocrzoo_registry.mirror.layouts`) are other names for the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError, model_validator

from ocrzoo_registry.cards.schema import FileRecord, Format, ModelCard, Name, Record, Sha256, Size, Text
from ocrzoo_registry.errors import IntegrityError

FILE_NAME = "index.json"
BLOBS = "blobs"

MAX_BYTES = 64 << 20
"""Of an index: 10,000 models have about 40 MB."""

Commit = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{40}$")]


class IndexedFile(FileRecord):
    """One file of a model."""

    size: Size
    sha256: Sha256
    digest_origin: Text
    """Where the digest came from when the mirror downloaded the file."""

    @property
    def blob(self) -> str:
        """Where its bytes lie, from the root of the mirror."""
        return f"{BLOBS}/{self.sha256}"


class IndexedModel(Record):
    """One model in one format."""

    name: Name
    format: Format
    revision: Commit
    """The hub's commit where it came from one; else made from its files (:func:`revision_of`)."""
    source: Text
    """Where the mirror fetched it."""
    source_revision: Text
    """Which state that source said it was."""
    files: Annotated[tuple[IndexedFile, ...], Field(min_length=1)]
    """In order of their paths; what the source served, and, where it had none, the ``inference.yml`` that ocrzoo wrote
    from the card, without which PaddleX cannot run the model: the origin of its digest says so."""
    card: ModelCard
    """As it was when the mirror was built; its license is the model's."""

    @model_validator(mode="after")
    def _consistent(self) -> IndexedModel:
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths)):
            raise ValueError("files are in order of their paths, each once")
        if self.card.name != self.name or self.format not in self.card.artifacts:
            raise ValueError("the card is that of another model or format")
        return self

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class Index(Record):
    """What a mirror holds."""

    schema_version: Literal[1]
    made_by: Text
    """Program and version."""
    models: tuple[IndexedModel, ...] = ()
    """In order of name and format."""
    earlier: tuple[IndexedModel, ...] = ()
    """Revisions that ``models`` had a release before, still served to those who began with them."""

    @model_validator(mode="after")
    def _in_order(self) -> Index:
        for models in (self.models, self.earlier):
            keys = [(model.name, model.format) for model in models]
            if keys != sorted(set(keys)):
                raise ValueError("models are in order of name and format, each once")
        return self

    def find(self, name: str, file_format: Format) -> IndexedModel | None:
        """Return a model, if it is here."""
        return next((one for one in self.models if (one.name, one.format) == (name, file_format)), None)

    @property
    def blobs(self) -> dict[str, int]:
        """The sha256 of every file that is served, and its size in bytes."""
        return {file.sha256: file.size for model in (*self.models, *self.earlier) for file in model.files}

    def to_bytes(self) -> bytes:
        """Return the content of ``index.json``: the same for the same models."""
        return f"{self.model_dump_json(indent=1, exclude_defaults=True)}\n".encode()


def parse(content: bytes, *, origin: str) -> Index:
    """Read an index; ``origin`` names it in errors.

    Raises:
        IntegrityError: It is none.
    """
    try:
        return Index.model_validate_json(content)
    except ValidationError as error:
        what = error.errors(include_url=False)[0]
        where = ".".join(map(str, what["loc"]))
        raise IntegrityError(f"{origin}: is no index of a mirror: {where} {what['msg']}"[:300]) from error


def revision_of(files: Iterable[IndexedFile]) -> str:
    """Return 40 hexadecimal digits that stand for these files, as a commit would."""
    told = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path))
    return hashlib.sha256(told.encode()).hexdigest()[:40]
