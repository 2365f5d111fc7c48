"""A model's ``inference.yml``; one that was verified is parsed once, and kept in the store as JSON.

The charset in it has up to 18,000 entries: as YAML, it takes a tenth of the time to the first text.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.charsets import check_charset
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import StoreError
from ocrzoo_registry.files import read_bounded
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import ModelFiles, Store

FILE_NAME = "inference.json"

log = logging.getLogger("ocrzoo")


def read_config(card: ModelCard, files: ModelFiles, store: Store, *, custom: bool) -> dict[str, Any]:
    """Return a folder's ``inference.yml``; without one, the card's configuration. ``custom``: it is the user's.

    Raises:
        CardError: The card's charset could not be read.
        IntegrityError: The file is broken, or of another model than the card.
    """
    if not (files.folder / inference_yml.FILE_NAME).exists():
        return inference_yml.from_card(card)
    if custom:
        return inference_yml.read(files.folder)
    if (kept := _kept(files, store)) is not None:
        return kept
    config = inference_yml.read(files.folder)
    inference_yml.check_card(config, card, str(files.folder))
    check_charset(card, config["PostProcess"].get("character_dict"), str(files.folder))
    _keep(config, files, store)
    return config


def _recipe(files: ModelFiles) -> str | None:
    """What the JSON is of: the file with its digest, and the checks that it passed; ``None`` if it was not verified."""
    stored = () if files.manifest is None else files.manifest.files
    digest = next((one.sha256 for one in stored if one.path == inference_yml.FILE_NAME), None)
    return None if digest is None else f"{inference_yml.FILE_NAME} {digest} of {files.name} as JSON 1"


def _kept(files: ModelFiles, store: Store) -> dict[str, Any] | None:
    """The configuration as it was kept, if it was."""
    recipe = _recipe(files)
    try:
        folder = None if recipe is None else derived.find(files, recipe, store=store)
        if folder is None:
            return None
        kept: dict[str, Any] = json.loads(read_bounded(folder / FILE_NAME, inference_yml.MAX_BYTES))
    except (OSError, ValueError, StoreError) as error:
        log.debug("%s: its configuration is read again: %s", files.name, error)
        return None
    return kept


def _keep(config: dict[str, Any], files: ModelFiles, store: Store) -> None:
    """Keep a configuration that was read and checked, if JSON can hold it."""
    recipe = _recipe(files)
    text = json.dumps(config, ensure_ascii=False)
    if recipe is None or json.loads(text) != config:
        return

    def build(folder: Path) -> None:
        (folder / FILE_NAME).write_text(text, encoding="utf-8")

    try:
        derived.make(files, recipe, build, store=store)
    except StoreError as error:
        log.debug("%s: its configuration is not kept: %s", files.name, error)
