"""Hypotheses about a dictionary: entries too many or too few, another order, or that of another model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ocrzoo.diagnosis.hypotheses import Hypothesis

UNKNOWN = "\ufffd"
"""A class that no entry belongs to."""
FACTOR = "dictionary"
_MOST = 3
"""Entries too many or too few at an end that are tried."""
_ENOUGH = 6
"""Characters whose classes are known from which an order is concluded."""
_LEAST = 3
"""Of these, those that must be shifted."""
_SHARE = 0.8
"""Share of them that must agree."""


def of_stated(charset: Sequence[str]) -> Hypothesis:
    """Return the dictionary as it is stated."""
    return Hypothesis(FACTOR, f"as stated, {len(charset)} entries", tuple(charset))


def hypotheses(
    charset: Sequence[str], classes: int, others: Mapping[str, Sequence[str]], place: str
) -> Iterator[Hypothesis]:
    """Yield what a dictionary may be for a network of so many classes; the first one is what is stated.

    ``others`` are the charsets of other models by name; ``place`` is where the dictionary is, in words.
    """
    own = tuple(charset)
    yield of_stated(own)
    if " " in own:
        kept = tuple(entry for entry in own if entry != " ")
        change = f"remove the space from {place}: ocrzoo adds it as the last class"
        yield Hypothesis(FACTOR, "without its own space", kept, change)
    for count in range(1, _MOST + 1):
        entries = f"{count} {'entry' if count == 1 else 'entries'}"
        yield Hypothesis(
            FACTOR,
            f"{entries} missing at the start",
            (UNKNOWN,) * count + own,
            f"add {entries} at the start of {place}",
        )
        if count < len(own):
            first = ", ".join(map(repr, own[:count]))
            yield Hypothesis(
                FACTOR,
                f"{entries} too many at the start",
                own[count:],
                f"remove the first {entries} ({first}) of {place}",
            )
    missing = classes - 2 - len(own)
    if missing > 0 and own:
        yield Hypothesis(
            FACTOR,
            f"{missing} missing at the end",
            own + (UNKNOWN,) * missing,
            f"add the {missing} missing {'entry' if missing == 1 else 'entries'} at the end of {place}: the network "
            f"has {classes} classes, blank and space included",
        )
    elif 0 < -missing < len(own):
        rest = ", ".join(map(repr, own[missing:][:3]))
        yield Hypothesis(
            FACTOR, f"{-missing} too many at the end", own[:missing], f"remove the last {-missing} ({rest}) of {place}"
        )
    yield Hypothesis(FACTOR, "in code-point order", tuple(sorted(own)), f"sort {place} by code point")
    for name, entries_of in others.items():
        if tuple(entries_of) != own and len(entries_of) + 2 == classes:
            yield Hypothesis(
                FACTOR, f"that of {name}", tuple(entries_of), f"use the charset of {name} in place of {place}"
            )


@dataclass(frozen=True)
class Pair:
    """A class that the network output where a character is written."""

    number: int
    """The class, without the blank before it: the entry of the dictionary, from 0."""
    char: str


def located(charset: Sequence[str], pairs: Iterable[Pair], place: str) -> Hypothesis | None:
    """Return the dictionary as the network's classes show it, where entries are missing, extra or exchanged."""
    own = tuple(charset)
    votes = Counter((pair.number, pair.char) for pair in pairs)
    shown: dict[int, str] = {}
    for (number, char), _ in votes.most_common():
        shown.setdefault(number, char)
    agreed = sum(votes[item] for item in shown.items())
    if len(shown) < _ENOUGH or agreed < _SHARE * votes.total():
        return None
    shown = dict(sorted(shown.items()))
    own_places = {entry: index for index, entry in reversed([*enumerate(own)])}
    steps = [(number, number - own_places[char]) for number, char in shown.items() if char in own_places]
    if shift := _shift(steps):
        return _shifted(own, *shift, place)
    return _exchanged(own, {number: char for number, char in shown.items() if votes[number, char] > 1}, place)


def _shift(steps: Sequence[tuple[int, int]]) -> tuple[int, int, int] | None:
    """From which entry on most are shifted by how much: the last one in its place, the first one shifted, and by what.

    ``steps`` are entries, ascending, with how far each is from its place.
    """
    best, most = None, _SHARE * len(steps)
    for cut in range(1, len(steps) - 1):
        before, after = steps[:cut], steps[cut:]
        ((step, count),) = Counter(step for _, step in after).most_common(1)
        agreed = sum(not one for _, one in before) + count
        if before[-1][1] == 0 and after[0][1] == step != 0 and count >= _LEAST and agreed > most:
            best, most = (before[-1][0], after[0][0], step), agreed
    return best


def _shifted(own: tuple[str, ...], last: int, first: int, step: int, place: str) -> Hypothesis:
    near = f"after entry {last + 1} ({own[last]!r})"
    if step > 0:
        name = f"{step} missing {near}"
        end = f"and before {own[first - step]!r}"
        return Hypothesis(
            FACTOR,
            name,
            own[: last + 1] + (UNKNOWN,) * step + own[last + 1 :],
            f"add {step} {near} {end} to {place}",
        )
    end = f"and before entry {first - step + 1} ({own[first - step]!r})"
    return Hypothesis(
        FACTOR,
        f"{-step} too many {near}",
        own[: last + 1] + own[last + 1 - step :],
        f"remove {-step} {near} {end} from {place}",
    )


def _exchanged(own: tuple[str, ...], shown: Mapping[int, str], place: str) -> Hypothesis | None:
    """The dictionary with the entries that were seen elsewhere, each more than once: it may be a letter misread."""
    wrong = {number: char for number, char in shown.items() if number < len(own) and own[number] != char}
    if not wrong:
        return None
    entries = list(own)
    for number, char in wrong.items():
        entries[number] = char
    seen = ", ".join(f"entry {number + 1} is {char!r}, not {own[number]!r}" for number, char in [*wrong.items()][:4])
    whole = len(wrong) > len(shown) / 2
    name = "another one" if whole else f"{len(wrong)} entries in other places"
    step = f"use the dictionary that the network was trained with as {place}" if whole else f"correct {place}"
    return Hypothesis(FACTOR, name, tuple(entries), f"{step}: by the lines read, {seen}")
