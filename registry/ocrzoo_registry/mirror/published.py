"""The release of a mirror that readers see now."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.errors import IntegrityError, NotFound
from ocrzoo_registry.files import read_bounded, reason
from ocrzoo_registry.index.schema import FILE_NAME, MAX_BYTES, Index, parse
from ocrzoo_registry.mirror.layouts import archives
from ocrzoo_registry.mirror.layouts.archives import MadeArchives
from ocrzoo_registry.mirror.serving.tables import Tables, tables

CURRENT = "current"
"""The link to the release that is published."""


@dataclass(frozen=True)
class Release:
    """A release, read."""

    root: Path
    """Its folder, without links in the path."""
    index: Index
    tables: Tables


def root_of(folder: Path) -> Path:
    """Return where the release lies that readers see now; ``folder`` may be a mirror, or what it serves.

    Raises:
        NotFound: It is neither.
    """
    for place in (folder / CURRENT, folder):
        root = Path(os.path.realpath(place))
        if (root / FILE_NAME).is_file():
            return root
    raise NotFound(
        f"{folder} is no mirror: no {CURRENT}/{FILE_NAME} in it; make one with: ocrzoo mirror build {folder}"
    )


def read(root: Path) -> Release:
    """Read a release.

    Raises:
        IntegrityError: Its index, or list of archives, is broken or missing.
        UsageError: As :func:`ocrzoo_registry.mirror.layouts.tree`.
    """
    own = {FILE_NAME: _content(root / FILE_NAME, MAX_BYTES)}
    index = parse(own[FILE_NAME], origin=str(root / FILE_NAME))
    made = MadeArchives(schema_version=1, archives={})
    listed = root / archives.FILE_NAME
    if listed.exists():
        own[archives.FILE_NAME] = _content(listed, archives.MAX_BYTES)
        made = archives.parse(own[archives.FILE_NAME], origin=str(listed))
    return Release(root, index, tables(index, made, own))


def _content(path: Path, max_bytes: int) -> bytes:
    try:
        return read_bounded(path, max_bytes)
    except OSError as error:
        raise IntegrityError(f"{path}: {reason(error)}") from error
