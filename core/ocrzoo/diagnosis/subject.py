"""The model to examine: a name, a folder or a file, loaded without the checks that would refuse it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ocrzoo.custom_weights import custom_card, custom_files, stated_name
from ocrzoo.engines.base import EngineOptions
from ocrzoo.guards import GuardedSession, blamed_on
from ocrzoo.loading.candidates import Candidate, names, usable_engines
from ocrzoo.loading.configuration import read_config
from ocrzoo.loading.plan import load_networks
from ocrzoo.loading.sessions import load_session
from ocrzoo.predictors.of_plugins import as_pipelines_call_it
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.address import is_address
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.weights import missing_data, weights_fault
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.download.temporary import get_to_run
from ocrzoo_registry.errors import EngineError, IntegrityError, OcrzooError, UsageError
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.registrations import OFFICIAL
from ocrzoo_registry.plugins.specs import load_attribute
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

RECOGNITION, DETECTION = "text_recognition", "text_detection"
_DECODERS: Mapping[str, Task] = {"CTCLabelDecode": RECOGNITION, "DBPostProcess": DETECTION}
_BY_AXES: Mapping[int, Task] = {3: RECOGNITION, 4: DETECTION}
_ONNX = "inference.onnx"


@dataclass(frozen=True)
class Subject:
    """A loaded model, and what is stated of it."""

    name: str
    task: Task | None
    """``None``: neither a card nor the network tells it."""
    where: Path
    """The folder or file."""
    engine: str
    session: GuardedSession
    config: Mapping[str, Any]
    """Its ``inference.yml``; ``PostProcess`` always exists."""
    card: ModelCard | None
    """The card to run it by, if there is one."""
    dictionary: str
    """Where the dictionary is, in words."""

    @property
    def charset(self) -> list[str]:
        """The dictionary that is stated; empty if there is none."""
        entries = self.config["PostProcess"].get("character_dict")
        return [str(entry) for entry in entries] if isinstance(entries, list) else []

    @property
    def own_predictor(self) -> str | None:
        """The predictor to run it with, if that is another one than ocrzoo's for lines or pages."""
        name = None if self.card is None else self.card.inference.predictor
        return None if name in {RECOGNITION, DETECTION} else name

    @property
    def scripts(self) -> Sequence[str]:
        """ISO 15924 codes of the scripts that the card claims."""
        return () if self.card is None else self.card.scripts

    def predictor(self, zoo: Zoo) -> Any:
        """Return the predictor that a pipeline would run the model with, which checks it.

        Raises:
            OcrzooError: It refuses the model.
        """
        if self.card is None:
            raise UsageError(f"{self.name}: no card or predictor is known for it")
        spec = zoo.predictors.get(self.card.inference.predictor)
        origin = zoo.predictors.origin(spec.name)
        if origin.distribution == OFFICIAL:
            return load_attribute(spec.factory)(self.card, self.config, self.session)
        with blamed_on(str(origin), self.name, f"the predictor {spec.name!r}"):
            predictor = load_attribute(spec.factory)(self.card, self.config, self.session)
        return as_pipelines_call_it(predictor, self.card, str(origin))


@contextmanager
def opened(
    zoo: Zoo, target: str, *, task: Task | None = None, dictionary: Path | None = None, engine: str | None = None
) -> Iterator[Subject]:
    """Load a model by name, folder or ONNX file.

    Raises:
        UnknownModel: It is neither a name, nor a folder or file.
        OcrzooError: It cannot be read or loaded into an engine.
    """
    with TemporaryDirectory(prefix="ocrzoo-", ignore_cleanup_errors=True) as scratch:
        card, files = _found(zoo, target, Path(scratch))
        config = _config(zoo, card, files)
        place = f"PostProcess.character_dict of {inference_yml.FILE_NAME}"
        if card is not None and card.charset is not None:
            place = f"{card.charset}, the charset of its card"
        if dictionary is not None:
            place = str(dictionary)
            config = {**config, "PostProcess": {**config["PostProcess"], "character_dict": [*read_charset(dictionary)]}}
        spec, session = _loaded(zoo, card, files, engine)
        kind = task or (card.task if card else None) or _task(zoo, config, session)
        if card is None and kind is not None:
            with suppress(OcrzooError):
                card = custom_card(zoo, None, kind, files.folder)
        where = files.folder if Path(scratch) not in files.folder.parents else Path(target)
        yield Subject(files.name, kind, where, spec, session, config, card, place)


def _found(zoo: Zoo, target: str, scratch: Path) -> tuple[ModelCard | None, ModelFiles]:
    """The card, if it is a registered model, and the files."""
    path = Path(target).expanduser()
    if (not is_address(target) or "://" in target) and target in zoo.models:
        card = zoo.models.get(target)
        return card, get_to_run(zoo.resolver, DownloadRequest(card, list(zoo.readable_formats)))
    if path.is_dir():
        return None, custom_files(path, path.resolve().name)
    if path.is_file():
        return None, _as_folder(path, scratch / path.stem)
    if path.name != target or path.suffix:
        raise UsageError(f"{target}: no such folder or file")
    raise UsageError(
        f"{target}: no registered model, folder or file has that name{did_you_mean(target, zoo.models.names)}"
    )


def _as_folder(path: Path, folder: Path) -> ModelFiles:
    """Put a single ONNX file, its data and the configuration beside it into a folder, as engines load it."""
    if path.suffix != ".onnx":
        raise UsageError(f"{path} is not an .onnx file: name one, or the folder of a model")
    folder.mkdir()
    beside = path.parent / inference_yml.FILE_NAME
    try:
        shutil.copy(path, folder / _ONNX)
        for name in missing_data(folder, "onnx"):
            if (path.parent / name).is_file():
                shutil.copy(path.parent / name, folder / name)
        if beside.is_file():
            shutil.copy(beside, folder / beside.name)
    except OSError as error:
        raise UsageError(f"{path} could not be copied: {error.strerror}") from error
    return ModelFiles(path.stem, "onnx", folder)


def _config(zoo: Zoo, card: ModelCard | None, files: ModelFiles) -> Mapping[str, Any]:
    """The configuration, also one that differs from the card."""
    if card is not None:
        with suppress(IntegrityError):
            return read_config(card, files, zoo.store, custom=False)
    if not (files.folder / inference_yml.FILE_NAME).exists():
        return {"Global": {}, "PostProcess": {}}
    return inference_yml.read(files.folder)


def _loaded(zoo: Zoo, card: ModelCard | None, files: ModelFiles, engine: str | None) -> tuple[str, GuardedSession]:
    """A session of the first engine that loads the model."""
    if fault := weights_fault(files.folder, files.file_format):
        raise IntegrityError(f"{files.name}: {files.folder}: {fault}")
    usable = usable_engines(zoo.engines, files.name, engine)
    able = [spec for spec in usable if spec.reads(files.file_format, files.folder)]
    if not able:
        raise EngineError(f"{files.folder} is in the format {files.file_format}, which {names(usable)} cannot read")
    for number, spec in enumerate(able, 1):
        load = partial(load_session, origin=zoo.engines.origin(spec.name), warn=None)
        one = Candidate(spec, files, EngineOptions())
        try:
            session = load(one) if card is None else load_networks(card, one, load)
        except EngineError:
            if number == len(able):
                raise
        else:
            return spec.name, session
    raise AssertionError("the last engine loads the model or raises")


def _task(zoo: Zoo, config: Mapping[str, Any], session: GuardedSession) -> Task | None:
    """The task by the name in the configuration, by its decoder, or by the axes of the network's output."""
    name = stated_name(config)
    if name is not None and name in zoo.models:
        return zoo.models.get(name).task
    decoder = config["PostProcess"].get("name")
    if isinstance(decoder, str) and decoder in _DECODERS:
        return _DECODERS[decoder]
    shape = session.outputs[0].shape if session.outputs else None
    return None if shape is None else _BY_AXES.get(len(shape))
