"""The index of a mirror or bundle: every model in it, with its card, files and digests; all that a download needs.

``index.json`` is at the root of what is served, and the bytes of each file at ``blobs/<sha256>``. The layouts of the
hubs (:mod:`ocrzoo_registry.mirror.layouts`) are other names for the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal

from pydantic import ValidationError, model_validator

from ocrzoo_registry.cards.fields import Commit, Format, Record, Text
from ocrzoo_registry.cards.loader import first_fault
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.store.manifest import Manifest, StoredFile

FILE_NAME = "index.json"
BLOBS = "blobs"

MAX_BYTES = 64 << 20
"""Of an index: 10,000 models have about 40 MB."""


class IndexedModel(Manifest):
    """One model in one format: its manifest, as the mirror serves it, with its card.

    Its files are those that the source served, and the ``inference.yml`` that ocrzoo wrote from the card if there was
    none, since PaddleX needs it; they are sorted by path.
    """

    source: Text
    """The source that the mirror downloaded it from."""
    revision: Commit
    """The hub's commit, if it came from a hub that has one; else made from the files (:func:`revision_of`)."""
    source_revision: Text
    """The revision that the source stated."""
    card: ModelCard
    """As it was when the mirror was built; its license is the model's."""
    distribution: Text | None = None
    """The Python distribution whose plugin has the card, as a requirement; ``None`` if it is ocrzoo."""

    @model_validator(mode="after")
    def _consistent(self) -> IndexedModel:
        paths = [file.path for file in self.files]
        if paths != sorted(set(paths)):
            raise ValueError("files are not sorted by path, or not unique")
        if self.card.name != self.name or self.format not in self.card.artifacts:
            raise ValueError("the card is of another model or format")
        return self


class Index(Record):
    """The contents of a mirror or bundle."""

    schema_version: Literal[1]
    made_by: Text
    """Program and version."""
    models: tuple[IndexedModel, ...] = ()
    """Sorted by name and format."""
    archives: bool = True
    """Whether a mirror also serves archives, for clients of BOS."""
    earlier: tuple[IndexedModel, ...] = ()
    """Revisions of the previous release, still served to clients that began with them."""

    @model_validator(mode="after")
    def _in_order(self) -> Index:
        for models in (self.models, self.earlier):
            keys = [(model.name, model.format) for model in models]
            if keys != sorted(set(keys)):
                raise ValueError("models are not sorted by name and format, or not unique")
        return self

    def find(self, name: str, file_format: Format) -> IndexedModel | None:
        """Return a model, if it is in the index."""
        return next((one for one in self.models if (one.name, one.format) == (name, file_format)), None)

    @property
    def counts(self) -> str:
        """How many models there are, and how many if each of their formats counts."""
        return f"models {len(self.names)}, with formats {len(self.models)}"

    @property
    def names(self) -> tuple[str, ...]:
        """The models, each once."""
        return tuple(dict.fromkeys(model.name for model in self.models))

    @property
    def files(self) -> dict[str, StoredFile]:
        """All files by SHA-256, each once."""
        return {file.sha256: file for model in (*self.models, *self.earlier) for file in model.files}

    @property
    def blobs(self) -> dict[str, int]:
        """The SHA-256 of every file that is served, and its size in bytes."""
        return {sha256: file.size for sha256, file in self.files.items()}

    def to_bytes(self) -> bytes:
        """Return the content of ``index.json``: equal for equal models."""
        return f"{self.model_dump_json(indent=1, exclude_defaults=True)}\n".encode()


def parse(content: bytes, *, origin: str) -> Index:
    """Read an index; ``origin`` names it in errors.

    Raises:
        IntegrityError: It is not an index.
    """
    try:
        return Index.model_validate_json(content)
    except ValidationError as error:
        raise IntegrityError(f"{origin} is not an index of models: {first_fault(error)}"[:300]) from error


def blob_of(file: StoredFile) -> str:
    """Return where a file is stored, relative to the root of a mirror or bundle."""
    return f"{BLOBS}/{file.sha256}"


def revision_of(files: Iterable[StoredFile]) -> str:
    """Return 40 hexadecimal digits that identify these files, as a commit does."""
    lines = "".join(f"{file.sha256}  {file.path}\n" for file in sorted(files, key=lambda file: file.path))
    return hashlib.sha256(lines.encode()).hexdigest()[:40]
