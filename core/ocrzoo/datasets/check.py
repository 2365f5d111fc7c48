"""The check of a data set in PaddleOCR's label format, before somebody trains on it for hours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocrzoo.datasets.checks import CHECKS
from ocrzoo.datasets.faults import SCHEMA, DataSet, Entry, Fault, Limits, Severity, found_by
from ocrzoo.datasets.labels import Label, LabelFile, label_files
from ocrzoo.datasets.pictures import Picture, look_at
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.address import is_address
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.zoo import Zoo


@dataclass(frozen=True)
class Report:
    """What was found of a data set."""

    files: Sequence[dict[str, Any]]
    """Name, kind, part, lines and longest label of each file."""
    faults: Sequence[Fault]
    """Errors first."""

    def count(self, severity: Severity) -> int:
        """Return how many kinds of faults have a severity."""
        return sum(fault.check.severity == severity for fault in self.faults)

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return self.count("error") == 0

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain data: the JSON of ``ocrzoo dataset check --json``."""
        faults = [fault.to_dict() for fault in self.faults]
        return {"schema": SCHEMA, "ok": self.ok, "files": list(self.files), "faults": faults}


def read(path: Path, data_dir: Path | None = None) -> list[LabelFile]:
    """Return the label files that are to be checked.

    Raises:
        UsageError: There is none, or one cannot be read or has no line.
    """
    files = label_files(path, data_dir)
    if not any(file.labels for file in files):
        raise UsageError(f"{path} has no labels: its files are empty")
    return files


def check(files: Sequence[LabelFile], limits: Limits, advance: Callable[[], object] = lambda: None) -> Report:
    """Run all checks; ``advance`` is called after each picture."""
    entries = {file.name: [*_entries(file, advance)] for file in files}
    data = DataSet(files, entries, limits)
    faults = [fault for one in CHECKS if (fault := found_by(one, data)) is not None]
    faults.sort(key=lambda fault: fault.check.severity != "error")
    return Report([_summary(file) for file in files], faults)


def _entries(file: LabelFile, advance: Callable[[], object]) -> list[Entry]:
    paths = list(dict.fromkeys(label.path for label in file.labels))
    pictures: dict[str, Picture] = {}
    for path, picture in zip(paths, look_at([file.data_dir / path for path in paths]), strict=True):
        pictures[path] = picture
        advance()
    return [Entry(label, pictures[label.path]) for label in file.labels]


def _summary(file: LabelFile) -> dict[str, Any]:
    def length(label: Label) -> int:
        return len(label.text or "")

    return {
        "file": str(file.path),
        "data_dir": str(file.data_dir),
        "kind": file.kind,
        "part": file.part,
        "lines": len(file.labels),
        "longest": max(map(length, file.labels), default=0) if file.kind == "recognition" else None,
    }


def charset_of(zoo: Zoo, model: str) -> frozenset[str]:
    """Return the characters that a model writes, by its name or its folder; the space is one of them.

    Raises:
        UnknownModel: No card has that name.
        UsageError: The model has no charset.
        OcrzooError: It cannot be read.
    """
    folder = Path(model).expanduser()
    if folder.is_dir() and (is_address(model) or model not in zoo.models):
        stated = inference_yml.read(folder)["PostProcess"].get("character_dict")
        if not isinstance(stated, list) or not stated:
            raise UsageError(f"{folder}: its inference.yml has no character_dict: name a charset with --charset FILE")
        return characters(str(entry) for entry in stated)
    card = zoo.models.get(model)
    if card.charset is None:
        raise UsageError(
            f"{model} has no charset, since it does {card.task}: name a recognition model, or --charset FILE"
        )
    return characters(read_charset(card.folder / card.charset))


def characters(entries: Any) -> frozenset[str]:
    """Return the characters of a charset that labels are written with: entries of one character, and the space.

    PaddleOCR looks labels up character by character, so that entries of several are never found.
    """
    return frozenset(entry for entry in entries if len(entry) == 1) | {" "}
