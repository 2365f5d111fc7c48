"""What every export asks of a page's texts: lines with something in them, in characters that any format can hold."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata

from ocrzoo.results.page_text import TextLine, TextPage, TextWord

_BREAKS = re.compile(r"[\t\n\v\f\r\x1c-\x1f\x85\u2028\u2029]+")
"""What would end a line or a column."""
_FORBIDDEN = re.compile(r"[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 does not allow in a document, or advises against (section 2.2): controls, halves of surrogate pairs."""
_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")
"""The pattern of XML Schema's type ``language``."""


@dataclass(frozen=True)
class Piece:
    """A word of a line, or the whole line where words are not known."""

    word: TextWord
    """Its text is clean and not empty."""
    spaced: bool
    """White space stands between it and the piece before it."""


def clean(text: str) -> str:
    """Return the text on one line: breaks and tabs as one space, characters that XML forbids as U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", _BREAKS.sub(" ", text))


def share(score: float) -> float:
    """Return a score within 0 to 1; what is no number counts as 0."""
    return 0.0 if math.isnan(score) else min(max(float(score), 0.0), 1.0)


def written(page: TextPage) -> Iterator[tuple[TextLine, list[Piece]]]:
    """Yield the page's lines that hold any text, in their order, each with its pieces."""
    for line in page.lines:
        if line.text.strip() and (found := pieces(line)):
            yield line, found


def pieces(line: TextLine) -> list[Piece]:
    """Return the words of a line in the order of reading; without words the line is one piece."""
    words = line.words or (TextWord(line.text.strip(), line.polygon, line.score),)
    found: list[Piece] = []
    reached = 0
    for word in words:
        text = word.text.strip()
        if not text:
            continue
        start = line.text.find(text, reached)
        between = line.text[reached:start] if start >= 0 else " "
        reached = max(reached, start + len(text) if start >= 0 else reached)
        spaced = bool(found) and any(character.isspace() for character in between)
        found.append(Piece(TextWord(clean(text), word.polygon, word.score), spaced))
    return found


def language(line: TextLine) -> str | None:
    """Return the line's language where it is written as BCP-47 has it."""
    return line.language if line.language and _LANGUAGE.fullmatch(line.language) else None


def main_language(languages: Iterable[str | None]) -> str | None:
    """Return the language that most lines are in; of several the one that came first."""
    counted = Counter(found for found in languages if found)
    return counted.most_common(1)[0][0] if counted else None


def source(page: TextPage) -> str:
    """Return the name of the file that a page was read from, else the page's own name."""
    return clean(page.input_path or page.name)


def version() -> str:
    """Return the version of ocrzoo, which files name as the software that made them."""
    return metadata.version("ocrzoo")
