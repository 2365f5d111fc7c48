"""Vietnamese text to train on and to measure with: syllables made by rule, and names and numbers of Unicode CLDR."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from random import Random
from zlib import crc32

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal, format_percent

LOCALE = Locale("vi")

TONES = ("", "\u0300", "\u0301", "\u0309", "\u0303", "\u0323")
"""Level, grave, acute, hook above, tilde, dot below: combining, on the nucleus."""
STOPPED_TONES = ("\u0301", "\u0323")
"""The only ones of a syllable that ends with c, ch, p or t."""

INITIALS = ("", *"b c d đ g h k l m n p r s t v x ch gh gi kh ng ngh nh ph qu th tr".split())
NUCLEI = tuple("a ă â e ê i o ô ơ u ư y iê ia uô ua ươ ưa yê oa oă oe uâ uê uy".split())
FINALS = ("", "", *"c ch m n ng nh p t i y o u".split())
FRONT = frozenset("eêiy")
"""Before them, c, g and ng are written k, gh and ngh."""

PUNCTUATION = "!\"#%&'()*+,-./:;<=>?@[]_§‐–—‘’“”…₫"
OTHERS = "fjwzFJWZ"
"""Letters of foreign names."""


def letters() -> list[str]:
    """Return the letters of Vietnamese, small ones and capitals, composed."""
    vowels = [unicodedata.normalize("NFC", vowel + tone) for vowel in "aăâeêioôơuưy" for tone in TONES]
    small = [*vowels, *"bcdđghklmnpqrstvx"]
    return [*small, *(letter.upper() for letter in small)]


def charset() -> list[str]:
    """Return what the network can write, in the order of its classes, without the blank and the space."""
    return sorted({*letters(), *"0123456789", *OTHERS, *PUNCTUATION})


def syllable(rng: Random) -> str:
    """Return one syllable that can be pronounced, whether there is a word or not."""
    nucleus, final = rng.choice(NUCLEI), rng.choice(FINALS)
    initial = rng.choice(INITIALS)
    front = nucleus[0] in FRONT
    initial = {"c": "k", "g": "gh", "ng": "ngh"}.get(initial, initial) if front else initial
    initial = {"k": "c", "gh": "g", "ngh": "ng"}.get(initial, initial) if not front else initial
    nucleus = {"ia": "iê", "ua": "uô", "ưa": "ươ"}.get(nucleus, nucleus) if final else nucleus
    tone = rng.choice(STOPPED_TONES if final in {"c", "ch", "p", "t"} else TONES)
    place = 1 if len(nucleus) > 1 and (final or nucleus[1] in "êơôâă") else 0
    nucleus = nucleus[: place + 1] + tone + nucleus[place + 1 :]
    return unicodedata.normalize("NFC", initial + nucleus + final)


def is_held_out(text: str) -> bool:
    """Whether a name of CLDR is kept for measuring: one of five, by its checksum."""
    return crc32(text.encode()) % 5 == 0


def names(*, held_out: bool) -> list[str]:
    """Return the names of territories, languages, scripts, months, days and currencies in Vietnamese."""
    months = [text for width in LOCALE.months["format"].values() for text in width.values()]
    days = [text for width in LOCALE.days["format"].values() for text in width.values()]
    groups = (LOCALE.territories, LOCALE.languages, LOCALE.scripts, LOCALE.currencies)
    found = {*months, *days, *(text for group in groups for text in group.values())}
    known = {*charset(), " "}
    return sorted(text for text in found if is_held_out(text) is held_out and set(text) <= known)


def number(rng: Random) -> str:
    """Return a date, an amount, a percentage or a number as Vietnamese writes it."""
    day = date(1950, 1, 1) + timedelta(days=rng.randrange(36500))
    value = rng.randrange(10 ** rng.randint(1, 8))
    made = rng.choice(
        (
            lambda: format_date(day, rng.choice(("short", "medium", "long", "full")), LOCALE),
            lambda: format_decimal(value / rng.choice((1, 10, 100)), locale=LOCALE),
            lambda: format_currency(value, rng.choice(("VND", "USD", "EUR")), locale=LOCALE),
            lambda: format_percent(rng.randrange(1000) / 1000, locale=LOCALE),
        )
    )()
    known = {*charset(), " "}
    return "".join(letter if letter in known else " " for letter in made)


def word(rng: Random) -> str:
    """Return one to three syllables, in small letters, with a capital, or in capitals."""
    text = " ".join(syllable(rng) for _ in range(rng.choice((1, 1, 2, 2, 3))))
    return rng.choice((text, text, text, text.capitalize(), text.title(), text.upper()))


def _marked(rng: Random, text: str) -> str:
    """The text with a mark after it, before it, or around it."""
    mark = rng.choice(PUNCTUATION)
    around = rng.choice((("(", ")"), ("“", "”"), ("‘", "’"), ('"', '"'), ("[", "]"), (mark, mark)))
    return rng.choice((f"{text}{rng.choice(',.;:!?…')}", f"{around[0]}{text}{around[1]}", f"{text} {mark}"))


def part(rng: Random, known_names: list[str]) -> str:
    """Return what a line is made of: a word, a name, a number, or letters in no order."""
    kind = rng.random()
    if kind < 0.55:
        text = word(rng)
    elif kind < 0.80:
        text = rng.choice(known_names)
    elif kind < 0.92:
        text = number(rng)
    else:
        text = "".join(rng.choices(charset(), k=rng.randint(2, 8)))
    return _marked(rng, text) if rng.random() < 0.25 else text


def line(rng: Random, known_names: list[str], most: int) -> str:
    """Return a line of at most ``most`` characters."""
    text = part(rng, known_names)
    while len(text) < most - 3 and rng.random() < 0.9:
        text += " " + part(rng, known_names)
    return " ".join(text[:most].split())
