"""Measure the ways to run a model, in rounds: each way runs once in a round, so that other load disturbs all alike."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.plan import Plan
from ocrzoo.tuning.choice import Way
from ocrzoo.tuning.samples import answers, samples
from ocrzoo_registry.errors import EngineError, OcrzooError

MOST_ROUNDS = 15
FEWEST_ROUNDS = 5
"""Measured even where the time is up: a median of fewer says nothing."""

LOADING_SHARE = 0.5
"""Of the time that may pass until the last way is loaded."""

TRIAL_ROUNDS = 2
HOPELESS = 2.0
"""A way that took this many times as long as the fastest in the trial rounds is not measured further."""

TRIED_STREAMS = 16
"""Calls at once, at most."""

PAUSE_S = 0.005
"""Between two ways: the threads of ONNX Runtime keep a core busy for a moment after a call."""


@dataclass
class Runner:
    """A way that is loaded and can be timed."""

    way: Way
    predict: Callable[[], Sequence[Any]]
    found: list[Any]
    """Its answers."""
    rounds: list[float] = field(default_factory=list)
    """Milliseconds a call."""

    def measure(self) -> None:
        """Time one call, or as many as it has streams, from threads of their own."""
        if self.way.streams == 1:
            start = time.perf_counter()
            self.predict()
            self.rounds.append((time.perf_counter() - start) * 1000)
            return
        with ThreadPoolExecutor(self.way.streams) as pool:
            start = time.perf_counter()
            for done in [pool.submit(self.predict) for _ in range(self.way.streams)]:
                done.result()
            self.rounds.append((time.perf_counter() - start) * 1000 / self.way.streams)


def measure(plan: Plan, budget_s: float, tell: Callable[[float], object]) -> list[Way]:
    """Return the ways to run a model with their times; the first candidate of the plan comes first.

    ``tell`` is called with the share of the work that is done, 0 to 1. Takes longer than ``budget_s`` only where
    loading the default and five rounds do.

    Raises:
        EngineError: The first candidate cannot be loaded.
    """
    start = time.monotonic()
    pictures = samples(plan.card)
    ways: list[Way] = []
    runners: list[Runner] = []
    wanted = [each for candidate in plan.candidates for each in threadings(candidate)]
    for number, candidate in enumerate(wanted):
        if runners and time.monotonic() - start > budget_s * LOADING_SHARE:
            ways.append(way_of(candidate, note="not measured: the time was up"))
            continue
        loaded = _loaded(plan, candidate, pictures, must=not number)
        if isinstance(loaded, Way):
            ways.append(loaded)
        else:
            runners.append(loaded)
            ways.append(loaded.way)
        tell(LOADING_SHARE * (number + 1) / len(wanted))
    _run_rounds(runners, start + budget_s, tell)
    default = runners[0].found
    timed = {
        id(one.way): one.way.model_copy(
            update={"rounds_ms": tuple(round(ms, 3) for ms in one.rounds), "same_answers": one.found == default}
        )
        for one in runners
    }
    return [timed.get(id(way), way) for way in ways]


def threadings(candidate: Candidate) -> list[Candidate]:
    """Return a candidate as it is, and on other numbers of streams with as many threads in all."""
    own = candidate.options
    total = own.thread_count * own.streams
    counts = [2**power for power in range(TRIED_STREAMS.bit_length()) if 2**power <= total]
    others = [replace(own, threads=total // count, streams=count) for count in counts if count != own.streams]
    return [candidate, *(replace(candidate, options=options) for options in others)]


def _loaded(plan: Plan, candidate: Candidate, pictures: Sequence[Any], *, must: bool) -> Runner | Way:
    """The way, loaded and warm, or why it cannot be measured; what fails on the default is raised."""
    try:
        predictor = plan.load(candidate)
        fault = plan.fault_of(candidate, predictor)
        if fault is not None and must:
            raise EngineError(f"{plan.card.name}: {candidate} failed its self-check: {fault}")
        if fault is not None:
            return way_of(candidate, note=f"failed its self-check: {fault}")
        more = {"batching": candidate.batching} if isinstance(getattr(predictor, "batching", None), str) else {}
        predict = partial(predictor.predict, pictures, **more)
        found = answers(predict())
    except OcrzooError as error:
        if must:
            raise
        return way_of(candidate, note=f"cannot be run: {' '.join(str(error).split())[:200]}")
    return Runner(way_of(candidate), predict, found)


def _run_rounds(runners: list[Runner], until: float, tell: Callable[[float], object]) -> None:
    going = list(runners)
    for number in range(MOST_ROUNDS):
        if number >= FEWEST_ROUNDS and time.monotonic() > until:
            break
        first = number % len(going)
        for one in going[first:] + going[:first]:
            one.measure()
            time.sleep(PAUSE_S)
        if number + 1 == TRIAL_ROUNDS:
            limit = HOPELESS * min(min(one.rounds) for one in going)
            going = [one for one in going if one is runners[0] or min(one.rounds) <= limit]
        tell(LOADING_SHARE + (1 - LOADING_SHARE) * (number + 1) / MOST_ROUNDS)


def way_of(candidate: Candidate, note: str = "") -> Way:
    """Return a candidate as a way without times; ``note`` says why there are none."""
    options = candidate.options
    return Way(
        engine=candidate.spec.name,
        format=candidate.files.file_format,
        precision=candidate.precision,
        batching=candidate.batching,
        streams=options.streams,
        threads=options.thread_count,
        note=note,
    )
