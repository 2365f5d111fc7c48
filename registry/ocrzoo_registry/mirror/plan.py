"""What sources list now, held against what a mirror has: nothing is fetched to find out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import Format, ModelCard
from ocrzoo_registry.download import verify
from ocrzoo_registry.download.batch import side_by_side
from ocrzoo_registry.download.report import Attempt
from ocrzoo_registry.download.request import Order, check_listing
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.transfer import Cancelled, blamed_on_source
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.sources.base import Listing

ASKED_AT_ONCE = 16
"""Models that sources are asked about at once; the answers are small."""

State = Literal["new", "changed", "same", "gone", "unanswered", "out of reach"]
"""``gone``: here, and no source has it any more; ``unanswered``: here, and the source that had it does not say;
``out of reach``: not here, and no source that answers has it."""


@dataclass(frozen=True)
class Wish:
    """One model in one format that a mirror is to have."""

    card: ModelCard
    file_format: Format
    named: bool = True
    """Whether the format was asked for; else it may be left out where another one of the model is had."""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name


@dataclass(frozen=True)
class Compared:
    """What came of it for one model."""

    wish: Wish
    state: State
    here: IndexedModel | None = None
    """What the mirror has of it."""
    source: str | None = None
    """Who lists it, or who did not answer."""
    listing: Listing | None = None
    attempts: tuple[Attempt, ...] = ()
    """What the sources answered that do not list it."""


def compare(resolver: Resolver, wishes: Sequence[Wish], here: Index, blobs: Path) -> list[Compared]:
    """Ask the sources about all models, side by side; each has a bounded time to answer.

    Raises:
        UsageError: ``--source`` or ``PADDLE_PDX_MODEL_SOURCE`` names a source that nobody knows.
    """
    names = resolver.sources.names()
    asking = _Asking(resolver, names, blobs)
    return side_by_side(
        resolver, lambda wish: asking.about(wish, here.find(wish.name, wish.file_format)), wishes, ASKED_AT_ONCE
    )


def has_all(model: IndexedModel, blobs: Path) -> bool:
    """Whether the bytes of a model lie in the mirror, by their sizes."""
    try:
        return all((blobs / file.sha256).stat().st_size == file.size for file in model.files)
    except OSError:
        return False


@dataclass(frozen=True)
class _Asking:
    resolver: Resolver
    names: Sequence[str]
    blobs: Path

    def about(self, wish: Wish, here: IndexedModel | None) -> Compared:
        """Ask one source after the other; the one that a model came from decides whether it is there still."""
        attempts: list[Attempt] = []
        if wish.file_format not in wish.card.artifacts:
            return Compared(wish, "out of reach", here)
        known = here if here is not None and has_all(here, self.blobs) else None
        for name in self.names:
            order = Order(wish.card, wish.file_format, name)
            is_origin = known is not None and known.source == name
            if self.resolver.sources.downloads_to_list(name):
                if is_origin and known is not None and known.card.sources == wish.card.sources:
                    return Compared(wish, "same", here, name)
                if known is None and _may_have(wish.card, name, wish.file_format):
                    return Compared(wish, "new" if here is None else "changed", here, name, None, tuple(attempts))
                continue
            answer = self._ask(order)
            if isinstance(answer, Attempt):
                attempts.append(answer)
                if is_origin and answer.outcome == "offline":
                    return Compared(wish, "same", here, name)
                if is_origin and answer.outcome != "missing":
                    return Compared(wish, "unanswered", here, name, None, tuple(attempts))
                continue
            if known is not None and _agrees(order, answer, known, self.blobs):
                return Compared(wish, "same", here, name, answer)
            return Compared(wish, "new" if here is None else "changed", here, name, answer, tuple(attempts))
        return self._nowhere(wish, here, known, attempts)

    def _ask(self, order: Order) -> Listing | Attempt:
        """Return what a source lists, or why it lists nothing."""
        name, sources = order.source_name, self.resolver.sources
        if sources.is_off_limits(name):
            return Attempt(name, "not asked, the network is off limits", "offline")
        if sources.is_silent(name):
            return Attempt(name, "no answer a moment ago", "unreachable")
        try:
            listing = sources.list(order, self.resolver.cancelled)
            if listing is None:
                return Attempt(name, f"not there as {order.file_format}", "missing")
            with blamed_on_source():
                check_listing(listing)
            for file in listing.files:
                order.promise(file)
        except Cancelled:
            raise
        except (SourceError, IntegrityError) as error:
            attempt = Attempt.failed(name, error)
            if attempt.outcome in {"unreachable", "busy", "too slow"}:
                sources.note_silence(name)
            return attempt
        return listing

    def _nowhere(
        self, wish: Wish, here: IndexedModel | None, known: IndexedModel | None, attempts: Sequence[Attempt]
    ) -> Compared:
        """No source lists it."""
        if known is None:
            return Compared(wish, "out of reach", here, None, None, tuple(attempts))
        failed = next((one for one in attempts if one.outcome not in {"missing", "offline"}), None)
        if failed is not None:
            return Compared(wish, "unanswered", here, failed.source, None, tuple(attempts))
        offline = any(one.outcome == "offline" for one in attempts)
        return Compared(wish, "same" if offline else "gone", here, None, None, tuple(attempts))


def _may_have(card: ModelCard, source: str, file_format: Format) -> bool:
    """Whether a card names a source; pip has what a wheel has."""
    return file_format in card.sources.get("wheel" if source == "pip" else source, {})


def _agrees(order: Order, listing: Listing, here: IndexedModel, blobs: Path) -> bool:
    """Whether a source lists the files that are here: by their digests, or by its revision where it states none."""
    files = [order.promise(file) for file in listing.files]
    if listing.archive or not all(map(verify.has_digest, files)):
        return (here.source, here.source_revision) == (order.source_name, listing.revision)
    served = {file.path: file for file in here.files if not file.digest_origin.startswith(WRITTEN_FROM_CARD)}
    if served.keys() != {file.path for file in files}:
        return False
    try:
        for file in files:
            known = served[file.path]
            verify.check(file, blobs / known.sha256, known.size, known.sha256)
    except (IntegrityError, OSError):
        return False
    return True
