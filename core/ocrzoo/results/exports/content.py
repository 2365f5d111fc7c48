"""The content of pages for exports: lines that have text, in characters valid in every format."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import metadata

from ocrzoo.results.page_text import TextLine, TextPage
from ocrzoo.text.words import Word

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
"""Characters that end a line or a column."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 forbids or discourages (section 2.2): controls and surrogates."""
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
"""XML Schema's type ``language``."""


@dataclass(frozen=True)
class ExportWord:
    """A word of a line, or the whole line if its words are not known."""

    word: Word
    """Its text is sanitized and not empty."""
    space_before: bool
    """Whether white space separates it from the previous word."""


def sanitize(text: str) -> str:
    """Return the text on one line: line breaks and tabs become a space, characters invalid in XML U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", _BREAKS.sub(" ", text))


def clamp_score(score: float) -> float:
    """Return a score clipped to 0 to 1; NaN becomes 0."""
    return 0.0 if math.isnan(score) else min(max(float(score), 0.0), 1.0)


def lines_with_text(page: TextPage) -> Iterator[tuple[TextLine, list[ExportWord]]]:
    """Yield the lines of a page that have text, in reading order, each with its words."""
    for line in page.lines:
        if line.text.strip() and (found := words_of(line)):
            yield line, found


def words_of(line: TextLine) -> list[ExportWord]:
    """Return the words of a line in logical order; a line without words is a single one."""
    words = line.words or (Word(line.text.strip(), line.polygon, line.score),)
    found: list[ExportWord] = []
    position = 0
    for word in words:
        text = word.text.strip()
        if not text:
            continue
        start = line.text.find(text, position)
        between = line.text[position:start] if start >= 0 else " "
        position = max(position, start + len(text) if start >= 0 else position)
        spaced = bool(found) and any(character.isspace() for character in between)
        found.append(ExportWord(_sanitized(word, text), spaced))
    return found


def _sanitized(word: Word, text: str) -> Word:
    clean = sanitize(text)
    scores = word.scores if len(clean) == len(word.scores) else ()
    return replace(word, text=clean, scores=scores, alternatives=tuple((sanitize(o), p) for o, p in word.alternatives))


def language_tag(line: TextLine) -> str | None:
    """Return the line's language tag if it is valid."""
    return line.language if line.language and _LANGUAGE.fullmatch(line.language) else None


def main_language(languages: Iterable[str | None]) -> str | None:
    """Return the most frequent language; ties go to the first."""
    counted = Counter(found for found in languages if found)
    return counted.most_common(1)[0][0] if counted else None


def source_name(page: TextPage) -> str:
    """Return the name of a page's input file, or else the page's own name."""
    return sanitize(page.input_path or page.name)


def version() -> str:
    """Return the version of ocrzoo, which files name as their creator."""
    return metadata.version("ocrzoo")
