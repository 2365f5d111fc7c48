"""The minimum set cover."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocrzoo_registry.languages.set_cover import minimum_set_cover


@pytest.mark.parametrize(
    ("sets", "places"),
    [
        ([], []),
        ([""], []),
        (["a"], [0]),
        (["a", "a"], [0]),
        (["a", "ab", "b"], [1]),
        (["a", "b", "ab"], [2]),
        (["abc", "def", "ab", "cd", "ef"], [0, 1]),
        (["abd", "cef", "acde"], [0, 1]),
    ],
)
def test_the_fewest_and_of_equal_ones_the_first(sets: list[str], places: list[int]) -> None:
    assert sorted(minimum_set_cover([frozenset(one) for one in sets])) == places


@given(st.lists(st.frozensets(st.sampled_from("abcdef")), max_size=7))
def test_no_fewer_would_do(sets: list[frozenset[str]]) -> None:
    everything = frozenset().union(*sets)
    found = minimum_set_cover(sets)
    assert frozenset().union(*(sets[place] for place in found)) == everything
    for fewer in combinations(sets, max(len(found) - 1, 0)):
        assert not found or frozenset().union(*fewer) != everything


def test_many_members_are_covered_too() -> None:
    sets = [frozenset(range(start, start + 5)) for start in range(36)]
    named = [frozenset(map(str, one)) for one in sets]
    assert len(minimum_set_cover(named)) <= 10
