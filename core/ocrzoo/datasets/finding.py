"""What each check of a data set looks for; the table of checks is in :mod:`ocrzoo.datasets.checks`."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import PurePath

from ocrzoo.datasets.faults import DataSet, Entry
from ocrzoo.datasets.labels import COLUMN, RECIPE_HEIGHT, Kind, LabelFile, regions_of
from ocrzoo.datasets.regions import faults_of_region, turns_left

Found = Iterator[tuple[str, str]]
_SHOWN = 60
"""Characters of a label that are shown."""
_FEW = 8
"""Places of a character that are shown."""


def of_lines(
    look: Callable[[Entry], str], kind: Kind | None = None, *, readable: bool = False
) -> Callable[[DataSet], Found]:
    """Return a check of each line by itself; ``look`` returns what is wrong, or an empty text.

    ``kind`` is the kind of files that it is for; ``readable``: only lines with a label and a picture.
    """

    def find(data: DataSet) -> Found:
        for file, entry in data.all():
            usable = not entry.picture.problem and entry.label.text is not None
            if kind in {None, file.kind} and (usable or not readable) and (detail := look(entry)):
                yield entry.label.where, detail

    return find


def of_files(look: Callable[[LabelFile], str]) -> Callable[[DataSet], Found]:
    """Return a check of each file; ``look`` returns what is wrong, or an empty text."""

    def find(data: DataSet) -> Found:
        yield from ((file.name, detail) for file in data.files if (detail := look(file)))

    return find


def shown(text: str) -> str:
    """Return a text as messages show it: quoted, and not all of a long one."""
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}...")


def no_label(entry: Entry) -> str:
    """An empty label."""
    label = entry.label
    if label.text is None or label.text.strip():
        return ""
    return f"{label.path} has no text"


def without_tab(entry: Entry) -> str:
    """A line without a tab."""
    return f"no tab in {shown(entry.label.path)}" if entry.label.text is None else ""


def lost_picture(entry: Entry) -> str:
    """A picture that is not there, or cannot be decoded."""
    if entry.label.text is None or not entry.picture.problem:
        return ""
    return f"{entry.label.path or 'no path'}: {entry.picture.problem}"


def _needed(text: str) -> int:
    """Columns that CTC needs for a text: one a character, and a blank between two that are the same."""
    return len(text) + sum(one == other for one, other in pairwise(text))


def _columns(entry: Entry) -> int:
    width = math.ceil(RECIPE_HEIGHT * entry.picture.width / entry.picture.height)
    return width // COLUMN


def narrow(entry: Entry) -> str:
    """A picture too narrow for its text."""
    text = entry.label.text or ""
    needed, there = _needed(text), _columns(entry)
    size = f"{entry.picture.width} x {entry.picture.height} pixels"
    return f"{shown(text)} needs {needed} columns, {size} have {there}" if needed > there else ""


def too_long(data: DataSet) -> Found:
    """Labels longer than recipes take."""
    most = data.limits.max_text_length
    for file, entry in data.all():
        length = len(entry.label.text or "")
        if file.kind == "recognition" and length > most:
            yield entry.label.where, f"{length} characters, {most} are taken: {shown(entry.label.text or '')}"


def barely_too_long(data: DataSet) -> Found:
    """Labels that only recipes with one head take."""
    most = data.limits.max_text_length
    for file, entry in data.all():
        length = len(entry.label.text or "")
        if file.kind == "recognition" and most - 1 <= length <= most:
            yield entry.label.where, f"{length} characters, {most - 2} are taken: {shown(entry.label.text or '')}"


def lacking(data: DataSet) -> Found:
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


def decomposed(data: DataSet) -> Found:
    """Labels that are not in NFC, unless the charset has their characters as they are."""
    charset = data.limits.charset
    for file, entry in data.all():
        text = entry.label.text or ""
        composed = unicodedata.normalize("NFC", text)
        if file.kind != "recognition" or composed == text:
            continue
        if charset is None or not (set(composed) - charset) > (set(text) - charset):
            yield entry.label.where, f"{shown(text)} is not in NFC"


def same_picture(data: DataSet, told: Callable[[list[tuple[LabelFile, Entry]]], str]) -> Found:
    """Pictures of several lines, by their digest; ``told`` returns what is wrong of these, or an empty text."""
    pictures: dict[tuple[str, str], list[tuple[LabelFile, Entry]]] = {}
    for file, entry in data.all():
        if entry.picture.digest and entry.label.text is not None:
            pictures.setdefault((file.kind, entry.picture.digest), []).append((file, entry))
    for uses in pictures.values():
        if len(uses) > 1 and (detail := told(uses)):
            yield ", ".join(entry.label.where for _, entry in uses[:_FEW]), detail


def different_labels(uses: list[tuple[LabelFile, Entry]]) -> str:
    """Different labels of one picture."""
    texts = list(dict.fromkeys(entry.label.text or "" for _, entry in uses))
    return f"{shown(texts[0])} and {shown(texts[1])}" if len(texts) > 1 else ""


def leak(uses: list[tuple[LabelFile, Entry]]) -> str:
    """A picture for training and for validation."""
    parts = {file.part for file, _ in uses}
    return f"{uses[0][1].label.path}" if {"train", "val"} <= parts else ""


def repeated(uses: list[tuple[LabelFile, Entry]]) -> str:
    """A picture twice in one file, with the same label."""
    if different_labels(uses) or leak(uses):
        return ""
    return uses[0][1].label.path if len({file.name for file, _ in uses}) < len(uses) else ""


def no_regions(entry: Entry) -> str:
    """A label for detection that is not one."""
    text = entry.label.text
    if not text:
        return ""
    regions = regions_of(text)
    return f"not a list of objects: {shown(text)}" if regions is None else ""


def page_without_regions(entry: Entry) -> str:
    """A page without a region."""
    return f"{entry.label.path} has no region" if regions_of(entry.label.text or "") == [] else ""


def bad_regions(entry: Entry) -> str:
    """The first region that is not one."""
    for number, region in enumerate(regions_of(entry.label.text or "") or [], 1):
        if fault := faults_of_region(region, entry.picture.width, entry.picture.height):
            return f"region {number}: {fault}"
    return ""


def counter_clockwise(entry: Entry) -> str:
    """The first region whose points run counter-clockwise."""
    for number, region in enumerate(regions_of(entry.label.text or "") or [], 1):
        if not faults_of_region(region, entry.picture.width, entry.picture.height) and turns_left(region):
            return f"region {number}: {region['points']}"
    return ""


def absolute(entry: Entry) -> str:
    """A path that starts at the root, or at a drive."""
    path = entry.label.path
    return path if PurePath(path).is_absolute() or path[1:3] == ":\\" else ""
