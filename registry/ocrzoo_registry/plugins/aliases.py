"""Aliases: former and other names of models, which lead to the model with a warning.

They are compared regardless of case. A name always wins over an alias. An alias of two models is refused as a name of
two is: an official one wins, and of others neither does. An alias that looks like an official name is not used.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.names import lookalike
from ocrzoo_registry.plugins.registrations import OFFICIAL, Registration, Registrations

log = logging.getLogger("ocrzoo")


@dataclass(frozen=True)
class Alias:
    """An alias and the model that it leads to."""

    text: str
    """As the card has it."""
    model: str

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.text.casefold()


class Aliases:
    """The aliases of all models."""

    def __init__(self, cards: Sequence[Registration[ModelCard]]) -> None:
        holders = {one.value.name.casefold(): one for one in cards}
        official = {lookalike(one.value.name): one for one in cards if one.origin.distribution == OFFICIAL}
        stated = [Registration(Alias(text, one.value.name), one.origin) for one in cards for text in one.value.aliases]
        usable = []
        for one in stated:
            alike = official.get(lookalike(one.value.text)) if one.origin.distribution != OFFICIAL else None
            if holder := holders.get(one.value.key) or alike:
                what = f"the alias {one.value.text!r} of {one.value.model} (plugin {one.origin})"
                log.warning("%s is not used: plugin %s has a model %s", what, holder.origin, holder.value.name)
            else:
                usable.append(one)
        self.registrations: Registrations[Alias] = Registrations("alias", usable, lambda alias: alias.key)
        """All usable ones, by what they are found by."""

    def __contains__(self, name: str) -> bool:
        """Whether a name is an alias of one model."""
        return name.casefold() in self.registrations

    def resolve(self, name: str) -> str | None:
        """Return the model that an alias leads to; ``None`` for what is no alias.

        Raises:
            AmbiguousName: Two models have it, and neither is official.
        """
        key = name.casefold()
        if key in self.registrations or key in self.registrations.conflicts:
            return self.registrations.get(key).model
        return None

    def by_text(self) -> Mapping[str, str]:
        """Return each alias with the name of its model."""
        return {alias.text: alias.model for alias in self.registrations}


@lru_cache(maxsize=1024)
def warn_renamed(alias: str, model: str) -> None:
    """Warn that an alias was used; once in a process."""
    log.warning("%r is now %r", alias, model)
