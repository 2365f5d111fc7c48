"""What moved on the hubs since a card was written: revisions, files, digests; and the card that follows it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from ocrzoo_registry.cards.fields import Format, is_commit
from ocrzoo_registry.cards.schema import File, ModelCard
from ocrzoo_registry.cards.yaml_text import Place, with_values
from ocrzoo_registry.download.batch import run_concurrently
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import Attempt
from ocrzoo_registry.sources.base import Listing, RemoteFile

State = Literal["same", "moved", "changed", "gone", "not pinned", "no answer"]
"""``moved``: another revision; ``changed``: other files than the card states; ``not pinned``: the card states neither a
revision nor a digest or size that the source states too."""

CONCURRENT = 16
"""Listings at once."""

_OF_PAGES = frozenset({"README.md", ".gitattributes", "LICENSE", "configuration.json"})
"""Files that hubs put into every repository."""


@dataclass(frozen=True)
class FileChange:
    """A file that is not what it was; ``None`` where there is none, or nothing is known of it."""

    path: str
    before: RemoteFile | None
    after: RemoteFile | None

    def __str__(self) -> str:
        """Return the path and what happened to the file."""
        if self.before is None or self.after is None:
            return f"{self.path} is new" if self.before is None else f"{self.path} is gone"
        if self.after.sha256 and self.before.sha256 != self.after.sha256:
            return f"{self.path} has another digest, {self.after.sha256}"
        return f"{self.path} has other bytes ({self.before.size} before, {self.after.size} now)"


@dataclass(frozen=True)
class Upstream:
    """What one source has of a model in one format now."""

    card: ModelCard
    source: str
    key: str
    """The source's key in cards."""
    file_format: Format
    state: State
    pinned: str | None = None
    """The commit that the card names."""
    revision: str | None = None
    """The present one."""
    changes: tuple[FileChange, ...] = ()
    message: str = ""
    """Why there is no answer."""
    listing: Listing | None = field(default=None, repr=False)


def check(resolver: Resolver, cards: Sequence[ModelCard]) -> list[Upstream]:
    """Ask each source that a card names for what it has now; one that does not answer costs only itself.

    Sources on this machine, and those that would download to answer, are not asked.
    """
    order = resolver.sources
    specs = [spec for name in order.names() if (spec := order.specs.get(name)).network and not spec.listing_downloads]
    asked = [
        (card, spec.name, spec.key, file_format)
        for card in cards
        for spec in specs
        for file_format in card.sources.get(spec.key, {})
    ]
    return run_concurrently(lambda one: _ask(resolver, *one), asked, resolver.events.cancelled, CONCURRENT)


def _ask(resolver: Resolver, card: ModelCard, source: str, key: str, file_format: Format) -> Upstream:
    stated = card.sources[key][file_format].get("revision")
    pinned = stated if isinstance(stated, str) and is_commit(stated) else None
    present = _unpinned(card, key, file_format) if pinned else card
    now = resolver.listed(source, DownloadRequest(present, (file_format,)))
    if isinstance(now, Attempt):
        return Upstream(card, source, key, file_format, "no answer", pinned, message=now.message)
    if now is None:
        return Upstream(card, source, key, file_format, "gone", pinned)
    known = _known(card.artifacts[file_format].files, now)
    changes = list(_differences(known, now))
    then: Listing | Attempt | None = now
    if pinned not in {None, now.revision}:
        then = resolver.listed(source, DownloadRequest(card, (file_format,)))
    if isinstance(then, Listing):
        seen = {change.path for change in changes}
        changes += [one for one in _between(then, now) if one.path not in seen]
    moved = then is not now and is_commit(now.revision)  # ModelScope states no commits
    compared = known or (pinned and isinstance(then, Listing))
    state: State = "moved" if moved else "changed" if changes else "same" if compared else "not pinned"
    return Upstream(card, source, key, file_format, state, pinned, now.revision, tuple(changes), listing=now)


def _unpinned(card: ModelCard, key: str, file_format: Format) -> ModelCard:
    """The card without the revision that it names, so that the source's present one is listed."""
    reference = {name: value for name, value in card.sources[key][file_format].items() if name != "revision"}
    return card.model_copy(
        update={"sources": {**card.sources, key: {**card.sources[key], file_format: reference}}}
    ).located_in(card.folder)


def _known(files: Iterable[File], now: Listing) -> dict[str, RemoteFile]:
    """What a card states of files, where the source lists no such file or states as much."""
    if now.archive:
        return {}
    listed = {file.path: file for file in now.files}
    stated = {file.path: RemoteFile(file.path, file.size, file.sha256) for file in files}
    return {path: one for path, one in stated.items() if path not in listed or _comparable(one, listed[path])}


def _comparable(stated: RemoteFile, listed: RemoteFile) -> bool:
    pairs = [(stated.sha256, listed.sha256), (stated.size, listed.size)]
    return any(one is not None and other is not None for one, other in pairs)


def _differences(known: Mapping[str, RemoteFile], now: Listing) -> Iterator[FileChange]:
    listed = {file.path: file for file in now.files}
    for path, file in known.items():
        if not _agree(file, listed.get(path)):
            yield FileChange(path, file, listed.get(path))


def _between(then: Listing, now: Listing) -> Iterator[FileChange]:
    """The files that differ between two revisions, further ones in the repository too."""
    before, after = ({file.path: file for file in one.files} for one in (then, now))
    before |= {path: RemoteFile(path) for path in then.others}
    after |= {path: RemoteFile(path) for path in now.others}
    for path in sorted(before.keys() | after.keys()):
        if path not in _OF_PAGES and not _agree(before.get(path), after.get(path)):
            yield FileChange(path, before.get(path), after.get(path))


def _agree(before: RemoteFile | None, after: RemoteFile | None) -> bool:
    """Whether nothing that is known of both differs."""
    if before is None or after is None:
        return before is after
    pairs = [(before.size, after.size), (before.sha256, after.sha256), (before.git_sha1, after.git_sha1)]
    return all(one is None or other is None or one == other for one, other in pairs)


def follow(text: str, found: Sequence[Upstream]) -> str:
    """Return a card's text with the revisions, sizes and digests that its sources state now.

    A digest follows only if all sources that state one of the file agree, and a revision only if its files do.

    Raises:
        YamlError: The text cannot be changed without changing more.
    """
    values: dict[Place, str | int] = {}
    followed: set[tuple[Format, str]] = set()
    for file_format, artifact in found[0].card.artifacts.items():
        for number, file in enumerate(artifact.files):
            stated = _stated_now(found, file_format, file.path)
            if stated is not None and file.sha256 not in {None, stated.sha256}:
                place = ("artifacts", file_format, "files", number)
                values |= {(*place, "sha256"): str(stated.sha256), (*place, "digest_origin"): str(stated.digest_origin)}
                values |= {} if file.size is None or stated.size is None else {(*place, "size"): stated.size}
                followed.add((file_format, file.path))
    for one in found:
        pins = {file.path for file in one.card.artifacts[one.file_format].files if file.sha256 is not None}
        left = {change.path for change in one.changes} & pins - {
            path for kind, path in followed if kind == one.file_format
        }
        if one.state == "moved" and not left and one.revision is not None and is_commit(one.revision):
            values["sources", one.key, one.file_format, "revision"] = one.revision
    return with_values(text, values) if values else text


def _stated_now(found: Sequence[Upstream], file_format: Format, path: str) -> RemoteFile | None:
    """A file as the sources state it; ``None`` if none states a digest, or two state different ones."""
    files = [
        replace(file, digest_origin=file.digest_origin or f"stated by {one.source}")
        for one in found
        if one.file_format == file_format and one.listing is not None
        for file in one.listing.files
        if file.path == path and file.sha256 is not None
    ]
    return files[0] if len({file.sha256 for file in files}) == 1 else None
