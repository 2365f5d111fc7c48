"""URLs as people write them: escaped as they are sent, and shown without user and password."""

from __future__ import annotations

import base64
import re
from urllib.parse import unquote, urlsplit

from ocrzoo_registry.errors import SourceError

_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
"""A percent sign that begins no escape, as in ``100 %.png``."""
_CREDENTIALS = re.compile(r"^(\s*(?:[A-Za-z][\w+.-]+:/+|https?:))[^/?#]*@", re.IGNORECASE)
"""Also where slashes are missing, too many, or after a space: a mistyped password is a secret all the same."""
_MISTYPED = re.compile(r"\s*https?:", re.IGNORECASE)


def quoted(url: str) -> str:
    """Return a URL as it is sent, without user and password.

    Spaces, stray percent signs and letters beyond ASCII are escaped in path and query; escapes stay as they are. A host
    with such letters is written in IDNA.

    Raises:
        SourceError: It is not a valid URL, or two libraries may read its host differently, before secrets go there.
    """
    return without_credentials(_prepared(url))


def authorization(url: str) -> str | None:
    """Return the header ``Authorization`` for the user and password of a URL (RFC 7617); ``None`` if it has none.

    Raises:
        SourceError: It is not a valid URL.
    """
    parts = urlsplit(_prepared(url))
    if parts.username is None:
        return None
    pair = unquote(f"{parts.username}:{parts.password or ''}")
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def without_credentials(url: str) -> str:
    """Return a URL without user and password, as it may be printed; another text is returned as it is."""
    bare = _CREDENTIALS.sub(r"\1", url)
    if "://" not in bare:
        return bare
    try:
        _ = urlsplit(bare).port
    except ValueError:  # a slash in a password ends the host too early
        scheme, separator, rest = bare.partition("://")
        return scheme + separator + rest.rpartition("@")[2]
    return bare


def looks_like_url(text: str) -> bool:
    """Whether a text was meant as an http or https URL, as ``http:/host`` was."""
    return _MISTYPED.match(text) is not None


def _prepared(url: str) -> str:
    if re.search(r"[\\\x00-\x1f\x7f-\x9f]", url):
        raise SourceError("a URL with a backslash or a control character is refused: write it as %5C, %0A or the like")
    from requests import PreparedRequest

    request = PreparedRequest()
    try:
        request.prepare_url(_STRAY_PERCENT.sub("%25", url), None)
    except (ValueError, OSError) as error:
        if "@" in url:  # the reason quotes a part of it
            raise SourceError("not a valid URL: in a password, write / ? # @ as %2F %3F %23 %40") from None
        reason = str(error).rpartition(": ")[2]
        raise SourceError("not a valid URL" if "://" in reason else f"not a valid URL: {reason}") from error
    return str(request.url)
