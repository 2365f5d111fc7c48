"""What the pages say of each model: its card, who registered it, its languages, and how it is used."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import JsonValue, ValidationError

from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.size import size_mb
from ocrzoo_registry.drafting.tasks import USUAL
from ocrzoo_registry.errors import CardError
from ocrzoo_registry.languages.support import LanguageSupport, claimed_support
from ocrzoo_registry.languages.tags import Language, language_of_tag
from ocrzoo_registry.names import natural_key
from ocrzoo_registry.plugins.registrations import Origin
from ocrzoo_registry.sources import huggingface, modelscope
from ocrzoo_registry.sources.references import Member, Repository, Wheel
from ocrzoo_registry.zoo import Zoo

_HUB_PAGES = {
    "huggingface": f"{huggingface.ENDPOINT}/{{}}",
    "modelscope": f"{modelscope.ENDPOINT}/models/{{}}",
}
"""The page of a repository, by source."""

_OPTIONAL = frozenset({"doc_text_orientation", "image_unwarping", "textline_orientation"})
"""Tasks of stages that are off by default."""

_TOLD = frozenset(
    {"name", "family", "task", "tier", "version", "summary", "license", "links", "tags", "deprecated_by"}
    | {"languages", "scripts", "charset", "labels", "metrics", "latency", "error_rates", "size_mb", "artifacts"}
    | {"sources", "inference", "self_check", "known_digests"}
)
"""Keys of a card that the page of a model has a place for; the others are listed by name."""

_ENTRIES_PER_ROW = 50


@dataclass(frozen=True)
class Claim:
    """A language that a card claims, and how much of it the charset writes."""

    support: LanguageSupport

    @property
    def language(self) -> Language:
        """The language."""
        return self.support.language

    @property
    def state(self) -> str:
        """``complete``, ``partial``, ``none`` or ``unknown``: which of the letters the charset has."""
        coverage = self.support.coverage
        if coverage is None:
            return "unknown"
        return "complete" if not coverage.missing else "partial" if coverage.covered else "none"

    @property
    def missing(self) -> tuple[str, ...]:
        """The letters that the charset lacks."""
        return self.support.coverage.missing if self.support.coverage else ()

    @property
    def words(self) -> str:
        """The state in words."""
        if self.support.charset_error is not None:
            return "charset unreadable"
        if self.support.coverage is None:
            return "letters not known"
        required, missing = self.support.coverage.required, len(self.missing)
        return f"lacks {missing} of {required} letters" if missing else f"all {required} letters"


@dataclass(frozen=True)
class SourceLine:
    """Where one source has one format of a model."""

    source: str
    file_format: str
    text: str
    url: str | None
    files: tuple[Member, ...] = ()
    """The files with their digests, as far as the card states them for this source."""


@dataclass(frozen=True, eq=False)
class Entry:
    """One model of the catalog."""

    card: ModelCard
    origin: Origin

    @property
    def page(self) -> str:
        """The file of its page; the names of cards have no slash, and no two differ in case only."""
        return f"{self.card.name}.html"

    @property
    def task(self) -> str:
        """The task in words."""
        return task_words(self.card.task)

    @cached_property
    def size_mb(self) -> float | None:
        """Megabytes, if known."""
        return size_mb(self.card)

    @cached_property
    def claims(self) -> tuple[Claim, ...]:
        """The languages that the card claims, in its order."""
        return tuple(map(Claim, claimed_support(self.card)))

    @cached_property
    def cpu_ms(self) -> float | None:
        """The published time of an image on a CPU, without acceleration."""
        return next((one.ms for one in self.card.latency if one.device == "cpu" and one.mode == "normal"), None)

    @cached_property
    def charset(self) -> tuple[str, ...] | None:
        """The entries of the charset; ``None`` if there is none, or it could not be read."""
        if self.card.charset is None:
            return None
        return _charset(self.card.folder / self.card.charset)

    @property
    def charset_rows(self) -> tuple[tuple[int, str], ...]:
        """The charset in rows: the class of the first entry, and the entries as they can be seen."""
        return _charset_rows(self.charset or ())

    @property
    def sources(self) -> Iterator[SourceLine]:
        """Where the model is, by source and format."""
        for source, references in sorted(self.card.sources.items()):
            for file_format, reference in references.items():
                yield _source_line(source, file_format, reference)

    @property
    def other_facts(self) -> dict[str, str]:
        """What else the card has, as text by key."""
        data = self.card.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return {key: as_text(value) for key, value in sorted(data.items()) if key not in _TOLD}

    @property
    def steps(self) -> Iterator[tuple[str, str]]:
        """How it is run: each setting of ``inference`` and its value, the steps of pre-processing in order."""
        inference = self.card.inference
        yield "predictor", inference.predictor
        for step in inference.preprocess:
            for name, value in step.items():
                yield name, "" if value is None else as_text(value)
        for name, value in inference.postprocess.items():
            yield f"postprocess {name}", as_text(value)
        for name, shapes in inference.dynamic_shapes.items():
            yield f"input {name}", ", ".join(" x ".join(map(str, shape)) for shape in shapes)

    @property
    def whole_card(self) -> str:
        """The card as JSON."""
        data = self.card.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        return json.dumps(data, ensure_ascii=False, indent=2)

    @property
    def usage(self) -> dict[str, str]:
        """Three lines to use it, by their headings."""
        name, usual = self.card.name, USUAL.get(self.card.task)
        lines = {
            "Download": f"ocrzoo models pull {name}",
            "Python, the model alone": f'ocrzoo.create_model("{name}").predict("image.png")',
        }
        if usual is None:
            return lines
        switch = f"use_{usual.option.removesuffix('_model_name')}" if self.card.task in _OPTIONAL else ""
        option, argument = (f" --{switch} True", f", {switch}=True") if switch else ("", "")
        return {
            "Command line": f"ocrzoo ocr page.png --{usual.option} {name}{option}",
            "Python, the model alone": lines["Python, the model alone"],
            "Python, in the pipeline": f'ocrzoo.create_pipeline({usual.option}="{name}"{argument})',
        }


def entries_of(zoo: Zoo) -> list[Entry]:
    """Return all models of a zoo, in natural order of their names."""
    cards = sorted(zoo.models, key=lambda card: natural_key(card.name))
    return [Entry(card, zoo.models.origin(card.name)) for card in cards]


def task_words(task: str) -> str:
    """Return a task as words: ``Text recognition``."""
    return re.sub("^doc_", "document_", task).replace("_", " ").capitalize()


def language_words(tag: str) -> str:
    """Return the tag of a figure in words: a language, or several."""
    if tag == "mul":
        return "many languages"
    return f"{tag.removeprefix('und-')} script" if tag.startswith("und-") else str(language_of_tag(tag))


def as_text(value: object) -> str:
    """Return plain data as text to read."""
    if isinstance(value, list | tuple):
        return ", ".join(map(as_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {as_text(one)}" for key, one in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@lru_cache(maxsize=256)
def _charset(path: Path) -> tuple[str, ...] | None:
    try:
        return read_charset(path)
    except CardError:
        return None


@lru_cache(maxsize=64)
def _charset_rows(entries: tuple[str, ...]) -> tuple[tuple[int, str], ...]:
    starts = range(0, len(entries), _ENTRIES_PER_ROW)
    return tuple((start + 1, " ".join(map(visible, entries[start : start + _ENTRIES_PER_ROW]))) for start in starts)


def visible(entry: str) -> str:
    """Return a charset's entry so that it can be seen: spaces and controls by code point, marks on a circle."""
    if unicodedata.category(entry[0]) in {"Mn", "Mc", "Me"}:
        return f"\u25cc{entry}"
    if all(unicodedata.category(char)[0] in "ZC" for char in entry):
        return " ".join(f"U+{ord(char):04X}" for char in entry)
    return entry


def _source_line(source: str, file_format: str, reference: Mapping[str, JsonValue]) -> SourceLine:
    """A reference in words and with a link, as far as it is understood."""
    with suppress(ValidationError):
        if source in _HUB_PAGES:
            hub = Repository.model_validate(reference)
            revision = f" at {hub.revision}" if hub.revision else ""
            url = _HUB_PAGES[source].format(hub.repository)
            return SourceLine(source, file_format, f"{hub.repository}{revision}", url)
        if source == "wheel":
            wheel = Wheel.model_validate(reference)
            text = f"Python distribution {wheel.distribution} {wheel.version}"
            return SourceLine(source, file_format, text, None, wheel.members)
    address = reference.get("url")
    if isinstance(address, str) and len(reference) == 1:
        return SourceLine(source, file_format, address, address)
    return SourceLine(
        source, file_format, ", ".join(f"{key} {as_text(value)}" for key, value in reference.items()), None
    )


def is_link(value: object) -> bool:
    """Whether a value is an address that pages may link to: https only."""
    return isinstance(value, str) and value.startswith("https://")
