r"""Sets of characters, as ``allow`` and ``deny`` name them.

A term is one of :data:`NAMED`, ``lang:`` and a language, whose alphabet, digits and punctuation it stands for, or text.
In text, each character stands for itself, except that ``a-z`` is a range where both are letters or digits and the
second comes later, and ``\p{...}`` is a class of Unicode, such as ``\p{Lu}`` or ``\p{Greek}``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence

import regex

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.languages.tags import parse_language
from ocrzoo_registry.names import did_you_mean

log = logging.getLogger("ocrzoo")

NAMED = {
    "digits": r"0-9",
    "letters": r"\p{L}\p{M}",
    "uppercase": r"\p{Lu}\p{M}",
    "lowercase": r"\p{Ll}\p{M}",
    "punctuation": r"\p{P}",
    "symbols": r"\p{S}",
}
"""What words stand for, as classes of a regular expression."""

_LANGUAGE = "lang:"
_WORD = 5
"""Letters of a text that is compared with the names."""
_PART = regex.compile(r"(?s)(?P<class>\\[pP]\{[^{}]*\})|(?P<first>[\p{L}\p{N}])-(?P<last>[\p{L}\p{N}])|(?P<one>.)")


def character_class(name: str, terms: Sequence[str]) -> Callable[[str], bool] | None:
    """Return a function that tells whether all characters of a text are in the set of all terms.

    ``None`` for no terms.

    Raises:
        UsageError: A term has a class that Unicode lacks, or a language that is unknown; the message names ``name``.
    """
    if not terms:
        return None
    parts = dict.fromkeys(part for term in dict.fromkeys(terms) for part in _parts(name, term))
    pattern = regex.compile(f"[{''.join(parts)}]+")
    return lambda text: pattern.fullmatch(text) is not None


def _parts(name: str, term: str) -> Iterator[str]:
    if term in NAMED:
        yield NAMED[term]
    elif term.startswith(_LANGUAGE):
        yield from map(_escaped, _alphabet(name, term.removeprefix(_LANGUAGE)))
    else:
        if len(term) >= _WORD and term.isalpha() and (hint := did_you_mean(term, NAMED)):
            log.warning("%s: %r stands for each of its characters%s", name, term, hint)
        for found in _PART.finditer(term):
            yield from _part(name, found)


def _part(name: str, found: regex.Match[str]) -> Iterator[str]:
    if found["class"]:
        try:
            regex.compile(found["class"])
        except regex.error as error:
            raise UsageError(f"{name}: {found['class']} is no class of Unicode: use one such as \\p{{Lu}}") from error
        yield found["class"]
    elif found["one"]:
        yield _escaped(found["one"])
    elif found["first"] <= found["last"]:
        yield f"{_escaped(found['first'])}-{_escaped(found['last'])}"
    else:
        yield from map(_escaped, found[0])


def _escaped(character: str) -> str:
    return f"\\U{ord(character):08x}"


def _alphabet(name: str, code: str) -> Iterator[str]:
    language = parse_language(code)
    orthography = language.orthography
    if orthography is None or not orthography.letters:
        raise UsageError(f"{name}: the alphabet of {language.tag} is not known: name its characters")
    yield from sorted(orthography.required | orthography.decomposed | orthography.digits | orthography.punctuation)
