"""Files that a request names by URL: only from hosts that are allowed, and never from the server's own network.

The address that was checked is the one that is connected to, so a name cannot change its address in between; each
redirect is checked again.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from ocrzoo.serving.problems import Problem
from ocrzoo.serving.service import too_large

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool
    from urllib3.response import BaseHTTPResponse

    from ocrzoo.serving.settings import ServerSettings

MAX_REDIRECTS = 3
TOTAL_S = 30.0
CONNECT_S = 5.0
IDLE_S = 10.0
_CHUNK = 1 << 16
_REDIRECTS = {301, 302, 303, 307, 308}


async def download(settings: ServerSettings, url: str) -> bytes:
    """Return the content of a URL.

    Raises:
        Problem: It may not be downloaded, cannot be, or is too large.
    """
    if not settings.url_hosts:
        raise Problem(
            "URLs are not downloaded by this server: send the file itself (--url_host allows hosts)", "url_refused"
        )
    try:
        async with asyncio.timeout(TOTAL_S):
            return await asyncio.to_thread(_download, settings, url)
    except TimeoutError:
        raise Problem(f"the URL was not downloaded within {TOTAL_S:g} s", "url_failed") from None


def _download(settings: ServerSettings, url: str) -> bytes:
    import time

    end = time.monotonic() + TOTAL_S
    for _ in range(MAX_REDIRECTS + 1):
        host, address = _checked(settings, url)
        with _get(url, host, address) as answer:
            location = answer.headers.get("location")
            if answer.status in _REDIRECTS and location:
                url = urljoin(url, location)
                continue
            if answer.status != 200:
                raise Problem(f"{host} answers the URL with status {answer.status}", "url_failed")
            content = bytearray()
            for chunk in answer.stream(_CHUNK, decode_content=False):
                content += chunk
                if len(content) > settings.max_bytes:
                    raise too_large(settings.max_bytes)
                if time.monotonic() > end:
                    raise Problem(f"{host} sends too slowly", "url_failed")
            return bytes(content)
    raise Problem(f"more than {MAX_REDIRECTS} redirects", "url_failed")


def _checked(settings: ServerSettings, url: str) -> tuple[str, str]:
    """The host of a URL, and an address of it that may be connected to.

    Raises:
        Problem: It may not be downloaded.
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
    except ValueError as error:
        raise Problem("not a valid URL", "url_refused") from error
    if parts.scheme not in {"http", "https"} or not host or parts.username is not None:
        raise Problem("only http and https URLs without a password are downloaded", "url_refused")
    if not any(fnmatchcase(host, pattern.lower()) for pattern in settings.url_hosts):
        raise Problem(f"{host!r} is not a host that this server downloads from", "url_refused")
    try:
        found = socket.getaddrinfo(host, port or 443, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Problem(f"{host!r} has no address", "url_failed") from error
    addresses = [str(one[4][0]) for one in found]
    for address in addresses:
        if not settings.private_urls and not _is_public(address):
            raise Problem(f"{host!r} has an address that is not public", "url_refused")
    return host, addresses[0]


def _is_public(address: str) -> bool:
    parsed = ipaddress.ip_address(address.partition("%")[0])
    mapped = getattr(parsed, "ipv4_mapped", None) or getattr(parsed, "sixtofour", None)
    return parsed.is_global and not parsed.is_multicast and (mapped is None or mapped.is_global)


def _get(url: str, host: str, address: str) -> BaseHTTPResponse:
    """Request a URL of an address that was checked."""
    import urllib3
    from urllib3.exceptions import HTTPError

    parts = urlsplit(url)
    timeout = urllib3.Timeout(connect=CONNECT_S, read=IDLE_S)
    options: dict[str, Any] = {"timeout": timeout, "retries": False, "maxsize": 1}
    pool: HTTPConnectionPool
    if parts.scheme == "https":
        pool = urllib3.HTTPSConnectionPool(
            address, parts.port or 443, server_hostname=host, assert_hostname=host, **options
        )
    else:
        pool = urllib3.HTTPConnectionPool(address, parts.port or 80, **options)
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    shown = f"[{host}]" if ":" in host else host
    name = shown if parts.port is None else f"{shown}:{parts.port}"
    try:
        return pool.request(
            "GET", path, headers={"Host": name, "Accept-Encoding": "identity"}, redirect=False, preload_content=False
        )
    except HTTPError as error:
        raise Problem(f"{host} could not be asked for the URL: {type(error).__name__}", "url_failed") from error
