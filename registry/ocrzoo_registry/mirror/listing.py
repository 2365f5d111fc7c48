"""What an index says of a model, as a source lists it: the same for a mirror and for a bundle."""

from __future__ import annotations

from ocrzoo_registry.cards import Format, ModelCard
from ocrzoo_registry.contracts import Listing, RemoteFile
from ocrzoo_registry.manifest import WRITTEN_FROM_CARD
from ocrzoo_registry.mirror.index import Index, IndexedFile, IndexedModel
from ocrzoo_registry.model_files import wanted_files


def find(index: Index, card: ModelCard, file_format: Format) -> IndexedModel | None:
    """Return what an index has of a model.

    Of two revisions, that is the one which has the bytes that the card (or a lock file) pins; else the present one.
    """
    pins = {file.path: file.sha256 for file in card.artefacts[file_format].files if file.sha256}
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
    return RemoteFile(file.path, file.size, file.sha256, digest_origin=origin, locator=file.blob)
