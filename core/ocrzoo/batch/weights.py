"""Models for the nodes of a cluster: one node downloads them, the others get a bundle and check each digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ocrzoo_registry.download.batch import get_all
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.index import bundle_reader, bundle_writer
from ocrzoo_registry.index.records import index_of, indexed
from ocrzoo_registry.zoo import Zoo


def packed(models: Sequence[Mapping[str, Any]], zoo: Zoo) -> bytes:
    """Return the loaded models as a bundle; those of a folder of the user's are left out.

    ``models`` are those of :meth:`ocrzoo.OCRPipeline.loaded_models`.

    Raises:
        IntegrityError: A file is not what it was when it was downloaded.
    """
    wanted = dict.fromkeys((str(model["name"]), model["format"]) for model in models)
    requests = [DownloadRequest(zoo.models.get(name), (form,)) for name, form in wanted if name in zoo.models]
    found = [one.files for one in get_all(zoo.resolver, requests) if one.files is not None]
    manifests = [(one, one.manifest) for one in found if one.manifest is not None]
    index = index_of(indexed(manifest, zoo.models.get(manifest.name)) for _, manifest in manifests)
    with TemporaryDirectory(prefix="ocrzoo-weights-") as folder:
        path = Path(folder, "models.tar")
        bundle_writer.write(path, bundle_writer.from_store(index, [one for one, _ in manifests]))
        return path.read_bytes()


def unpack(bundle: bytes, zoo: Zoo) -> None:
    """Install the models of a bundle that are not in the store yet; several processes of a machine take turns.

    Raises:
        IntegrityError: The bundle is damaged.
        StoreError: The store cannot be written.
    """
    with TemporaryDirectory(prefix="ocrzoo-weights-") as folder:
        path = Path(folder, "models.tar")
        path.write_bytes(bundle)
        opened = bundle_reader.read(path)
        models = [one for one in bundle_reader.chosen(opened, []) if one.name in zoo.models]
        missing = [one for one in models if zoo.store.find(one.name, one.format) is None]
        resolver = bundle_reader.resolver_of(opened, zoo.settings, zoo.store)
        requests = [bundle_reader.request_of(opened, one, zoo.models.get(one.name)) for one in missing]
        for done in get_all(resolver, requests):
            if done.error is not None:
                raise done.error
