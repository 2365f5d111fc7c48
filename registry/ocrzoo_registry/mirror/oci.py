"""A mirror in an OCI registry: one repository, with an artifact for each model and format, and one for the index.

A model is the artifact that the tag of its folder's name leads to, as CNCF ModelPack describes it, so other programs
read it too. The artifact ``index.json`` has the index of the mirror and its signature. All blobs are the files of the
mirror under their SHA-256, so each is stored once.
"""

from __future__ import annotations

import json
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.cards.formats import folder_name
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.batch import run_concurrently
from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.errors import IntegrityError, SourceError, UsageError
from ocrzoo_registry.index import schema as indexes
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.schema import IndexedModel, blob_of
from ocrzoo_registry.mirror.backends import Document
from ocrzoo_registry.mirror.release import published, read, read_document
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.network.oci import OciRepository
from ocrzoo_registry.network.oci_reference import OciReference
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.signing import MAX_BYTES as SIGNATURE_BYTES
from ocrzoo_registry.sources import modelpack
from ocrzoo_registry.sources.base import Stream
from ocrzoo_registry.sources.hub import open_at
from ocrzoo_registry.sources.modelpack import ArtifactManifest, Descriptor
from ocrzoo_registry.store.manifest import StoredFile

INDEX_TAG = indexes.FILE_NAME
INDEX = "application/vnd.ocrzoo.index.v1+json"
SIGNATURE = "application/vnd.ocrzoo.signature.v1+json"
EMPTY = "application/vnd.oci.empty.v1+json"
"""The media type of the configuration ``{}``, of artifacts without one."""


@dataclass(frozen=True)
class Pushed:
    """What a registry has now."""

    address: str
    index: str
    """The digest of the index's artifact."""
    artifacts: dict[str, str]
    """The digest of each model's artifact by its tag."""
    sent: int
    """Bytes of the files that it did not have."""
    signed: bool


class RegistryBackend:
    """Reads a mirror in a registry."""

    def __init__(self, address: str, settings: Settings) -> None:
        self._repository = _repository(address, settings)

    def read(self, path: str, max_bytes: int, known: str | None = None) -> Document | None:
        """Read a file of the index's artifact; its digest shows whether it changed."""
        content, _ = self._repository.manifest(INDEX_TAG)
        manifest = modelpack.parse(content, self._repository.address)
        layer = next((layer for layer in manifest.files if layer.path == path), None)
        if layer is None:
            raise Gone(f"{self._repository.address}: its index has no {path}")
        if layer.digest == known:
            return None
        return Document(self._repository.blob(layer.digest, max_bytes), layer.digest)

    def open(self, path: str, offset: int, validator: str | None) -> AbstractContextManager[Stream]:
        """Open a file by its digest."""
        found = re.fullmatch(rf"{indexes.BLOBS}/([0-9a-f]{{64}})", path)
        if found is None:
            raise Gone(f"{self._repository.address}: has files by their digest only, and not {path}")
        return open_at(self._repository.web, self._repository.blob_url(f"sha256:{found[1]}"), offset, validator)


def push(folder: Path, address: str, settings: Settings, events: DownloadEvents | None = None) -> Pushed:
    """Upload the present release of a mirror; the index comes last, so it names no file that is not there.

    Raises:
        NotFound: The folder is no mirror.
        UsageError: The address is not that of a repository.
        IntegrityError: A file of the mirror is damaged.
        SourceError: The registry does not answer, or refuses the upload.
    """
    events = events or DownloadEvents()
    repository = _repository(address, settings)
    root = published(folder)
    index = read(root).index
    files = {file.sha256: file for model in index.models for file in model.files}
    with events.progress(f"uploading to {address}", sum(file.size for file in files.values()), 0) as advance:

        def send(file: StoredFile) -> int:
            sent = _push_file(repository, root, file)
            advance(file.size)
            return sent

        sent = run_concurrently(send, files.values(), events.cancelled)
    artifacts = {_tag(model): _push_model(repository, model) for model in index.models}
    signed, digest = _push_index(repository, root)
    return Pushed(repository.address, digest, artifacts, sum(sent), signed)


def _repository(address: str, settings: Settings) -> OciRepository:
    place = OciReference.parse(address.rstrip("/"))
    if ":" in address.partition("://")[2].partition("/")[2]:
        raise UsageError(f"{address}: a mirror is a whole repository: leave out the tag or digest")
    return OciRepository(place.host, place.repository, settings.insecure_registries)


def _tag(model: IndexedModel) -> str:
    return folder_name(model.name, model.format)


def _push_file(repository: OciRepository, root: Path, file: StoredFile) -> int:
    """Upload one file of the mirror; returns the bytes that were sent."""
    path = root / blob_of(file)
    try:
        return file.size if repository.push_blob(path, f"sha256:{file.sha256}") else 0
    except FileNotFoundError as error:
        raise IntegrityError(f"{path} is missing: run 'ocrzoo mirror build'") from error
    except OSError as error:
        raise SourceError(f"{path} could not be read: {error.strerror or error}") from error


def _push_model(repository: OciRepository, model: IndexedModel) -> str:
    """Upload the artifact of a model, whose files are there; returns its digest."""
    config = json.dumps(configuration(model), indent=1, ensure_ascii=False).encode()
    manifest = ArtifactManifest(
        schemaVersion=2,
        artifactType=modelpack.ARTIFACT,
        config=Descriptor(mediaType=modelpack.CONFIG, digest=repository.push_content(config), size=len(config)),
        layers=tuple(map(_layer, model.files)),
        annotations={
            modelpack.TITLE: model.name,
            "org.opencontainers.image.version": model.card.version,
            "org.opencontainers.image.licenses": model.card.license,
        },
    )
    return repository.push_manifest(_tag(model), manifest.to_bytes())


def _layer(file: StoredFile) -> Descriptor:
    kind = modelpack.WEIGHTS_CONFIG if file.path.endswith((".yml", ".json")) else modelpack.WEIGHTS
    return _descriptor(kind, f"sha256:{file.sha256}", file.size, file.path)


def _descriptor(kind: str, digest: str, size: int, path: str) -> Descriptor:
    annotations = {modelpack.FILE_PATH: path, modelpack.TITLE: path}
    return Descriptor(mediaType=kind, digest=digest, size=size, annotations=annotations)


def configuration(model: IndexedModel) -> dict[str, object]:
    """Return a model's configuration as CNCF ModelPack describes it, from its card."""
    card = model.card
    return {
        "descriptor": {
            "name": model.name,
            "family": card.family,
            "version": card.version,
            "description": card.summary,
            "licenses": [card.license],
            "revision": model.source_revision,
        },
        "config": {"format": model.format, "capabilities": _capabilities(card)},
        "modelfs": {"type": "layers", "diffIds": [f"sha256:{file.sha256}" for file in model.files]},
    }


def _capabilities(card: ModelCard) -> dict[str, object]:
    """What goes in and out; the specification has room for languages of two letters only."""
    reads = "text" if card.task == "text_recognition" else "other"
    languages = list(dict.fromkeys(one for one in card.languages if re.fullmatch("[a-z]{2}", one)))
    found: dict[str, object] = {"inputTypes": ["image"], "outputTypes": [reads]}
    return {**found, "languages": languages} if languages else found


def _push_index(repository: OciRepository, root: Path) -> tuple[bool, str]:
    """Upload the artifact of the index; returns whether it is signed, and its digest."""
    layers = [_push_document(repository, INDEX, root / indexes.FILE_NAME, indexes.MAX_BYTES)]
    signature = root / signing.FILE_NAME
    if signature.is_file():
        layers.append(_push_document(repository, SIGNATURE, signature, SIGNATURE_BYTES))
    empty = b"{}"
    manifest = ArtifactManifest(
        schemaVersion=2,
        artifactType=INDEX,
        config=Descriptor(mediaType=EMPTY, digest=repository.push_content(empty), size=len(empty)),
        layers=tuple(layers),
    )
    return len(layers) > 1, repository.push_manifest(INDEX_TAG, manifest.to_bytes())


def _push_document(repository: OciRepository, kind: str, path: Path, max_bytes: int) -> Descriptor:
    content = read_document(path, max_bytes)
    return _descriptor(kind, repository.push_content(content), len(content), path.name)
