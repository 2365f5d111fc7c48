"""Which source served which files: one manifest a source, to notice sources that differ."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry.cards.formats import folder_name
from ocrzoo_registry.files import read_bounded, write_atomically
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import MAX_MANIFEST_BYTES

log = logging.getLogger("ocrzoo")


def compare(private: Path, manifest: Manifest) -> None:
    """Warn if another source, or the same one at the same revision, served other bytes; then record these."""
    folder = private / "seen" / folder_name(manifest.name, manifest.format)
    for earlier in _records(folder):
        if earlier.source == manifest.source and earlier.revision != manifest.revision:
            continue
        served = manifest.model_copy(update={"files": manifest.served})
        for path in served.differing(earlier.served, common_only=True):
            log.warning(
                "%s: %s (%s) serves another %s than %s (%s) did; the new files are used, and none are mixed",
                manifest.name,
                manifest.source,
                manifest.revision,
                path,
                earlier.source,
                earlier.revision,
            )
    try:
        write_atomically(folder / f"{manifest.source}.json", manifest.model_dump_json(indent=1).encode())
    except OSError as error:  # the model itself is installed
        log.debug("%s was not recorded: %s", manifest.name, error)


def _records(folder: Path) -> Iterator[Manifest]:
    for path in sorted(folder.glob("*.json")):
        try:
            yield Manifest.model_validate_json(read_bounded(path, MAX_MANIFEST_BYTES))
        except (OSError, ValueError):
            continue
