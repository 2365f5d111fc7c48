"""What is checked: a plugin with its files, and a model with its card, weights, sessions and answers.

Each part is made when a check first asks for it, and what fails while it is made is kept as an error.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.testing.tree import MOST_FILES, files_below
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import EngineError, NotOffered, OcrzooError, OfflineError, SourceError
from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin
from ocrzoo_registry.plugins.signatures import package_of
from ocrzoo_registry.plugins.specs import EngineSpec, SourceSpec
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    from ocrzoo.loading.candidates import Candidate
    from ocrzoo.loading.plan import Plan
    from ocrzoo.model_loader import ModelLoader
    from ocrzoo.types import Image


@dataclass(frozen=True)
class PluginSubject:
    """One plugin."""

    zoo: Zoo
    plugin: Plugin
    folder: Path | None = None
    """Its source folder, if it is not checked as it is installed."""

    @property
    def origin(self) -> Origin:
        """Its name and distribution."""
        return self.plugin.origin

    @property
    def name(self) -> str:
        """Its name in reports."""
        return self.origin.plugin

    @property
    def conflicts(self) -> list[str]:
        """The names that it shares with other plugins, a line each."""
        return self.zoo.conflicts(self.origin)

    def models(self) -> list[ModelSubject]:
        """Return its models whose cards are valid and whose names are its own."""
        conflicts = self.zoo.models.conflicts
        return [
            ModelSubject(self.zoo, one.value, one.origin, self.folder)
            for one in self.zoo.plugins.model_cards()
            if one.origin == self.origin and one.value.name not in conflicts
        ]

    def files(self) -> Iterator[Path]:
        """Yield its files and links: of the source folder, or of the packages and card folders that are installed."""
        yield from islice(chain.from_iterable(map(files_below, self._roots())), MOST_FILES)

    def named(self, path: Path) -> str:
        """Return a file's name as findings have it: relative to the source folder, or to where packages are."""
        for root in [self.folder, *(root.parent for root in self._roots())]:
            if root is not None and path.is_relative_to(root):
                return str(path.relative_to(root))
        return str(path)

    def _roots(self) -> list[Path]:
        if self.folder is not None:
            return [self.folder]
        package = package_of(self.plugin.module)
        roots = [] if package is None else [package]
        folders = [subject.card.folder for subject in self.models()]
        outside = [folder for folder in folders if not any(folder.is_relative_to(root) for root in roots)]
        return list(dict.fromkeys([*roots, *outside]))


@dataclass
class Weights:
    """The model's files by format, and why others are not there."""

    stored: dict[Format, ModelFiles] = field(default_factory=dict)
    failed: dict[Format, OcrzooError] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """The model in one engine."""

    candidate: Candidate
    session: Any
    predictor: Any

    def __str__(self) -> str:
        """Name engine and format."""
        return f"{self.candidate.spec.name}, {self.candidate.files.file_format}"


@dataclass
class Loaded:
    """The model in each engine, the best way first."""

    ways: list[Way] = field(default_factory=list)
    failed: list[tuple[str, OcrzooError]] = field(default_factory=list)
    """Engine and format, and why it is not loaded."""


@dataclass(frozen=True)
class ModelSubject:
    """One model."""

    zoo: Zoo
    card: ModelCard
    origin: Origin
    folder: Path | None = None
    """The source folder of its plugin, if it is not checked as it is installed."""

    @property
    def name(self) -> str:
        """Its name in reports."""
        return self.card.name

    @property
    def is_third_party(self) -> bool:
        """Whether the card is another's than ocrzoo's."""
        return self.origin.distribution != OFFICIAL

    @property
    def charset_name(self) -> str:
        """The charset as findings name it."""
        return self.card.charset or "charset"

    @cached_property
    def warnings(self) -> list[tuple[str, str]]:
        """What is odd about the card: its key, and the text."""
        parts = (text.partition(": ") for text in self.zoo.card_warnings(self.card, letters=False))
        return [(key, text) for key, _, text in parts]

    def asks(self, spec: SourceSpec) -> bool:
        """Whether a source is asked: not if offline mode or the settings leave it out."""
        order = self.zoo.source_order
        return spec.name in order.names() and not order.is_offline(spec.name)

    def is_missing_here(self, file_format: Format, error: OcrzooError) -> bool:
        """Whether files may only be missing because not all of the card's sources could be asked."""
        if isinstance(error, OfflineError) or any(attempt.is_silence for attempt in error.attempts):
            return True
        named = [spec for spec in self.zoo.sources if file_format in self.card.sources.get(spec.key, {})]
        left_out = [spec for spec in named if not self.asks(spec)]
        return isinstance(error, NotOffered | SourceError) and bool(left_out)

    @cached_property
    def weights(self) -> Weights:
        """The files of each format that an installed engine reads, taken as ``ocrzoo models pull`` takes them."""
        found = Weights()
        for file_format in self.card.artifacts:
            if not self.engines(file_format):
                continue
            try:
                found.stored[file_format] = self.zoo.resolver.get(DownloadRequest(self.card, [file_format]))
            except OcrzooError as error:
                found.failed[file_format] = error
        if not found.stored and not found.failed:
            kinds = ", ".join(self.card.artifacts)
            found.failed[next(iter(self.card.artifacts))] = EngineError(f"no installed engine reads {kinds}")
        return found

    def engines(self, file_format: Format) -> list[EngineSpec]:
        """Return the installed engines that run the model and read a format, the best first."""
        ranked = sorted(self.zoo.engines, key=lambda spec: (spec.rank, spec.name))
        able = [spec for spec in ranked if spec.runs(self.name) and file_format in spec.formats]
        return [spec for spec in able if spec.installed]

    @cached_property
    def loader(self) -> ModelLoader:
        """What loads models in float32, on the engines that are fastest by default."""
        from ocrzoo.model_loader import ModelLoader
        from ocrzoo.precision.wanted import Wanted

        return ModelLoader(self.zoo, wanted=Wanted("float32", "exact"), tuned=False, converts=False)

    @cached_property
    def plan(self) -> Plan:
        """How the model is run.

        Raises:
            OcrzooError: It cannot be run.
        """
        return self.loader.plan(self.card.name, self.card.task)

    @cached_property
    def loaded(self) -> Loaded:
        """The model, loaded by each engine in each format, and what failed."""
        found = Loaded()
        try:
            plan = self.plan
        except OcrzooError as error:
            found.failed.append(("", error))
            return found
        for file_format, files in self.weights.stored.items():
            for candidate in self.loader.candidates(self.card, files, self.engines(file_format)):
                try:
                    session = plan.session(candidate)
                    found.ways.append(Way(candidate, session, plan.make(candidate, session)))
                except OcrzooError as error:
                    found.failed.append((f"{candidate.spec.name}, {file_format}", error))
        return found

    @property
    def first(self) -> Way:
        """The best way to run the model that loads it."""
        return self.loaded.ways[0]

    @property
    def predictor(self) -> Any:
        """The predictor that users get by default."""
        return self.first.predictor

    @cached_property
    def pictures(self) -> Sequence[Image]:
        """Drawn pictures of the task, all of one size: lines, or pages."""
        from ocrzoo.testing import pictures

        return pictures.lines() if self.card.task in pictures.LINE_TASKS else pictures.pages()

    @cached_property
    def answer(self) -> Any:
        """The answer to the first picture, or the error.

        It is what the check ``output`` reports; further checks need an answer.
        """
        try:
            (found,) = self.predictor.predict([self.pictures[0]])
        except OcrzooError as error:
            return error
        except Exception as error:  # noqa: BLE001  # of a predictor that no guard is around
            return SourceError(f"{type(error).__name__}: {error}")
        return found

    def lacks(self, need: str) -> str:
        """Return why a check that needs ``weights``, a ``predictor`` or an ``answer`` cannot run; empty if it can."""
        if need in {"weights", "predictor", "answer"} and not self.weights.stored:
            return "its files are not there: see weights"
        if need in {"predictor", "answer"} and not self.loaded.ways:
            return "no engine loads it: see load"
        if need == "answer" and isinstance(self.answer, OcrzooError):
            return "it does not answer: see output"
        return ""


def subjects_of(zoo: Zoo, names: Sequence[str], folder: Path | None = None) -> Iterator[PluginSubject | ModelSubject]:
    """Yield what a target stands for: plugins, each followed by its models, or single models.

    ``names`` are those of models, plugins or distributions; none: all plugins that are not ocrzoo's own.
    """
    zoo.plugins.call_all()
    plugins = [PluginSubject(zoo, plugin, folder) for plugin in zoo.plugins.plugins if not plugin.disabled]
    for name in names:
        chosen = [one for one in plugins if name in {one.origin.plugin, one.origin.distribution}]
        for one in chosen:
            yield one
            yield from one.models()
        if not chosen:
            yield ModelSubject(zoo, zoo.models.get(name), zoo.models.origin(name))
    for one in plugins if not names else ():
        if one.origin.distribution != OFFICIAL:
            yield one
            yield from one.models()
