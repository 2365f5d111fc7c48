"""Find the fastest way to run a model on this machine, and keep it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import TYPE_CHECKING

from ocrzoo.engines.limits import usable_threads
from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.machine import cpu_name
from ocrzoo.loading.plan import Plan
from ocrzoo.tuning.choice import Choice, Way, in_order, installed
from ocrzoo.tuning.measure import measure

if TYPE_CHECKING:
    from ocrzoo_registry.zoo import Zoo


def tune(plan: Plan, budget_s: float, tell: Callable[[float], object] = lambda _share: None) -> Choice:
    """Measure a model, its first candidate as the default, and return what was measured and what follows.

    ``plan`` has each way that may be chosen, the default in float32 with PaddleX's calls first; ``tell`` is called with
    the share that is done, 0 to 1.

    Raises:
        EngineError: The first candidate cannot be loaded.
    """
    zoo: Zoo = plan.zoo
    ways = measure(plan, budget_s, tell)
    choice = Choice(
        model=plan.card.name,
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        cpu=cpu_name(),
        cores=usable_threads(),
        engines=installed(zoo.engines),
        ways=tuple(ways),
        chosen={},
    )
    exact = [one for one in plan.candidates if (one.precision, one.batching) == ("float32", "exact")]
    asked = {"float32": exact, "auto": plan.automatic or plan.candidates}
    firsts = {precision: in_order(allowed, choice)[0] for precision, allowed in asked.items()}
    chosen = {key: next(n for n, way in enumerate(ways) if _is(way, first)) for key, first in firsts.items()}
    return choice.model_copy(update={"chosen": chosen})


def explain(choice: Choice) -> list[tuple[str, ...]]:
    """Return a row of text for each way: how it runs, its time, its ratio to the default, its answers, what follows."""
    return [_row(choice, number, way) for number, way in enumerate(choice.ways)]


HEADINGS = ("Engine", "Format", "Precision", "Calls", "Streams x threads", "ms", "Times as fast", "Answers", "Outcome")
"""Of the rows of :func:`explain`."""


def _row(choice: Choice, number: int, way: Way) -> tuple[str, ...]:
    default = choice.ways[0]
    how = (way.engine, way.format, way.precision, way.batching, f"{way.streams} x {way.threads}")
    if not way.rounds_ms:
        is_chosen = number in choice.chosen.values()
        return (*how, "", "", "", f"{_outcome(choice, number, way)}; {way.note}" if is_chosen else way.note)
    ratios = way.ratios_to(default)
    ratio = f"{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    answers = "the same" if way.same_answers else "other"
    return (*how, f"{way.ms:.1f}", ratio, answers, _outcome(choice, number, way))


def _outcome(choice: Choice, number: int, way: Way) -> str:
    taken = [precision for precision, chosen in choice.chosen.items() if chosen == number]
    if taken:
        return f"chosen for {' and '.join(taken)}" + ("" if number else ": nothing is clearly faster")
    if number == 0:
        return "the default"
    if not way.same_answers and (way.precision, way.batching) == ("float32", "exact"):
        return "not taken: other answers"
    return "faster, but not the fastest" if way.beats(choice.ways[0]) else "not clearly faster"


def _is(way: Way, candidate: Candidate) -> bool:
    return way.is_way_of(candidate) and way.streams == candidate.options.streams


def summary(choice: Choice) -> list[tuple[str, ...]]:
    """Return a row of text for each precision that may be asked for: model, precision, what is used, its gain."""
    return [
        (choice.model, asked, *_used(choice.ways[0], choice.ways[number])) for asked, number in choice.chosen.items()
    ]


def _used(default: Way, way: Way) -> tuple[str, str]:
    ratios = way.ratios_to(default)
    gain = way.note
    if way == default:
        gain = "1, the default"
    elif ratios:
        gain = f"{median(ratios):.2f} ({ratios[0]:.2f}-{ratios[-1]:.2f})"
    return f"{way.engine} {way.format} {way.precision} {way.batching}, {way.streams} x {way.threads} threads", gain
