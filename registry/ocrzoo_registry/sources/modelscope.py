"""Source ``modelscope``: repositories of ModelScope.

ModelScope lists the SHA-256 of every file, and serves files by branch only: a file that changes after the listing
does not match its digest and is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import quote, urlencode

from pydantic import Field, TypeAdapter

from ocrzoo_registry.cards.fields import Format, Size
from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.sources.hub import Answer, Digest, HubSource
from ocrzoo_registry.sources.references import Repository


class _File(Answer):
    path: Annotated[str, Field(alias="Path")]
    type: Annotated[str, Field(alias="Type")] = "blob"
    size: Annotated[Size | None, Field(alias="Size")] = None
    sha256: Annotated[Digest, Field(alias="Sha256")] = None


class _Data(Answer):
    files: Annotated[list[_File], Field(alias="Files", max_length=10_000)]


class _Listing(Answer):
    data: Annotated[_Data, Field(alias="Data")]


_LISTING = TypeAdapter(_Listing)


ENDPOINT = "https://www.modelscope.cn"
AUTH_VARIABLE = "MODELSCOPE_API_TOKEN"


class ModelScopeSource(HubSource):
    """Reads repositories of ModelScope."""

    def __init__(self, settings: Settings) -> None:
        token = settings.token(AUTH_VARIABLE)
        headers = {"Authorization": f"Bearer {token}", "Cookie": f"m_session_id={token}"}
        endpoint = settings.endpoint("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN", default=ENDPOINT)
        super().__init__(endpoint, headers if token else {}, auth_variable=AUTH_VARIABLE)

    def list(self, card: ModelCard, file_format: Format) -> Listing | None:
        """Return the files of the card's repository, at the current state of its branch.

        Raises:
            SourceError: ModelScope does not answer, or with invalid data.
        """
        place = read_reference(card, "modelscope", file_format, Repository)
        if place is None:
            return None
        branch = place.revision or "master"
        model = f"{self.endpoint}/api/v1/models/{place.repository}"
        query = urlencode({"Revision": branch, "Recursive": "True"})
        try:
            found = self.ask(f"{model}/repo/files?{query}", _LISTING)[0].data.files
        except Gone:
            return None
        wanted = wanted_files(card, file_format)
        files = [file for file in found if file.type == "blob" and file.path in wanted]
        base = f"{model}/repo?Revision={quote(branch, safe='')}"
        others = tuple(file.path for file in found if file.type == "blob" and file.path not in wanted)
        state = f"{branch}, state {_state(files)}"
        return Listing(state, tuple(_listed(file, base) for file in files), others=others)


def _listed(file: _File, base: str) -> RemoteFile:
    return RemoteFile(
        file.path,
        file.size,
        sha256=file.sha256,
        digest_origin="stated by modelscope",
        reference=f"{base}&FilePath={quote(file.path, safe='')}",
    )


def _state(files: Sequence[_File]) -> str:
    """A digest of the branch's state."""
    seen = sorted((file.path, file.size, file.sha256) for file in files)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
