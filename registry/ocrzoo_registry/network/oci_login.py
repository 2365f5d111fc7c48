"""Logins to OCI registries by the library oras, with the credentials of Docker's configuration."""

from __future__ import annotations

import json
import os
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ocrzoo_registry.errors import Refused, SourceError
from ocrzoo_registry.network.http import CONNECT_S, IDLE_S, new_session
from ocrzoo_registry.network.oci_reference import is_insecure

if TYPE_CHECKING:
    import requests

_MOST_BYTES = 4 << 20
"""The answer of a token service; usual are a few kB."""


def authorization(host: str, repository: str, answer: requests.Response, insecure: Collection[str]) -> str:
    """Log in with oras, and return the header ``Authorization``."""
    challenge = answer.headers.get("WWW-Authenticate", "")
    try:
        import oras.auth
        import oras.auth.utils
        import oras.container
        import oras.logger
    except ImportError as error:
        raise Refused(f"{host}: wants a login: run pip install 'ocrzoo[oci]'") from error
    oras.logger.setup_logger(quiet=True, nocolor=True)
    basic = challenge.lower().startswith("basic")
    if not basic:
        realm = urlsplit(oras.auth.utils.parse_auth_header(challenge).realm or "")
        plain = realm.scheme == "http" and all(is_insecure(one, insecure) for one in (host, realm.netloc))
        if realm.scheme != "https" and not plain:
            raise Refused(f"{host}: its token service is not asked by https, which is refused")
    session = _bounded_session(_MOST_BYTES)
    verify: Any = session.verify  # a path too, whatever its annotation says
    backend = oras.auth.get_auth_backend("basic" if basic else "token", session, tls_verify=verify)
    container = oras.container.Container(f"{host}/{repository}", registry=host)
    backend._auth_config = _docker_config(host)  # noqa: SLF001  # else it reads two files, in any order
    try:
        backend.load_configs(container)
        headers, changed = backend.authenticate_request(answer, {})
    except SourceError:
        raise
    except AttributeError as error:  # how it says that there are no credentials
        raise Refused(f"{host}: wants a login: run 'docker login {host}'") from error
    except Exception as error:
        raise Refused(f"{host}: the login failed: {type(error).__name__}") from error
    if not changed or "Authorization" not in headers:
        raise Refused(f"{host}: the login failed: run 'docker login {host}'")
    return str(headers["Authorization"])


def _bounded_session(max_bytes: int) -> requests.Session:
    """Return a session for a library that asks servers itself: timeouts, no redirects, and bodies of bounded size."""
    session = new_session()
    send = session.request

    def bounded(*arguments: Any, **options: Any) -> requests.Response:
        options |= {"timeout": (CONNECT_S, IDLE_S), "stream": True, "auth": lambda request: request}
        with send(*arguments, **options) as answer:
            content = answer.raw.read(max_bytes + 1, decode_content=True)
            if len(content) > max_bytes:
                raise SourceError(f"{urlsplit(answer.url).hostname}: sends more than {max_bytes >> 20} MiB")
            answer._content = content  # noqa: SLF001  # else reading it later is unbounded
        return answer

    session.request = bounded  # type: ignore[method-assign]
    return session


def _docker_config(host: str) -> dict[str, Any]:
    """What the one file of Docker says of credentials: that in the folder ``DOCKER_CONFIG``, or else in ``~/.docker``.

    Raises:
        Refused: It cannot be read.
    """
    usual = os.path.expanduser("~/.docker")  # noqa: PTH111  # Path raises where there is no home directory
    path = Path(os.environ.get("DOCKER_CONFIG") or usual, "config.json")
    try:
        stated = json.loads(path.read_bytes()) if path.exists() else {}
        return {"auths": {}, "credsStore": None, "credHelpers": {}} | stated
    except (OSError, ValueError, TypeError, RecursionError) as error:
        reason = getattr(error, "strerror", None) or error
        raise Refused(f"{host}: wants a login, and {path} could not be read: {reason}") from error
