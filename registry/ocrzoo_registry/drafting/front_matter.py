"""The front matter of a repository's ``README.md``, as Hugging Face's hub reads it: written from a card, and read.

Keys and values are those of the hub's metadata: ``license`` in lower case, languages as ISO 639 with their full tags
in ``language_bcp47``, figures in ``model-index``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.fields import BASE_MODEL, LANGUAGE_TAG
from ocrzoo_registry.cards.figures import Metric
from ocrzoo_registry.cards.schema import BaseModelRef, ModelCard
from ocrzoo_registry.cards.spdx import spdx
from ocrzoo_registry.drafting.tasks import USUAL
from ocrzoo_registry.errors import AmbiguousLanguage, CardError, UnknownLanguage
from ocrzoo_registry.files import read_bounded
from ocrzoo_registry.languages.tags import parse_language

LIBRARY = "ocrzoo"
README = "README.md"
MAX_BYTES = 1 << 20
"""Of a README.md."""

_BLOCK = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PARAGRAPH = re.compile(r"^# [^\n]*\n+([^\s#<>\[!|`*-][^\n]*)$", re.MULTILINE)
"""The line of plain text that follows a title."""
_METRICS = get_args(Metric.model_fields["name"].annotation)
_UNITS = ("percent", "ratio")
_MOST_METRICS, _LONGEST = 200, 300
_MOST_NAMES = 300
"""Languages and base models that are read: an unknown language is compared with all known names."""
_RELATIONS = frozenset({"adapter", "finetune", "merge", "quantized"})
"""What a model may be to its base model, as the hub has it."""
_UNNAMED = "not named"
"""The data set of a figure whose card names none; the hub wants one."""


@dataclass(frozen=True)
class Stated:
    """What a front matter says that a card can state."""

    languages: tuple[str, ...] = ()
    license: str | None = None
    summary: str | None = None
    metrics: tuple[dict[str, Any], ...] = ()
    base_model: tuple[dict[str, str], ...] = ()


def parse(text: str, where: str) -> tuple[dict[str, Any], str]:
    """Return the front matter of a Markdown file, and the text after it; an empty one if it has none.

    Raises:
        CardError: It is not YAML, or no mapping.
    """
    found = _BLOCK.match(text)
    if found is None:
        return {}, text
    try:
        data = safe_yaml.load(found[1])
    except safe_yaml.YamlError as error:
        raise CardError(f"{where}: its front matter is not valid YAML: {error}") from error
    if not isinstance(data, dict):
        raise CardError(f"{where}: its front matter is not a mapping")
    return data, text[found.end() :]


def of_readme(path: Path, where: str) -> dict[str, Any]:
    """Return the front matter of a ``README.md``, with its first paragraph as ``summary`` where it states none.

    ``where`` names it in errors.

    Raises:
        OSError: The file cannot be read, or is too large.
        CardError: Its front matter is not YAML, or no mapping.
    """
    data, body = parse(read_bounded(path, MAX_BYTES).decode("utf-8", "replace"), where)
    if data and (found := _PARAGRAPH.search(body)):
        data.setdefault("summary", found[1])
    return data


def read(data: Mapping[str, Any]) -> Stated:
    """Return what a front matter states; anything that is not as the hub documents it is left out."""
    return Stated(
        tuple(dict.fromkeys(_languages(data))),
        _license(data),
        _text(data.get("summary")),
        tuple(_metrics(data)),
        tuple(_bases(data)),
    )


def _languages(data: Mapping[str, Any]) -> Iterator[str]:
    for key in ("language_bcp47", "language"):  # the first has scripts and regions
        known = [found for tag in _names(data.get(key)) if (found := _language(str(tag)))]
        yield from known
        if known:
            return


def _language(tag: str) -> str | None:
    """A tag as it is stated, or as cards write it; ``None`` if no card can, as of ``es-419``."""
    try:
        language = parse_language(tag)
    except (AmbiguousLanguage, UnknownLanguage):
        return None
    return next((one for one in (tag, language.tag) if re.fullmatch(LANGUAGE_TAG, one)), None)


def _license(data: Mapping[str, Any]) -> str | None:
    """The license as an SPDX expression; the hub writes identifiers in lower case, and ``other`` with a name."""
    stated = data.get("license_name") if data.get("license") == "other" else data.get("license")
    return spdx(stated) if isinstance(stated, str) else None


def _text(value: object) -> str | None:
    return " ".join(value.split())[:_LONGEST] or None if isinstance(value, str) else None


def _metrics(data: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The figures of ``model-index`` that are of a kind that cards have."""
    results = [one for model in _mappings(data.get("model-index")) for one in _mappings(model.get("results"))]
    for result in results[:_MOST_METRICS]:
        dataset = _part(result, "dataset")
        for metric in _mappings(result.get("metrics"))[:_MOST_METRICS]:
            kind, value = metric.get("type"), _figure(metric.get("value"))
            if kind not in _METRICS or value is None:
                continue
            arguments = _part(metric, "args")
            found = {
                "name": kind,
                "value": value,
                "unit": arguments.get("unit") if arguments.get("unit") in _UNITS else "percent",
                "language": _first_language(arguments),
                "dataset": None if dataset.get("name") == _UNNAMED else _text(dataset.get("name")),
                "source": _text(arguments.get("source")) or "the repository's README.md",
            }
            yield {key: one for key, one in found.items() if one is not None}


def _bases(data: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """The models that it was made from; the hub states one relation for all, and takes a finetune for granted."""
    relation = data.get("base_model_relation", "finetune")
    if not isinstance(relation, str) or relation not in _RELATIONS:
        return
    for name in _names(data.get("base_model")):
        if isinstance(name, str) and re.fullmatch(BASE_MODEL, name):
            yield {"name": name, "relation": relation}


def _first_language(arguments: Mapping[str, Any]) -> str | None:
    stated = arguments.get("language")
    return stated if isinstance(stated, str) and re.fullmatch(LANGUAGE_TAG, stated) else None


def _names(value: object) -> list[Any]:
    """What is stated as a text, or as a list of them."""
    return [value] if isinstance(value, str) else value[:_MOST_NAMES] if isinstance(value, list) else []


def _mappings(value: object) -> list[Mapping[str, Any]]:
    """The mappings in a list; none in anything else."""
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []


def _figure(value: object) -> float | None:
    """A number that a card can state: none that is infinite, NaN, or too large for a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) <= sys.float_info.max else None


def _part(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    part = data.get(key)
    return part if isinstance(part, Mapping) else {}


def written(card: ModelCard) -> dict[str, Any]:
    """Return the front matter of a card's repository, in the order in which the hub documents it."""
    usual = USUAL.get(card.task)
    data: dict[str, Any] = {
        "library_name": LIBRARY,
        "pipeline_tag": usual.hub_tag if usual else None,
        **_written_license(card.license),
        "language": list(dict.fromkeys(tag.partition("-")[0] for tag in card.languages)),
        "language_bcp47": [tag for tag in card.languages if "-" in tag] and list(card.languages),
        **_written_bases(card.base_model),
        "tags": list(dict.fromkeys(["ocr", card.task, *card.tags])),
        "model-index": _written_index(card),
    }
    return {key: value for key, value in data.items() if value}


def _written_license(text: str) -> dict[str, str]:
    """A plain identifier in lower case; of anything else, its name."""
    expression = spdx(text)
    if expression is None or re.search(r"[ ()]|LicenseRef-", expression):
        return {"license": "other", "license_name": text}
    return {"license": expression.lower()}


def _written_bases(bases: Sequence[BaseModelRef]) -> dict[str, Any]:
    """The relation only where it is one for all, and one that the hub has."""
    relations = {one.relation for one in bases} & _RELATIONS
    relation = relations.pop() if len({one.relation for one in bases}) == 1 and relations else None
    return {"base_model": [one.name for one in bases], "base_model_relation": relation}


def _written_index(card: ModelCard) -> list[dict[str, Any]]:
    usual = USUAL.get(card.task)
    results = [
        {
            "task": {"type": usual.hub_tag if usual else card.task, "name": card.task},
            "dataset": {"type": _slug(metric.dataset or _UNNAMED), "name": metric.dataset or _UNNAMED},
            "metrics": [
                {
                    "type": metric.name,
                    "value": metric.value,
                    "args": _without_none(unit=metric.unit, language=metric.language, source=metric.source),
                }
            ],  # the hub's own ``source`` must have a URL
        }
        for metric in card.metrics
        if metric.value is not None
    ]
    return [{"name": card.name, "results": results}] if results else []


def _without_none(**values: str | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if value is not None}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "unknown"
