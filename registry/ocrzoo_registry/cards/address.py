"""Addresses of models that no card here describes: a repository on a hub, a folder, or a tar archive.

``hf://org/name``, ``hf://org/name@revision``, ``modelscope://org/name``, ``./folder``, ``/folder`` and ``./model.tar``
are usable wherever a model's name is.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import expand_user

_HUBS = {"hf": "huggingface", "huggingface": "huggingface", "modelscope": "modelscope"}
"""The schemes of addresses, and the source that each is read from; of a source's schemes, the first is written."""
_SCHEMES = {source: scheme for scheme, source in reversed(_HUBS.items())}

_LOCAL_SCHEME = "local"

_PART = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_REPOSITORY = re.compile(rf"({_PART}/{_PART})(?:@({_PART}))?")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://(.*)", re.DOTALL)
_LOCAL = ("./", "../", "/", "~/", ".\\", "..\\")
_MOST_READABLE = 90
"""Characters of a name that are for people; the digest after them tells addresses apart."""
_DIGEST = 12
_NAME = re.compile(rf"(?i)({'|'.join((*_SCHEMES.values(), _LOCAL_SCHEME))})--.*--[0-9a-f]{{{_DIGEST}}}")
"""What :attr:`Address.name` returns; in any case, as some disks have it."""


@dataclass(frozen=True)
class Address:
    """One model's address; equal for two ways to write the same place."""

    source: str
    """The source that has the model: ``directory``, or a hub."""
    place: str
    """The repository, or the absolute path of a folder or tar archive."""
    revision: str | None = None
    """The branch, tag or commit that the address names."""

    def __str__(self) -> str:
        """Return the address as it is written."""
        if self.source == "directory":
            return self.place
        return f"{_SCHEMES[self.source]}://{self.place}" + (f"@{self.revision}" if self.revision else "")

    @property
    def path(self) -> Path | None:
        """The folder or tar archive on this machine, if it is one."""
        return Path(self.place) if self.source == "directory" else None

    @property
    def name(self) -> str:
        """The name of the model in the store: readable, and with a digest of the address, so that no two share one."""
        scheme = _SCHEMES.get(self.source, _LOCAL_SCHEME)
        place = Path(self.place).name if self.source == "directory" else self.place.replace("/", "--")
        readable = re.sub(r"[^A-Za-z0-9._-]+", "-", place)[:_MOST_READABLE]
        return f"{scheme}--{readable}--{hashlib.sha256(str(self).encode()).hexdigest()[:_DIGEST]}"


def is_address(text: str) -> bool:
    """Whether a text is meant as an address; no model's name can be."""
    return "://" in text or text in {".", "..", "~"} or text.startswith(_LOCAL) or Path(text).is_absolute()


def is_name_of_address(name: str) -> bool:
    """Whether a model's name in the store may be that of an address; no card can take one."""
    return _NAME.fullmatch(name) is not None


def parse_address(text: str) -> Address:
    """Read an address; the place is not looked at.

    Raises:
        UsageError: It is not one; the message has the ways to write one.
    """
    found = _SCHEME.fullmatch(text)
    if found is None:
        if not is_address(text) or "\0" in text:
            raise UsageError(f"{text!r} is no address: write hf://org/name, modelscope://org/name or ./folder")
        return Address("directory", os.path.realpath(expand_user(text)))
    source = _HUBS.get(found[1].lower())
    if source is None:
        raise UsageError(
            f"{_shown(text)}: an address begins with {', '.join(f'{one}://' for one in _HUBS)}, or is a folder (./own)"
        )
    parts = _REPOSITORY.fullmatch(found[2])
    if parts is None or ".." in parts[1]:
        raise UsageError(f"{_shown(text)}: write it as {found[1]}://org/name or {found[1]}://org/name@revision")
    return Address(source, parts[1], parts[2])


def name_of(text: str) -> str:
    """Return the name in the store of what the user named: of an address its own, any other as it is.

    Raises:
        UsageError: It is a malformed address.
    """
    return parse_address(text).name if is_address(text) else text


def _shown(text: str) -> str:
    """An address in a message, without what may be a password."""
    return "..." if "@" in text.partition("://")[2].partition("/")[0] else repr(text[:200])
