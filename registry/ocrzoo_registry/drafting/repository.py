"""The ``README.md`` of a model's repository, from its card."""

from __future__ import annotations

from collections.abc import Iterator

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.drafting import front_matter
from ocrzoo_registry.drafting.tasks import USUAL


def readme(card: ModelCard) -> str:
    """Return the file: its front matter, what the model does, its files, and how it is used."""
    return f"---\n{safe_yaml.dump(front_matter.written(card))}---\n" + "\n".join(_lines(card)) + "\n"


def _lines(card: ModelCard) -> Iterator[str]:
    yield f"\n# {card.name}\n\n{_plain(card.summary)}\n"
    usual = USUAL.get(card.task)
    if usual is not None:
        yield f"    ocrzoo ocr page.png --{usual.option} hf://ORG/{card.name}\n"
    yield "| format | file | size | SHA-256 |\n|---|---|---|---|"
    for kind, artifact in card.artifacts.items():
        for file in artifact.files:
            yield f"| {kind} | `{file.path}` | {file.size or ''} | {f'`{file.sha256}`' if file.sha256 else ''} |"
    if card.metrics:
        yield "\n| figure | value | language | data set | source |\n|---|---|---|---|---|"
    for metric in card.metrics:
        value = metric.statement or f"{metric.value:g}{' %' if metric.unit == 'percent' else ''}"
        cells = (metric.name, value, metric.language or "", metric.dataset or "", metric.source)
        yield f"| {' | '.join(map(_plain, cells))} |"


def _plain(text: str) -> str:
    """Text that is no table cell's end, nor HTML, nor a command to a terminal."""
    shown = "".join(letter if letter.isprintable() else "?" for letter in " ".join(text.split()))
    return shown.replace("|", "\\|").replace("<", "&lt;")
