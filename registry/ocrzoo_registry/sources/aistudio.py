"""Source ``aistudio``: repositories of AI Studio, a git host (gitea) with large-file storage.

The tree has the git blob ID of each file, or of its LFS pointer (the size of a large file is in its contents entry
only). :mod:`ocrzoo_registry.download.verify` checks both, so every file is verified.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Annotated

from pydantic import Field, TypeAdapter

from ocrzoo_registry.cards.fields import Format, Size, is_commit
from ocrzoo_registry.cards.formats import wanted_files
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import SourceError
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Stream
from ocrzoo_registry.sources.hub import MAX_PAGES, Answer, Digest, HubSource, in_path
from ocrzoo_registry.sources.references import Repository
from ocrzoo_registry.store.manifest import Manifest


class _Entry(Answer):
    path: str
    type: str
    sha: str | None = None


class _Contents(Answer):
    size: Size = 0
    sha256: Annotated[Digest, Field(alias="Sha256")] = None


class _Tree(Answer):
    tree: Annotated[list[_Entry], Field(max_length=10_000)]
    url: str = ""
    truncated: bool = False


_TREE = TypeAdapter(_Tree)
_CONTENTS = TypeAdapter(_Contents)

_LONGEST_POINTER = 200
"""Bytes; a smaller size may be the pointer's, and is ignored."""


ENDPOINT = "https://git.aistudio.baidu.com"
AUTH_VARIABLE = "AISTUDIO_ACCESS_TOKEN"


class AIStudioSource(HubSource):
    """Reads repositories of AI Studio."""

    def __init__(self, settings: Settings) -> None:
        token = settings.token(AUTH_VARIABLE)
        endpoint = settings.endpoint("STUDIO_GIT_HOST", default=ENDPOINT)
        super().__init__(endpoint, {"Authorization": f"token {token}"} if token else {}, auth_variable=AUTH_VARIABLE)

    def list_expected(self, card: ModelCard, file_format: Format, expected: Manifest) -> Listing | None:
        """Return the files at the commit of a manifest that came from here.

        Raises:
            SourceError: AI Studio does not answer, or not as it should.
        """
        return self.list(card, file_format, expected.revision if expected.source == "aistudio" else None)

    def list(self, card: ModelCard, file_format: Format, commit: str | None = None) -> Listing | None:
        """Return the files of the card's repository at a commit, by default the current one of its branch.

        Raises:
            SourceError: AI Studio does not answer, or with invalid data.
        """
        place = read_reference(card, "aistudio", file_format, Repository)
        if place is None:
            return None
        branch = commit or place.revision or "master"
        repository = f"{self.endpoint}/api/v1/repos/{place.repository}"
        pages = self._pages(f"{repository}/git/trees", branch)
        try:
            first = next(pages)
        except Gone:
            return None
        stated = first.url.partition("?")[0].rpartition("/")[2]
        revision = stated if is_commit(stated) else branch
        wanted = wanted_files(card, file_format)
        found = [entry for page in (first, *pages) for entry in page.tree if entry.type == "blob"]
        files = tuple(self._listed(repository, revision, entry) for entry in found if entry.path in wanted)
        return Listing(revision, files, others=tuple(entry.path for entry in found if entry.path not in wanted))

    @contextmanager
    def open(
        self, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None
    ) -> Iterator[Stream]:
        """Open a file at the listing's commit; by the branch if the host has no file there.

        Raises:
            SourceError: It could not be opened.
        """
        with ExitStack() as stack:
            try:
                stream = stack.enter_context(super().open(listing, file, offset, validator))
            except Gone:
                by_branch = replace(file, reference=file.reference.partition("?")[0])
                stream = stack.enter_context(super().open(listing, by_branch, offset, validator))
            yield stream

    def _pages(self, trees: str, revision: str) -> Iterator[_Tree]:
        for number in range(1, MAX_PAGES + 1):
            page, _ = self.ask(f"{trees}/{in_path(revision)}?recursive=true&page={number}&per_page=1000", _TREE)
            yield page
            if not page.truncated:
                return
        raise SourceError(f"lists more than {MAX_PAGES} pages of files")

    def _listed(self, repository: str, revision: str, entry: _Entry) -> RemoteFile:
        place = f"{in_path(entry.path)}?ref={in_path(revision)}"
        try:
            contents = self.ask(f"{repository}/contents/{place}", _CONTENTS)[0]
        except Gone:
            contents = _Contents()
        return RemoteFile(
            entry.path,
            contents.size if contents.size > _LONGEST_POINTER else None,
            sha256=contents.sha256,
            git_sha1=entry.sha if entry.sha is not None and is_commit(entry.sha) else None,
            digest_origin="stated by aistudio",
            reference=f"{repository}/media/{place}",
        )
