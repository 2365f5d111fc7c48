"""The script of a line, and the language that this script tells: of scripts that only one language is known to have."""

from __future__ import annotations

from functools import cache

from ocrzoo.text import scripts
from ocrzoo_registry.languages import orthography

_WRITING_SYSTEMS = (("Jpan", frozenset({"Hira", "Kana"})), ("Kore", frozenset({"Hang"})))
"""Codes of several scripts, and those of these that no other has: Unicode's technical standard 39, table 1a."""


def script_of_line(text: str) -> str | None:
    """Return the script of most of a text (ISO 15924), ``None`` if it has no letters.

    It is ``Jpan`` where Han has kana beside it, and ``Kore`` for Hangul.
    """
    weights = scripts.weights(text)
    if not weights:
        return None
    best = max(weights, key=weights.__getitem__)
    for code, own in _WRITING_SYSTEMS:
        if best in own or (best == "Hani" and not own.isdisjoint(weights)):
            return code
    return best


def only_language(script: str | None) -> str | None:
    """Return the tag of the only language in a script whose alphabet CLDR has; ``None`` if there are several or none.

    ``Grek`` is ``el`` and ``Thai`` is ``th``; ``Latn``, ``Cyrl``, ``Arab``, ``Deva``, ``Hebr`` and ``Hani`` tell none.
    """
    return None if script is None else _only_languages().get(script)


@cache
def _only_languages() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for tag in orthography.tags():
        known = orthography.read(tag)
        if known is not None and known.letters:
            found.setdefault(known.script, []).append(tag)
    return {script: tags[0] for script, tags in found.items() if len(tags) == 1}
