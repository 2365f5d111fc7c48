"""What labelled pages say: public-domain prose, and names, dates and amounts of Unicode CLDR for short cells."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable
from functools import cache

from babel import Locale
from babel.core import UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent
from bench.letter_pages import texts
from bench.mixed_pages import TEXTS

WIDE = ("zh-Hans", "zh-Hant", "ja")
"""Languages written without spaces."""
_LOCALES = {"fil": "fil", "mi": "mi", "sr-Latn": "sr_Latn", "zh-Hans": "zh_Hans", "zh-Hant": "zh_Hant", "no": "nb"}
_SHORT = {"zh-Hans": "zh"}
"""Where ``mixed_pages`` has another name for a language."""
_CURRENCIES = ("EUR", "USD", "GBP", "JPY", "CNY")
_PRINTED = str.maketrans("\u00a0\u202f\u2009\u2019\u2018\u2212\u2013", "   ''--")
"""Spaces and marks as most fonts, keyboards and charsets have them."""
_ENDS = " ,.;:!?。，、；：！？「」“”（）()\"'-"


@cache
def prose(language: str) -> list[str]:
    """Return the paragraphs of a language."""
    lines = TEXTS.get(_SHORT.get(language, language), ())
    return [*texts().get(language, ()), *texts("prose.tsv").get(language, ()), *lines]


@cache
def names(language: str) -> list[str]:
    """Return names of countries, languages, currencies, months and days; empty where Unicode CLDR has none."""
    locale = _locale(language)
    if locale is None:
        return []
    found = [*locale.territories.values(), *locale.languages.values(), *locale.currencies.values()]
    found += [*locale.months["stand-alone"]["wide"].values(), *locale.days["stand-alone"]["wide"].values()]
    return sorted({text for name in found if not any(map(str.isdigit, text := str(name).translate(_PRINTED)))})


class Writer:
    """Gives the words of a page, from a random generator."""

    def __init__(self, language: str, rng: random.Random) -> None:
        self.language = language
        self._rng = rng
        self._gap = "" if language in WIDE else " "
        self._names = names(language)
        paragraphs = prose(language)
        start = rng.randrange(len(paragraphs))
        turned = [*paragraphs[start:], *paragraphs[:start]]
        self._units = list("".join(turned)) if not self._gap else " ".join(turned).split()
        self._next = rng.randrange(len(self._units))

    def some(self, least: int, most: int) -> str:
        """Return a name, an amount, a date, or some words of prose."""
        count = self._rng.randint(least, most)
        chance = self._rng.random()
        if chance < 0.15:
            return self._figure()
        if chance < 0.55 and self._names:
            short = [self._rng.choice(self._names) for _ in range(8)]
            fitting = [name for name in short if self._length(name) <= most]
            if fitting:
                return fitting[0]
        taken = self._take(count if self._gap else 2 * count)
        return taken.strip(_ENDS) or self._take(1)

    def line(self, fits: Callable[[str], bool]) -> str:
        """Return the next words of the prose, as many as fit, one at least."""
        text = self._take(1).strip() or self._take(1)
        while fits(longer := f"{text}{self._gap}{self._units[self._next]}"):
            text = longer
            self._next = (self._next + 1) % len(self._units)
        return text.strip()

    def _length(self, text: str) -> int:
        return len(text.split()) if self._gap else len(text) // 2

    def _take(self, count: int) -> str:
        chosen = [self._units[(self._next + step) % len(self._units)] for step in range(count)]
        self._next = (self._next + count) % len(self._units)
        return self._gap.join(chosen)

    def _figure(self) -> str:
        rng, locale = self._rng, _locale(self.language) or Locale("en")
        amount = round(rng.uniform(0, 10 ** rng.randint(1, 5)), 2)
        day = dt.date(rng.randint(1900, 2026), rng.randint(1, 12), rng.randint(1, 28))
        made = (
            lambda: format_currency(amount, rng.choice(_CURRENCIES), locale=locale),
            lambda: format_decimal(amount, locale=locale),
            lambda: format_percent(round(amount / 1e4, 3), "#,##0.0%", locale=locale),
            lambda: format_date(day, rng.choice(("short", "medium", "long")), locale=locale),
        )
        return " ".join(rng.choice(made)().translate(_PRINTED).split())


@cache
def _locale(language: str) -> Locale | None:
    try:
        return Locale.parse(_LOCALES.get(language, language.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return None
