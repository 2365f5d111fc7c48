"""Checks of a model's card and charset; no network is loaded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ocrzoo.testing.findings import Finding, Severity
from ocrzoo.testing.subjects import ModelSubject
from ocrzoo_registry.languages.ranking import MIN_COVERAGE
from ocrzoo_registry.languages.support import claimed_support
from ocrzoo_registry.languages.tags import Language

_OWN_CHECKS = ("license", "charset", "languages", "sources")
"""Keys whose warnings are those of other checks than ``card``."""

_ERRORS = ("incomplete", "inference.predictor", "scripts")
"""Keys whose warnings users would meet."""

MOST_LACKING = 0.1
"""Share of a language's letters that a charset may lack at most; published models lack up to a tenth of some."""


def complete(subject: ModelSubject) -> Iterator[Finding]:
    """What is odd about the card or missing in it, other than license, figures, charset, languages and sources."""
    for key, text in subject.warnings:
        if key.partition(".")[0] not in _OWN_CHECKS:
            yield Finding("error" if key in _ERRORS else "warning", text, key, "correct the card")
    card = subject.card
    reported = {key for key, _ in subject.warnings}
    if card.task == "text_recognition" and not card.languages:
        step = "list the languages that it was trained on"
        yield Finding("warning", "no language is claimed, so no language selects the model", "languages", step)
    if card.task == "text_recognition" and card.languages and not card.scripts and "scripts" not in reported:
        step = "list the scripts of its languages: text of Arabic or Hebrew is reordered by them"
        yield Finding("warning", "no script is stated", "scripts", step)


def license_of(subject: ModelSubject) -> Iterator[Finding]:
    """A license that no program can compare."""
    for key, text in subject.warnings:
        if key == "license":
            yield Finding("error", text, key, "write the SPDX identifier, or LicenseRef-Name for a license of your own")


def metrics(subject: ModelSubject) -> Iterator[Finding]:
    """Figures that nobody could repeat, and a model without any."""
    found = subject.card.metrics
    if not found:
        yield Finding("warning", "no figure is published", "metrics", "measure it, and state data set and source")
    for number, metric in enumerate(found):
        where = f"metrics.{number}"
        if metric.value is not None and metric.dataset is None:
            step = "add dataset: figures on different data sets do not compare"
            yield Finding("error", f"{metric.name} {metric.value:g} has no data set", where, step)
        if not metric.source.strip():
            yield Finding("error", f"{metric.name} has no source", where, "say where the figure was published")


def charset(subject: ModelSubject) -> Iterator[Finding]:
    """What is odd about the entries of the charset."""
    for key, text in subject.warnings:
        if key == "charset":
            severity: Severity = "warning" if "NFC" in text else "error"
            step = "write the entries as the network was trained with them, each once"
            yield Finding(severity, text, subject.charset_name, step)


def languages(subject: ModelSubject) -> Iterator[Finding]:
    """Claimed languages that the charset cannot write, and those of which nothing can be checked."""
    claimed = claimed_support(subject.card)
    yield from unknown_letters([one.language for one in claimed])
    for one in claimed:
        if one.coverage is None or one.covers(MIN_COVERAGE):
            continue
        severity: Severity = "error" if one.share < 1 - MOST_LACKING else "warning"
        step = f"do not claim {one.language.tag}, or train with its letters ('ocrzoo languages {one.language.tag}')"
        yield Finding(severity, f"claims {one.language}, but {one.explain_gap()}", "languages", step)


def unknown_letters(claimed: Iterable[Language]) -> Iterator[Finding]:
    """Languages whose letters are not known."""
    unknown = ", ".join(str(language) for language in claimed if not language.letters)
    if unknown:
        step = "see that the tags are right, and read texts of these languages yourself"
        yield Finding("skipped", f"the letters of {unknown} are not known", "languages", step)
