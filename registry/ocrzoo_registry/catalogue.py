"""The catalogue: every model card on offer, found by name, pattern or property."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase

from ocrzoo_registry.cards.loader import OfferedCard
from ocrzoo_registry.errors import UnknownModel
from ocrzoo_registry.names import natural_key
from ocrzoo_registry.plugins.registrations import Offer, Offers


class Catalogue(Offers[OfferedCard]):
    """All model cards; iteration gives them by name."""

    def __init__(self, offers: Iterable[Offer[OfferedCard]]) -> None:
        super().__init__("model", offers, lambda offered: offered.card.name, missing=UnknownModel)

    def get(self, name: str) -> OfferedCard:
        """Return the model with this name.

        Raises:
            UnknownModel: There is none; the message names the nearest.
            AmbiguousName: Two plugins offer it.
        """
        return super().get(name)

    def search(
        self,
        pattern: str | None = None,
        *,
        task: str | None = None,
        family: str | None = None,
        tier: str | None = None,
        lang: str | None = None,
    ) -> list[OfferedCard]:
        """Return the models that meet every condition given, in natural order of their names.

        ``pattern`` is a shell pattern or a part of the name, in any case; ``lang`` a language that the models claim.

        Raises:
            AmbiguousLanguage: The code of the language has two meanings.
            UnknownLanguage: There is no such language.
        """
        serves = _serving(lang)
        found = [
            offered
            for offered in self
            if (pattern is None or _name_matches(offered.card.name, pattern))
            and (task is None or offered.card.task == task)
            and (family is None or offered.card.family == family)
            and (tier is None or offered.card.tier == tier)
            and serves(offered.card.languages)
        ]
        return sorted(found, key=lambda offered: natural_key(offered.card.name))


def _serving(lang: str | None) -> Callable[[Iterable[str]], bool]:
    """Whether tags of a card serve a language; every card does where none is asked for."""
    if lang is None:
        return lambda _: True
    from ocrzoo_registry.languages.tags import claims, find

    wanted = find(lang)
    return lambda tags: claims(tags, wanted)


def _name_matches(name: str, pattern: str) -> bool:
    name, pattern = name.casefold(), pattern.casefold()
    return fnmatchcase(name, pattern if any(mark in pattern for mark in "*?[") else f"*{pattern}*")
