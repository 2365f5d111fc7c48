"""Other ways to write a language: codes of other programs, further names, countries, and words that are none."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from ocrzoo_registry.languages import orthography


@dataclass(frozen=True)
class Alias:
    """A line of ``language_aliases.tsv``."""

    alias: str
    meaning: str
    """A tag; for a script, tags of languages in it; for a word, why it is no language."""
    rule: Literal["note", "script", "word"] | None = None
    note: str = ""
    """What to use for another meaning."""


@cache
def aliases() -> Mapping[str, Alias]:
    """Return the table by case-folded alias."""
    return {row[0]: Alias(*row) for row in read_table("language_aliases.tsv")}  # type: ignore[arg-type]  # checked by tests


def read_table(name: str) -> list[list[str]]:
    """Return the rows of a table beside this module, without comments."""
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]


def find_alias(folded: str) -> Alias | None:
    """Return the alias that a case-folded text is; Tesseract writes scripts as ``script/Cyrillic``."""
    text = folded.removeprefix("script/")
    known = aliases()
    return known.get(text) or known.get(text.removesuffix("_vert")) or known.get(re.sub("[-_]", " ", text))


def find_name(text: str) -> str | None:
    """Return the tag of a language's name; case, accents and the order of words do not matter."""
    return orthography.names().get(text.casefold()) or _names().get(name_key(text))


def name_key(name: str) -> str:
    """Return a name's words in one order, without case, accents and punctuation."""
    plain = re.sub("[\u0300-\u036f]", "", unicodedata.normalize("NFD", name.casefold()))
    return " ".join(sorted(re.sub(r"[\s_,.()/-]+", " ", unicodedata.normalize("NFC", plain)).split()))


@cache
def _names() -> Mapping[str, str]:
    known: dict[str, str] = {}
    named = ((one.alias, one.meaning) for one in aliases().values() if one.rule is None)
    for name, tag in (*orthography.names().items(), *named):
        known.setdefault(name_key(name), tag)
    return known


def language_of_country(code: str) -> str | None:
    """Return the tag of the language that most people of a country write, by CLDR's likely subtags."""
    if not re.fullmatch("[A-Za-z]{2}", code):
        return None
    import langcodes

    likely = langcodes.Language.get(f"und-{code.upper()}").maximize()
    if likely.language in {None, "en"}:  # English is also the answer for a code that is no country
        return None
    general = orthography.read(str(likely.language))
    usual = general is None or general.script == likely.script
    return str(likely.language) if usual else f"{likely.language}-{likely.script}"


def refusal(code: str, alias: Alias) -> str:
    """Return why an alias is not a language, and what to use."""
    if alias.rule == "script":
        return f"{code!r} is a script and not a language: name the languages of the pages, such as {alias.meaning}"
    default = "name those of the pages, such as en,fr, or none for the default model"
    return f"{code!r} is not a language ({alias.meaning}): {default}"


def known_aliases() -> Iterable[str]:
    """Return the aliases that mean a language."""
    return (one.alias for one in aliases().values() if one.rule in {None, "note"})
