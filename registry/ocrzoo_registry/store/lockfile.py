"""``ocrzoo.lock``: the manifests of the models that a project uses, so that another machine gets the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from ocrzoo_registry.cards.fields import Record
from ocrzoo_registry.cards.loader import first_fault
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded, reason, write_atomically
from ocrzoo_registry.store.manifest import Manifest

MAX_BYTES = 16 << 20

_OF_ONE_MACHINE: Any = {"schema_version": True, "publisher": True, "files": {"__all__": {"mtime_ns", "ctime_ns"}}}
"""Fields of a manifest that a lock file leaves out."""

_LOCKED = ", locked"
"""Added to the origin of a digest that was read from a lock file."""


class LockFile(Record):
    """The content of ``ocrzoo.lock``."""

    schema_version: Literal[1] = 1
    models: Annotated[tuple[Manifest, ...], Field(min_length=1)]


def write(path: Path, manifests: Sequence[Manifest]) -> None:
    """Write the lock file, in order of name and format.

    Raises:
        OSError: It cannot be written.
    """
    models = tuple(sorted(manifests, key=lambda one: (one.name, one.format)))
    left_out = {"models": {"__all__": _OF_ONE_MACHINE}}
    content = LockFile(models=models).model_dump_json(indent=1, exclude=left_out, exclude_none=True)
    write_atomically(path, f"{content}\n".encode())


def read(path: Path) -> tuple[Manifest, ...]:
    """Read a lock file.

    Raises:
        UsageError: It does not exist, or is not a lock file.
    """
    try:
        models = LockFile.model_validate_json(read_bounded(path, MAX_BYTES)).models
    except OSError as error:
        step = ". Run 'ocrzoo lock' to write it." if isinstance(error, FileNotFoundError) else ""
        raise UsageError(f"{path} could not be read: {reason(error)}{step}") from error
    except ValidationError as error:
        raise UsageError(f"{path} is not a lock file: {first_fault(error)}") from error
    return tuple(_with_origin(manifest) for manifest in models)


def _with_origin(manifest: Manifest) -> Manifest:
    """Add the lock file to the origins of the digests."""
    files = (
        file.model_copy(update={"digest_origin": f"{file.digest_origin.removesuffix(_LOCKED)}{_LOCKED}"})
        for file in manifest.files
    )
    return manifest.model_copy(update={"files": tuple(files)})
