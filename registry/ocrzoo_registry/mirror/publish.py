"""Publishing: a release is assembled in a hidden folder, synced, and put in place of the previous one atomically."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path

from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.files import move, sync
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror import archives, layouts, verify
from ocrzoo_registry.mirror.archives import Archive, ArchiveList, StoredArchive
from ocrzoo_registry.mirror.ingest import Blobs
from ocrzoo_registry.mirror.known_files import KnownFiles
from ocrzoo_registry.mirror.layouts.base import Content
from ocrzoo_registry.mirror.release import MirrorFolder, Release
from ocrzoo_registry.mirror.serving import nginx
from ocrzoo_registry.store.manifest import StoredFile

_SYNCS = 16
"""Files synced at the same time: the file system then writes its journal once for several."""


def id_of(index: Index) -> str:
    """Return the name of an index's release: equal for equal indexes."""
    return hashlib.sha256(index.to_bytes()).hexdigest()[:16]


def publish(folder: MirrorFolder, index: Index, now: Release | None, known: KnownFiles) -> Release:
    """Serve an index from now on; call it under the mirror's lock, with all its blobs stored.

    Archives of the present release that are ``known`` to be intact are used again.

    Raises:
        UsageError: Two models need one path for different things.
        IntegrityError: A blob is missing.
        OSError: The mirror cannot be written.
    """
    for number in count():
        release = Release(folder.releases / f"{id_of(index)}{f'-{number}' if number else ''}", index)
        if not release.folder.exists():
            _assemble(folder, release, now, known)
        elif any(True for _ in verify.faults(folder, release, here=True, known=known)):
            continue
        folder.switch(release.folder)
        sync(folder.root)
        return release
    raise AssertionError


def prune(folder: MirrorFolder, now: Release | None, *, keep_linked: bool = False) -> None:
    """Remove all releases except the present and the previous one, and blobs that neither uses.

    ``keep_linked``: keep blobs with other hard links, such as those of models that are not in a release yet.

    Raises:
        OSError: The mirror cannot be written.
    """
    keep = {now.folder.name, folder.previous()} if now is not None else set()
    digests: set[str] = set()
    for path in list(folder.releases.iterdir()):
        if path.name in keep:
            digests |= _digests_of(path)
        else:
            _discard(folder, path)
    for path in folder.root.glob(".current.*"):
        path.unlink(missing_ok=True)
    blobs = Blobs(folder.blobs)
    blobs.sweep(digests | (blobs.linked() if keep_linked else set()))


def _assemble(folder: MirrorFolder, release: Release, now: Release | None, known: KnownFiles) -> None:
    """Write a release to a hidden folder, and rename that."""
    stage = folder.releases / f".{release.folder.name}.{os.urandom(4).hex()}"
    try:
        stage.mkdir()
        made: dict[str, StoredArchive] = {}
        earlier = _made_archives(now)
        for path, content in _contents(release.index):
            target = stage / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                target.write_bytes(content)
            elif isinstance(content, StoredFile):
                target.hardlink_to(folder.blobs / content.sha256)
            elif now is not None and _is_made(earlier.get(path), content, now.folder / path, known):
                made[path] = earlier[path]
                target.hardlink_to(now.folder / path)
            else:
                made[path] = archives.write(target, content, folder.blobs)
        everything = ArchiveList(schema_version=1, archives=made)
        (stage / archives.FILE_NAME).write_bytes(everything.to_bytes())
        for path, document in nginx.nginx(release.index, release.folder, everything).items():
            (stage / path).parent.mkdir(exist_ok=True)
            (stage / path).write_bytes(document)
        if now is not None and now.index == release.index and signing.is_signed(now.folder):
            (stage / signing.FILE_NAME).hardlink_to(now.folder / signing.FILE_NAME)
        _sync_all(stage)
        move(stage, release.folder)
        sync(folder.releases)
    except FileNotFoundError as error:
        raise IntegrityError(f"{error.filename} is missing: run 'ocrzoo mirror build' again") from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _contents(index: Index) -> Iterator[tuple[str, Content]]:
    """Everything in a release except the list of archives and the configuration of nginx."""
    yield indexes.FILE_NAME, index.to_bytes()
    for file in index.files.values():
        yield indexes.blob_of(file), file
    yield from layouts.tree(index)


def _made_archives(release: Release | None) -> dict[str, StoredArchive]:
    try:
        return dict(release.archives().archives) if release is not None else {}
    except IntegrityError:
        return {}


def _is_made(made: StoredArchive | None, archive: Archive, path: Path, known: KnownFiles) -> bool:
    """Whether the present release has the same archive, intact and not written from a damaged file."""
    if made is None or made.key != archive.key or any(file.sha256 in known.damaged for file in archive.files):
        return False
    return known.intact(path, made.sha256)


def _sync_all(stage: Path) -> None:
    """Hand a tree to the disk: what was written, and the folders; links to synced files need nothing more."""
    paths = [path for path in stage.rglob("*") if path.is_dir() or path.stat().st_nlink == 1]
    with ThreadPoolExecutor(_SYNCS) as pool:
        for _ in pool.map(sync, [*paths, stage]):
            pass


def _digests_of(release: Path) -> set[str]:
    """The names of the blobs that a release uses."""
    try:
        return {path.name for path in (release / indexes.BLOBS).iterdir()}
    except FileNotFoundError:
        return set()


def _discard(folder: MirrorFolder, path: Path) -> None:
    """Remove a release: hidden first, so that a partial one never has a release's name."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    hidden = folder.releases / f".{path.name.lstrip('.')}.{os.urandom(4).hex()}"
    move(path, hidden)
    shutil.rmtree(hidden, ignore_errors=True)
