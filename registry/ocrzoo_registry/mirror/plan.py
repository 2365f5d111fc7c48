"""Planning: compare what the sources list now with what a mirror has; no model is downloaded for that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download import verify
from ocrzoo_registry.download.batch import run_concurrently
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import Attempt, IntegrityError
from ocrzoo_registry.files import has_size
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.sources.base import Listing

CONCURRENT_MODELS = 16
"""Models whose listings are requested at the same time; they are small."""

State = Literal["new", "changed", "unchanged", "removed upstream", "source unavailable", "unavailable"]
"""``removed upstream``: in the mirror, and no source has it any more; ``source unavailable``: in the mirror, and the
source that it came from does not answer; ``unavailable``: not in the mirror, and no source that answers has it."""


@dataclass(frozen=True)
class RequestedModel:
    """One model in one format that a mirror should have."""

    card: ModelCard
    file_format: Format
    named: bool = True
    """Whether the format was requested by name; else it is optional if the model is available in another one."""

    @property
    def name(self) -> str:
        """The model's name."""
        return self.card.name


@dataclass(frozen=True)
class PlannedModel:
    """What a build will do about one requested model."""

    request: RequestedModel
    state: State
    current: IndexedModel | None = None
    """What the mirror has of it."""
    source: str | None = None
    """The source that lists it, or that did not answer."""
    listing: Listing | None = None
    attempts: tuple[Attempt, ...] = ()
    """Answers of the sources that do not list it."""


def plan(resolver: Resolver, requested: Sequence[RequestedModel], current: Index, blobs: Path) -> list[PlannedModel]:
    """Ask the sources about all models concurrently, each within a bounded time.

    Raises:
        UsageError: ``--source`` or ``PADDLE_PDX_MODEL_SOURCE`` names an unknown source.
    """
    planner = _Planner(resolver, resolver.sources.that_update(resolver.sources.names()), blobs)
    return run_concurrently(
        lambda one: planner.plan(one, current.find(one.name, one.file_format)),
        requested,
        resolver.events.cancelled,
        CONCURRENT_MODELS,
    )


def is_complete(model: IndexedModel, blobs: Path) -> bool:
    """Whether all files of a model are in the mirror, by their sizes."""
    return all(has_size(blobs / file.sha256, file.size) for file in model.files)


@dataclass(frozen=True)
class _Planner:
    resolver: Resolver
    names: Sequence[str]
    blobs: Path

    def plan(self, request: RequestedModel, current: IndexedModel | None) -> PlannedModel:
        """Ask one source after the other; the one that a model came from decides whether it still exists."""
        attempts: list[Attempt] = []
        if request.file_format not in request.card.artifacts:
            return PlannedModel(request, "unavailable", current)
        known = current if current is not None and is_complete(current, self.blobs) else None
        updated: State = "new" if current is None else "changed"
        for name in self.names:
            wanted = DownloadRequest(request.card, (request.file_format,))
            is_origin = known is not None and known.source == name
            spec = self.resolver.sources.specs.get(name)
            if spec.listing_downloads:
                if is_origin and known is not None and known.card.sources == request.card.sources:
                    return PlannedModel(request, "unchanged", current, name)
                if known is None and request.file_format in request.card.sources.get(spec.key, {}):
                    return PlannedModel(request, updated, current, name, None, tuple(attempts))
                continue
            answer = self._ask(wanted, name)
            if isinstance(answer, Attempt):
                attempts.append(answer)
                if is_origin and answer.outcome == "offline":
                    return PlannedModel(request, "unchanged", current, name)
                if is_origin and answer.outcome != "missing":
                    return PlannedModel(request, "source unavailable", current, name, None, tuple(attempts))
                continue
            if known is not None and _agrees(wanted, name, answer, known, self.blobs):
                return PlannedModel(request, "unchanged", current, name, answer)
            return PlannedModel(request, updated, current, name, answer, tuple(attempts))
        state, source = _state_unlisted(known, attempts)
        return PlannedModel(request, state, current, source, None, tuple(attempts))

    def _ask(self, request: DownloadRequest, name: str) -> Listing | Attempt:
        """Return a source's listing, or why there is none."""
        answer = self.resolver.listed(name, request)
        if answer is None:
            return Attempt(name, f"has no {request.file_format} files", "missing")
        if isinstance(answer, Listing):
            try:
                for file in answer.files:
                    request.expect(file)
            except IntegrityError as error:
                return Attempt.failed(name, error)
        return answer


def _state_unlisted(known: IndexedModel | None, attempts: Sequence[Attempt]) -> tuple[State, str | None]:
    """Return the state of a model that no source lists, and the source that failed, if any."""
    if known is None:
        return "unavailable", None
    failed = next((one for one in attempts if one.outcome not in {"missing", "offline"}), None)
    if failed is not None:
        return "source unavailable", failed.source
    return "unchanged" if any(one.outcome == "offline" for one in attempts) else "removed upstream", None


def _agrees(request: DownloadRequest, source: str, listing: Listing, current: IndexedModel, blobs: Path) -> bool:
    """Whether a source lists the files of the mirror: by their digests, or by its revision if it states none."""
    files = [request.expect(file) for file in listing.files]
    if listing.archive or not all(map(verify.has_digest, files)):
        return (current.source, current.source_revision) == (source, listing.revision)
    served = {file.path: file for file in current.served}
    if served.keys() != {file.path for file in files}:
        return False
    try:
        for file in files:
            known = served[file.path]
            verify.check(file, blobs / known.sha256, known.size, known.sha256)
    except (IntegrityError, OSError):
        return False
    return True
