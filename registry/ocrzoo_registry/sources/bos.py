"""Source ``bos``: one tar archive a model, in Baidu's object store or at any URL of a card.

The store states the archive's length and, in ``Content-MD5``, its digest (a mirror of ours states SHA-256 in
``X-Linked-Etag``); what is inside is checked by :mod:`ocrzoo_registry.download.tar`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.network.retry import RetryPolicy
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.sources.hub import A_PAGE, HubSource
from ocrzoo_registry.sources.references import Archive


def endpoint_of(settings: Settings) -> str:
    """Return the host that stands in for every ``*.bcebos.com`` of a card."""
    return settings.endpoint("OCRZOO_BOS_ENDPOINT", default="https://paddle-model-ecology.bj.bcebos.com")


class BosSource(HubSource):
    """Reads tar archives by URL."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(endpoint_of(settings))

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the archive of the card, with its size and digests.

        Raises:
            SourceError: The store does not answer.
        """
        place = read_reference(card, "bos", file_format, Archive)
        if place is None:
            return None
        url = self._address(place.url)
        try:
            headers = RetryPolicy(what=url).call(lambda: self._headers(url))
        except Gone:
            return None
        length = headers.get("Content-Length", "")
        file = RemoteFile(
            "archive.tar",
            int(length) if re.fullmatch(r"\d{1,18}", length) else None,
            sha256=_sha256(headers),
            md5=_md5(headers),
            digest_origin="stated by bos, of the archive",
            reference=url,
        )
        revision = headers.get("ETag") or headers.get("Last-Modified") or f"{length} bytes"
        return Listing(revision.strip('"')[:200], (file,), archive=True)

    def _address(self, url: str) -> str:
        """The card's URL, with the endpoint of the settings in place of Baidu's hosts."""
        parts = urlsplit(url)
        if (parts.hostname or "").endswith(".bcebos.com"):
            return f"{self.endpoint}{parts.path}"
        return url

    def _headers(self, url: str) -> Mapping[str, str]:
        with self.web.get(url, method="HEAD") as answer:
            if answer.headers.get("Content-Type", "").startswith("text/html"):
                raise SourceError(f"{url}: {A_PAGE}")
            return answer.headers


def _sha256(headers: Mapping[str, str]) -> str | None:
    stated = headers.get("X-Linked-Etag", "").strip('"')
    return stated if re.fullmatch(r"[0-9a-f]{64}", stated) else None


def _md5(headers: Mapping[str, str]) -> str | None:
    """``Content-MD5`` (RFC 1864), in hexadecimal."""
    try:
        digest = base64.b64decode(headers.get("Content-MD5", ""), validate=True)
    except (binascii.Error, ValueError):
        return None
    return digest.hex() if len(digest) == 16 else None
