"""Small mirrors, made by hand from the index: what a source or a bundle reads, whoever built it."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.registry.kit import sha256

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.index.schema import BLOBS, FILE_NAME, Index, IndexedModel, revision_of
from ocrzoo_registry.store.manifest import StoredFile


@dataclass(frozen=True)
class Keys:
    """A pair of keys, as OpenSSL makes them."""

    private: Path
    public: Path


def indexed(
    card: ModelCard,
    files: Mapping[str, bytes],
    file_format: Format = "paddle",
    origin: str = "stated by huggingface",
) -> IndexedModel:
    """Describe a model as a mirror's index does."""
    entries = tuple(
        StoredFile(path=path, size=len(content), sha256=sha256(content), digest_origin=origin)
        for path, content in sorted(files.items())
    )
    return IndexedModel(
        name=card.name,
        format=file_format,
        revision=revision_of(entries),
        source="huggingface",
        source_revision="0" * 40,
        files=entries,
        card=card,
    )


def index_of(models: Iterable[IndexedModel], earlier: Iterable[IndexedModel] = ()) -> Index:
    def ordered(several: Iterable[IndexedModel]) -> tuple[IndexedModel, ...]:
        return tuple(sorted(several, key=lambda one: (one.name, one.format)))

    return Index(schema_version=1, made_by="ocrzoo 0", models=ordered(models), earlier=ordered(earlier))


def write_tree(folder: Path, index: Index, contents: Iterable[bytes]) -> Path:
    """Write what is served of a mirror: its index, and each content under its digest."""
    (folder / BLOBS).mkdir(parents=True, exist_ok=True)
    for content in contents:
        (folder / BLOBS / sha256(content)).write_bytes(content)
    (folder / FILE_NAME).write_bytes(index.to_bytes())
    return folder


def make_keys(folder: Path) -> Keys:
    """Make a pair of keys as the guide says."""
    folder.mkdir(parents=True, exist_ok=True)
    keys = Keys(folder / "mirror.pem", folder / "mirror.pub")
    make = ["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", str(keys.private)]
    subprocess.run(make, check=True, capture_output=True, timeout=60)
    derive = ["openssl", "ec", "-in", str(keys.private), "-pubout", "-out", str(keys.public)]
    subprocess.run(derive, check=True, capture_output=True, timeout=60)
    return keys
