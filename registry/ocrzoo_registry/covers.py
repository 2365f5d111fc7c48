"""Covers: the fewest sets that together hold everything that can be held."""

from __future__ import annotations

from collections.abc import Sequence

_EXACT = 12
"""Up to so many members the answer is exact (4096 subsets); beyond, each step takes the set that adds most."""


def smallest_cover(sets: Sequence[frozenset[str]]) -> list[int]:
    """Return the places of the fewest sets whose union is the union of all; of equal ones the first."""
    places: dict[frozenset[str], int] = {}
    for place, members in enumerate(sets):
        places.setdefault(members, place)
    everything = frozenset().union(*places)
    useful = {members: place for members, place in places.items() if not any(members < other for other in places)}
    if len(everything) > _EXACT:
        return _greedy(everything, useful)
    best: dict[frozenset[str], tuple[int, ...]] = {frozenset(): ()}
    for members, place in useful.items():
        for held, taken in list(best.items()):
            union = held | members
            if union not in best or len(taken) + 1 < len(best[union]):
                best[union] = (*taken, place)
    return list(best[everything])


def _greedy(everything: frozenset[str], places: dict[frozenset[str], int]) -> list[int]:
    taken: list[int] = []
    left = everything
    while left:
        members = max(places, key=lambda members: (len(members & left), -places[members]))
        taken.append(places[members])
        left -= members
    return taken
