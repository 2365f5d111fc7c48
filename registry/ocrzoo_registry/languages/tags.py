"""Languages: what a user's code, tag or name means, and which tags of a card serve it.

Cards speak BCP-47. Users may also give PaddleOCR's codes (``paddleocr_languages.tsv``) and names ("Korean", "한국어").
A code that means one language as a tag and another to PaddleOCR is asked about, never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from ocrzoo_registry.errors import AmbiguousLanguage, UnknownLanguage, UsageError
from ocrzoo_registry.languages import orthography
from ocrzoo_registry.languages.orthography import Direction, Orthography
from ocrzoo_registry.names import did_you_mean

GROUPS = {"zle": frozenset({"be", "orv", "ru", "rue", "uk"})}
"""Groups of languages that figures are published for; Unicode CLDR 48.2, languageGroups."""

UNKNOWN_SCRIPT = "Zyyy"
"""ISO 15924's code where nothing is known."""

_PARENTS = {"nb": "no", "nn": "no"}
"""The language whose claims hold for another; Unicode CLDR 48.2, parentLocales."""

_MAX_CODE = 80
"""Characters; the longest name on file has 47."""


@dataclass(frozen=True)
class PaddleCode:
    """A code that PaddleOCR takes as ``lang``."""

    code: str
    tag: str
    """What PaddleOCR means by it, as BCP-47."""
    model: str
    """The recognition model that PaddleOCR 3.7.0 takes for it by default."""
    otherwise: str | None = None
    """What else the code may mean, as a tag that means nothing else."""
    rule: Literal["ask", "tell"] | None = None
    """Whether that is asked about, or PaddleOCR's meaning is taken and told."""


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
    """Return the language that a code, tag or name means.

    Raises:
        AmbiguousLanguage: It means one thing as a tag and another to PaddleOCR; the message has both ways to say it.
        UnknownLanguage: There is no such language.
    """
    folded = " ".join(code.split()).casefold()
    if not 0 < len(folded) <= _MAX_CODE:
        raise UnknownLanguage(f"{code[:_MAX_CODE]!r} is no language: give a tag such as ko or zh-Hant")
    known = paddle_codes().get(folded)
    if known is None:
        return _tagged(_named(folded) or _standard(folded) or _refuse(code))
    if known.rule is None:
        return _tagged(known.tag)
    meant, other = _tagged(known.tag).name, _tagged(str(known.otherwise)).name
    if known.rule == "ask":
        ways = f"say {known.tag!r} for {meant}, as PaddleOCR means it, or {known.otherwise!r} for {other}"
        raise AmbiguousLanguage(f"{code!r} may mean two languages: {ways}")
    return _tagged(known.tag, f"{code!r} is taken as {meant}, as PaddleOCR does; for {other} say {known.otherwise!r}")


def parse_languages(codes: str | Iterable[str]) -> tuple[Language, ...]:
    """Return the languages of codes, one or several in a text with commas between; each once.

    Raises:
        AmbiguousLanguage: As :func:`find`.
        UnknownLanguage: As :func:`find`, or nothing was given.
        UsageError: These are no texts.
    """
    parts = [codes] if isinstance(codes, str) or not isinstance(codes, Iterable) else list(codes)
    if not all(isinstance(part, str) for part in parts):
        raise UsageError(f"{codes!r}: a language tag such as ru or zh-Hant is needed, or several")
    named = [code for part in parts for code in part.split(",") if code.strip()]
    if not named:
        raise UnknownLanguage("no language is given: name one, such as ko or zh-Hant")
    found: dict[tuple[str, str], Language] = {}
    for language in map(parse_language, named):
        found.setdefault((language.language, language.script), language)
    return tuple(found.values())


def claims(tags: Iterable[str], wanted: Language) -> bool:
    """Whether one of a card's tags serves a language.

    A tag without a script stands for the language in its usual one (``sr`` in Cyrillic); regions count for nothing.
    """
    serves = _serving(wanted.language, wanted.script)
    return any(map(serves.__getitem__, tags))


def claimed_in_script(tags: Iterable[str], script: str) -> int:
    """Return how many of a card's languages are written in a script."""
    return sum(_script_of(tag) == script for tag in tags)


def nearness(tag: str, wanted: Language) -> int:
    """Return how well a figure published for ``tag`` speaks for a language.

    3: that very language; 2: a group of languages, or a script, that it belongs to; 1: many languages; 0: it does not.
    """
    return _nearness(tag, wanted.language, wanted.script)


@lru_cache(maxsize=4096)
def _nearness(tag: str, language: str, script: str) -> int:
    if tag == "mul":
        return 1
    if tag.startswith("und-"):
        return 2 if tag.removeprefix("und-") == script else 0
    if language in GROUPS.get(tag, ()):
        return 2
    return 3 if _serving(language, script)[tag] else 0


@cache
def paddle_codes() -> Mapping[str, PaddleCode]:
    """Return PaddleOCR's codes, by code."""
    text = Path(__file__).with_name("paddleocr_languages.tsv").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {row[0]: PaddleCode(*row) for row in rows}  # type: ignore[arg-type]  # the fifth cell is ask or tell


def language_of_tag(tag: str) -> Language:
    """Return the language of a BCP-47 tag, such as cards have; PaddleOCR's codes mean nothing here."""
    return _tagged(_standard(tag) or tag)


def _named(folded: str) -> str | None:
    """The tag of a name; a code that is a language's tag stays one ("Akan" is no tag, "ak" is)."""
    if re.fullmatch(r"[a-z]{2,3}([-_][a-z0-9]+)*", folded):
        return None
    return orthography.names().get(folded)


@lru_cache(maxsize=4096)
def _standard(tag: str) -> str | None:
    """A tag in its standard form, ``pt_br`` as ``pt-BR`` and ``kor`` as ``ko``; ``None`` if no language has it."""
    import langcodes

    try:
        standard = langcodes.standardize_tag(tag, macro=True)
    except ValueError:  # langcodes' own error is one
        return None
    language = standard.split("-")[0]
    if re.fullmatch("[a-z]{2,3}", language) is None:  # a private tag, x-whatever
        return None
    return standard if orthography.read(language) or langcodes.Language.get(language).is_valid() else None


@lru_cache(maxsize=4096)
def _tagged(tag: str, note: str | None = None) -> Language:
    plain = "-".join(part for part in _parts(_standard(tag) or tag) if part)
    language, stated, region = _parts(_standard(plain) or plain)  # what was left out may have hidden an older code
    general = orthography.read(language)
    script = stated or _likely_script(language, region, general)
    twice = stated is None and region is None and language in paddle_codes() and paddle_codes()[language].rule
    shown = "-".join(part for part in (language, script if twice else stated, region) if part)
    places = (f"{language}-{script}-{region}", f"{language}-{region}", f"{language}-{script}", language)
    known = (orthography.read(place) for place in places)
    key = next((found.tag for found in known if found is not None and found.script == script), None)
    return Language(shown, language, script, key, note)


def _parts(tag: str) -> tuple[str, str | None, str | None]:
    """Language, script and region of a tag in standard form."""
    language, *more = tag.split("-")
    script = next((part for part in more if len(part) == 4 and part.isalpha() and part.istitle()), None)
    region = next((part for part in more if re.fullmatch("[A-Z]{2}|[0-9]{3}", part)), None)
    return language, script, region


def _likely_script(language: str, region: str | None, general: Orthography | None) -> str:
    """CLDR's likely script, by region where there is one: ``zh-TW`` is in Hant."""
    if general is not None and region is None:
        return general.script
    import langcodes

    try:
        likely = langcodes.Language.get(f"{language}-{region}" if region else language).maximize().script
    except ValueError:  # no tag at all
        likely = None
    return likely or (general.script if general else UNKNOWN_SCRIPT)


class _Serving(dict[str, bool]):
    """Whether tags serve one language in one script; found out when first asked."""

    def __init__(self, language: str, script: str) -> None:
        super().__init__()
        self._wanted = {(language, script), (_PARENTS.get(language, language), script)}

    def __missing__(self, tag: str) -> bool:
        card = language_of_tag(tag)
        self[tag] = (card.language, card.script) in self._wanted
        return self[tag]


@lru_cache(maxsize=256)
def _serving(language: str, script: str) -> _Serving:
    return _Serving(language, script)


@lru_cache(maxsize=4096)
def _script_of(tag: str) -> str:
    return language_of_tag(tag).script


def _refuse(code: str) -> str:
    known = [*orthography.tags(), *paddle_codes(), *orthography.names()]
    hint = did_you_mean(code, [one for one in known if one != code])
    raise UnknownLanguage(f"no language is called {code!r}{hint}: give a tag such as ko or zh-Hant, or an English name")
