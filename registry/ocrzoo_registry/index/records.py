"""From models that lie in a store to an index of them: the same for mirrors and for bundles."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version

from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import Format, ModelCard, is_commit
from ocrzoo_registry.index.schema import Index, IndexedFile, IndexedModel, revision_of
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.store.manifest import Manifest


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
    is_hubs = manifest.has_commit and is_commit(manifest.revision) and not written
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


def find(index: Index, card: ModelCard, file_format: Format) -> IndexedModel | None:
    """Return what an index has of a model.

    Of two revisions, that is the one which has the bytes that the card (or a lock file) pins; else the present one.
    """
    pins = {file.path: file.sha256 for file in card.artifacts[file_format].files if file.sha256}
    found = [
        model
        for models in (index.models, index.earlier)
        for model in models
        if (model.name, model.format) == (card.name, file_format)
    ]
    agreeing = (
        model for model in found if all(pins.get(file.path, file.sha256) == file.sha256 for file in model.files)
    )
    return next(agreeing, next(iter(found), None))


def listing(model: IndexedModel, card: ModelCard, origin: str, *, with_written: bool = False) -> Listing:
    """Return a model's files, their places in the mirror as locators; ``origin`` is who states the digests.

    What a mirror wrote from its card is left out, since it is written here from the card that is here; unless
    ``with_written``, where there is none.
    """
    wanted = wanted_files(card, model.format)
    served = [file for file in model.files if with_written or not file.digest_origin.startswith(WRITTEN_FROM_CARD)]
    return Listing(model.revision, tuple(_listed(file, origin) for file in served if file.path in wanted))


def _listed(file: IndexedFile, origin: str) -> RemoteFile:
    return RemoteFile(file.path, file.size, file.sha256, digest_origin=origin, reference=file.blob)
