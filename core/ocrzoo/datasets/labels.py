"""PaddleOCR's label files, as its programs read them.

What holds of a line is what ``ppocr/data/simple_dataset.py`` (``SimpleDataSet``) and ``ppocr/data/imaug/label_ops.py``
of PaddleOCR do with it:

* The file is opened in binary and split at line feeds; each line is decoded as UTF-8 by itself. A byte-order mark is a
  part of the first path, and a carriage return a part of each label.
* A line is split at every tab: the first field is the path, the second the label, and others are dropped. A path that
  begins with ``[`` is a JSON list of paths, of which one is drawn each time.
* The path is joined to ``data_dir``. Where a line cannot be parsed or its picture is missing, another line is drawn at
  random in its place, and a line is logged.
* For recognition, the label is the text (``BaseRecLabelEncode``): if it is empty or longer than ``max_text_length``,
  another line is drawn, silently; characters that the dictionary lacks are left out of it, silently. Recipes with a
  second head (``MultiLabelEncode``: PP-OCRv3 to v5) also need two places for where the text begins and ends
  (``SARLabelEncode``, ``NRTRLabelEncode``).
* For detection, the label is a JSON list of objects with ``transcription`` and ``points`` (``DetLabelEncode``); a text
  of ``*`` or ``###`` is a region that is neither text nor background. A page without regions is left out.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded

IGNORED = "###"
"""The text of a region that is neither learned as text nor as background."""
IGNORED_TEXTS = frozenset({"*", IGNORED})
MAX_TEXT_LENGTH = 25
"""Characters of a label that PaddleOCR's recipes take (``Global.max_text_length``)."""
RECIPE_HEIGHT, COLUMN = 48, 8
"""Pixels: the height that lines are scaled to, and the width of a column of the network's output there."""
NAMES = ("rec_gt*.txt", "det_gt*.txt", "Label*.txt", "label*.txt", "train*.txt", "val*.txt", "test*.txt")
"""How label files are called: in PaddleOCR's documentation, by PPOCRLabel, and in PaddleX."""
_MOST_BYTES = 2 << 30
_SAMPLE = 50
"""Lines that are looked at to learn what kind of file it is, and where its pictures are."""

Kind = Literal["recognition", "detection"]


@dataclass(frozen=True)
class Label:
    """One line of a label file."""

    file: str
    number: int
    """From 1."""
    path: str
    """Of its picture, as it is written."""
    text: str | None
    """The second field; ``None`` if there is no tab."""
    dropped: str = ""
    """What is after another tab."""
    encoded: bool = True
    """Whether the line is UTF-8; if not, the others are what can be told of it."""

    @property
    def where(self) -> str:
        """Return the file and the line."""
        return f"{self.file}:{self.number}"


@dataclass(frozen=True)
class LabelFile:
    """A label file."""

    path: Path
    kind: Kind
    labels: Sequence[Label]
    data_dir: Path
    """The folder that paths start from."""
    marks: Sequence[str] = field(default_factory=tuple)
    """What is odd about the file as a whole: ``bom``, ``cr``."""

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    @property
    def part(self) -> Literal["train", "val", ""]:
        """What it is for, by its name."""
        name = self.name.lower()
        if "train" in name:
            return "train"
        return "val" if any(word in name for word in ("val", "test")) else ""


def label_files(path: Path, data_dir: Path | None = None) -> list[LabelFile]:
    """Return the label files of a folder, or the one that is named.

    Raises:
        UsageError: There is none, or one cannot be read.
    """
    if path.is_dir():
        files = sorted({file for pattern in NAMES for file in path.glob(pattern) if file.is_file()})
        if not files:
            raise UsageError(f"{path} has no label file: name one, or call it {', '.join(NAMES[:3])}, ...")
    else:
        files = [path]
    return [_read(file, data_dir) for file in files]


def _read(path: Path, data_dir: Path | None) -> LabelFile:
    with os_errors_as(UsageError, f"{path} could not be read"):
        content = read_bounded(path, _MOST_BYTES)
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UsageError(
            f"{path} is in UTF-16, which PaddleOCR does not read: save it as UTF-8 without a byte-order mark"
        )
    lines = content.split(b"\n")
    if not lines[-1]:
        lines.pop()
    marks = [name for name, there in (("bom", content.startswith(b"\xef\xbb\xbf")), ("cr", b"\r" in content)) if there]
    labels = [label for number, line in enumerate(lines, 1) for label in _labels(path.name, number, line)]
    return LabelFile(path, _kind(path.name, labels), labels, data_dir or _data_dir(path, labels), tuple(marks))


def _labels(file: str, number: int, line: bytes) -> list[Label]:
    try:
        text, encoded = line.decode("utf-8"), True
    except UnicodeDecodeError:
        text, encoded = line.decode("utf-8", "replace"), False
    name, tab, rest = text.partition("\t")
    label, _, dropped = rest.partition("\t")
    if number == 1:
        name = name.removeprefix("\ufeff")
    return [Label(file, number, one, label if tab else None, dropped, encoded) for one in _names(name)]


def _names(field_: str) -> list[str]:
    if field_.startswith("["):
        try:
            found = json.loads(field_)
        except (ValueError, RecursionError):
            return [field_]
        if isinstance(found, list) and found and all(isinstance(name, str) for name in found):
            return found
    return [field_]


def _kind(name: str, labels: Sequence[Label]) -> Kind:
    """By the name, or else by whether most labels look like lists of regions, which may be faulty."""
    if name.startswith(("det_gt", "rec_gt")):
        return "detection" if name.startswith("det") else "recognition"
    sample = [label.text for label in labels[:_SAMPLE] if label.text]
    regions = sum(text.startswith(("[{", "[]")) for text in sample)
    return "detection" if 2 * regions > len(sample) else "recognition"


def _data_dir(path: Path, labels: Sequence[Label]) -> Path:
    """The folder of the file or one of the two above it, from which most paths lead to a file."""
    here = path.absolute().parent
    candidates = [here, *here.parents[:2]]
    names = [label.path for label in labels[:_SAMPLE] if label.path]
    found = [sum(_is_file(folder, name) for name in names) for folder in candidates]
    return candidates[found.index(max(found))]


def _is_file(folder: Path, name: str) -> bool:
    try:
        return (folder / name).is_file()
    except (OSError, ValueError):
        return False


def regions_of(text: str) -> list[dict[str, Any]] | None:
    """Return the regions of a label for detection; ``None`` if it is not one."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        return None
    return found


def line_of(path: str, label: str | Sequence[dict[str, Any]]) -> str:
    """Return a line of a label file, without its end: for recognition by a text, for detection by regions."""
    return f"{path}\t{label if isinstance(label, str) else json.dumps(list(label), ensure_ascii=False)}"


def one_line(text: str) -> str:
    """Return a text as a label can have it: tabs and line ends are spaces, and none is at its ends."""
    return " ".join(text.replace("\t", " ").splitlines()).strip()
