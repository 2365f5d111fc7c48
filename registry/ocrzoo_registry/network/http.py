"""HTTP for everything that ocrzoo downloads: bounded in size and redirects, and in time by its callers.

Timeouts bound the wait for a connection and between two bytes; a :class:`Deadline` or the watcher of a transfer
bounds the whole, whatever the server does.

Proxies and certificates are those of the environment (``HTTPS_PROXY``, ``NO_PROXY``, ``REQUESTS_CA_BUNDLE``,
``CURL_CA_BUNDLE``, ``SSL_CERT_FILE``). Nothing is retried here; :mod:`ocrzoo_registry.network.retry` does that.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable, Container, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from ocrzoo_registry.errors import Busy, Refused, SourceError, TooSlow, Unreachable, causes
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.urls import quoted, without_credentials

if TYPE_CHECKING:
    import requests

CONNECT_S, IDLE_S = 5.0, 10.0
"""Seconds to connect, and between two bytes."""
STORE_S = 120.0
"""Seconds for a server to store what it was sent."""
BODY_S = 10.0
"""Seconds for a small body."""
MAX_REDIRECTS = 5
CHUNK_BYTES = 1 << 20
MAX_REASON = 300
"""Characters of a foreign error message."""
_IN_OUR_WORDS = {
    "IncompleteRead": "the connection was interrupted",
    "BadStatusLine": "what came is no HTTP",  # and may be what was asked, tokens and all
    "UnknownProtocol": "what came is no HTTP",
}
_BUSY = {408, 425, 429, 500, 502, 503, 504}
_DENIED = {401, 402, 403, 407, 451}
_GONE = {404, 410}


class Gone(SourceError):
    """HTTP 404 or 410."""

    outcome = "absent"


Login = Callable[["requests.Response"], Mapping[str, str]]
"""From an answer 401 of the endpoint to the secrets to send from then on."""


class Web:
    """A client for one server; ``secrets`` are headers that go to the origin they are for, and to no other."""

    def __init__(
        self,
        endpoint: str = "",
        secrets: Mapping[str, str] | None = None,
        *,
        auth_variable: str = "",
        login: Login | None = None,
        patience_s: float = 0.0,
    ) -> None:
        """``auth_variable`` is where the token comes from, named where access is denied; ``login`` gets another.

        ``patience_s``: how long a busy server that says when to come back is asked again.
        """
        self._origin = _origin(endpoint)
        self._auth_variable = auth_variable
        self._login = login
        self._patience_s = patience_s
        self._secrets = dict(secrets or {})

    @cached_property
    def session(self) -> requests.Session:
        """Created on first use, as that loads the library; it asks no server."""
        return new_session()

    @contextmanager
    def get(
        self,
        url: str,
        headers: Mapping[str, str] | None = None,
        *,
        method: str = "GET",
        accept: Container[int] = (),
        data: bytes | IO[bytes] | None = None,
    ) -> Iterator[requests.Response]:
        """Request a URL and follow its redirects; yields the response before its body is read.

        ``accept`` are HTTP statuses besides 2xx that are no error. A request with ``data`` follows no redirect.

        Raises:
            Unreachable: Nothing answers in time, or the server is busy.
            Refused: Access is denied, or needs a token.
            Gone: There is nothing at this URL.
            SourceError: The response is another error.
        """
        try:
            answer = self._follow(method, url, headers or {}, data)
            if answer.status_code == 401 and self._login is not None and _origin(answer.url) == self._origin:
                answer.close()
                self._secrets |= self._login(answer)
                answer = self._follow(method, url, headers or {}, data)
        except SourceError:
            raise
        except Exception as error:
            raise _as_source_error(error, url) from error
        try:
            if answer.status_code not in accept:
                self.check(answer)
            yield answer
        finally:
            answer.close()

    def check(self, answer: requests.Response) -> None:
        """Refuse a status other than 2xx.

        Raises:
            SourceError: As :meth:`get` does.
        """
        _check_status(answer, self._auth_variable, self._patience_s)

    def body(self, answer: requests.Response, *, max_bytes: int, total_s: float = BODY_S) -> bytes:
        """Return a small body, decompressed.

        Raises:
            Unreachable: It breaks off.
            TooSlow: It does not arrive in time.
            SourceError: It is larger.
        """
        deadline = time.monotonic() + total_s
        content = bytearray()
        for chunk in self.chunks(answer, decode=True):
            content += chunk
            if len(content) > max_bytes:
                raise SourceError(f"{_host(answer.url)}: sends more than {max_bytes >> 20} MiB")
            if time.monotonic() > deadline:
                raise TooSlow(f"{_host(answer.url)}: not complete after {total_s:.0f} s")
        return bytes(content)

    def chunks(self, answer: requests.Response, *, decode: bool = False) -> Iterator[bytes]:
        """Yield a body in chunks as it arrives.

        Raises:
            Unreachable: It breaks off, or no bytes arrive for a while.
        """
        try:
            while chunk := answer.raw.read1(CHUNK_BYTES, decode_content=decode):  # what is there, not more
                yield chunk
        except SourceError:
            raise
        except Exception as error:
            raise _as_source_error(error, answer.url) from error

    def _follow(
        self, method: str, url: str, headers: Mapping[str, str], data: bytes | IO[bytes] | None
    ) -> requests.Response:
        session, deadline = self.session, Deadline.current(math.inf)
        for _ in range(MAX_REDIRECTS + 1):
            url = quoted(url)
            left = deadline.left
            if left <= 0:
                raise Unreachable(f"{_host(url)}: not asked any more, the time is up")
            if data is not None and not isinstance(data, bytes):
                data.seek(0)
            secrets = self._secrets if _origin(url) == self._origin else {}
            answer = session.request(
                method,
                url,
                headers={"Accept-Encoding": "identity", **headers, **secrets},
                data=data,
                auth=lambda request: request,  # nothing from a .netrc
                stream=True,
                allow_redirects=False,
                timeout=(min(CONNECT_S, left), min(IDLE_S if data is None else STORE_S, left)),
            )
            if not answer.is_redirect or data is not None:
                return answer
            answer.close()
            url = _redirected(url, answer.headers["location"])
        raise SourceError(f"{_host(url)}: more than {MAX_REDIRECTS} redirects")


def new_session() -> requests.Session:
    """Return a session with the certificates of the environment, no cookies and no redirects."""
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests.adapters import HTTPAdapter

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> str | None:  # noqa: ARG002  # requests' signature
            """Know of no redirect: requests would read its body whole, whatever the size, before going on."""
            return None

    session = Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    for scheme in ("http://", "https://"):
        session.mount(scheme, HTTPAdapter(pool_connections=8, pool_maxsize=16))
    if not os.environ.get("REQUESTS_CA_BUNDLE") and not os.environ.get("CURL_CA_BUNDLE"):
        session.verify = os.environ.get("SSL_CERT_FILE") or True
    return session


def _redirected(url: str, location: str) -> str:
    with suppress(UnicodeError):  # http.client decodes headers as Latin-1, servers send UTF-8
        location = location.encode("latin-1").decode("utf-8")
    target = urljoin(url, location)
    if not target.lower().startswith(("http://", "https://")):
        raise SourceError(f"{_host(url)}: redirects to {without_credentials(target)[:200]!r}")
    try:
        target = quoted(target)
    except SourceError as error:
        raise SourceError(f"{_host(url)}: redirects to {without_credentials(target)[:200]!r}: {error}") from error
    if url.lower().startswith("https://") and not target.lower().startswith("https://"):
        raise SourceError(f"{_host(url)}: redirects from https to http, to {_host(target)}")
    return target


def _check_status(answer: requests.Response, auth_variable: str, patience_s: float) -> None:
    status = answer.status_code
    said = f"{_host(answer.url)}: HTTP {status}"
    if status in _BUSY:
        wait = _retry_after(answer)
        said = said if wait is None else f"{said}, retry after {wait:.0f} s"
        raise Busy(said, retry_after=wait, patience_s=patience_s)
    if status in _DENIED:
        raise Refused(f"{said} (token: {auth_variable})" if auth_variable else said)
    if status in _GONE:
        raise Gone(said)
    if not 200 <= status < 300:
        raise SourceError(said)


def _retry_after(answer: requests.Response) -> float | None:
    from urllib3.exceptions import InvalidHeader
    from urllib3.util import Retry

    value = answer.headers.get("Retry-After")
    try:
        return None if value is None else max(0.0, float(Retry().parse_retry_after(value)))
    except (InvalidHeader, ValueError, OverflowError):
        return None


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    except ValueError:
        return "", "", None


def _host(url: str) -> str:
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return "no address"


def _as_source_error(error: Exception, url: str) -> SourceError:
    from requests.exceptions import ConnectionError as NoConnection
    from requests.exceptions import ProxyError, SSLError
    from requests.utils import get_environ_proxies, select_proxy

    host = _host(url)
    if isinstance(error, ProxyError):
        host = f"proxy {_host(select_proxy(url, get_environ_proxies(url)) or url)}"
    elif isinstance(error, NoConnection):  # say where the user set the address
        named = (name for name, value in os.environ.items() if name.endswith("_ENDPOINT") and host and host in value)
        host = " ".join([*[*named][:1], host])
    reason = f"{host}: {_reason(error)}"
    if isinstance(error, ValueError):  # an address or header that cannot be
        return SourceError(reason)
    if isinstance(error, SSLError) and "CERTIFICATE" in reason:
        return SourceError(f"{reason} (SSL_CERT_FILE or REQUESTS_CA_BUNDLE names a certificate to trust)")
    return Unreachable(reason, connected=not isinstance(error, NoConnection))


def _reason(error: BaseException) -> str:
    """Return the innermost cause in one line; wrapping exceptions repeat the URL and hide it."""
    chain = list(causes(error))
    for one in chain:
        if type(one).__name__ in _IN_OUR_WORDS:
            return _IN_OUR_WORDS[type(one).__name__]
    error = chain[-1]
    text = error.strerror if isinstance(error, OSError) and isinstance(error.strerror, str) else str(error)
    return " ".join(text.split(" for url:")[0].split())[:MAX_REASON] or type(error).__name__
