"""Addresses in OCI registries: ``oci://host/repository``, with a tag or digest. Imports nothing that asks a server."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from ocrzoo_registry.errors import UsageError

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252}[A-Za-z0-9])?|\[[0-9a-fA-F:.]+\])(?::[0-9]{1,5})?"
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}"
DIGEST = r"sha256:[0-9a-f]{64}"
_REFERENCE = (
    rf"(?i:oci)://(?P<host>{_HOST})/(?P<repository>{_PART}(?:/{_PART})*)"
    rf"(?::(?P<tag>{_TAG})|@(?P<digest>{DIGEST}))?"
)
_LONGEST = 500


@dataclass(frozen=True)
class OciReference:
    """A repository of a registry, and a tag or digest in it."""

    host: str
    """With its port, if it has one."""
    repository: str
    target: str = "latest"
    """A tag, or ``sha256:`` and a digest."""

    @classmethod
    def parse(cls, text: str) -> OciReference:
        """Read ``oci://host/repository[:tag|@sha256:...]``.

        Raises:
            UsageError: It is not written so.
        """
        found = re.fullmatch(_REFERENCE, text) if len(text) <= _LONGEST else None
        if found is None:
            shown = "..." if "@" in text.partition("@sha256:")[0] else repr(text[:200])  # no password in a message
            raise UsageError(
                f"{shown} is not an address in a registry: write oci://host/repository:tag or "
                "oci://host/repository@sha256:..., the repository in lowercase"
            )
        return cls(found["host"], found["repository"], found["digest"] or found["tag"] or "latest")

    def __str__(self) -> str:
        """Return the address that :meth:`parse` reads."""
        return f"oci://{self.host}/{self.repository}{'@' if ':' in self.target else ':'}{self.target}"


def is_listed(host: str, insecure: Collection[str]) -> bool:
    """Whether the user lists a host, with its port or without."""
    return host in insecure or _name_of(host) in insecure


def is_insecure(host: str, insecure: Collection[str]) -> bool:
    """Whether a host, with or without its port, is asked by http: this machine, or one that the user lists."""
    name = _name_of(host)
    if name == "localhost" or is_listed(host, insecure):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name_of(host: str) -> str:
    return urlsplit(f"//{host}").hostname or ""
