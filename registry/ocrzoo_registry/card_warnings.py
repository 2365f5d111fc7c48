"""What is odd about a card that is valid: its license, scripts, claims, charset, and the folder of its weights.

Nothing here keeps a model from running. ``ocrzoo plugins list`` and ``ocrzoo models show`` print it; with ``-v`` it is
logged when the cards are read.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.spdx import spdx
from ocrzoo_registry.cards.to_fill import MARK, unfilled
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.files import missing_of
from ocrzoo_registry.languages.ranking import MIN_COVERAGE
from ocrzoo_registry.languages.support import claimed_support
from ocrzoo_registry.languages.tags import UNKNOWN_SCRIPT, language_of_tag
from ocrzoo_registry.names import did_you_mean
from ocrzoo_registry.plugins.found import Plugin
from ocrzoo_registry.plugins.registrations import MIRRORED, OFFICIAL, Origin, Registrations
from ocrzoo_registry.plugins.specs import PredictorSpec, SourceSpec
from ocrzoo_registry.sources.references import Directory

_PARTS = {
    "Kore": {"Hang", "Hani"},
    "Jpan": {"Hira", "Kana", "Hani"},
    "Hrkt": {"Hira", "Kana"},
    "Hans": {"Hani"},
    "Hant": {"Hani"},
}
"""The scripts of which others consist (ISO 15924's notes on its aliases)."""

_SHOWN = 3
"""Entries of a charset that a warning names."""


def card_warnings(
    card: ModelCard,
    predictors: Registrations[PredictorSpec],
    sources: Registrations[SourceSpec],
    *,
    letters: bool = True,
    needs_source: bool = True,
) -> list[str]:
    """Return what is odd about a card, one line each, which begins with the card's key.

    ``letters``: claimed languages that the charset cannot write are named too; ``needs_source``: and missing sources.
    """
    checks = (*_CHECKS, _letters) if letters else _CHECKS
    if needs_source and not card.sources and card.address is None:
        checks = (_no_source, *checks)
    return [*_unknown_names(card, predictors, sources), *(text for check in checks for text in check(card))]


def plugin_warnings(
    plugins: Iterable[Plugin],
    models: Registrations[ModelCard],
    predictors: Registrations[PredictorSpec],
    sources: Registrations[SourceSpec],
) -> dict[Origin, list[str]]:
    """Return what is odd about each plugin and its cards.

    Official cards are left out: ``docs/models.md`` has the letters that they lack.
    """
    found = {plugin.origin: list(plugin.warnings) for plugin in plugins}
    for card in models:
        origin = models.origin(card.name)
        if origin.distribution != OFFICIAL and origin != MIRRORED:
            texts = [f"{card.name}: {text}" for text in card_warnings(card, predictors, sources)]
            found.setdefault(origin, []).extend(texts)
    return found


def _unknown_names(
    card: ModelCard, predictors: Registrations[PredictorSpec], sources: Registrations[SourceSpec]
) -> Iterator[str]:
    predictor = card.inference.predictor
    if predictor not in predictors and predictor != MARK:
        yield f"inference.predictor: no plugin has {predictor!r}{did_you_mean(predictor, predictors.names)}"
    keys = {spec.key for spec in sources}
    for source in sorted(card.sources.keys() - keys):
        yield f"sources.{source}: no plugin has this source, so it is not asked"


def _no_source(_card: ModelCard) -> Iterator[str]:
    yield "sources: none: the weights can only come from a folder of OCRZOO_MODEL_PATH, a mirror or a bundle"


def _incomplete(card: ModelCard) -> Iterator[str]:
    if keys := unfilled(card):
        yield f"incomplete: {', '.join(keys)} {'is' if len(keys) == 1 else 'are'} to be filled in"


def _license(card: ModelCard) -> Iterator[str]:
    if not card.license.startswith(MARK) and spdx(card.license) is None:
        yield (
            f"license: {card.license!r} is not an SPDX identifier such as Apache-2.0, MIT or LicenseRef-Own "
            "(https://spdx.org/licenses)"
        )


def _scripts(card: ModelCard) -> Iterator[str]:
    """Scripts of claimed languages that ``scripts`` lacks, and those in it that no claimed language is written in.

    A language whose script is not known may be written in any.
    """
    used = {tag: language_of_tag(tag).script for tag in card.languages}
    known = {tag: script for tag, script in used.items() if script != UNKNOWN_SCRIPT}
    stated, needed = _expanded(card.scripts), _expanded(known.values())
    first = {script: tag for tag, script in reversed(known.items())}
    missing = [script for script in dict.fromkeys(known.values()) if not _expanded([script]) & stated]
    strange = [script for script in card.scripts if known == used and not _expanded([script]) & needed]
    if not known or not (missing or strange):
        return
    right = [script for script in card.scripts if script not in strange]
    right += missing
    faults = [f"{script} is missing, in which {language_of_tag(first[script])} is written" for script in missing]
    if strange:
        faults.append(f"none of the claimed languages ({', '.join(used)}) is written in {', '.join(strange)}")
    yield f"scripts: {'; '.join(faults)}: write 'scripts: [{', '.join(right)}]'"


def _expanded(scripts: Iterable[str]) -> set[str]:
    return set().union(*(_PARTS.get(script, {script}) for script in scripts))


def _letters(card: ModelCard) -> Iterator[str]:
    """Claimed languages that the charset cannot write."""
    for one in claimed_support(card):
        if one.coverage is not None and not one.covers(MIN_COVERAGE):
            yield f"languages: claims {one.language}, but {one.explain_gap()}"


def _charset(card: ModelCard) -> Iterator[str]:
    if card.charset is None:
        return
    try:
        entries = read_charset(card.folder / card.charset)
    except CardError as error:
        yield f"charset: {error}"
        return
    double = [entry for entry, count in Counter(entries).items() if count > 1]
    if double:
        yield f"charset: entries that occur more than once: {_shown(double)}"
    composed = [entry for entry in entries if len(unicodedata.normalize("NFC", entry)) < len(entry)]
    if composed:
        yield f"charset: entries that are not in NFC, so its texts will not be either: {_shown(composed)}"
    padded = [entry for entry in entries if len(entry) > 1 and entry != entry.strip()]
    if padded:
        yield f"charset: entries with spaces around them: {_shown(padded)}"


def _shown(entries: list[str]) -> str:
    more = f" and {len(entries) - _SHOWN} more" if len(entries) > _SHOWN else ""
    return ", ".join(map(ascii, entries[:_SHOWN])) + more


def _weights(card: ModelCard) -> Iterator[str]:
    """The folder beside the card, if the card names one and it lacks files."""
    for file_format, artifact in card.artifacts.items():
        beside = read_reference(card, "directory", file_format, Directory)
        if beside is not None:
            folder = card.folder / beside.path
            if missing := missing_of(folder, [file.path for file in artifact.files]):
                yield f"sources.directory.{file_format}: {folder} has no {', '.join(missing)}"


_CHECKS: tuple[Callable[[ModelCard], Iterator[str]], ...] = (_incomplete, _license, _scripts, _charset, _weights)
