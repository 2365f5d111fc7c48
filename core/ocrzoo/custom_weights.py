"""Custom weights: a folder with a fine-tuned model, under any name."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.address import is_address
from ocrzoo_registry.cards.fields import Task
from ocrzoo_registry.cards.formats import format_names, is_complete
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.cards.to_fill import MARK, unfilled
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import reason
from ocrzoo_registry.plugins.registrations import OFFICIAL
from ocrzoo_registry.store.store import ModelFiles
from ocrzoo_registry.zoo import Zoo

_LONGEST_NAME = 200
"""Characters of a model's name in messages."""

_OF_PUBLISHED_WEIGHTS: dict[str, Any] = {"charset": None, "labels": ()}
"""Fields of a card that a folder's ``inference.yml`` replaces."""

_OF_PUBLISHED_MODEL: dict[str, Any] = {
    **dict.fromkeys(("languages", "scripts", "metrics", "latency", "error_rates", "tags", "aliases", "base_model"), ()),
    **dict.fromkeys(("size_mb", "deprecated_by", "tier", "card_version", "known_digests"), None),
    "version": "custom",
    "summary": "Custom weights.",
    "sources": {},
}
"""Fields of a card that do not hold for another model of its task."""


def custom_files(model_dir: str | Path, what: str) -> ModelFiles:
    """Return the model in a folder; ``what`` names it in errors.

    Raises:
        UsageError: There is no such folder, or no model in it.
    """
    try:
        folder = Path(model_dir).expanduser()
        present = [path.name for path in folder.iterdir() if path.is_file()]
    except (OSError, RuntimeError, TypeError, ValueError) as error:
        why = reason(error) if isinstance(error, OSError) else error
        raise UsageError(f"{model_dir} could not be read for {what}: {why}") from error
    for file_format in dict.fromkeys(("onnx", *format_names())):  # most engines read ONNX
        if is_complete(file_format, present):
            return ModelFiles(what, file_format, folder)
    raise UsageError(f"{folder} has no model: inference.onnx, or inference.json and inference.pdiparams, are missing")


def custom_card(zoo: Zoo, name: str | None, task: Task, folder: Path) -> ModelCard:
    """Return the card to run custom weights by: the one of the model that they are named after, else one of the task.

    The name is the one given, else the one in the folder's ``inference.yml``; it need not be registered.

    Raises:
        IntegrityError: The folder's ``inference.yml`` cannot be read, or is that of another registered model.
        UsageError: The name is that of a model for another task.
    """
    config, stated = _stated(folder)
    known = [zoo.models.current_name(one) for one in (name, stated) if isinstance(one, str) and one in zoo.models]
    if len(set(known)) > 1 and config is not None:
        inference_yml.check_name(config, str(name), str(folder))
    if known:
        card = card_for(zoo, known[-1], task)
        return card.model_copy(update={"name": name or known[-1], **({} if config is None else _OF_PUBLISHED_WEIGHTS)})
    alike = min(
        (card for card in zoo.models if card.task == task),
        key=lambda card: zoo.models.origin(card.name).distribution != OFFICIAL,  # others may have their own predictors
        default=None,
    )
    if alike is None:
        raise UsageError(f"{folder}: no registered model does {task}, so there is no predictor for it")
    own_name = str(name or stated or folder.name)[:_LONGEST_NAME]
    return alike.model_copy(update={"name": own_name, **_OF_PUBLISHED_WEIGHTS, **_OF_PUBLISHED_MODEL})


def task_of(zoo: Zoo, name: str | None, model_dir: str | Path) -> Task:
    """Return the task of custom weights: that of the model they are named after, by ``name`` or ``inference.yml``.

    Raises:
        UsageError: There is no model in the folder, or it is not named after a registered one.
    """
    folder = custom_files(model_dir, name or "the model").folder
    _, stated = _stated(folder)
    for one in (name, stated):
        if isinstance(one, str) and one in zoo.models:
            return zoo.models.get(one).task
    raise UsageError(
        f"{folder}: {name or stated or 'its model'} is not registered: add task=, such as text_recognition"
    )


def card_for(zoo: Zoo, name: str, task: Task) -> ModelCard:
    """Return the card of a model for a task.

    Raises:
        UnknownModel: No card has that name.
        UsageError: The model does another task, or how it is run is to be filled in.
    """
    card = zoo.models.get(name)
    if MARK in {card.task, card.inference.predictor}:
        step = f"its card is incomplete ({', '.join(unfilled(card))}): fill in these keys"
        if card.file is not None:
            step += f" in {card.file}"
        if card.address is not None:
            command = f"ocrzoo plugins new NAME --from {card.address}"
            step = f"it has no inference.yml that says how: write a card with '{command}'"
        raise UsageError(f"{name} cannot be run: {step}")
    if card.task != task:
        raise UsageError(f"{name} does {card.task}, not {task}: 'ocrzoo models list --task {task}' lists those that do")
    return card


def stated_name(config: Mapping[str, Any]) -> str | None:
    """Return the model that an ``inference.yml`` names, if any.

    An address is no name there: whoever made the folder would choose which repository or folder is looked at.
    """
    name = config["Global"].get("model_name")
    return name if isinstance(name, str) and not is_address(name) else None


def _stated(folder: Path) -> tuple[dict[str, Any] | None, str | None]:
    """The folder's ``inference.yml``, if any, and the name in it."""
    if not (folder / inference_yml.FILE_NAME).exists():
        return None, None
    config = inference_yml.read(folder)
    return config, stated_name(config)
