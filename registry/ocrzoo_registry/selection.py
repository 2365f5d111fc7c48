"""From a language to the recognition model that reads it."""

from __future__ import annotations

from ocrzoo_registry.card_files import OfferedCard
from ocrzoo_registry.catalogue import NaturalKey, natural_key
from ocrzoo_registry.errors import UnknownLanguage
from ocrzoo_registry.languages import matches, normalise
from ocrzoo_registry.nearest import did_you_mean
from ocrzoo_registry.zoo import Zoo


def select_recognition(zoo: Zoo, lang: str, default: str) -> OfferedCard:
    """Return the model to read a language with.

    The pipeline's ``default`` where it claims the language; else models whose weights are at hand come
    before others, then the newest release, then the highest accuracy published for that language (or for
    many at once).

    Raises:
        UnknownLanguage: No model claims the language.
    """
    candidates = zoo.models.search(task="text_recognition", lang=lang)
    if not candidates:
        known = sorted({tag for offered in zoo.models for tag in offered.card.languages})
        raise UnknownLanguage(
            f"no model claims to read {lang!r}{did_you_mean(normalise(lang), known)}: "
            f"'ocrzoo models list --task text_recognition' shows what each reads"
        )
    return max(candidates, key=lambda offered: _merit(zoo, offered, lang, default))


def _merit(zoo: Zoo, offered: OfferedCard, lang: str, default: str) -> tuple[bool, bool, NaturalKey, float, str]:
    card = offered.card
    accuracy = max(
        (
            metric.value
            for metric in card.metrics
            if metric.value is not None
            and metric.language is not None
            and (metric.language == "mul" or matches(lang, [metric.language]))
        ),
        default=0.0,
    )
    return (card.name == default, zoo.within_reach(offered), natural_key(card.version), accuracy, card.name)
