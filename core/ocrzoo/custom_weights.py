"""Weights in a folder of the user's own: fine-tuned ones, under whatever name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.formats import format_names, is_complete
from ocrzoo_registry.cards.schema import ModelCard, Task
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import reason
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

_LONGEST_NAME = 200
"""Letters of a model's name, which stands in messages."""

_OF_PUBLISHED_WEIGHTS: dict[str, Any] = {"charset": None, "labels": ()}
"""What a card says of the published weights, and the folder's ``inference.yml`` says of others."""

_OF_PUBLISHED_MODEL: dict[str, Any] = {
    **dict.fromkeys(("languages", "scripts", "metrics", "latency", "tags"), ()),
    **dict.fromkeys(("size_mb", "deprecated_by", "tier", "copies"), None),
    "version": "own",
    "summary": "The user's own weights.",
    "sources": {},
}
"""What a card says of that one model, and that does not hold for others of its task."""


def own_files(model_dir: str | Path, what: str) -> ModelFiles:
    """Return the model that lies in a folder; ``what`` names it in errors.

    Raises:
        UsageError: There is no such folder, or no model in it.
    """
    try:
        folder = Path(model_dir).expanduser()
        present = [path.name for path in folder.iterdir() if path.is_file()]
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise UsageError(f"{model_dir}: there is no such folder for {what}: {why}") from error
    for file_format in dict.fromkeys(("onnx", *format_names())):  # most engines read ONNX
        if is_complete(file_format, present):
            return ModelFiles(what, file_format, folder)
    raise UsageError(
        f"{folder}: holds no model: inference.onnx, or inference.json and inference.pdiparams, are missing"
    )


def own_card(zoo: Zoo, name: str | None, task: Task, folder: Path) -> ModelCard:
    """Return the card to run an own model by: that of the model it was made from, where it says so.

    The name is the one asked for, else the one in the folder's ``inference.yml``; a name that nobody knows
    is fine. Two different known names are not: then the folder is a mistake.

    Raises:
        IntegrityError: The folder's ``inference.yml`` cannot be read, or is that of another known model.
        UsageError: A name is known, and does another task.
    """
    config = inference_yml.read(folder) if (folder / inference_yml.FILE_NAME).exists() else None
    stated = None if config is None else config["Global"].get("model_name")
    known = [one for one in (name, stated) if isinstance(one, str) and one in zoo.models]
    if len(set(known)) > 1 and config is not None:
        inference_yml.check_name(config, str(name), str(folder))
    if known:
        card = card_for(zoo, known[-1], task)
        return _changed(card, name=name or known[-1], **({} if config is None else _OF_PUBLISHED_WEIGHTS))
    alike = next((card for card in zoo.models if card.task == task), None)
    if alike is None:
        raise UsageError(f"{folder}: no model of the catalog does {task}: nothing says how to run it")
    named = stated if isinstance(stated, str) else None
    return _changed(
        alike, name=str(name or named or folder.name)[:_LONGEST_NAME], **_OF_PUBLISHED_WEIGHTS, **_OF_PUBLISHED_MODEL
    )


def card_for(zoo: Zoo, name: str, task: Task) -> ModelCard:
    """Return the card of a model that does a task.

    Raises:
        UnknownModel: No card has that name.
        UsageError: The model does another task.
    """
    card = zoo.models.get(name)
    if card.task != task:
        raise UsageError(f"{name} does {card.task}, not {task}: 'ocrzoo models list --task {task}' shows what does")
    return card


def _changed(card: ModelCard, **changes: Any) -> ModelCard:
    return card.model_copy(update=changes)
