"""Load a model by name: find its card, files and engine, and build its predictor."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from ocrzoo.custom_weights import card_for, custom_card, custom_files
from ocrzoo.engines.base import Device, EngineOptions, Session
from ocrzoo.guards import blamed_on, guard_predictor
from ocrzoo.loading import conversion
from ocrzoo.loading.candidates import Candidate, line_options, names, options_on_grid, usable_engines
from ocrzoo.loading.configuration import read_config
from ocrzoo.loading.plan import Loaded, Maker, Plan
from ocrzoo.memory.ceiling import Ceiling
from ocrzoo.precision.variants import variants
from ocrzoo.precision.wanted import Wanted
from ocrzoo.scheduling import PAGES_AT_ONCE
from ocrzoo.tuning import choice
from ocrzoo_registry.cards.fields import Format, Task
from ocrzoo_registry.cards.formats import CONFIG
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.temporary import get_to_run
from ocrzoo_registry.errors import EngineError, IntegrityError, UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.registrations import OFFICIAL, Origin
from ocrzoo_registry.plugins.specs import EngineSpec, PredictorSpec, load_attribute
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

_CHECKED = "ocrzoo.predictors.checked:CheckedRecognizer"
_OF_PLUGINS = "ocrzoo.predictors.of_plugins:as_pipelines_call_it"

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class ModelLoader:
    """Loads models with one choice of engine and device."""

    zoo: Zoo = field(default_factory=Zoo)
    engine: str | None = None
    """The engine by name; ``None``: the fastest installed one that reads a published format."""
    options: EngineOptions = field(default_factory=EngineOptions)
    wanted: Wanted = field(default_factory=Wanted)
    """The precision, and which lines share a call."""
    accelerated: bool | None = None
    """Without :attr:`engine`: ``True`` excludes Paddle's own runtime, ``False`` all others (PaddleX's ``use_hpip``)."""
    tuned: bool = True
    """Without :attr:`engine`: whether what ``ocrzoo tune`` found on this machine decides."""
    converts: bool = True
    """Whether Paddle models are converted to ONNX, where the extra ``convert`` is installed."""
    devices: tuple[Device, ...] = ()
    """Devices that process pages in parallel; empty: the one of the options."""
    ceiling: Ceiling | None = None
    """The bound of the process's memory, if there is one."""
    warned: set[str] = field(default_factory=set, repr=False, compare=False)
    """Warnings about devices that were logged; each is logged once for all models."""

    @property
    def pages_on(self) -> tuple[Device, ...]:
        """The devices that process pages: :attr:`devices`, or the one of the options."""
        return self.devices or (self.options.device,)

    @property
    def pages_at_once(self) -> int:
        """Pages in work at once on each device; below a ceiling one, since each takes memory."""
        return PAGES_AT_ONCE if self.ceiling is None else 1

    def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
        """Load a model for a task and return its predictor; the arguments and errors are those of :meth:`plan`."""
        return self.load(name, task, model_dir).predictor

    def load(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Loaded:
        """Load a model for a task; the arguments and errors are those of :meth:`plan`."""
        return self.plan(name, task, model_dir).loaded()

    def plan(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Plan:
        """Find a model's files and the engines to try, without loading it.

        ``model_dir`` is a folder with custom weights and their ``inference.yml``, which has the name if ``name`` is
        ``None``. Without it, the files come from the cache or a source.

        Raises:
            UnknownModel: No card has that name.
            UsageError: The model does another task, or neither a name nor a folder is given.
            EngineError: No installed engine can run it.
            SourceError: The weights could not be downloaded.
            IntegrityError: The weights are not those of the card.
        """
        if model_dir is not None:
            custom = custom_files(model_dir, name or task)
            card = custom_card(self.zoo, name, task, custom.folder)
        elif name is not None:
            card, custom = card_for(self.zoo, name, task), None
        else:
            raise UsageError(f"{task}: model_name or model_dir is needed")
        if card.inference.predictor not in self.zoo.predictors:
            wanted = card.inference.predictor
            hint = did_you_mean(wanted, self.zoo.predictors.names)
            raise UsageError(f"{card.name} cannot be run: no plugin has its predictor {wanted!r}{hint}")
        spec = self.zoo.predictors.get(card.inference.predictor)
        engines = usable_engines(self.zoo.engines, card.name, self.engine, accelerated=self.accelerated)
        files = self._resolve(card, engines) if custom is None else replace(custom, name=card.name)
        able = [engine for engine in engines if engine.reads(files.file_format, files.folder)]
        converted = self._converted(card, files, engines, able)
        if not able and converted is None:
            raise EngineError(
                f"{files.folder} has {card.name} as {files.file_format}, which {names(engines)} cannot read"
            )
        if custom is not None and card.charset is None and "charset" in spec.requires:
            _check_charset(files.folder)
        config = read_config(card, files, self.zoo.store, custom=custom is not None)
        _check_decoder(card.name, spec, config)
        exact = partial(replace(self, wanted=replace(self.wanted, stated="float32")).predictor, name, task, model_dir)
        make = self._maker(card, spec, config, exact, custom=custom is not None)
        published = custom is None and self._is_published(files)
        rated = (
            card if custom is None else card.model_copy(update={"error_rates": ()})
        )  # they are of the published weights
        readable = [(files, able)] if converted is None else [converted, (files, able)]
        candidates = [one for form, reading in readable for one in self.candidates(rated, form, reading)]
        if published and self.tuned and self.engine is None:
            candidates = self._in_tuned_order(card, files, engines, candidates)
        return Plan(self.zoo, card, files, candidates, make, published, self._warn, self.ceiling)

    def _converted(
        self, card: ModelCard, files: ModelFiles, engines: Sequence[EngineSpec], able: Sequence[EngineSpec]
    ) -> tuple[ModelFiles, list[EngineSpec]] | None:
        """A Paddle model as ONNX with the engines that agree, where no faster engine reads it as it is."""
        reading, paddle = [spec for spec in engines if "onnx" in spec.formats], self._paddle
        artifact = card.artifacts.get("paddle")
        if artifact is not None and artifact.networks:  # of several networks, none is converted
            return None
        if files.file_format != "paddle" or paddle is None or not reading or any(spec.accelerated for spec in able):
            return None
        return conversion.onnx_form(card, files, reading, paddle, self.zoo.store)

    @property
    def _paddle(self) -> EngineSpec | None:
        """The engine that a conversion is compared with, if models are converted at all."""
        if not (self.converts and conversion.can_convert()):
            return None
        return next((spec for spec in self.zoo.engines if spec.installed and "paddle" in spec.formats), None)

    def candidates(self, card: ModelCard, files: ModelFiles, engines: Sequence[EngineSpec]) -> list[Candidate]:
        """Return the ways to run a model's files that these engines have, in their order."""
        wanted = self.wanted.for_task(card.task)
        return [
            Candidate(engine, one.files, one.options, one.precision, one.batching)
            for engine in engines
            for one in variants(card.error_rates, files, engine, self._options_for(card, engine), wanted)
        ]

    def _options_for(self, card: ModelCard, engine: EngineSpec) -> EngineOptions:
        """How many calls run at once; below a ceiling of memory one, since each has memory of its own."""
        options = options_on_grid(card, self.options)
        lines = card.task == "text_recognition" and self.ceiling is None
        return line_options(engine, options) if lines else options

    def _in_tuned_order(
        self, card: ModelCard, files: ModelFiles, engines: Sequence[EngineSpec], candidates: list[Candidate]
    ) -> list[Candidate]:
        """The candidates as ``ocrzoo tune`` found them on this machine, if it was run; other stored formats count."""
        found = choice.find(files, self.zoo.engines, self.zoo.store)
        if found is None:
            return candidates
        others = self._other_formats(card, files, engines)
        more = [one for other, able in others for one in self.candidates(card, other, able)]
        any_streams = self.ceiling is None and not self.options.threads
        return choice.in_order([*candidates, *more], found, any_streams=any_streams)

    def plan_to_tune(self, name: str) -> Plan:
        """Return a plan with every way that a user may get without naming an engine, the default in float32 first.

        Raises:
            OcrzooError: As :meth:`plan`.
        """
        card = self.zoo.models.get(name)
        exact = replace(self, engine=None, tuned=False, wanted=Wanted("float32", "exact"))
        plan = exact.plan(name, card.task)
        engines = usable_engines(self.zoo.engines, card.name, accelerated=self.accelerated)
        files = plan.files
        found: dict[str, list[Candidate]] = {"float32": list(plan.candidates), "auto": []}
        forms = [(files, engines), *self._other_formats(card, files, engines)]
        for asked, loader in (("float32", exact), ("auto", replace(exact, wanted=Wanted("auto")))):
            for stored, able in forms:
                reading = [spec for spec in able if spec.reads(stored.file_format, stored.folder)]
                found[asked] += loader.candidates(card, stored, reading)
        automatic = list(dict.fromkeys(found["auto"]))
        return replace(plan, candidates=list(dict.fromkeys([*found["float32"], *automatic])), automatic=automatic)

    def _other_formats(
        self, card: ModelCard, files: ModelFiles, engines: Sequence[EngineSpec]
    ) -> list[tuple[ModelFiles, list[EngineSpec]]]:
        """The other formats in which the model is stored, and the engines that read each."""
        kinds = dict.fromkeys(kind for spec in engines for kind in spec.formats if kind in card.artifacts)
        stored = (self.zoo.store.find(card.name, kind) for kind in kinds if kind != files.file_format)
        here = [other for other in stored if other is not None]
        return [(one, [spec for spec in engines if spec.reads(one.file_format, one.folder)]) for one in here]

    def _is_published(self, files: ModelFiles) -> bool:
        """Whether these are the published weights, as far as is known: not those of a folder of the user's."""
        source = "" if files.manifest is None else files.manifest.source
        return source in self.zoo.sources and not self.zoo.sources.get(source).mutable

    def _maker(
        self,
        card: ModelCard,
        spec: PredictorSpec,
        config: Mapping[str, Any],
        exact: Callable[[], Any],
        *,
        custom: bool,
    ) -> Maker:
        """What makes the predictor of a session; that of a plugin is guarded. ``exact`` makes that of float32."""
        plugin = _third_party(self.zoo.predictors.origin(spec.name))
        known = not custom and card.name in self.zoo.models
        publisher = _third_party(self.zoo.models.origin(card.name)) if known else None

        def make(candidate: Candidate, session: Session) -> Any:
            blamed = plugin or publisher
            with nullcontext() if blamed is None else blamed_on(blamed, card.name, f"the predictor {spec.name!r}"):
                predictor = load_attribute(spec.factory)(card, config, session)
            if plugin is not None:
                predictor = load_attribute(_OF_PLUGINS)(predictor, card, plugin)
            elif publisher is not None:
                guard_predictor(predictor, card.name, publisher)
            if isinstance(getattr(predictor, "batching", None), str):  # of a recognizer: the caller may say otherwise
                predictor.batching = candidate.batching
                if candidate.precision == "checked":
                    return load_attribute(_CHECKED)(predictor, exact)
            elif candidate.precision == "checked":
                return exact()  # lines that it doubts cannot be told
            return predictor

        return make

    def _resolve(self, card: ModelCard, engines: list[EngineSpec]) -> ModelFiles:
        formats: list[Format] = list(dict.fromkeys(kind for spec in engines for kind in spec.formats))
        if not set(formats) & set(card.artifacts) and "onnx" in formats and self._paddle is not None:
            formats.append("paddle")  # to be converted
        if not set(formats) & set(card.artifacts):
            able = [spec for spec in self.zoo.engines if set(spec.formats) & set(card.artifacts)]
            steps = (f"engine {spec.name}" if spec.installed else f'pip install "{spec.install}"' for spec in able)
            help_text = " or ".join(steps) or "no engine reads that format"
            if not self.zoo.is_available(card):
                help_text += "; then put its weights into a folder of OCRZOO_MODEL_PATH"
            raise EngineError(
                f"{card.name} is published as {', '.join(card.artifacts)}, "
                f"which {names(engines)} cannot read: {help_text}"
            )
        return get_to_run(self.zoo.resolver, DownloadRequest(card, formats))

    def _warn(self, warning: str) -> None:
        if warning not in self.warned:
            self.warned.add(warning)
            log.warning("%s", warning)


def _third_party(origin: Origin) -> str | None:
    """The plugin and its distribution, as text; ``None`` for ocrzoo's own."""
    return None if origin.distribution == OFFICIAL else str(origin)


def _check_decoder(name: str, spec: PredictorSpec, config: dict[str, Any]) -> None:
    """Refuse an ``inference.yml`` that names a decoder that the predictor lacks: its text would be garbage.

    Raises:
        IntegrityError: It does.
    """
    stated = config["PostProcess"].get("name")
    if spec.postprocess and stated is not None and stated not in spec.postprocess:
        raise IntegrityError(
            f"{name}: its inference.yml has PostProcess.name {str(stated)[:80]!r}; predictor {spec.name!r} knows "
            f"{', '.join(spec.postprocess)}"
        )


def _check_charset(folder: Path) -> None:
    """Refuse custom weights whose charset nothing states.

    Raises:
        IntegrityError: There is no ``inference.yml``.
    """
    if not (folder / CONFIG).exists():
        step = f"write a card with 'ocrzoo plugins new NAME --from {folder} --charset FILE'"
        raise IntegrityError(f"{folder}: there is no {CONFIG}, which has the charset: {step}")
