"""Cache maintenance: list and check stored models and derived files, remove them, and prune leftovers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import model_and_format
from ocrzoo_registry.cards.weights import weights_fault
from ocrzoo_registry.errors import NotFound, StoreError
from ocrzoo_registry.files import WINDOWS, os_errors_as, reason
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.manifest import TRUSTED, Manifest
from ocrzoo_registry.store.store import Store

Status = Literal["verified", "trusted", "broken", "unverified"]


@dataclass(frozen=True)
class Stored:
    """One model folder of the store."""

    name: str
    file_format: Format
    folder: Path
    status: Status
    """``unverified``: not installed by ocrzoo; ``trusted``: the same, but accepted by the user."""
    fault: str | None
    """What is wrong with it, in words that follow the folder's name."""
    manifest: Manifest | None


def stored_models(
    store: Store,
    names: Sequence[str] = (),
    *,
    deep: bool = False,
    can_be_pulled: Callable[[str], bool] = lambda _: False,
) -> list[Stored]:
    """Check the model folders, all or those of some models; ``deep`` reads every byte.

    ``can_be_pulled`` says of which models the error may advise to download them.

    Raises:
        NotFound: One of the names has no folder here.
    """
    try:
        folders = sorted(path for path in store.root.iterdir() if path.is_dir() and not path.name.startswith("."))
    except FileNotFoundError:
        folders = []
    except OSError as error:
        raise StoreError(f"{store.root}: {reason(error)}") from error
    found = [(folder, *_identity(store, folder)) for folder in folders]
    known = {name for _, name, _ in found}
    for name in names:
        if name not in known:
            step = f": run 'ocrzoo models pull {name}'" if can_be_pulled(name) else did_you_mean(name, known)
            raise NotFound(f"{name} is not in {store.root}{step}")
    return [
        _look(store, folder, name, file_format, deep=deep)
        for folder, name, file_format in found
        if not names or name in names
    ]


@dataclass(frozen=True)
class StoredDerived:
    """Files that were made on this machine from a model's."""

    name: str
    """The model; empty if the record is missing or broken."""
    file_format: Format
    recipe: str
    folder: Path
    fault: str | None
    """What is wrong with them, in words that follow their name."""
    needed: bool
    """Whether they are whole, and the model that they were made from is still on this machine."""


def derived_files(store: Store, names: Sequence[str] = (), *, deep: bool = False) -> list[StoredDerived]:
    """Check the files made from models, all or those of some models; ``deep`` reads every byte.

    Raises:
        StoreError: The store cannot be read.
    """
    found = [_look_at_derived(store, *one, deep=deep) for one in derived.derived_folders(store)]
    return [one for one in found if not names or one.name in names]


def remove(store: Store, stored: Stored) -> int:
    """Remove a model, its partial downloads and what was made from it; returns the bytes freed.

    Raises:
        StoreError: It cannot be removed.
    """
    with store.lock(stored.name):
        if not stored.folder.exists():
            return 0  # another remove was faster
        freed = _size(stored.folder)
        store.discard(stored.folder)
        store.remove_partials(stored.name, stored.file_format)
    for made in derived_files(store, [stored.name]):
        if made.file_format == stored.file_format and not made.needed:
            freed += _size(made.folder)
            derived.discard(store, made.folder)
    return freed


Kind = Literal["part", "quarantine", "staging", "lock", "wheel", "derived"]


@dataclass(frozen=True)
class Leftover:
    """Something that is not needed any more."""

    kind: Kind
    path: Path
    size: int
    """Bytes."""


def collect(store: Store, *, wheels: bool = False, made: bool = False, dry_run: bool = False) -> list[Leftover]:
    """Delete partial downloads, quarantine, abandoned staging and locks, and derived files that are not needed.

    ``wheels``: also downloaded wheels; ``made``: also all other derived files, which are made again when a model needs
    them. Files of a model that is being downloaded are kept.

    Raises:
        StoreError: Something cannot be removed.
    """
    private = store.private
    if private.is_symlink():
        return []
    with os_errors_as(StoreError, f"{private} could not be pruned"), ExitStack() as stack:
        # before the locks: the lock of each live one is then seen to be held
        stages, parts = _children(private / "staging"), _children(private / "parts")
        locks = _children(private / "locks")
        free = [path for path in locks if _acquire(stack, path)]
        busy = {path.stem for path in locks} - {path.stem for path in free}
        found = [
            *(_leftover("part", path) for path in parts if _owner(path) not in busy and path.exists()),
            *(_leftover("quarantine", path) for path in _children(private / "quarantine")),
            *(_leftover("staging", path) for path in stages if not busy and path.exists()),
            *(_leftover("wheel", path) for path in _wheels(stack, private / "wheels") if wheels),
            *(_leftover("derived", path) for path in _derived_to_delete(store, busy, made=made)),
            *(_leftover("lock", path) for path in free),
        ]
        for leftover in found if not dry_run else ():
            if not (WINDOWS and leftover.kind == "lock"):  # deleted where it is let go: nobody can while it is held
                _delete(leftover.path)
        return found


def _identity(store: Store, folder: Path) -> tuple[str, Format]:
    """Name and format, from the manifest or else from the folder's name."""
    manifest = store.manifest(folder)
    if manifest is not None and store.folder(manifest.name, manifest.format) == folder:
        return manifest.name, manifest.format
    return model_and_format(folder.name)


def _look(store: Store, folder: Path, name: str, file_format: Format, *, deep: bool) -> Stored:
    manifest, fault = store.manifest(folder), store.fault(folder, deep=deep)
    if deep and fault is None and (wrong := weights_fault(folder, file_format)):
        fault = f"has no weights: {wrong}"
    status: Status = "verified" if fault is None else "broken"
    if fault is None and manifest is not None and manifest.source == TRUSTED:
        status = "trusted"
    if store.is_unverified(folder):
        status = "unverified"
    elif manifest is not None and (manifest.name, manifest.format) != (name, file_format):
        status, fault = "broken", f"holds {manifest.name} ({manifest.format})"
    return Stored(name, file_format, folder, status, fault, manifest)


def _look_at_derived(store: Store, folder: Path, record: derived.DerivedRecord | None, *, deep: bool) -> StoredDerived:
    if record is None:
        return StoredDerived("", "", "", folder, "has no readable record", needed=False)
    fault = derived.fault_of(folder, record, deep=deep)
    if record.custom_folder is not None:
        there = Path(record.custom_folder).is_dir()
    else:
        model = store.find(record.name, record.format)
        there = model is not None and derived.model_digest(model) == record.model_digest
    return StoredDerived(record.name, record.format, record.recipe, folder, fault, needed=there and fault is None)


def _derived_to_delete(store: Store, busy: set[str], *, made: bool) -> list[Path]:
    """Return the folders of derived files that are not needed, or all; those that are being made are kept."""
    found = [one.folder for one in derived_files(store) if made or not one.needed]
    return [folder for folder in found if derived.lock_name(folder) not in busy]


def _children(folder: Path) -> list[Path]:
    """Return the children of a folder; links are not followed."""
    if folder.is_symlink():
        return []
    try:
        return sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []


def _wheels(stack: ExitStack, folder: Path) -> list[Path]:
    """Return downloaded wheels that no process holds."""
    return [path for path in _children(folder) if path.suffix == ".whl" and _acquire(stack, path.with_suffix(".lock"))]


def _acquire(stack: ExitStack, path: Path) -> bool:
    if path.is_symlink() or path.is_dir():  # nobody can hold it
        return True
    try:
        stack.enter_context(FileLock(path, timeout=0))
    except Timeout:
        return False
    return True


def _owner(parts: Path) -> str:
    """Return the model of a folder of partial downloads, as its lock is named."""
    return model_and_format(parts.name)[0]


def _leftover(kind: Kind, path: Path) -> Leftover:
    return Leftover(kind, path, _size(path))


def _size(path: Path) -> int:
    """Return the bytes of a file, or of all files in a folder; what cannot be read, or is deleted meanwhile, has 0."""
    try:
        if path.is_dir() and not path.is_symlink():
            return sum(_size(child) for child in list(path.iterdir()))
        return path.lstat().st_size
    except OSError:
        return 0


def _delete(path: Path) -> None:
    with suppress(FileNotFoundError):  # another gc was faster
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
