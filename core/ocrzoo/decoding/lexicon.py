"""A closed list of which each line is an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ocrzoo.decoding.paths import Classes
from ocrzoo_registry.errors import UsageError

NEAREST = 64
"""Entries whose probability is computed: those nearest to what is read without the list, by edit distance."""


class Lexicon:
    """The entries of a closed list, in the characters of a model."""

    def __init__(
        self, entries: Sequence[str], characters: Sequence[str], printed: Callable[[str], str] | None = None
    ) -> None:
        """``printed`` gives the visual order of an entry, for scripts that run from the right.

        Raises:
            UsageError: The model lacks characters of every entry, or there are many and RapidFuzz is not installed.
        """
        classes: dict[str, int] = {}
        for number, entry in enumerate(characters[1:], 1):
            classes.setdefault(entry, number)
        longest = max(map(len, classes), default=0)
        found: dict[str, Classes] = {}
        for entry in entries:
            seen = entry if printed is None else printed(entry)
            if reading := _classes(seen, classes, longest):
                found[seen] = reading
        if not found:
            raise UsageError(f"lexicon: the model has not all characters of any of its {len(entries)} entries")
        self._readings = found
        self._texts = list(found)
        if len(found) > NEAREST:
            try:
                import rapidfuzz  # noqa: F401
            except ImportError as error:
                raise UsageError(
                    f'a lexicon of more than {NEAREST} entries needs RapidFuzz: pip install "ocrzoo[constraints]"'
                ) from error

    def nearest(self, text: str) -> list[Classes]:
        """Return the entries that may be meant where ``text``, in visual order, was read without the list."""
        if len(self._texts) <= NEAREST:
            return [*self._readings.values()]
        from rapidfuzz import process
        from rapidfuzz.distance import Levenshtein

        found = process.extract(text, self._texts, scorer=Levenshtein.normalized_distance, limit=NEAREST)
        return [self._readings[entry] for entry, _, _ in found]


def _classes(text: str, classes: Mapping[str, int], longest: int) -> Classes:
    """The classes of a text, the longest charset entries first; empty if one is missing."""
    found = []
    start = 0
    while start < len(text):
        ends = range(min(len(text), start + longest), start, -1)
        end = next((end for end in ends if text[start:end] in classes), None)
        if end is None:
            return ()
        found.append(classes[text[start:end]])
        start = end
    return tuple(found)
