"""Manifests of models in OCI registries: CNCF ModelPack 1.0, a JSON document that names each file with its digest.

Of a stranger's artifact the unpacked, uncompressed layers are read, which the specification calls raw: each is a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError

from ocrzoo_registry.cards.fields import Size
from ocrzoo_registry.cards.loader import first_fault
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.oci import MANIFEST
from ocrzoo_registry.network.oci_reference import DIGEST
from ocrzoo_registry.sources.hub import Answer

ARTIFACT = "application/vnd.cncf.model.manifest.v1+json"
CONFIG = "application/vnd.cncf.model.config.v1+json"
WEIGHTS = "application/vnd.cncf.model.weight.v1.raw"
WEIGHTS_CONFIG = "application/vnd.cncf.model.weight.config.v1.raw"

FILE_PATH = "org.cncf.model.filepath"
TITLE = "org.opencontainers.image.title"


class Descriptor(Answer):
    """A blob: what it is, its digest and its size; and the path of the file that it is."""

    mediaType: Annotated[str, StringConstraints(max_length=255)]  # noqa: N815
    digest: Annotated[str, StringConstraints(pattern=f"^{DIGEST}$")]
    size: Size
    annotations: dict[str, str] | None = None

    @property
    def path(self) -> str:
        """The path of the file, as the artifact states it; empty if it does not."""
        stated = self.annotations or {}
        return stated.get(FILE_PATH) or stated.get(TITLE) or ""

    @property
    def sha256(self) -> str:
        """The digest without its algorithm."""
        return self.digest.partition(":")[2]

    @property
    def is_packed(self) -> bool:
        """Whether it is an archive, or compressed."""
        return self.mediaType.endswith((".tar", "+gzip", "+zstd"))


class ArtifactManifest(Answer):
    """What an artifact consists of."""

    schemaVersion: Literal[2]  # noqa: N815
    mediaType: Annotated[str, StringConstraints(pattern=f"^{re.escape(MANIFEST)}$")] = MANIFEST  # noqa: N815
    artifactType: str = ""  # noqa: N815
    config: Descriptor
    layers: Annotated[tuple[Descriptor, ...], Field(max_length=1000)]
    annotations: dict[str, str] | None = None

    @property
    def files(self) -> Iterator[Descriptor]:
        """The layers that are files."""
        return (layer for layer in self.layers if layer.path and not layer.is_packed)

    def to_bytes(self) -> bytes:
        """Return the document: equal for equal artifacts."""
        return f"{self.model_dump_json(indent=1, exclude_none=True)}\n".encode()


def parse(content: bytes, origin: str) -> ArtifactManifest:
    """Read a manifest; ``origin`` names it in errors.

    Raises:
        SourceError: It is not one.
    """
    try:
        return ArtifactManifest.model_validate_json(content)
    except ValidationError as error:
        raise SourceError(f"{origin}: invalid manifest: {first_fault(error)}"[:300]) from error
