"""From models that lie in the store to an index of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version

from ocrzoo_registry.cards import ModelCard
from ocrzoo_registry.manifest import Manifest
from ocrzoo_registry.mirror.index import Index, IndexedFile, IndexedModel, revision_of

MADE_BY = f"ocrzoo {version('ocrzoo')}"


def indexed(manifest: Manifest, card: ModelCard) -> IndexedModel:
    """Describe a model as an index does.

    An ``inference.yml`` that was written from the card is in it, and said to be: PaddleX needs it, and who has the
    card writes it anew.
    """
    files = tuple(
        IndexedFile(path=file.path, size=file.size, sha256=file.sha256, digest_origin=file.digest_origin)
        for file in sorted(manifest.files, key=lambda file: file.path)
    )
    commit = manifest.revision if re.fullmatch("[0-9a-f]{40}", manifest.revision) else revision_of(files)
    return IndexedModel(
        name=manifest.name,
        format=manifest.format,
        revision=commit,
        source=manifest.source,
        source_revision=manifest.revision,
        files=files,
        card=card,
    )


def index_of(models: Iterable[IndexedModel]) -> Index:
    """Put models together as an index, in its order."""
    in_order = sorted(models, key=lambda model: (model.name, model.format))
    return Index(schema_version=1, made_by=MADE_BY, models=tuple(in_order))
