"""A model's repository, from its card and its stored files: ``README.md``, ``inference.yml`` and the weights."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.formats import CONFIG
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.drafting import front_matter
from ocrzoo_registry.drafting.new_folder import new_folder
from ocrzoo_registry.drafting.tasks import USUAL
from ocrzoo_registry.store.store import MANIFEST_NAME, ModelFiles


def write_repository(folder: Path, card: ModelCard, files: ModelFiles) -> None:
    """Write everything that a repository of the model needs into a new folder.

    Raises:
        UsageError: The folder exists, or cannot be written.
    """
    kind = files.file_format
    served = card.model_copy(update={"artifacts": {kind: card.artifacts[kind]}})
    with new_folder(folder) as stage:
        shutil.copytree(files.folder, stage, ignore=shutil.ignore_patterns(MANIFEST_NAME), dirs_exist_ok=True)
        (stage / front_matter.README).write_text(readme(served), encoding="utf-8")


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
        if all(file.path != CONFIG for file in artifact.files):
            yield f"| {kind} | `{CONFIG}`, written from the card | | |"
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
