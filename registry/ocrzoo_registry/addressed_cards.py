"""Cards of models that the user names by address: a repository on a hub, a folder, or a tar archive.

A card is drafted from the ``inference.yml`` and the front matter that are there, and kept in the store beside the
models, with the commit that it was drafted from: the next use asks nobody, and works offline. Nothing of it can take
the name of another model, and everything in it was checked by the schema.
"""

from __future__ import annotations

import logging
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from threading import Event
from typing import Any, Literal

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.address import Address, parse_address
from ocrzoo_registry.cards.fields import Record, Text, is_commit
from ocrzoo_registry.cards.formats import CONFIG, format_names, model_files
from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import tar, verify
from ocrzoo_registry.download.request import DownloadRequest, check_listing
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.drafting.draft import draft_card
from ocrzoo_registry.drafting.facts import ModelFacts
from ocrzoo_registry.drafting.folder import complete_formats, facts_of
from ocrzoo_registry.drafting.front_matter import README
from ocrzoo_registry.errors import (
    IntegrityError,
    NotFound,
    NotOffered,
    OcrzooError,
    OfflineError,
    SourceError,
    StoreError,
    UsageError,
)
from ocrzoo_registry.files import move, os_errors_as, read_bounded, receive, write_atomically
from ocrzoo_registry.network.deadline import Deadline
from ocrzoo_registry.network.retry import RetryPolicy
from ocrzoo_registry.plugins.registrations import Origin, Registrations
from ocrzoo_registry.plugins.specs import PredictorSpec
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.sources.directory import refuse_links
from ocrzoo_registry.store.store import Store

FILE_NAME = "card.json"
MAX_BYTES = 16 << 20
"""Of a kept card; PaddleX's largest ``inference.yml`` is 170 kB."""
_READ = {CONFIG, README}
READ_S = 60.0
"""Seconds that the files a card is drafted from may take to arrive."""

log = logging.getLogger("ocrzoo")


class KeptCard(Record):
    """A card that was drafted from what an address names, as the store keeps it."""

    schema_version: Literal[1] = 1
    address: Text
    revision: Text
    """Of the source when the card was drafted."""
    card: ModelCard


class AddressedCards:
    """The cards of models by address; each is drafted once, and kept in the store."""

    def __init__(self, store: Store, sources: SourceOrder, predictors: Registrations[PredictorSpec]) -> None:
        self._folder = store.private / "cards"
        self._store, self._sources, self._predictors = store, sources, predictors
        self._known: dict[str, ModelCard] = {}
        self._temporary: TemporaryDirectory[str] | None = None

    def card(self, address: Address, *, renew: bool = False, revision: str | None = None) -> ModelCard:
        """Return the card of what an address names.

        ``renew`` drafts it from what is there now; ``revision`` is the commit that it must be of, if it is one.

        Raises:
            NotFound: There is no such folder, archive or repository, or no model in it.
            SourceError: The hub does not answer.
            OfflineError: It was never drafted here, and offline mode is on.
            CardError: Its ``inference.yml`` is none that a card can state.
            IntegrityError: Its ``inference.yml`` is broken.
        """
        commit = revision if revision is not None and address.path is None and is_commit(revision) else None
        known = self._known.get(address.name) or self._kept(address.name)
        outdated = renew or (commit is not None and commit not in _revisions(known))
        gone = address.path is not None and not address.path.exists()
        if known is None or (outdated and not gone) or (address.path is not None and not gone):
            known = self._drafted(address, commit)
        self._known[address.name] = known
        return known

    def named(self, name: str) -> ModelCard | None:
        """Return the card that is kept under the name of an address (``hf--org--name--...``); no source is asked."""
        if name not in self._known and (kept := self._kept(name)) is not None:
            self._known[name] = kept
        return self._known.get(name)

    def forget(self, name: str) -> None:
        """Delete a kept card."""
        self._known.pop(name, None)
        if "--" in name:
            shutil.rmtree(self._folder / name, ignore_errors=True)

    @staticmethod
    def origin(card: ModelCard) -> Origin:
        """Return where a card is from, in the place of a plugin."""
        assert card.address is not None  # noqa: S101  # of these cards
        return Origin(str(card.address), card.address.source, next(iter(_revisions(card)), "card drafted from it"))

    def _kept(self, name: str) -> ModelCard | None:
        folder = self._folder / name
        try:
            kept = KeptCard.model_validate_json(read_bounded(folder / FILE_NAME, MAX_BYTES))
            address = parse_address(kept.address)
        except (OSError, ValueError, UsageError) as error:
            log.debug("%s: no kept card: %s", name, error)
            return None
        if address.name != name or kept.card.name != name:
            return None
        return kept.card.located_in(folder, address)

    def _drafted(self, address: Address, commit: str | None) -> ModelCard:
        """Draft a card from what is there, and keep it."""
        with TemporaryDirectory(prefix="ocrzoo-") as stage:
            draw = self._of_folder if address.path is not None else self._of_repository
            facts, revision = draw(address, commit, Path(stage))
            draft = draft_card(address.name, facts, self._predictors)
            card = draft.card()
            for doubt in draft.doubts:
                log.warning("%s: %s", address, doubt)
            kept = KeptCard(address=str(address), revision=revision, card=card)
            with os_errors_as(StoreError, f"{address}: its card could not be written to {gettempdir()}"):
                draft.write_charset(Path(stage))
                write_atomically(Path(stage) / FILE_NAME, kept.model_dump_json(exclude_defaults=True).encode())
            return card.located_in(self._keep(address.name, Path(stage)), address)

    def _keep(self, name: str, drafted: Path) -> Path:
        """Put a drafted card's files into the store; where it cannot be written, for this process only."""
        files = [FILE_NAME, *(path.name for path in drafted.glob("charset.txt"))]
        folder = self._folder / name
        if folder.is_dir() and all(_same(drafted / one, folder / one) for one in files):
            return folder
        try:
            with self._store.lock(name), self._store.staging() as stage:
                for one in files:
                    shutil.copyfile(drafted / one, stage / one)
                folder.parent.mkdir(parents=True, exist_ok=True)
                if folder.exists():
                    self._store.discard(folder)
                move(stage, folder)
        except StoreError as error:
            log.debug("%s: its card is kept for this process only: %s", name, error)
            self._temporary = self._temporary or TemporaryDirectory(prefix="ocrzoo-")
            folder = Path(self._temporary.name) / name
            shutil.rmtree(folder, ignore_errors=True)
            shutil.copytree(drafted, folder)
        return folder

    def _of_folder(self, address: Address, _commit: str | None, stage: Path) -> tuple[ModelFacts, str]:
        """What a folder or tar archive has."""
        place = Path(address.place)
        with os_errors_as(NotFound, f"{place} could not be read"):
            if place.is_file():
                names = _unpack(place, stage)
            else:
                names = [path.name for path in place.iterdir() if path.is_file()]
                refuse_links(place, [place / name for name in names if name in _READ])
        place, what = (stage if place.is_file() else place), str(place)
        found = complete_formats(names, what)
        files = {kind: [{"path": name} for name in paths] for kind, paths in found.items()}
        return facts_of(files, {}, place, address), f"the state of {what}"

    def _of_repository(self, address: Address, commit: str | None, stage: Path) -> tuple[ModelFacts, str]:
        """What a repository has at a commit, or else now."""
        name, listing = self._listed(address, _probe(address, commit))
        listed = {file.path: file for file in listing.files}
        found = complete_formats(list(listed), str(address))
        if CONFIG in listed:
            self._read(name, listing, listed[CONFIG], stage / CONFIG)
        if README in listed:
            try:
                self._read(name, listing, listed[README], stage / README)
            except (OSError, OcrzooError) as error:
                (stage / README).unlink(missing_ok=True)
                log.debug("%s: %s", address, error)
        revision = listing.revision if is_commit(listing.revision) else address.revision
        place = {"repository": address.place} | ({"revision": revision} if revision else {})
        files = {kind: [_pinned(listed[path]) for path in paths] for kind, paths in found.items()}
        return facts_of(files, {address.source: dict.fromkeys(found, place)}, stage, address), listing.revision

    def _listed(self, address: Address, probe: ModelCard) -> tuple[str, Listing]:
        """The first source that has files of a repository, and what it lists; copies elsewhere may be older."""
        names = self._sources.that_update(self._sources.names_for(probe))
        asked = [name for name in names if not self._sources.is_offline(name)]
        if not asked:
            pull = f"run 'OCRZOO_OFFLINE=0 ocrzoo models pull {address}'"
            raise OfflineError(f"{address}: it is not in {self._store.root}, and offline mode is on: {pull}")
        failures = list[SourceError]()
        for name in asked:
            try:
                listing = self._sources.list(name, DownloadRequest(probe, tuple(probe.artifacts)), Event())
                if listing is not None and listing.files:
                    check_listing(listing)
                    return name, listing
            except SourceError as error:
                failures.append(error)
        missing = f"{address}: no such repository or revision, or no model in it, on {', '.join(asked)}"
        raise failures[0] if failures else NotOffered(missing)

    def _read(self, name: str, listing: Listing, file: RemoteFile, target: Path) -> None:
        """Download one of the small files, and compare it with its digest."""
        source, limit = self._sources.load(name), inference_yml.MAX_BYTES

        def attempt() -> tuple[int, str]:
            target.unlink(missing_ok=True)
            with source.open(listing, file) as stream:
                return receive(stream.chunks, target, limit)

        try:
            policy = RetryPolicy(what=file.path)
            size, sha256 = Deadline(READ_S).run(lambda: policy.call(attempt))
        except TimeoutError as error:
            raise SourceError(f"{name}: {file.path}: {error}") from error
        if size > limit:
            raise SourceError(f"{name}: {file.path} has more than {limit >> 20} MiB")
        verify.check(file, target, size, sha256)


def _probe(address: Address, commit: str | None) -> ModelCard:
    """A card that names every file a model may have, to ask a source which of them are there."""
    kinds = format_names()
    paths = sorted({README, CONFIG, "inference.onnx.data", *(path for kind in kinds for path in model_files(kind))})
    revision = commit or address.revision
    place = {"repository": address.place} | ({"revision": revision} if revision else {})
    data = {
        "name": address.name,
        "family": "addressed",
        "task": "unknown",
        "version": "1",
        "summary": "What is asked of a source.",
        "license": "LicenseRef-unknown",
        "artifacts": {kinds[0]: {"files": [{"path": path} for path in paths]}},
        "sources": {address.source: {kinds[0]: place}} if address.path is None else {},
        "inference": {"predictor": "unknown"},
    }
    return build_card(data, origin=str(address)).located_in(Path(), address)


def _unpack(archive: Path, stage: Path) -> list[str]:
    """Unpack what a card is drafted from, and return the paths of all members."""
    sizes = tar.sizes(archive)
    small = {name for name in _READ if sizes.get(name, 0) <= inference_yml.MAX_BYTES}
    if CONFIG not in small:
        raise IntegrityError(f"{archive}: {CONFIG} has more than {inference_yml.MAX_BYTES >> 20} MiB")
    tar.unpack(archive, stage, small, "the archive")
    return list(sizes)


def _pinned(file: RemoteFile) -> dict[str, Any]:
    """A file as the card lists it: with the digest that the hub states."""
    pinned: dict[str, Any] = {"path": file.path}
    if file.sha256 is not None:
        pinned |= {"size": file.size, "sha256": file.sha256, "digest_origin": file.digest_origin or "stated by the hub"}
    return {key: value for key, value in pinned.items() if value is not None}


def _revisions(card: ModelCard | None) -> set[str]:
    """The revisions that a card's repositories are at."""
    references = [] if card is None else [place for kinds in card.sources.values() for place in kinds.values()]
    return {str(place["revision"]) for place in references if "revision" in place}


def _same(one: Path, other: Path) -> bool:
    try:
        return one.read_bytes() == other.read_bytes()
    except OSError:
        return False
