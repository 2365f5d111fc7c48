"""From a network's output to lines, with what is known of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ocrzoo.decoding import Decoding
from ocrzoo.decoding.beam import search
from ocrzoo.decoding.characters import character_class
from ocrzoo.decoding.lexicon import Lexicon
from ocrzoo.decoding.paths import Classes, Output, columns_of, log_probabilities
from ocrzoo.decoding.patterns import expressions
from ocrzoo.decoding.spaces import with_spaces
from ocrzoo.processing.recognition import Alternative, BestClasses, Line, best_classes, decode
from ocrzoo.text.bidi import display
from ocrzoo_registry.errors import UsageError


class Decoder:
    """Decodes the output of one model; several threads may use it."""

    def __init__(self, name: str, characters: Sequence[str], decoding: Decoding, *, from_right: bool = False) -> None:
        """``characters`` has one entry a class; class 0 is the blank. ``from_right``: a script runs from the right.

        Raises:
            UsageError: The model ``name`` has no character that is allowed, or none for a pattern or the lexicon.
        """
        self._kept = _kept(characters, decoding)
        if self._kept is not None and all(characters[one] in {"", " "} for one in self._kept):
            raise UsageError(f"{name} has none of the characters that allow and deny leave")
        kept = range(len(characters)) if self._kept is None else self._kept.tolist()
        self._characters: tuple[str, ...] = tuple([characters[one] for one in kept])
        self._automata = expressions(decoding.patterns, self._characters)
        printed = _printed if from_right else None
        self._lexicon = Lexicon(decoding.lexicon, self._characters, printed) if decoding.lexicon else None
        self._count = decoding.alternatives
        self._is_constrained = decoding.is_constrained
        restores = decoding.restore_spaces and not self._is_constrained and " " in self._characters
        self._space = self._characters.index(" ") if restores else None

    def lines(
        self, output: NDArray[np.float32], filled: Sequence[float] | None = None, best: BestClasses | None = None
    ) -> list[Line]:
        """Decode N x T x classes, which is neither changed nor kept; lines are in visual order.

        ``filled`` is that of :func:`~ocrzoo.processing.recognition.decode`, ``best`` are the output's best classes, if
        they are known.
        """
        if self._kept is not None:
            output, best = output.take(self._kept, axis=2), None  # an index would give rows apart, and slow
        best = best_classes(output) if best is None else best
        read = decode(best, self._characters, filled)
        rows = zip(output, read, best.classes, strict=True)
        lines = [self._decoded(own, line, tuple(row[list(line.columns)].tolist())) for own, line, row in rows]
        leaves_gaps = self._kept is not None and not self._is_constrained
        lines = [_with_single_spaces(line) for line in lines] if leaves_gaps else lines
        if self._space is None:
            return lines
        return [with_spaces(line, own, self._space) for line, own in zip(lines, output, strict=True)]

    def _decoded(self, output: Output, line: Line, classes: Classes) -> Line:
        """A line, given the best class of each column."""
        if not self._is_constrained and not self._count:
            return line
        readings = self._constrained(output, line) if self._is_constrained else [classes, *search(output)]
        ranked = _ranked(output, readings)
        if self._is_constrained:
            classes = ranked[0][0] if ranked else ()
            line = self._line(output, line, classes)
        if not self._count:
            return line
        chosen = ranked[: self._count]
        if all(reading != classes for reading, _ in chosen):  # what was read is always among them
            chosen = [*chosen[:-1], *(one for one in ranked if one[0] == classes)]
        columns = columns_of(output, [reading for reading, _ in chosen])
        others = tuple([self._alternative(*one, at) for one, at in zip(chosen, columns, strict=True)])
        return replace(line, alternatives=others, choices=self._choices(output, line, classes))

    def _constrained(self, output: Output, line: Line) -> list[Classes]:
        found = [reading for automaton in self._automata for reading in search(output, automaton)]
        return found if self._lexicon is None else found + self._lexicon.nearest(line.text)

    def _line(self, output: Output, line: Line, classes: Classes) -> Line:
        if not classes:
            return Line("", 0.0, cells=line.cells, margin=line.margin)
        (columns,) = columns_of(output, [classes])
        probabilities = output[list(columns), list(classes)]
        entries = self._entries(classes)
        score, each = float(probabilities.mean()), tuple(probabilities.tolist())
        return Line("".join(entries), score, entries, columns, each, line.cells, margin=line.margin)

    def _alternative(self, classes: Classes, probability: float, columns: tuple[int, ...]) -> Alternative:
        entries = self._entries(classes)
        return Alternative("".join(entries), probability, entries, columns)

    def _entries(self, classes: Classes) -> tuple[str, ...]:
        return tuple([self._characters[one] for one in classes])

    def _choices(self, output: Output, line: Line, classes: Classes) -> tuple[tuple[tuple[str, float], ...], ...]:
        """What else each character might be: the most probable other classes of its column."""
        found = []
        for column, own in zip(line.columns, classes, strict=True):
            row = output[column]
            few = min(self._count + 2, len(row))
            best = np.argpartition(row, -few)[-few:]
            ranked = best[np.argsort(-row[best], kind="stable")].tolist()
            others = [one for one in ranked if one not in {0, own}][: self._count]
            found.append(tuple((self._characters[one], float(row[one])) for one in others))
        return tuple(found)


def _kept(characters: Sequence[str], decoding: Decoding) -> NDArray[np.intp] | None:
    """The classes that are left, the blank first; ``None``: all. A space is left unless it is denied by itself."""
    allowed = character_class("allow", decoding.allow)
    denied = character_class("deny", decoding.deny)
    if allowed is None and denied is None:
        return None
    kept = [
        number
        for number, entry in enumerate(characters)
        if not number
        or ((allowed is None or entry == " " or allowed(entry)) and (denied is None or not any(map(denied, entry))))
    ]
    return np.array(kept, np.intp)


def _with_single_spaces(line: Line) -> Line:
    """The line without the spaces around characters that are not allowed."""
    kept = _places(line.entries)
    probabilities = tuple(line.probabilities[place] for place in kept)
    entries = tuple(line.entries[place] for place in kept)
    others: dict[str, Alternative] = {}
    for one in line.alternatives:
        places = _places(one.entries)
        read = tuple(one.entries[place] for place in places)
        same = others.get(text := "".join(read))
        if same is None:
            others[text] = Alternative(text, one.probability, read, tuple(one.columns[place] for place in places))
        else:
            others[text] = replace(same, probability=same.probability + one.probability)
    return replace(
        line,
        text="".join(entries),
        score=float(np.mean(probabilities)) if probabilities else 0.0,
        entries=entries,
        columns=tuple(line.columns[place] for place in kept),
        probabilities=probabilities,
        alternatives=tuple(sorted(others.values(), key=lambda one: -one.probability)),
        choices=tuple(line.choices[place] for place in kept) if line.choices else (),
    )


def _places(entries: Sequence[str]) -> list[int]:
    """Where a line has its entries, but no space at its ends or after another."""
    shown = [place for place, entry in enumerate(entries) if entry != " "]
    spaces = [place for place in range(1, len(entries)) if entries[place] == " " != entries[place - 1]]
    return sorted([*shown, *(place for place in spaces if place < max(shown, default=0))])


def _ranked(output: Output, readings: Sequence[Classes]) -> list[tuple[Classes, float]]:
    """Readings that have a probability, each once, the most probable first."""
    each = [*dict.fromkeys(readings)]
    if not each:
        return []
    logs = log_probabilities(output, each)
    found = [(reading, float(log)) for reading, log in zip(each, logs, strict=True) if log > -np.inf]
    return [(reading, float(np.exp(log))) for reading, log in sorted(found, key=lambda one: -one[1])]


def _printed(text: str) -> str:
    """The visual order of a text: that which is read as this text."""
    return display(text)[0]
