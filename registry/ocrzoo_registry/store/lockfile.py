"""``ocrzoo.lock``: which bytes a project runs with, model by model, so that another machine gets the same or none."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from ocrzoo_registry.cards.schema import Artifact, File, ModelCard, Record
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded, reason, write_at_once
from ocrzoo_registry.store.manifest import Manifest, StoredFile

MAX_BYTES = 16 << 20

_OF_ONE_MACHINE: Any = {"schema_version": True, "files": {"__all__": {"mtime_ns", "ctime_ns"}}}
"""What a manifest says and a lock file need not."""

_LOCKED = ", locked"
"""Added to the origin of a digest that a lock file repeats."""


class LockFile(Record):
    """The content of ``ocrzoo.lock``."""

    schema_version: Literal[1] = 1
    models: Annotated[tuple[Manifest, ...], Field(min_length=1)]


def write(path: Path, manifests: Sequence[Manifest]) -> None:
    """Write the lock file; a model stands once for each of its formats, and in order of name.

    Raises:
        OSError: It cannot be written.
    """
    models = tuple(sorted(manifests, key=lambda one: (one.name, one.format)))
    content = LockFile(models=models).model_dump_json(indent=1, exclude={"models": {"__all__": _OF_ONE_MACHINE}})
    write_at_once(path, f"{content}\n".encode())


def read(path: Path) -> tuple[Manifest, ...]:
    """Read a lock file.

    Raises:
        UsageError: It is not there, or not a lock file.
    """
    try:
        return LockFile.model_validate_json(read_bounded(path, MAX_BYTES)).models
    except OSError as error:
        raise UsageError(f"{path}: {reason(error)}: 'ocrzoo lock' writes it") from error
    except ValidationError as error:
        what = error.errors()[0]
        where = ".".join(map(str, what["loc"]))
        raise UsageError(f"{path}: is no lock file: {where} {what['msg']}") from error


def locked(card: ModelCard, manifest: Manifest, *, at_revision: bool = True) -> ModelCard:
    """Return the card with the manifest's digests as its pins, and its revision where that can be asked for.

    Not ``at_revision``: the same bytes, at whichever revision they are served.
    """
    pins = [
        File(path=file.path, size=file.size, sha256=file.sha256, digest_origin=_locked_origin(file))
        for file in manifest.served
    ]
    artifacts = dict(card.artifacts)
    if pins:
        artifacts[manifest.format] = Artifact(files=tuple(pins))
    changes: dict[str, Any] = {"artifacts": artifacts}
    if at_revision and manifest.has_commit:
        places = dict(card.sources.get(manifest.source, {}))
        if manifest.format in places:
            places[manifest.format] = places[manifest.format] | {"revision": manifest.revision}
            changes["sources"] = card.sources | {manifest.source: places}
    return card.model_copy(update=changes)


def _locked_origin(file: StoredFile) -> str:
    return f"{file.digest_origin.removesuffix(_LOCKED)}{_LOCKED}"
