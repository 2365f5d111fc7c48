"""Folders that something else than ocrzoo (PaddleX, say) put into the store: taken where they are, once verified."""

from __future__ import annotations

from ocrzoo_registry import inference_config, promises
from ocrzoo_registry.contracts import Listing
from ocrzoo_registry.errors import IntegrityError
from ocrzoo_registry.model_files import is_complete, wanted_files
from ocrzoo_registry.orders import Order
from ocrzoo_registry.store import ModelFiles, Store

TRUSTED = "trusted by the user"
"""The source of a folder that was taken as it was, and the origin of its digests."""


def adopt(store: Store, order: Order, listing: Listing) -> ModelFiles | None:
    """Take a folder without a manifest if every file keeps its promise; ``None`` if there is none, or one does not.

    Call it under the model's lock.

    Raises:
        IntegrityError: It is another model's, or not what was expected.
        StoreError: The manifest cannot be written.
    """
    folder = store.folder(order.name, order.file_format)
    paths = [file.path for file in listing.files]
    if listing.archive or store.manifest(folder) is not None or not folder.is_dir():
        return None
    if inference_config.FILE_NAME not in paths or not is_complete(order.file_format, paths):
        return None
    kept = [promises.kept(order.promise(file), folder / file.path) for file in listing.files]
    files = [file for file in kept if file is not None]
    if len(files) < len(kept):
        return None
    inference_config.check_name(inference_config.read(folder), order.name, listing.revision)
    return store.adopt(order.manifest(listing.revision, files))


def trust(store: Store, order: Order) -> ModelFiles | None:
    """Take a folder without a manifest as it is; ``None`` if there is none. Call it under the model's lock.

    Raises:
        IntegrityError: It is another model's, or incomplete.
        StoreError: The manifest cannot be written.
    """
    folder = store.folder(order.name, order.file_format)
    if store.manifest(folder) is not None or not folder.is_dir():
        return None
    wanted = sorted(wanted_files(order.offered.card, order.file_format))
    paths = [path for path in wanted if (folder / path).is_file()]
    if not is_complete(order.file_format, paths) or inference_config.FILE_NAME not in paths:
        raise IntegrityError(f"{folder} holds only {', '.join(paths) or 'nothing'}: that is not a whole model")
    inference_config.check_name(inference_config.read(folder), order.name, str(folder))
    return store.adopt(order.manifest("unknown", [promises.as_it_is(folder, path, TRUSTED) for path in paths]))
