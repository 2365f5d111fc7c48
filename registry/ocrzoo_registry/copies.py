"""Digests that others published for their copies of a model: they corroborate, and never decide.

A card may name a file of such digests. Where nobody vouched for a file and its digest is among them, the
manifest says whose copy it equals.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from ocrzoo_registry import plain_yaml, promises
from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.cards import Format
from ocrzoo_registry.manifest import StoredFile

MAX_BYTES = 1 << 20

log = logging.getLogger("ocrzoo")


def corroborated(offered: OfferedCard, file_format: Format, file: StoredFile) -> StoredFile:
    """Return the file, with whose copy it equals as the origin of its digest, if nobody vouched for it."""
    if file.digest_origin != promises.FIRST_SEEN or offered.card.copies is None:
        return file
    data = _read(offered.root / offered.card.copies)
    stated: Any = data
    for key in ("digests", offered.card.name, file_format, file.path):
        stated = stated.get(key) if isinstance(stated, dict) else None
    if stated != file.sha256:
        return file
    return file.model_copy(update={"digest_origin": f"{promises.FIRST_SEEN}, equal to {data.get('origin')}"})


def _read(path: Path) -> dict[str, Any]:
    """A damaged file corroborates nothing."""
    try:
        data = plain_yaml.read_file(path, MAX_BYTES)
    except plain_yaml.YamlError as error:
        log.warning("%s", error)
        return {}
    return data if isinstance(data, dict) else {}
