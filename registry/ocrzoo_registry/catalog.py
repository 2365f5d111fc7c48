"""The catalog: every registered model card, found by name, pattern or property."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from ocrzoo_registry.cards.address import is_address, parse_address
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import CardError, UnknownModel, UsageError
from ocrzoo_registry.names import did_you_mean, natural_key
from ocrzoo_registry.plugins.aliases import Aliases, warn_renamed
from ocrzoo_registry.plugins.found import RefusedCard
from ocrzoo_registry.plugins.registrations import Origin, Registration, Registrations

if TYPE_CHECKING:
    from ocrzoo_registry.addressed_cards import AddressedCards


class Catalog(Registrations[ModelCard]):
    """All model cards; iteration gives them by name."""

    def __init__(
        self,
        registrations: Iterable[Registration[ModelCard]],
        tasks: Iterable[str] = (),
        refused: Sequence[RefusedCard] = (),
        offer: Callable[[str], str | None] = lambda _name: None,
        *,
        chosen: Mapping[str, str] | None = None,
        kept_out: str = "",
        addressed: Callable[[], AddressedCards] | None = None,
    ) -> None:
        """``tasks`` are known although no card may have them; ``refused`` are named where one of them is asked for.

        ``offer`` says where the card of an unknown model can be had; ``addressed`` returns the cards of addresses,
        which are found but not listed; ``chosen`` and ``kept_out`` are as for :class:`Registrations`.
        """
        registrations = list(registrations)
        advice = "Run 'ocrzoo models list' to see the names."
        super().__init__(
            "model", registrations, lambda card: card.name, UnknownModel, advice, chosen=chosen, kept_out=kept_out
        )
        self.tasks = frozenset(tasks) | {card.task for card in self}
        """All tasks that a predictor declares or a card names."""
        self.refused = {one.name: one for one in refused if one.name}
        """Cards that plugins have, but that are faulty."""
        self._offer, self._addressed = offer, addressed
        self.aliases = Aliases([one for one in registrations if self._by_name.get(one.value.name, one) is one])
        """Former and other names of the models; a card that lost its name to another has none."""

    def __contains__(self, name: str) -> bool:
        """Whether a model has this name or alias, and no other has it too, or is at this address."""
        is_other = name in self.conflicts or name in self.refused
        registered = super().__contains__(name) or (not is_other and name in self.aliases)
        return registered or is_address(name) or self._kept(name) is not None

    def origin(self, name: str) -> Origin:
        """Return the plugin that registers the name, or where the card of an address is from."""
        card = self.get(name)
        if self._addressed is None or card.address is None:
            return super().origin(card.name)
        return self._addressed().origin(card)

    def _kept(self, name: str) -> ModelCard | None:
        """The card that is kept under the name of an address."""
        return self._addressed().named(name) if "--" in name and self._addressed is not None else None

    def current_name(self, name: str) -> str:
        """Return the name of the model that an alias leads to, with a warning; what is no alias is returned as it is.

        Raises:
            AmbiguousName: Two models have the alias.
        """
        if super().__contains__(name) or name in self.conflicts or name in self.refused:
            return name
        found = self.aliases.resolve(name)
        if found is None:
            return name
        warn_renamed(name, found)
        return found

    def get(self, name: str) -> ModelCard:
        """Return the model with this name or alias, or the one at this address.

        Raises:
            NotFound: There is nothing at the address.
            SourceError: The hub of the address does not answer.
            UnknownModel: There is no such model; the message has the nearest names, or which plugin a mirror names.
            AmbiguousName: Two plugins register it.
            CardError: A plugin has it, but its card is faulty.
        """
        if self._addressed is not None and is_address(name):
            return self._addressed().card(parse_address(name))
        name = self.current_name(name)
        if name in self.refused and not super().__contains__(name) and name not in self.conflicts:
            raise CardError(str(self.refused[name]))
        try:
            return super().get(name)
        except UnknownModel as error:
            if (kept := self._kept(name)) is not None:
                return kept
            if "/" in name:
                advice = f"write hf://{name} for a repository, or ./{name} for a folder"
                raise UnknownModel(f"no model is called {name!r}: {advice}") from error
            if (found := self._offer(name)) is None:
                raise
            raise UnknownModel(f"no model is called {name!r} here; {found}") from error

    def _nearest(self, name: str) -> str:
        return did_you_mean(name, self.names, aliases=self.aliases.by_text())

    def search(
        self,
        pattern: str | None = None,
        *,
        task: str | None = None,
        family: str | None = None,
        tier: str | None = None,
        lang: str | None = None,
    ) -> list[ModelCard]:
        """Return the models that meet every condition given, in natural order of their names.

        ``pattern`` is a shell pattern or a part of the name, or an alias, in any case; ``lang`` a language that the
        models claim.

        Raises:
            AmbiguousLanguage: The code of the language has two meanings.
            UnknownLanguage: There is no such language.
            UsageError: No model has that task, family or tier.
        """
        for key, value in (("task", task), ("family", family), ("tier", tier)):
            self._check(key, value)
        serves = _serving(lang)
        found = [
            card
            for card in self
            if (pattern is None or _name_matches(card, pattern))
            and (task is None or card.task == task)
            and (family is None or card.family == family)
            and (tier is None or card.tier == tier)
            and serves(card.languages)
        ]
        return sorted(found, key=lambda card: natural_key(card.name))

    def _check(self, key: str, value: str | None) -> None:
        if value is None:
            return
        known = sorted(
            self.tasks if key == "task" else {one for card in self if (one := getattr(card, key)) is not None}
        )
        if value not in known:
            raise UsageError(f"{key} {value!r} is unknown: choose {', '.join(known)}{did_you_mean(value, known)}")


def _serving(lang: str | None) -> Callable[[Iterable[str]], bool]:
    """Return a function that checks whether the tags of a card include a language; all do if none is requested."""
    if lang is None:
        return lambda _: True
    from ocrzoo_registry.languages.tags import claims, parse_language

    wanted = parse_language(lang)
    return lambda tags: claims(tags, wanted)


def _name_matches(card: ModelCard, pattern: str) -> bool:
    pattern = pattern.casefold()
    shell = pattern if any(mark in pattern for mark in "*?[") else f"*{pattern}*"
    return fnmatchcase(card.name.casefold(), shell) or pattern in map(str.casefold, card.aliases)
