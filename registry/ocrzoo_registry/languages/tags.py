"""Language tags: parsing of codes, tags and names, and matching them with the tags of model cards.

Cards use BCP-47. Users may also give PaddleOCR's codes (``paddleocr_languages.tsv``), names ("Korean", "한국어") and
other programs' codes (``language_aliases.tsv``).
A code that means one language in BCP-47 and another to PaddleOCR is rejected as ambiguous, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Literal

from ocrzoo_registry.errors import AmbiguousLanguage, UnknownLanguage, UsageError
from ocrzoo_registry.languages import aliases, orthography
from ocrzoo_registry.languages.orthography import Direction, Orthography
from ocrzoo_registry.names import did_you_mean

GROUPS = {"zle": frozenset({"be", "orv", "ru", "rue", "uk"})}
"""Language groups with published figures (languageGroups of Unicode CLDR 48.2)."""

UNKNOWN_SCRIPT = "Zyyy"
"""ISO 15924's code for an unknown script."""

_PARENTS = {"nb": "no", "nn": "no"}
"""A claim of the parent also covers the language (parentLocales of Unicode CLDR 48.2)."""

_MAX_CODE = 80
"""Characters; the longest known name has 47."""


@dataclass(frozen=True)
class PaddleCode:
    """A value of PaddleOCR's ``lang``."""

    code: str
    tag: str
    """Its meaning to PaddleOCR, as BCP-47."""
    model: str
    """The default recognition model of PaddleOCR 3.7.0."""
    alternative: str | None = None
    """Its other meaning, as an unambiguous tag."""
    rule: Literal["reject", "note"] | None = None
    """``reject``: the code is ambiguous; ``note``: PaddleOCR's meaning is used and a note is given."""


@dataclass(frozen=True)
class Language:
    """A language in one script: the record that carries a language from an option to a result.

    It holds a few short strings only; letters are looked up when needed, so a pickled result stays small.
    """

    tag: str
    """BCP-47, no longer than what was asked for: ``zh-Hant``, ``sr``, ``pt-BR``."""
    language: str
    """The language alone, by its shortest code."""
    script: str
    """ISO 15924; by default the script that most texts of the language are in."""
    orthography_tag: str | None = None
    """The key of its orthography; ``None`` if CLDR has none."""
    note: str | None = None
    """How an ambiguous code was understood; a message for the user."""

    @property
    def orthography(self) -> Orthography | None:
        """Its alphabet, digits and punctuation; ``None`` if CLDR has none."""
        return None if self.orthography_tag is None else orthography.read(self.orthography_tag)

    @property
    def name(self) -> str:
        """The English name, or the tag if there is none."""
        if (known := self.orthography) is not None:
            return known.name
        general = orthography.read(self.language)
        return f"{general.name} ({self.script})" if general else self.tag

    @property
    def letters(self) -> frozenset[str]:
        """The letters that texts need, in both cases, NFC; empty if they are not known."""
        return frozenset() if (known := self.orthography) is None else known.required

    @property
    def direction(self) -> Direction:
        """How its lines run."""
        if (known := self.orthography) is not None:
            return known.direction
        return orthography.directions().get(self.script, "ltr")

    @property
    def in_usual_script(self) -> bool:
        """Whether most texts in the language are in this script."""
        general = orthography.read(self.language)
        return general is not None and general.script == self.script

    def __str__(self) -> str:
        """Return name and tag, as in ``Serbian (sr-Latn)``."""
        return f"{self.name} ({self.tag})" if self.name != self.tag else self.tag


def parse_language(code: str) -> Language:
    """Return the language of a code, tag or name.

    Raises:
        AmbiguousLanguage: It has one meaning as a tag and another to PaddleOCR; the message has an unambiguous tag for
            each.
        UnknownLanguage: There is no such language.
    """
    folded = " ".join(code.split()).casefold()
    if not 0 < len(folded) <= _MAX_CODE:
        raise UnknownLanguage(f"{code[:_MAX_CODE]!r} is not a language: use a tag such as ko or zh-Hant")
    known = paddle_codes().get(folded)
    if known is None:
        return _other(code, folded)
    if known.rule is None:
        return _tagged(known.tag)
    meant, other = _tagged(known.tag).name, _tagged(str(known.alternative)).name
    if known.rule == "reject":
        options = f"use {known.tag!r} for {meant} (PaddleOCR's meaning), or {known.alternative!r} for {other}"
        raise AmbiguousLanguage(f"{code!r} is ambiguous: {options}", known.tag)
    note = f"{code!r} means {meant}, as in PaddleOCR; use {known.alternative!r} for {other}"
    return _tagged(known.tag, note)


def _other(code: str, folded: str) -> Language:
    """The language of what is not PaddleOCR's code: an alias, a name or a tag."""
    alias = aliases.find_alias(folded)
    if alias is None:
        return _tagged(_named(folded) or _standard(folded.partition(".")[0]) or _refuse(code))  # "pt_BR.UTF-8"
    if alias.rule in {"script", "word"}:
        raise UnknownLanguage(aliases.refusal(code, alias))
    found = _tagged(alias.meaning)
    return replace(found, note=f"{code!r} means {found}; {alias.note}") if alias.rule == "note" else found


def parse_languages(codes: str | Iterable[str | Language]) -> tuple[Language, ...]:
    """Return the languages of codes, separated by commas or ``+``, or in an iterable, without duplicates.

    A :class:`Language` in the iterable is kept as it is.

    Raises:
        AmbiguousLanguage: See :func:`parse_language`.
        UnknownLanguage: See :func:`parse_language`; also if no code is given.
        UsageError: A code is not a string.
    """
    parts = [codes] if isinstance(codes, str) or not isinstance(codes, Iterable) else list(codes)
    if not all(isinstance(part, str | Language) for part in parts):
        raise UsageError(f"{codes!r} is not a language: use a tag such as ru or zh-Hant, or several")
    languages = [language for part in parts for language in _languages_of(part)]
    if not languages:
        raise UnknownLanguage("no language given: use a tag such as ko or zh-Hant")
    found: dict[tuple[str, str], Language] = {}
    for language in languages:
        found.setdefault((language.language, language.script), language)
    return tuple(found.values())


def _languages_of(part: str | Language) -> list[Language]:
    if isinstance(part, Language):
        return [part]
    return [parse_language(code) for code in re.split("[,+]", part) if code.strip()]


def claims(tags: Iterable[str], wanted: Language) -> bool:
    """Whether one of a card's tags matches a language.

    A tag without a script means the usual one (``sr`` is Cyrillic); regions are ignored.
    """
    matches = _matches(wanted.language, wanted.script)
    return any(map(matches.__getitem__, tags))


def claimed_in_script(tags: Iterable[str], script: str) -> int:
    """Return the number of a card's languages in a script."""
    return sum(_script_of(tag) == script for tag in tags)


def nearness(tag: str, wanted: Language) -> int:
    """Return how closely a figure published for ``tag`` relates to a language.

    3: the language itself; 2: its language group or script; 1: many languages; 0: unrelated.
    """
    if tag == "mul":
        return 1
    if tag.startswith("und-"):
        return 2 if tag.removeprefix("und-") == wanted.script else 0
    if wanted.language in GROUPS.get(tag, ()):
        return 2
    return 3 if _matches(wanted.language, wanted.script)[tag] else 0


@cache
def paddle_codes() -> Mapping[str, PaddleCode]:
    """Return PaddleOCR's codes, by code."""
    rows = aliases.read_table("paddleocr_languages.tsv")
    return {row[0]: PaddleCode(*row) for row in rows}  # type: ignore[arg-type]  # the fifth cell is reject or note


def language_of_tag(tag: str) -> Language:
    """Return the language of a BCP-47 tag, as in cards; PaddleOCR's codes are not considered."""
    return _tagged(_standard(tag) or tag)


def _named(folded: str) -> str | None:
    """The tag of a language name; what has the form of a code is not looked up ("ak")."""
    return None if re.fullmatch("[a-z]{2,3}", folded) else aliases.find_name(folded)


@lru_cache(maxsize=4096)
def _standard(tag: str) -> str | None:
    """The standard form of a tag (``pt_br``: ``pt-BR``, ``kor``: ``ko``); ``None`` if it is not a language's."""
    import langcodes

    try:
        standard = langcodes.standardize_tag(tag, macro=True)
    except ValueError:  # includes langcodes' own error
        return None
    language = standard.split("-")[0]
    if re.fullmatch("[a-z]{2,3}", language) is None:  # a private tag, x-whatever
        return None
    if orthography.read(standard):
        return standard
    parsed = langcodes.Language.get(standard)
    return standard if parsed.is_valid() and not parsed.extlangs else None  # an extlang that is left is none: zh-tra


@lru_cache(maxsize=4096)
def _tagged(tag: str, note: str | None = None) -> Language:
    plain = "-".join(part for part in _parts(_standard(tag) or tag) if part)
    language, stated, region = _parts(_standard(plain) or plain)  # dropped subtags may have hidden a legacy code
    general = orthography.read(language)
    script = stated or _likely_script(language, region, general)
    ambiguous = stated is None and region is None and language in paddle_codes() and paddle_codes()[language].rule
    shown = "-".join(part for part in (language, script if ambiguous else stated, region) if part)
    keys = (f"{language}-{script}-{region}", f"{language}-{region}", f"{language}-{script}", language)
    known = (orthography.read(key) for key in keys)
    key = next((found.tag for found in known if found is not None and found.script == script), None)
    return Language(shown, language, script, key, note)


def _parts(tag: str) -> tuple[str, str | None, str | None]:
    """Language, script and region of a tag in standard form."""
    language, *more = tag.split("-")
    script = next((part for part in more if len(part) == 4 and part.isalpha() and part.istitle()), None)
    region = next((part for part in more if re.fullmatch("[A-Z]{2}|[0-9]{3}", part)), None)
    return language, script, region


def _likely_script(language: str, region: str | None, general: Orthography | None) -> str:
    """CLDR's likely script, by region if given: ``zh-TW`` is in Hant."""
    if general is not None and region is None:
        return general.script
    import langcodes

    try:
        likely = langcodes.Language.get(f"{language}-{region}" if region else language).maximize().script
    except ValueError:  # not a valid tag
        likely = None
    return likely or (general.script if general else UNKNOWN_SCRIPT)


class _TagMatches(dict[str, bool]):
    """Whether tags match one language in one script, computed on first use."""

    def __init__(self, language: str, script: str) -> None:
        super().__init__()
        self._accepted = {(language, script), (_PARENTS.get(language, language), script)}

    def __missing__(self, tag: str) -> bool:
        card = language_of_tag(tag)
        self[tag] = (card.language, card.script) in self._accepted
        return self[tag]


@lru_cache(maxsize=256)
def _matches(language: str, script: str) -> _TagMatches:
    return _TagMatches(language, script)


@lru_cache(maxsize=4096)
def _script_of(tag: str) -> str:
    return language_of_tag(tag).script


def _refuse(code: str) -> str:
    if (likely := aliases.language_of_country(code.strip())) is not None:
        raise UnknownLanguage(f"{code!r} is a country and not a language: use {likely!r} for {_tagged(likely).name}")
    known = [*orthography.tags(), *paddle_codes(), *orthography.names(), *aliases.known_aliases()]
    hint = did_you_mean(code, [one for one in known if one != code]) if len(code) > 3 else ""
    raise UnknownLanguage(
        f"unknown language {code!r}{hint}: use a tag such as ko or zh-Hant, or an English name "
        "('ocrzoo languages' lists them)"
    )
