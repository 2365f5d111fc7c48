"""From models that lie in a store to an index of them: the same for mirrors and for bundles."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from ocrzoo_registry.cards import ModelCard
from ocrzoo_registry.lockfile import names_commit
from ocrzoo_registry.manifest import WRITTEN_FROM_CARD, Manifest
from ocrzoo_registry.mirror.index import Index, IndexedFile, IndexedModel, revision_of
from ocrzoo_registry.sources.hub import is_commit


def made_by() -> str:
    """Return program and version: another version may lay a mirror's tree in another way."""
    return f"ocrzoo {version('ocrzoo')}"


def indexed(manifest: Manifest, card: ModelCard, files: Iterable[IndexedFile] | None = None) -> IndexedModel:
    """Describe a model as an index does, with the files of its manifest or those given.

    An ``inference.yml`` that was written from the card is in it, and said to be: PaddleX needs it, and who has the
    card writes it anew. A model with such a file is not what a hub's commit names.
    """
    listed = (
        (IndexedFile(**stored.model_dump(include=set(IndexedFile.model_fields))) for stored in manifest.files)
        if files is None
        else files
    )
    in_order = tuple(sorted(listed, key=lambda file: file.path))
    written = any(file.digest_origin.startswith(WRITTEN_FROM_CARD) for file in in_order)
    is_hubs = names_commit(manifest) and is_commit(manifest.revision) and not written
    return IndexedModel(
        name=manifest.name,
        format=manifest.format,
        revision=manifest.revision if is_hubs else revision_of(in_order),
        source=manifest.source,
        source_revision=manifest.revision,
        files=in_order,
        card=card,
    )


def index_of(models: Iterable[IndexedModel]) -> Index:
    """Put models together as an index, in its order."""
    in_order = sorted(models, key=lambda model: (model.name, model.format))
    return Index(schema_version=1, made_by=made_by(), models=tuple(in_order))
