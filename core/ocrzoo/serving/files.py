"""The file of a request: base64, a data URI, or a URL."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from ocrzoo.serving.problems import Problem
from ocrzoo.serving.service import too_large
from ocrzoo.serving.urls import download

if TYPE_CHECKING:
    from ocrzoo.serving.service import Service
    from ocrzoo.serving.settings import ServerSettings

_SPACE = re.compile(rb"\s+")
_TO_STANDARD = bytes.maketrans(b"-_", b"+/")


async def content_of(service: Service, text: str, *, what: str) -> bytes:
    """Return the content that a text stands for; ``what`` names its key in errors.

    Raises:
        Problem: It is none of the three, too large, or the URL may not be downloaded.
    """
    return await content_within(service.settings, text, what=what)


async def content_within(settings: ServerSettings, text: str, *, what: str) -> bytes:
    """Do the same, for these settings.

    Raises:
        Problem: As above.
    """
    if text.startswith(("http://", "https://")):
        return await download(settings, text)
    most = settings.max_bytes
    if len(text) > most * 4 // 3 + 4096:
        raise too_large(most)
    if text.startswith("data:"):
        head, comma, data = text.partition(",")
        if not comma:
            raise Problem(f"{what}: a data URI without data", "invalid_input")
        if not head.lower().endswith(";base64"):
            return unquote_to_bytes(data)
        text = data
    return decoded(text, what)


def decoded(text: str, what: str) -> bytes:
    """Decode base64, with white space or the alphabet of URLs too.

    Raises:
        Problem: It is not base64.
    """
    try:
        content = text.encode("ascii").translate(_TO_STANDARD)
        if any(space in content for space in b" \n\r\t"):
            content = _SPACE.sub(b"", content)
        content += b"=" * (-len(content) % 4)
        return base64.b64decode(content, validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise Problem(f"{what}: neither base64 nor a URL", "invalid_input") from error
