"""Checks of how a predictor behaves: alone and in batches, with hard pictures, again, and from several threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ocrzoo.testing import pictures as drawn
from ocrzoo.testing.comparing import SCORE, alike, is_finite
from ocrzoo.testing.findings import Finding
from ocrzoo.testing.subjects import ModelSubject
from ocrzoo_registry.errors import OcrzooError

EXACT = 1e-4
"""How far scores of one engine may differ from run to run: its threads may add numbers in another order."""

THREADS = 4
"""Threads that ask at once; each picture is asked for as often."""


def batch(subject: ModelSubject) -> Iterator[Finding]:
    """Pictures of one size that are answered otherwise together than one by one."""
    shown = list(subject.pictures)
    try:
        together, alone = subject.predictor.predict(shown), _one_by_one(subject, shown)
    except OcrzooError as error:
        yield Finding("error", str(error), f"{len(shown)} pictures together", "answer batches of any length")
        return
    except Exception as error:  # noqa: BLE001  # a predictor of a plugin may raise anything
        yield Finding("error", _said(error), f"{len(shown)} pictures together", "answer batches of any length")
        return
    if len(together) != len(shown):
        message = f"{len(together)} answers for {len(shown)} pictures"
        yield Finding("error", message, "pictures together", "answer each picture, in order")
        return
    differing = [number for number, pair in enumerate(zip(together, alone, strict=True)) if not alike(*pair, SCORE)]
    if differing:
        message = f"{len(differing)} of {len(shown)} pictures of one size have another answer together than alone"
        step = "normalize each picture by itself, keep no state, and export the network in evaluation mode"
        yield Finding("error", message, "pictures together", step)


def pictures(subject: ModelSubject) -> Iterator[Finding]:
    """Pictures that cause an error, or an answer with NaN; pictures of one fault share a finding."""
    faults: dict[str, list[str]] = {}
    for name, picture in _hard(subject).items():
        try:
            answers = subject.predictor.predict([picture])
        except Exception as error:  # noqa: BLE001  # a predictor of a plugin may raise anything
            faults.setdefault(_said(error), []).append(name)
            continue
        if not is_finite(answers):
            faults.setdefault("its answer has numbers that are not finite (NaN)", []).append(name)
    for message, names in faults.items():
        step = "pages have lines of any size, blank ones too: answer each, with an empty text where nothing is written"
        yield Finding("error", message, f"pictures: {', '.join(names)}", step)


def _hard(subject: ModelSubject) -> Mapping[str, Any]:
    return drawn.hard(of_lines=subject.card.task in drawn.LINE_TASKS)


def repeat(subject: ModelSubject) -> Iterator[Finding]:
    """An answer that is another one the next time."""
    picture = subject.pictures[0]
    answers = [subject.predictor.predict([picture])[0] for _ in range(3)]
    if not all(alike(subject.answer, answer, EXACT) for answer in answers):
        step = "export the network in evaluation mode (dropout off), and keep no state between calls"
        yield Finding("error", "the same picture has another answer each time", "one picture, four times", step)


def threads(subject: ModelSubject) -> Iterator[Finding]:
    """Answers that are others where several threads ask at once."""
    shown = list(subject.pictures)
    due = _one_by_one(subject, shown)

    def ask(number: int) -> tuple[int, Any]:
        return number, subject.predictor.predict([shown[number]])[0]

    numbers = [number % len(shown) for number in range(THREADS * len(shown))]
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            wrong = sum(not alike(due[number], found, EXACT) for number, found in pool.map(ask, numbers))
    except Exception as error:  # noqa: BLE001  # a predictor of a plugin may raise anything
        yield Finding("error", _said(error), f"{THREADS} threads", _OWN_STATE)
        return
    if wrong:
        message = f"{wrong} of {len(numbers)} answers are others than those of one thread"
        yield Finding("error", message, f"{THREADS} threads", _OWN_STATE)


_OWN_STATE = "keep what belongs to a call in local variables: pages are read by several threads with one predictor"


def _one_by_one(subject: ModelSubject, shown: Sequence[Any]) -> list[Any]:
    predict: Callable[[list[Any]], Any] = subject.predictor.predict
    return [predict([picture])[0] for picture in shown]


def _said(error: Exception) -> str:
    return str(error) if isinstance(error, OcrzooError) else f"{type(error).__name__}: {error}"
