"""What is the same for every target: models are resolved and refused, files are staged, checked and published."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from ocrzoo.model_export.parity import Parity, compare
from ocrzoo.model_export.targets import TARGETS, LayOut, Model, Options, Placed, Target, manifest_of
from ocrzoo.results.output_folder import FolderKind, files_below, staged
from ocrzoo_registry.cards.to_fill import MARK
from ocrzoo_registry.download.batch import get_all
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import EngineError, IntegrityError, OcrzooError, UsageError
from ocrzoo_registry.files import os_errors_as, sha256_of
from ocrzoo_registry.plugins.specs import load_attribute

if TYPE_CHECKING:
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.zoo import Zoo

KIND = FolderKind("export", "parity.json")
ENGINE = "onnxruntime"
"""What the exported files are read with, as the programs on phones and in browsers do."""


@dataclass(frozen=True)
class WrittenFile:
    """A file of an export."""

    size: int
    """Bytes."""
    sha256: str


@dataclass(frozen=True)
class Report:
    """What ``parity.json`` has."""

    target: str
    models: list[dict[str, Any]]
    """Name, task, license (``None`` where it is not known), and the source, revision and files of the weights."""
    files: dict[str, WrittenFile]
    """Every file of the export by its path; the digest was computed from the written file."""
    parity: Parity
    notes: list[str]
    """What is known that the program does otherwise than ocrzoo."""
    schema_version: int = 1


class Refused(UsageError):
    """Models that a target cannot take; :attr:`faults` has an error for each reason."""

    def __init__(self, faults: Sequence[OcrzooError]) -> None:
        super().__init__("; ".join(str(one) for one in faults))
        self.faults = faults


def export(
    zoo: Zoo, name: str, models: Sequence[str], folder: Path, options: Options, advance: Callable[[], object]
) -> Report:
    """Lay out models for the target ``name``, compare what they read with ocrzoo's answers, and publish the folder.

    ``advance`` is called after each comparison.

    Raises:
        Refused: The target cannot take the models or an option, or one could not be downloaded.
        UnknownModel: There is no such model.
        EngineError: ONNX Runtime is not installed.
        IntegrityError: A written file does not have the digest of the verified one.
        UsageError: The folder is of something else, or cannot be written.
    """
    target = TARGETS[name]
    cards = [zoo.models.get(model) for model in dict.fromkeys(zoo.models.current_name(one) for one in models)]
    if faults := _faults(name, target, cards, options):
        raise Refused(faults)
    if "onnx" in target.formats:
        _check_engine(zoo)
    lay_out = cast("LayOut", load_attribute(target.layout))
    with staged(folder, KIND) as staging:
        found = _resolved(zoo, target, cards)
        placed = lay_out(found, staging, options)
        for model in found:
            if model not in [one.model for one in placed]:  # made from its files, or left to a mirror
                _check_digests(model, model.files.folder)
        with _read_back(staging, placed) as folders:
            pairs = list(zip(placed, folders, strict=True))
            for one, place in pairs:
                _check_digests(one.model, place)
            parity = compare(zoo, pairs, ENGINE, advance)
        written = sorted(files_below(staging))
        sizes = {path: WrittenFile((staging / path).stat().st_size, sha256_of(staging / path)) for path in written}
        notes = [one.note for one in placed if one.note]
        report = Report(name, [_described(model) for model in found], sizes, parity, notes)
        text = json.dumps(asdict(report), ensure_ascii=False, indent=1)
        (staging / KIND.record).write_text(f"{text}\n", encoding="utf-8")
    return report


def _faults(name: str, target: Target, cards: Sequence[ModelCard], options: Options) -> list[OcrzooError]:
    """Why a target cannot take these models and options."""
    faults: list[OcrzooError] = []
    given = [field.name for field in fields(options) if getattr(options, field.name) is not None]
    faults += [UsageError(f"{name} takes no --{option}") for option in sorted(set(given) - target.options)]
    faults += [
        UsageError(f"{name} needs --{option}: {how}") for option, how in target.needs.items() if option not in given
    ]
    for card in cards:
        if target.tasks and card.task not in target.tasks:
            tasks = " and ".join(target.tasks)
            faults.append(UsageError(f"{card.name} does {card.task}, and {name} takes models for {tasks}"))
        elif not set(target.formats) & set(card.artifacts):
            published, needed = ", ".join(card.artifacts), " or ".join(target.formats)
            faults.append(UsageError(f"{card.name} is published as {published}, and {name} takes {needed}"))
    if target.one_each:
        for task in target.tasks:
            names = [card.name for card in cards if card.task == task]
            if len(names) != 1:
                what = ", ".join(names) or f"none: 'ocrzoo models list --task {task}' lists those there are"
                faults.append(UsageError(f"{name} takes one model for {task}, and there are {len(names)} ({what})"))
    return faults


def _check_engine(zoo: Zoo) -> None:
    if not zoo.engines.get(ENGINE).installed:
        raise EngineError(f"export reads the files back with ONNX Runtime: run pip install 'ocrzoo[{ENGINE}]'")


def _resolved(zoo: Zoo, target: Target, cards: Sequence[ModelCard]) -> list[Model]:
    """The models with verified files in the first format of the target that can be had."""
    requests = [DownloadRequest(card, target.formats).published() for card in cards]
    results = get_all(zoo.resolver, requests)
    if errors := [one.error for one in results if one.error is not None]:
        raise errors[0] if len(errors) == 1 else Refused(errors)
    return [Model(one.request.card, one.files) for one in results if one.files is not None]


@contextmanager
def _read_back(staging: Path, placed: Sequence[Placed]) -> Iterator[list[Path]]:
    """Yield the folder with each model's files: in the export, or where its archive is extracted to."""
    with TemporaryDirectory() as temporary:
        folders = []
        for number, one in enumerate(placed):
            root = staging
            if one.archive is not None:
                root = Path(temporary, str(number))
                with tarfile.open(staging / one.archive, "r:") as archive:
                    archive.extractall(root, filter="data")
            folders.append(root / one.folder)
        yield folders


def _check_digests(model: Model, folder: Path) -> None:
    """Compare files with the record of the verified ones, byte by byte."""
    with os_errors_as(IntegrityError, f"{model.card.name} could not be read back"):
        for file in manifest_of(model).files:
            if (found := sha256_of(folder / file.path)) != file.sha256:
                raise IntegrityError(
                    f"{model.card.name}: {file.path} has sha256 {found}, and {file.sha256} was verified: "
                    f"run 'ocrzoo models verify'"
                )


def _described(model: Model) -> dict[str, Any]:
    manifest = manifest_of(model)
    return {
        "name": model.card.name,
        "task": model.card.task,
        "license": None if model.card.license.startswith(MARK) else model.card.license,
        "format": manifest.format,
        "source": manifest.source,
        "revision": manifest.revision,
        "files": [file.model_dump(include={"path", "size", "sha256", "digest_origin"}) for file in manifest.files],
    }
