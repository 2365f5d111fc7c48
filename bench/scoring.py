"""What was read of a page, held against what is written on it: detection, and errors of characters and words.

A line read belongs to the lines written of which it covers most, and these to it. Lines that belong together (a row of
cells that was found as one line, a line that was found in two parts) are compared as one text, parts joined by a space.
Texts are compared in NFC; full-width punctuation is the usual one. What no line read belongs to is missing, and what
belongs to no line written is an error too.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray
from rapidfuzz.distance import Levenshtein

COVERED = 0.5
"""A line read and a line written belong together if their overlap is more than this share of the smaller one."""
Quad = Sequence[Sequence[float]]
"""Four corners, x and y in pixels."""
_USUAL = str.maketrans("，：；！？（）’‘“”", ",:;!?()''\"\"")
_WORDS = re.compile(r"[\u3005-\u30ff\u3400-\u9fff]|[^\s\u3005-\u30ff\u3400-\u9fff]+")
"""A character of Chinese or Japanese is a word; else, what stands between spaces is."""


@dataclass(frozen=True)
class Read:
    """A line as it was read."""

    text: str
    quad: Quad


@dataclass
class Score:
    """What came of a page, or of many."""

    lines: int = 0
    found: int = 0
    """Lines written to which a line read belongs."""
    extra: int = 0
    """Lines read that belong to no line written."""
    characters: int = 0
    """Spaces are characters."""
    errors: int = 0
    spaces: int = 0
    spaces_wrong: int = 0
    """Spaces that are missing, or are where none is written."""
    words: int = 0
    word_errors: int = 0
    by_line: list[int] = field(default_factory=list)
    """The errors of characters in each line written; those of extra lines are in none."""

    def add(self, other: Score) -> None:
        """Count another page too."""
        for name, value in vars(other).items():
            setattr(self, name, getattr(self, name) + value)

    @property
    def recall(self) -> float:
        """Percent of the lines that were found."""
        return 100 * self.found / max(self.lines, 1)

    @property
    def cer(self) -> float:
        """Character error rate in percent; spaces count."""
        return 100 * self.errors / max(self.characters, 1)

    @property
    def wer(self) -> float:
        """Word error rate in percent."""
        return 100 * self.word_errors / max(self.words, 1)


def spaced(text: str) -> str:
    """Return a text as it is compared: NFC, usual punctuation, single spaces."""
    return " ".join(unicodedata.normalize("NFC", text).translate(_USUAL).split())


def bare(text: str) -> str:
    """Return the same without spaces."""
    return spaced(text).replace(" ", "")


def words(text: str) -> list[str]:
    """Return the words of a text; a character of Chinese or Japanese is one."""
    return _WORDS.findall(spaced(text))


def score(truth: Sequence[tuple[str, Quad]], read: Sequence[Read]) -> Score:
    """Compare lines written, as text and corners, with lines read."""
    covers = overlaps([quad for _, quad in truth], [line.quad for line in read])
    result = Score(lines=len(truth), by_line=[0] * len(truth))
    for written, seen in groups(covers):
        order = sorted(seen, key=lambda index: _place(index, covers, truth, read)) if written else seen
        got = spaced(" ".join(read[index].text for index in order))
        result.found += len(written) if seen else 0
        result.extra += 0 if written else len(seen)
        _compare(result, [(index, spaced(truth[index][0])) for index in written], got)
    return result


def overlaps(truth: Sequence[Quad], read: Sequence[Quad]) -> NDArray[np.float64]:
    """Return the share of the smaller of two quads that lies in the other, lines written x lines read."""
    shares = np.zeros((len(truth), len(read)))
    ours, theirs = ([np.asarray(quad, np.float32).reshape(-1, 2) for quad in quads] for quads in (truth, read))
    for row, one in enumerate(ours):
        for column, other in enumerate(theirs):
            if (one.max(0) < other.min(0)).any() or (other.max(0) < one.min(0)).any():
                continue
            least = min(cv2.contourArea(one), cv2.contourArea(other))
            common = cv2.intersectConvexConvex(cv2.convexHull(one), cv2.convexHull(other))[0]
            shares[row, column] = common / least if least > 0 else 0.0
    return shares


def groups(covers: NDArray[np.float64]) -> list[tuple[list[int], list[int]]]:
    """Return which lines written (rows) and lines read (columns) belong together, each line once, in order."""
    rows, columns = covers.shape
    joined = covers > COVERED
    left, result = set(range(columns)), []
    done: set[int] = set()
    for start in range(rows):
        if start in done:
            continue
        written, seen, fresh = {start}, set[int](), {start}
        while fresh:
            new = {column for row in fresh for column in range(columns) if joined[row, column]} - seen
            seen |= new
            fresh = {row for column in new for row in range(rows) if joined[row, column]} - written
            written |= fresh
        done |= written
        left -= seen
        result.append((sorted(written), sorted(seen)))
    return [*result, *(([], [column]) for column in sorted(left))]


def _place(
    index: int,
    covers: NDArray[np.float64],
    truth: Sequence[tuple[str, Quad]],
    read: Sequence[Read],
) -> tuple[int, float]:
    """Where a line read stands among those of its group: at its first line written, then along that line."""
    first = int(np.flatnonzero(covers[:, index] > COVERED)[0])
    quad = np.asarray(truth[first][1], np.float64)
    along = quad[1] - quad[0]
    return first, float((np.asarray(read[index].quad, np.float64).mean(axis=0) - quad[0]) @ along)


def _compare(result: Score, written: Sequence[tuple[int, str]], got: str) -> None:
    """Add the errors of a text to those of the lines that it is made of."""
    text = " ".join(line for _, line in written)
    ends = np.cumsum([len(line) + 1 for _, line in written])
    for edit in Levenshtein.editops(text, got):
        result.errors += 1
        lost = edit.tag != "insert" and text[edit.src_pos] == " "
        gained = edit.tag != "delete" and got[edit.dest_pos] == " "
        result.spaces_wrong += lost or gained
        if written:
            at = min(int(np.searchsorted(ends, edit.src_pos, side="right")), len(written) - 1)
            result.by_line[written[at][0]] += 1
    result.characters += len(text)
    result.spaces += text.count(" ")
    result.words += len(words(text))
    result.word_errors += Levenshtein.distance(words(text), words(got))


def interval(
    ours: Sequence[tuple[int, int]], theirs: Sequence[tuple[int, int]], times: int = 2000
) -> tuple[float, float]:
    """Return the 95 % interval of the difference of two error rates, ours less theirs, in percent points.

    Both are errors and characters of the same pages; pages are drawn anew, with replacement (paired bootstrap).
    """
    rng = random.Random(0)
    count = len(ours)
    pairs = np.array([(*one, *other) for one, other in zip(ours, theirs, strict=True)], np.float64)
    drawn = np.array([pairs[rng.choices(range(count), k=count)].sum(axis=0) for _ in range(times)])
    differences = 100 * (drawn[:, 0] / drawn[:, 1] - drawn[:, 2] / drawn[:, 3])
    low, high = np.percentile(differences, [2.5, 97.5])
    return float(low), float(high)
