"""Source ``huggingface``: repositories of the Hugging Face Hub, or of a mirror with its API.

The branch is resolved to a commit, and every request then names that commit. Digests are those of the Hub: SHA-256
of LFS files, the git blob ID of others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urljoin

from pydantic import Field, TypeAdapter

from ocrzoo_registry.cards.fields import Commit, Format, Sha256, Size
from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.files import read_bounded
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings, header_value
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.sources.hub import MAX_PAGES, Answer, HubSource, in_path
from ocrzoo_registry.sources.references import Repository
from ocrzoo_registry.store.manifest import Manifest


class _Revision(Answer):
    sha: Commit


class _Lfs(Answer):
    oid: Sha256
    size: Size


class _Entry(Answer):
    type: str
    path: str
    size: Size = 0
    oid: str | None = None
    lfs: _Lfs | None = None


_REVISION = TypeAdapter(_Revision)
_TREE = TypeAdapter(Annotated[list[_Entry], Field(max_length=10_000)])


ENDPOINT = "https://huggingface.co"
AUTH_VARIABLE = "HF_TOKEN"


class HuggingFaceSource(HubSource):
    """Reads repositories of the Hugging Face Hub."""

    def __init__(self, settings: Settings) -> None:
        endpoint = settings.endpoint("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "HF_ENDPOINT", default=ENDPOINT)
        token = (
            settings.token(AUTH_VARIABLE)
            if settings.environ.get(AUTH_VARIABLE, "").strip()
            else _stored_token(settings)
        )
        super().__init__(endpoint, {"Authorization": f"Bearer {token}"} if token else {}, auth_variable=AUTH_VARIABLE)

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the files at the commit of a manifest that came from here.

        Raises:
            SourceError: The Hub does not answer, or not as it should.
        """
        return self.list(card, file_format, expected.revision if expected.source == "huggingface" else None)

    def list(self, card: ModelCard, file_format: Format, commit: str | None = None) -> Listing | None:
        """Return the files of the card's repository at a commit, by default the current one of its branch.

        Raises:
            SourceError: The Hub does not answer, or with invalid data.
        """
        place = read_reference(card, "huggingface", file_format, Repository)
        if place is None:
            return None
        model = f"{self.endpoint}/api/models/{place.repository}"
        try:
            commit = self.ask(f"{model}/revision/{in_path(commit or place.revision or 'main')}", _REVISION)[0].sha
        except Gone:
            return None
        wanted = wanted_files(card, file_format)
        base = f"{self.endpoint}/{place.repository}/resolve/{commit}"
        entries = self._entries(f"{model}/tree/{commit}?recursive=true&expand=false")
        found = [entry for entry in entries if entry.type == "file"]
        files = tuple(_listed(entry, base) for entry in found if entry.path in wanted)
        return Listing(commit, files, others=tuple(entry.path for entry in found if entry.path not in wanted))

    def _entries(self, url: str) -> Iterator[_Entry]:
        for _ in range(MAX_PAGES):
            entries, headers = self.ask(url, _TREE)
            yield from entries
            following = re.search(r'<([^<>"\s]{1,2000})>;\s*rel="next"', headers.get("Link", ""))
            if following is None:
                return
            url = urljoin(url, following[1])
            if not url.startswith(f"{self.endpoint}/"):
                raise SourceError(f"the next page of files is on another host: {url[:200]}")
        raise SourceError(f"lists more than {MAX_PAGES} pages of files")


def _stored_token(settings: Settings) -> str | None:
    """The token that ``hf auth login`` stored."""
    environ = settings.environ
    home = environ.get("HF_HOME") or f"{environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    try:
        path = Path(environ.get("HF_TOKEN_PATH") or f"{home}/token").expanduser()
        return header_value(read_bounded(path, 4096).decode("ascii"))
    except (OSError, RuntimeError, ValueError):
        return None


def _listed(entry: _Entry, base: str) -> RemoteFile:
    return RemoteFile(
        entry.path,
        entry.lfs.size if entry.lfs else entry.size,
        sha256=entry.lfs.oid if entry.lfs else None,
        git_sha1=entry.oid if entry.lfs is None else None,
        digest_origin="stated by huggingface",
        reference=f"{base}/{in_path(entry.path)}",
    )
