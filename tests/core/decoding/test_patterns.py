"""Patterns as automata over a model's characters."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Event

import numpy as np
import pytest

from ocrzoo.decoding import patterns
from ocrzoo.decoding.patterns import NAMED, Expression, expressions
from ocrzoo.scheduling import turns
from ocrzoo.scheduling.turns import Stopped, Turn
from ocrzoo_registry.child_process import child_process
from ocrzoo_registry.errors import UsageError

CHARACTERS = ("", "a", "b", "-", " ", "1", "\u00e9")
PRINTED = ("", *map(chr, range(32, 0x2300)))


def accepts(automaton: Expression, text: str, characters: tuple[str, ...] = CHARACTERS) -> bool:
    state = automaton.start
    for character in text:
        following = automaton.transitions(state)
        (place,) = np.nonzero(following.classes == characters.index(character))
        if not place.size:
            return False
        state = int(following.states[place[0]])
    return automaton.is_final(state)


@pytest.mark.parametrize(
    "pattern",
    [
        *("a( b)*", "a+(-b)*", "[ab]+( [ab]+)*", r"\d+", ".*", "a|ab|abb", "(a|\u00e9)?b{2,3}"),
        *("^a+$", "a?(-?1)*", r"\w+-\d", "[^a]*", "(a?b?)*", "\u00e9| "),
    ],
)
def test_an_automaton_accepts_what_the_expression_matches(pattern: str) -> None:
    automaton = Expression(pattern, CHARACTERS)
    texts = ["".join(text) for length in range(5) for text in itertools.product(CHARACTERS[1:], repeat=length)]
    assert [text for text in texts if accepts(automaton, text)] == [
        text for text in texts if re.fullmatch(pattern, text)
    ]


@pytest.mark.parametrize(
    ("name", "texts", "others"),
    [
        ("number", ["7", "1,234.50", "-12", "1 000 000", "\u22123,5", "1'234"], ["1,23,4", "12a", ""]),
        ("amount", ["$ 3.50", "1.234,00 \u20ac", "EUR 12", "12.50 USD"], ["12 usd", "3.5.0"]),
        ("date", ["2026-03-14", "14.3.26", "3/14/2026"], ["2026-3", "14.3.2026.", "March 14"]),
        ("time", ["9:26", "23:59:59"], ["9.26", "9:2"]),
        ("plate", ["B-AB 123", "AB12 CDE", "1ABC234"], ["b-ab", "TOOLONGFORIT1234567890"]),
        ("mrz", ["P<UTO" + "<" * 39, "I<UTO" + "0" * 25], ["P<UTO", "p" * 44]),
        ("email", ["a.b@example.org"], ["a.b@example", "@example.org"]),
    ],
)
def test_names_stand_for_usual_patterns(name: str, texts: list[str], others: list[str]) -> None:
    automaton = Expression(name, PRINTED)
    assert [text for text in [*texts, *others] if accepts(automaton, text, PRINTED)] == texts
    assert name in NAMED


def test_a_character_of_several_classes_may_be_any_of_them() -> None:
    automaton = Expression("a+", ("", "a", "b", "a"))
    assert automaton.transitions(automaton.start).classes.tolist() == [1, 3]


@pytest.mark.parametrize("pattern", ["[a", "a(", "(?=a)b", r"(a)\1", r"\ba"])
def test_what_is_no_pattern_is_refused_in_one_line(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"^pattern .* is not valid, or has look-around, a reference or \\b"):
        expressions([pattern], CHARACTERS)


@pytest.mark.parametrize("pattern", ["x+", "a$|b$"])
def test_characters_that_a_model_lacks_are_an_error(pattern: str) -> None:
    with pytest.raises(UsageError, match=r"the model lacks characters that a part of it needs, or \^ or \$ is inside"):
        expressions([pattern], CHARACTERS)


def test_a_pattern_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BUILD_S", 2.0)
    with pytest.raises(UsageError, match="too complicated: shorten its repetitions"):
        expressions([r"(\w{1,100}){1,100}"], PRINTED)


def test_one_that_takes_too_long_is_named_among_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BUILD_S", 2.0)
    with pytest.raises(UsageError, match=r"^pattern '\(\\\\w\{1,100\}\)\{1,100\}' is too complicated"):
        expressions(["a+", r"(\w{1,100}){1,100}", "b+"], PRINTED)


def test_a_server_spends_less_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BUILD_S", 10.0)
    patterns.limit_building(0.001)
    with pytest.raises(UsageError, match="too complicated"):
        expressions(["a"], CHARACTERS)


def test_a_build_that_nobody_waits_for_ends_and_so_does_waiting_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BUILD_S", 600.0)
    left = Event()

    def build(pattern: str) -> None:
        with turns.taking(Turn(left.is_set)):
            expressions([pattern], PRINTED)

    with ThreadPoolExecutor() as pool:
        builds = [pool.submit(build, rf"(\w{{1,100}}){{1,{count}}}") for count in (100, 101)]
        assert not wait(builds, timeout=1).done
        left.set()
        assert [type(build.exception(timeout=60)) for build in builds] == [Stopped, Stopped]


@pytest.mark.skipif(sys.platform == "win32", reason="no limits of processes")
def test_a_build_ends_by_itself_when_the_process_that_limits_it_was_killed() -> None:
    job = json.dumps({"patterns": ["a{1,60000}"], "characters": CHARACTERS, "bytes": 1 << 31, "seconds": 1})
    with child_process(patterns._WORKER, job, "a pattern", quiet=True) as (process, _):
        assert process.wait(30) == -signal.SIGXCPU


@pytest.mark.skipif(sys.platform == "win32", reason="no signals of processes")
def test_a_build_ends_at_once_where_the_process_that_started_it_ignores_the_signal() -> None:
    job = json.dumps({"patterns": ["a{1,60000}"], "characters": CHARACTERS, "bytes": 1 << 31, "seconds": 60})
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with child_process(patterns._WORKER, job, "a pattern", quiet=True) as (process, _):
            for _ in range(200):  # until it has started
                process.terminate()
                with suppress(subprocess.TimeoutExpired):
                    process.wait(0.1)
                    break
            assert process.returncode == -signal.SIGTERM
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_pattern_with_too_many_transitions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "MOST_TRANSITIONS", 20)
    assert expressions(["a{3}"], CHARACTERS)
    with pytest.raises(UsageError, match="too complicated"):
        expressions([".{9}"], CHARACTERS)


def test_a_pattern_that_takes_too_much_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "BUILD_BYTES", 300 << 20)
    with pytest.raises(UsageError, match="too complicated: shorten its repetitions"):
        expressions([r"\w{1,50}(\w{1,90}-){1,40}"], PRINTED)
