"""API keys: read from a file, compared in constant time, each with a rate."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ocrzoo.serving.problems import Problem
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_lines

if TYPE_CHECKING:
    from collections.abc import Mapping

    from limits import RateLimitItem

MAX_FILE = 1 << 20
MIN_LENGTH = 16
"""Characters of a key; shorter ones can be guessed."""

HEADERS = ("authorization", "x-api-key", "api-key", "ocp-apim-subscription-key")
"""Headers in which clients send keys: most as a bearer token, Azure's as the last two."""


@dataclass(frozen=True)
class Key:
    """One key, by its digest."""

    name: str
    """For logs."""
    digest: bytes
    """SHA-256."""
    rate: RateLimitItem | None
    """Requests that it allows; ``None``: any number."""


class Keys:
    """The keys that a server accepts."""

    def __init__(self, path: Path) -> None:
        """Read a file with a line for each key: a name, the key, and perhaps a rate such as ``60/minute``.

        Empty lines, and those that begin with #, are left out.

        Raises:
            UsageError: The file cannot be read, or a line is not valid.
        """
        from limits.storage import MemoryStorage
        from limits.strategies import MovingWindowRateLimiter

        numbered = ((number, line.strip()) for number, line in enumerate(read_lines(path, MAX_FILE), 1))
        self._keys = [_parse(line, f"{path}:{number}") for number, line in numbered if line and line[0] != "#"]
        if not self._keys:
            raise UsageError(f"{path}: no keys: write a line for each, a name and the key")
        self._limiter = MovingWindowRateLimiter(MemoryStorage())

    def check(self, headers: Mapping[str, str]) -> str:
        """Return the name of the key that a request has, and count the request.

        Raises:
            Problem: It has none that is valid, or its rate is exceeded.
        """
        given = next((headers[name] for name in HEADERS if name in headers), None)
        if given is None:
            raise Problem("an API key is needed: send it as 'Authorization: Bearer KEY' or X-API-Key", "unauthorized")
        scheme, _, token = given.partition(" ")
        digest = hashlib.sha256((token.strip() if scheme.lower() in {"bearer", "token"} else given).encode()).digest()
        matches = [key for key in self._keys if hmac.compare_digest(key.digest, digest)]  # all are compared
        if not matches:
            raise Problem("the API key is not valid: ask the operator of this server for one", "unauthorized")
        key = matches[0]
        if key.rate is not None and not self._limiter.hit(key.rate, key.name):
            wait = max(1, round(key.rate.get_expiry() / key.rate.amount))
            raise Problem(f"more than {key.rate} with this key: wait", "rate_limited", wait)
        return key.name


def _parse(line: str, where: str) -> Key:
    from limits import parse

    name, *rest = line.split()
    if not rest or len(rest) > 2:
        raise UsageError(f"{where}: a name, a key and perhaps a rate such as 60/minute are needed")
    if len(rest[0]) < MIN_LENGTH:
        raise UsageError(f"{where}: the key of {name!r} is too short: it must have {MIN_LENGTH} characters or more")
    try:
        rate = parse(rest[1]) if len(rest) > 1 else None
    except ValueError as error:
        raise UsageError(f"{where}: {rest[1]!r} is not a rate such as 60/minute or 1000/day") from error
    return Key(name, hashlib.sha256(rest[0].encode()).digest(), rate)
