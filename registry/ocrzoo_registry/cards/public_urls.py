"""URLs in cards: a stranger's card must not have this machine ask its own network."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

_NUMBER = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
"""Hosts that some system reads as an IPv4 address, such as ``127.1`` and ``0x7f000001``."""

_NAME = re.compile(r"[a-z0-9.-]+")
_INNER = tuple(map(ipaddress.ip_network, ("::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "fec0::/10")))
"""IPv6 networks that Python calls global: those that hold an IPv4 address, and what was once for sites."""


def public(url: str) -> str:
    """Return a URL as it is.

    Raises:
        ValueError: Its host is this machine, or an address of a private network.
    """
    try:
        host = (urlsplit(url).hostname or "").lower().rstrip(".")
    except ValueError as error:
        raise ValueError(f"{url!r} is not an address") from error
    if not host or host == "localhost" or host.endswith(".localhost") or not _is_public(host):
        raise ValueError(
            f"{url!r} is not an address for everybody: name a public host, or ship the weights in a folder"
        )
    return url


def _is_public(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _NAME.fullmatch(host) is not None and _NUMBER.fullmatch(host) is None
    return address.is_global and not address.is_multicast and not any(address in network for network in _INNER)
