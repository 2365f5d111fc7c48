"""From a model's name to a predictor that runs: card, files, engine, network."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Any, TypeVar, cast

from ocrzoo.custom_weights import card_for, own_card, own_files
from ocrzoo.engines.base import Device, Engine, EngineOptions, MultiOutputSession, Session, TensorSpec
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.charsets import check_charset
from ocrzoo_registry.cards.schema import Format, ModelCard, Task
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import EngineError, InputError, IntegrityError, UsageError
from ocrzoo_registry.plugins.specs import EngineSpec, load_attribute
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

log = logging.getLogger("ocrzoo")

Result = TypeVar("Result")


@dataclass(frozen=True)
class ModelLoader:
    """What a pipeline needs to load its models."""

    zoo: Zoo = field(default_factory=Zoo)
    engine: str | None = None
    """An engine by name; ``None`` takes the fastest installed one that reads a published format."""
    options: EngineOptions = field(default_factory=EngineOptions)
    accelerated: bool | None = None
    """Without a name: ``True`` leaves out Paddle's own runtime, ``False`` all others (PaddleX's ``use_hpip``)."""
    devices: tuple[Device, ...] = ()
    """Where pages are read side by side; empty: on the device of the options."""
    told: set[str] = field(default_factory=set, repr=False, compare=False)
    """Warnings about devices: what holds for several models is told once."""

    @property
    def pages_on(self) -> tuple[Device, ...]:
        """The devices that pages are read on: :attr:`devices`, or the one of the options."""
        return self.devices or (self.options.device,)

    def predictor(self, name: str | None, task: Task, model_dir: str | Path | None = None) -> Any:
        """Load a model that does a task and return its predictor.

        ``model_dir`` is a folder with the model's files and ``inference.yml``, which also says its name
        where ``name`` does not; without it they come from the store or a source.

        Raises:
            UnknownModel: No card has that name.
            UsageError: The model does another task, or neither a name nor a folder is given.
            EngineError: No engine here can run it.
            SourceError: The weights cannot be had.
            IntegrityError: The weights are not those of the card.
        """
        if model_dir is not None:
            own = own_files(model_dir, name or task)
            card = own_card(self.zoo, name, task, own.folder)
        elif name is not None:
            card, own = card_for(self.zoo, name, task), None
        else:
            raise UsageError(f"{task}: neither model_name nor model_dir says which model")
        if card.inference.predictor not in self.zoo.predictors:
            raise UsageError(f"{card.name} cannot be run: no plugin has its predictor {card.inference.predictor!r}")
        factory = load_attribute(self.zoo.predictors.get(card.inference.predictor).factory)
        engines = self._engines()
        files = self._resolve(card, engines) if own is None else replace(own, name=card.name)
        able = [spec for spec in engines if files.file_format in spec.formats]
        if not able:
            raise EngineError(
                f"{files.folder} holds {card.name} as {files.file_format}, which {_names(engines)} cannot read"
            )
        config = _config_of(card, files.folder, own=own is not None)
        return factory(card, config, self._session(able, files))

    def _session(self, engines: list[EngineSpec], files: ModelFiles) -> Session:
        """Load the model into the first engine that can; a broken one costs itself."""
        for spec in engines[:-1]:
            try:
                return self._load(spec, files)
            except UsageError as error:
                log.warning("%s; the next engine is tried", str(error)[:300])
        return self._load(engines[-1], files)

    def _engines(self) -> list[EngineSpec]:
        """The engines to choose from, best first."""
        if self.engine is not None:
            spec = self.zoo.engines.get(self.engine)
            if not spec.installed:
                raise EngineError(f"engine {spec.name!r} is not installed: pip install {_quoted(spec.install)}")
            return [spec]
        ranked = sorted(self.zoo.engines, key=lambda spec: (spec.rank, spec.name))
        ranked = [spec for spec in ranked if self.accelerated in (None, spec.accelerated)]
        installed = [spec for spec in ranked if spec.installed]
        if not installed:
            raise EngineError(f"no inference engine is installed: pip install {_quoted(ranked[0].install)}")
        return installed

    def _resolve(self, card: ModelCard, engines: list[EngineSpec]) -> ModelFiles:
        formats: list[Format] = list(dict.fromkeys(kind for spec in engines for kind in spec.formats))
        if not set(formats) & set(card.artifacts):
            able = [spec for spec in self.zoo.engines if set(spec.formats) & set(card.artifacts)]
            help_text = " or ".join(f"pip install {_quoted(spec.install)}" for spec in able) or "no engine reads that"
            if not self.zoo.is_available(card):
                help_text += "; then put its weights into a folder of OCRZOO_MODEL_PATH"
            raise EngineError(
                f"{card.name} is published as {', '.join(card.artifacts)}, "
                f"which {_names(engines)} cannot read: {help_text}"
            )
        return self.zoo.resolver.get(DownloadRequest(card, formats))

    def _load(self, spec: EngineSpec, files: ModelFiles) -> Session:
        """Load a network; a device that is not there means the CPU, with a warning (PaddleX's rule)."""
        try:
            engine = cast("Engine", load_attribute(spec.factory)())
            try:
                session = engine.load(files.folder, files.file_format, self.options)
            except EngineError as error:
                if self.options.device.kind == "cpu":
                    raise
                self._tell(f"{shorten(str(error), 200, placeholder=' ...')}; the CPU is used instead")
                session = engine.load(files.folder, files.file_format, replace(self.options, device=Device()))
        except EngineError:
            raise
        except (Exception, SystemExit) as error:
            reason = f"{type(error).__name__}: {error}"
            raise EngineError(f"engine {spec.name} ({self.zoo.engines.origin(spec.name)}) failed: {reason}") from error
        log.debug("%s: %s on %s from %s", files.name, files.file_format, spec.name, files.folder)
        return GuardedSession(files.name, session)

    def _tell(self, warning: str) -> None:
        if warning not in self.told:
            self.told.add(warning)
            log.warning("%s", warning)


class GuardedSession:
    """A session whose failures are this page's, said in one line."""

    def __init__(self, name: str, session: Session) -> None:
        self.inputs = session.inputs
        self.outputs: tuple[TensorSpec, ...] = getattr(session, "outputs", ())  # engines need not tell
        self.align_corners = session.align_corners if isinstance(session, MultiOutputSession) else None
        self._name = name
        self._session = session

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run one batch.

        Raises:
            InputError: The network cannot be run on it.
            IntegrityError: It answers with something else than numbers.
        """
        return self._numbers(self._guarded(self._session.run, batch))

    def run_all(self, batch: NDArray[np.float32]) -> tuple[NDArray[np.float32], ...]:
        """Run one batch and return every output that the engine gives, the network's first one first.

        Raises:
            InputError: The network cannot be run on it.
            IntegrityError: It answers with something else than numbers.
        """
        if isinstance(self._session, MultiOutputSession):
            return tuple(map(self._numbers, self._guarded(self._session.run_all, batch)))
        return (self.run(batch),)

    def _numbers(self, output: Any) -> NDArray[np.float32]:
        """Take what an engine gives as what it promises: a network may also have texts, lists or whole numbers."""
        kind = getattr(output, "dtype", None)
        if kind is None or kind.kind != "f":
            raise IntegrityError(
                f"{self._name}: the network's output is not made of fractions ({kind or type(output)})"
            )
        numbers: NDArray[np.float32] = output.astype("float32", copy=False)
        return numbers

    def _guarded(self, run: Callable[[NDArray[np.float32]], Result], batch: NDArray[np.float32]) -> Result:
        try:
            return run(batch)
        except (Exception, SystemExit) as error:
            shape = " x ".join(map(str, batch.shape))
            reason = " ".join(str(error).split())[:200] or type(error).__name__
            raise InputError(f"{self._name} cannot be run on an input of {shape}: {reason}") from error


def _config_of(card: ModelCard, folder: Path, *, own: bool) -> dict[str, Any]:
    """The model's own ``inference.yml``, or what the card says where a folder of the user's has none."""
    if not (folder / inference_yml.FILE_NAME).exists():
        return inference_yml.from_card(card)
    config = inference_yml.read(folder)
    if not own:
        inference_yml.check_name(config, card.name, str(folder))
        check_charset(card, config["PostProcess"].get("character_dict"), str(folder))
    return config


def _names(engines: list[EngineSpec]) -> str:
    return " or ".join(spec.name for spec in engines)


def _quoted(requirement: str) -> str:
    return f'"{requirement}"'
