"""Source ``oci``: models in OCI registries, one artifact a model and format.

A tag is resolved to the digest of its manifest, which is the revision; the manifest has the SHA-256 of each file.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.public_urls import public
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.network.oci import OciRepository
from ocrzoo_registry.network.oci_reference import OciReference, is_listed
from ocrzoo_registry.network.retry import RetryPolicy
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources import modelpack
from ocrzoo_registry.sources.base import Health, Listing, RemoteFile, Stream
from ocrzoo_registry.sources.hub import open_at
from ocrzoo_registry.sources.references import RegistryArtifact
from ocrzoo_registry.store.manifest import Manifest


class OciSource:
    """Reads artifacts of OCI registries."""

    def __init__(self, settings: Settings) -> None:
        self._insecure = settings.insecure_registries
        self._repository = cache(lambda host, repository: OciRepository(host, repository, self._insecure))

    def list(self, card: ModelCard, file_format: Format, digest: str = "") -> Listing | None:
        """Return the files of the card's artifact, by default as it is now.

        Raises:
            SourceError: The registry does not answer, or with something else, or is not one for everybody.
            IntegrityError: The manifest does not have the card's digest.
        """
        place = read_reference(card, "oci", file_format, RegistryArtifact)
        if place is None:
            return None
        reference = OciReference.parse(place.url)
        self._refuse_private(reference.host)
        repository = self._repository(reference.host, reference.repository)
        target = digest or reference.target
        try:
            content, revision = RetryPolicy(what=place.url).call(lambda: repository.manifest(target))
        except Gone:
            return None
        manifest = modelpack.parse(content, place.url)
        wanted = wanted_files(card, file_format)
        files = tuple(
            RemoteFile(
                layer.path,
                layer.size,
                layer.sha256,
                digest_origin="stated by oci",
                reference=str(OciReference(reference.host, reference.repository, layer.digest)),
            )
            for layer in manifest.files
            if layer.path in wanted
        )
        if not files and any(layer.is_packed for layer in manifest.layers):
            raise SourceError(f"{place.url}: its files are packed in archives, and only raw layers are read")
        return Listing(revision, files)

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the artifact with the manifest that a lock file pins, if it came from a registry.

        Raises:
            SourceError: The registry does not answer, or with something else.
            IntegrityError: The manifest has another digest.
        """
        pinned = expected.source == "oci" and expected.revision.startswith("sha256:")
        return self.list(card, file_format, expected.revision if pinned else "")

    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> AbstractContextManager[Stream]:
        """Open a blob at an offset.

        Raises:
            SourceError: It cannot be opened.
        """
        place = OciReference.parse(file.reference)
        repository = self._repository(place.host, place.repository)
        return open_at(repository.web, repository.blob_url(place.target), offset, validator)

    def _refuse_private(self, host: str) -> None:
        """Refuse a host of a private network, unless the user lists it."""
        try:
            if not is_listed(host, self._insecure):
                public(f"https://{host}")
        except ValueError as error:
            reason = "a card may name public hosts only: if you trust it, list the host in OCRZOO_INSECURE_REGISTRIES"
            raise SourceError(f"{host}: {reason}") from error

    def check(self) -> Health:
        """Report that each card names its own registry (``ocrzoo sources check``).

        Raises:
            SourceError: Never; other sources do.
        """
        return Health("registries that cards name", reachable=None)
