"""Records of an index: made from the manifests of a store, and read as listings of a source."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.schema import FileRecord, ModelCard
from ocrzoo_registry.index.schema import Index, IndexedModel, blob_of, revision_of
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.store.manifest import Manifest, StoredFile


def made_by() -> str:
    """Return program and version: another version may write the tree of a mirror differently."""
    return f"ocrzoo {version('ocrzoo')}"


def indexed(manifest: Manifest, card: ModelCard) -> IndexedModel:
    """Return the record of a stored model.

    An ``inference.yml`` that was written from the card is part of it, since PaddleX needs it; clients with a card write
    their own. A model with such a file is not what the hub's commit identifies.
    """
    files = tuple(sorted(manifest.unstamped().files, key=lambda file: file.path))
    is_hubs = manifest.has_commit and manifest.served == manifest.files
    return IndexedModel(
        name=manifest.name,
        format=manifest.format,
        revision=manifest.revision if is_hubs else revision_of(files),
        source=manifest.source,
        source_revision=manifest.revision,
        files=files,
        card=card,
    )


def index_of(models: Iterable[IndexedModel]) -> Index:
    """Return an index of models, in its order."""
    in_order = sorted(models, key=lambda model: (model.name, model.format))
    return Index(schema_version=1, made_by=made_by(), models=tuple(in_order))


def find(
    index: Index, card: ModelCard, file_format: Format, expected: Iterable[FileRecord] = ()
) -> IndexedModel | None:
    """Return the record of a model in an index.

    Of two revisions, this is the one with the expected files, or else with those of the card; else the present one. An
    index that was made when the model had another name has it under an alias.
    """
    wanted = tuple(expected) or card.artifacts[file_format].files
    found = [
        model
        for name in (card.name, *card.aliases)
        for models in (index.models, index.earlier)
        for model in models
        if (model.name, model.format) == (name, file_format)
    ]
    agreeing = (model for model in found if not model.differing(wanted, common_only=True))
    return next(agreeing, next(iter(found), None))


def listing(model: IndexedModel, card: ModelCard, origin: str, *, with_written: bool = False) -> Listing:
    """Return a model's files, with their blobs as references; ``origin`` says who states the digests.

    Files that were written from the index's card are left out, since they are written again from ``card``; unless
    ``with_written``, if there is no other card.
    """
    wanted = wanted_files(card, model.format)
    files = model.files if with_written else model.served
    return Listing(model.revision, tuple(_listed(file, origin) for file in files if file.path in wanted))


def _listed(file: StoredFile, origin: str) -> RemoteFile:
    return RemoteFile(file.path, file.size, file.sha256, digest_origin=origin, reference=blob_of(file))
