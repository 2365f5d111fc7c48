"""Set cover: the fewest models that together read all languages."""

from __future__ import annotations

from collections.abc import Sequence

_EXACT_UP_TO = 12
"""Languages up to which the minimum is exact (4096 subsets); beyond, the greedy algorithm takes the largest gain."""


def minimum_set_cover(sets: Sequence[frozenset[str]]) -> list[int]:
    """Return the indices of the fewest sets whose union is the union of all; ties go to the first."""
    places: dict[frozenset[str], int] = {}
    for place, members in enumerate(sets):
        places.setdefault(members, place)
    everything = frozenset().union(*places)
    useful = {members: place for members, place in places.items() if not any(members < other for other in places)}
    if len(everything) > _EXACT_UP_TO:
        return _greedy(everything, useful)
    best: dict[frozenset[str], tuple[int, ...]] = {frozenset(): ()}
    for members, place in useful.items():
        for covered, taken in list(best.items()):
            union = covered | members
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
