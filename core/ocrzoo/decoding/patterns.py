"""Patterns that a line matches as a whole, as automata over a model's characters.

They are regular expressions in the syntax of Rust's crate ``regex``, without look-around and references, which
outlines-core turns into automata. They describe a line as it is printed, from left to right, whatever its script.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from queue import Empty

import numpy as np

from ocrzoo.decoding.beam import Transitions
from ocrzoo.scheduling import turns
from ocrzoo.scheduling.slots import LOOK_UP_S, Slots
from ocrzoo_registry.child_process import Lines, child_process
from ocrzoo_registry.errors import UsageError

_FIGURE = r"[-+\x{2212}]?(?:\d+|\d{1,3}(?:[ .,'\x{2019}]\d{3})+)"
"""A whole number, with separators of thousands or without."""

NAMED = {
    "number": rf"{_FIGURE}(?:[.,]\d+)?",
    "amount": rf"(?:\p{{Sc}} ?|[A-Z]{{3}} )?{_FIGURE}(?:[.,]\d{{1,3}})?(?: ?\p{{Sc}}| [A-Z]{{3}})?",
    "date": r"\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})",
    "time": r"\d{1,2}:\d{2}(?::\d{2})?",
    "plate": r"[A-Z0-9]{1,4}(?:[ \-\x{b7}]?[A-Z0-9]{1,4}){1,3}",
    "mrz": r"[A-Z0-9<]{30}|[A-Z0-9<]{36}|[A-Z0-9<]{44}",
    "email": r"[A-Za-z0-9._%+\-]+@[A-Za-z0-9\-]+(?:\.[A-Za-z0-9\-]+)+",
}
"""Patterns by name; ``mrz`` are the lines of the formats TD1, TD2 and TD3 of ICAO Doc 9303."""
BUILD_S = 10.0
"""Seconds in which the automata of a decoder's patterns must be built; :func:`limit_building` lowers it."""
BUILD_BYTES = 2 << 30
"""Address space of the process that tries it."""
MOST_TRANSITIONS = 1_000_000
"""Those of an automaton, all states together: some 30 MB."""
_END = "\U0010ffff"
"""No character: it ends the text in the automaton, since outlines-core 0.2.14 leaves out what follows a final state."""
_NO_CHARACTERS = "vocabulary provided is incompatible"
"""What outlines-core says then."""
_BUILDING = Slots(lambda: 1)
"""Patterns of one decoder are tried at a time in this process: they may take :data:`BUILD_BYTES`."""
_WORKER = Path(__file__).with_name("build_worker.py")


class Expression:
    """An automaton over the characters of a model (:class:`.beam.Automaton`)."""

    def __init__(self, pattern: str, characters: Sequence[str]) -> None:
        """``characters`` has one entry a class; class 0 is the blank.

        Raises:
            UsageError: The pattern is not valid, these characters cannot match it, or outlines-core is not installed.
        """
        try:
            from outlines_core import Index, Vocabulary
        except ImportError as error:
            raise UsageError('patterns need outlines-core: pip install "ocrzoo[constraints]"') from error
        classes: dict[str, list[int]] = {}
        for number, entry in enumerate((*characters, _END)[1:], 1):
            classes.setdefault(entry, []).append(number)
        self._end = len(characters)
        try:
            self._index = Index(f"(?:{_of_whole_line(NAMED.get(pattern, pattern))}){_END}", Vocabulary(0, classes))
        except ValueError as error:
            if _NO_CHARACTERS in str(error):
                what = "the model lacks characters that a part of it needs, or ^ or $ is inside"
                raise UsageError(f"pattern {pattern!r}: {what}") from error
            what = "look-around, a reference or \\b, which are not possible (docs/characters.md)"
            raise UsageError(f"pattern {pattern!r} is not valid, or has {what}") from error
        self.start: int = self._index.get_initial_state()
        self._transitions: dict[int, Transitions] = {}
        self._kinds: dict[bytes, int] = {}

    def count_transitions(self) -> int:
        """Return how many there are from all states."""
        return sum(map(len, self._index.get_transitions().values()))

    def transitions(self, state: int) -> Transitions:
        """Return what may follow a state."""
        if state not in self._transitions:
            classes = np.array(sorted({*self._index.get_allowed_tokens(state)} - {0, self._end}), np.intp)
            states = np.array([self._index.get_next_state(state, one) for one in classes.tolist()], np.intp)
            kind = self._kinds.setdefault(classes.tobytes(), len(self._kinds))
            self._transitions[state] = Transitions(kind, classes, states)
        return self._transitions[state]

    def is_final(self, state: int) -> bool:
        """Whether a reading may end here."""
        after = self._index.get_next_state(state, self._end)
        return after is not None and bool(self._index.is_final_state(after))


def _of_whole_line(expression: str) -> str:
    """The expression without ``^`` and ``$`` at its ends: it matches whole lines anyway."""
    ends = expression.endswith("$") and not expression.endswith("\\$")
    return expression.removeprefix("^")[: -1 if ends else None]


def limit_building(seconds: float) -> None:
    """Let this process spend less time on a decoder's patterns, where others choose them and wait for each other."""
    global BUILD_S  # noqa: PLW0603  # one for all threads
    BUILD_S = min(BUILD_S, seconds)


def expressions(patterns: Sequence[str], characters: Sequence[str]) -> list[Expression]:
    """Return the automata of patterns, built in another process first, which may fail for lack of time or memory.

    Raises:
        UsageError: One is too complicated, or :class:`Expression` refuses it.
        Stopped: Nobody waits for them any more.
    """
    if not patterns:
        return []
    job = {"patterns": [*patterns], "characters": [*characters], "bytes": BUILD_BYTES, "seconds": BUILD_S}
    with _BUILDING.taken(), child_process(_WORKER, json.dumps(job), "a pattern", quiet=True) as (_, lines):
        end = time.monotonic() + BUILD_S
        for pattern in patterns:
            count = _next_line(lines, end)
            if count is None or int(count) > MOST_TRANSITIONS:
                raise UsageError(
                    f"pattern {pattern!r} is too complicated: shorten its repetitions, or repeat fewer characters than "
                    ". has"
                )
    return [Expression(pattern, characters) for pattern in patterns]


def _next_line(lines: Lines, end: float) -> str | None:
    """What the process writes next; ``None`` if it ended, or the time is over."""
    while (left := end - time.monotonic()) > 0:
        turns.current().check()
        with suppress(Empty):
            return lines.get(timeout=min(left, LOOK_UP_S))
    return None
