"""The checks of a data set, as one table; what PaddleOCR does with each fault is in :mod:`ocrzoo.datasets.labels`."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import PurePath

from ocrzoo.datasets.faults import Check, DataSet, Entry
from ocrzoo.datasets.labels import COLUMN, IGNORED_TEXTS, RECIPE_HEIGHT, Kind, LabelFile, regions_of
from ocrzoo.datasets.regions import faults_of_region, turns_left

Found = Iterator[tuple[str, str]]
_SHOWN = 60
"""Characters of a label that are shown."""
_FEW = 8
"""Places of a character that are shown."""


def _of_lines(
    look: Callable[[Entry], str], kind: Kind | None = None, *, readable: bool = False
) -> Callable[[DataSet], Found]:
    """A check of each line by itself; ``look`` returns what is wrong, or an empty text."""

    def find(data: DataSet) -> Found:
        for file, entry in data.all():
            if (kind in {None, file.kind}) and not (readable and (entry.picture.problem or entry.label.text is None)):
                detail = look(entry)
                if detail:
                    yield entry.label.where, detail

    return find


def _of_files(look: Callable[[LabelFile], str]) -> Callable[[DataSet], Found]:
    def find(data: DataSet) -> Found:
        yield from ((file.name, detail) for file in data.files if (detail := look(file)))

    return find


def _shown(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def _no_label(entry: Entry) -> str:
    label = entry.label
    if label.text is None or label.text.strip():
        return ""
    return f"{label.path} has no text"


def _without_tab(entry: Entry) -> str:
    return f"no tab in {_shown(entry.label.path)}" if entry.label.text is None else ""


def _lost_picture(entry: Entry) -> str:
    if entry.label.text is None or not entry.picture.problem:
        return ""
    return f"{entry.label.path or 'no path'}: {entry.picture.problem}"


def _needed(text: str) -> int:
    """Columns that CTC needs for a text: one a character, and a blank between two that are the same."""
    return len(text) + sum(one == other for one, other in pairwise(text))


def _columns(entry: Entry) -> int:
    width = math.ceil(RECIPE_HEIGHT * entry.picture.width / entry.picture.height)
    return width // COLUMN


def _narrow(entry: Entry) -> str:
    text = entry.label.text or ""
    needed, there = _needed(text), _columns(entry)
    size = f"{entry.picture.width} x {entry.picture.height} pixels"
    return f"{_shown(text)} needs {needed} columns, {size} have {there}" if needed > there else ""


def _too_long(data: DataSet) -> Found:
    most = data.limits.max_text_length
    for file, entry in data.all():
        length = len(entry.label.text or "")
        if file.kind == "recognition" and length > most:
            yield entry.label.where, f"{length} characters, {most} are taken: {_shown(entry.label.text or '')}"


def _barely_too_long(data: DataSet) -> Found:
    most = data.limits.max_text_length
    for file, entry in data.all():
        length = len(entry.label.text or "")
        if file.kind == "recognition" and most - 1 <= length <= most:
            yield entry.label.where, f"{length} characters, {most - 2} are taken: {_shown(entry.label.text or '')}"


def _lacking(data: DataSet) -> Found:
    """One fault a character, the most frequent first."""
    charset = data.limits.charset
    if charset is None:
        return
    count: Counter[str] = Counter()
    places: dict[str, list[str]] = {}
    for file, entry in data.all():
        if file.kind == "recognition":
            lacking = [character for character in (entry.label.text or "").rstrip("\r") if character not in charset]
            count.update(lacking)
            for character in dict.fromkeys(lacking):
                places.setdefault(character, []).append(entry.label.where)
    for character, times in count.most_common():
        where, *others = places[character]
        more = f", {', '.join(others[: _FEW - 1])}" if others else ""
        more += ", ..." if len(others) >= _FEW else ""
        name = unicodedata.name(character, f"U+{ord(character):04X}")
        yield where + more, f"{character!r} ({name}) {times} times, not in the charset of {data.limits.charset_name}"


def _decomposed(data: DataSet) -> Found:
    charset = data.limits.charset
    for file, entry in data.all():
        text = entry.label.text or ""
        composed = unicodedata.normalize("NFC", text)
        if file.kind != "recognition" or composed == text:
            continue
        if charset is None or not (set(composed) - charset) > (set(text) - charset):
            yield entry.label.where, f"{_shown(text)} is not in NFC"


def _same_picture(data: DataSet, told: Callable[[list[tuple[LabelFile, Entry]]], str]) -> Found:
    pictures: dict[tuple[str, str], list[tuple[LabelFile, Entry]]] = {}
    for file, entry in data.all():
        if entry.picture.digest and entry.label.text is not None:
            pictures.setdefault((file.kind, entry.picture.digest), []).append((file, entry))
    for uses in pictures.values():
        if len(uses) > 1 and (detail := told(uses)):
            yield ", ".join(entry.label.where for _, entry in uses[:_FEW]), detail


def _different_labels(uses: list[tuple[LabelFile, Entry]]) -> str:
    texts = list(dict.fromkeys(entry.label.text or "" for _, entry in uses))
    return f"{_shown(texts[0])} and {_shown(texts[1])}" if len(texts) > 1 else ""


def _leak(uses: list[tuple[LabelFile, Entry]]) -> str:
    parts = {file.part for file, _ in uses}
    return f"{uses[0][1].label.path}" if {"train", "val"} <= parts else ""


def _repeated(uses: list[tuple[LabelFile, Entry]]) -> str:
    if _different_labels(uses) or _leak(uses):
        return ""
    return uses[0][1].label.path if len({file.name for file, _ in uses}) < len(uses) else ""


def _no_regions(entry: Entry) -> str:
    text = entry.label.text
    if not text:
        return ""
    regions = regions_of(text)
    return f"not a list of objects: {_shown(text)}" if regions is None else ""


def _page_without_regions(entry: Entry) -> str:
    return f"{entry.label.path} has no region" if regions_of(entry.label.text or "") == [] else ""


def _bad_regions(entry: Entry) -> str:
    for number, region in enumerate(regions_of(entry.label.text or "") or [], 1):
        if fault := faults_of_region(region, entry.picture.width, entry.picture.height):
            return f"region {number}: {fault}"
    return ""


def _counter_clockwise(entry: Entry) -> str:
    for number, region in enumerate(regions_of(entry.label.text or "") or [], 1):
        if not faults_of_region(region, entry.picture.width, entry.picture.height) and turns_left(region):
            return f"region {number}: {region['points']}"
    return ""


def _absolute(entry: Entry) -> str:
    path = entry.label.path
    return path if PurePath(path).is_absolute() or path[1:3] == ":\\" else ""


CHECKS = (
    Check(
        "bom",
        "error",
        "a byte-order mark, which is taken for a part of the first path",
        "save the file as UTF-8 without a byte-order mark",
        _of_files(lambda file: "begins with one" if "bom" in file.marks else ""),
    ),
    Check(
        "encoding",
        "error",
        "a line that is not UTF-8",
        "save the file as UTF-8",
        _of_lines(
            lambda entry: "" if entry.label.encoded else f"bytes of another encoding after {_shown(entry.label.path)}"
        ),
    ),
    Check(
        "line-ends",
        "warning",
        "line ends of Windows, which add a character to each label",
        "save it with Unix line ends",
        _of_files(lambda file: "has \\r\\n" if "cr" in file.marks else ""),
    ),
    Check("tab", "error", "no tab between path and label", "put one tab there, and no spaces", _of_lines(_without_tab)),
    Check(
        "more-tabs",
        "error",
        "a second tab: what is after it is dropped",
        "put spaces in the label",
        _of_lines(lambda entry: f"dropped is {_shown(entry.label.dropped)}" if entry.label.dropped else ""),
    ),
    Check(
        "image",
        "error",
        "a picture that cannot be read",
        "restore it, or remove the line; --data_dir is where paths start",
        _of_lines(_lost_picture),
    ),
    Check("label", "error", "an empty label", "write the text, or remove the line", _of_lines(_no_label)),
    Check(
        "charset",
        "error",
        "a character that the model cannot write: it is left out of the label silently",
        "correct the labels, or train with a dictionary that has it",
        _lacking,
    ),
    Check(
        "conflict",
        "error",
        "the same picture with different labels",
        "keep the right line",
        lambda data: _same_picture(data, _different_labels),
    ),
    Check(
        "leak",
        "error",
        "the same picture in train and val, so that figures are too good",
        "keep one of the lines",
        lambda data: _same_picture(data, _leak),
    ),
    Check(
        "regions",
        "error",
        "a label that is no JSON list of regions",
        'write [{"transcription": ..., "points": [[x, y], ...]}, ...]',
        _of_lines(_no_regions, "detection"),
    ),
    Check(
        "points",
        "error",
        "a region that is none",
        "correct its points: clockwise from the top left corner",
        _of_lines(_bad_regions, "detection", readable=True),
    ),
    Check(
        "clockwise",
        "warning",
        "a region whose points run counter-clockwise",
        "give them clockwise from the top left corner",
        _of_lines(_counter_clockwise, "detection", readable=True),
    ),
    Check(
        "no-region",
        "warning",
        "a page without a region, which is left out of training",
        "remove the line, or add regions",
        _of_lines(_page_without_regions, "detection"),
    ),
    Check(
        "length",
        "warning",
        "a label longer than max_text_length: the line is left out silently",
        "raise max_text_length in the recipe and --max_text_length here, or cut the line",
        _too_long,
    ),
    Check(
        "length-of-two",
        "warning",
        "a label that recipes with a second head (PP-OCRv3 to v5) leave out: they need two more places",
        "raise max_text_length by 2",
        _barely_too_long,
    ),
    Check(
        "narrow",
        "warning",
        "a picture too narrow for its text: CTC needs a column a character, and one between two of a kind",
        "look whether picture and label belong together, and whether the line is on its side",
        _of_lines(_narrow, "recognition", readable=True),
    ),
    Check(
        "ignored",
        "warning",
        "a label that means 'not legible' in detection, and is a text to learn in recognition",
        "remove the line",
        _of_lines(lambda entry: entry.label.path if entry.label.text in IGNORED_TEXTS else "", "recognition"),
    ),
    Check(
        "nfc", "warning", "a label with decomposed characters", "write the labels in NFC, as charsets are", _decomposed
    ),
    Check(
        "repeated",
        "warning",
        "the same picture several times",
        "keep one line",
        lambda data: _same_picture(data, _repeated),
    ),
    Check(
        "alpha",
        "warning",
        "a transparent picture: PaddleOCR drops the transparency, and sees the colors below",
        "save it without",
        _of_lines(lambda entry: entry.label.path if entry.picture.transparent else ""),
    ),
    Check(
        "exif",
        "warning",
        "a picture that is to be turned by its EXIF data: not all programs do so",
        "save it turned",
        _of_lines(lambda entry: entry.label.path if entry.picture.turned else ""),
    ),
    Check(
        "absolute",
        "warning",
        "an absolute path, which leads to it on this machine only",
        "write paths below data_dir",
        _of_lines(_absolute),
    ),
)
"""All checks, in the order in which they are reported within their severity."""
