"""``inference.yml``: how a model is run, in PaddleX's format.

Models on the official hubs include the file. For weights without it, one is written from the card, so that every
model's folder is complete for PaddleX too. Nothing in it is evaluated.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.formats import CONFIG
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError

FILE_NAME = CONFIG

_ESCAPED = re.compile(r'^( *- )"((?:\\U[0-9A-F]{8})+)"$', re.MULTILINE)
"""Entries of a charset that libyaml escapes. PaddleX's files have the characters, and some readers know no escapes."""

MAX_BYTES = 8 << 20
"""The largest official file (18,708 characters) has 170 kB."""


def render(card: ModelCard) -> bytes:
    """Return the ``inference.yml`` of a model, from its card and charset.

    Raises:
        CardError: The card's charset could not be read.
    """
    config = from_card(card)
    text = safe_yaml.dump({key: value for key, value in config.items() if value})
    return _ESCAPED.sub(_as_characters, text).encode("utf-8")


def _as_characters(found: re.Match[str]) -> str:
    return found[1] + "".join(chr(int(digits, 16)) for digits in found[2].split("\\U")[1:])


def origin(card: ModelCard) -> str:
    """Return the origin of an ``inference.yml`` written from a card, with a digest of everything in it."""
    import hashlib

    charset = (card.folder / card.charset).read_bytes() if card.charset is not None else b""
    content = card.name.encode() + card.inference.model_dump_json().encode() + charset
    return f"{WRITTEN_FROM_CARD}, state {hashlib.sha256(content).hexdigest()[:16]}"


def from_card(card: ModelCard) -> dict[str, Any]:
    """Return the content of a model's ``inference.yml``, from its card and charset.

    Raises:
        CardError: The card's charset could not be read.
    """
    shapes = {name: [list(shape) for shape in bounds] for name, bounds in card.inference.dynamic_shapes.items()}
    config: dict[str, Any] = {"Global": {"model_name": card.name}}
    if shapes:
        config["Hpi"] = {
            "backend_configs": {
                "paddle_infer": {"trt_dynamic_shapes": shapes},
                "tensorrt": {"dynamic_shapes": shapes},
            }
        }
    if card.inference.preprocess:
        config["PreProcess"] = {"transform_ops": [dict(op) for op in card.inference.preprocess]}
    config["PostProcess"] = dict(card.inference.postprocess)
    if card.charset is not None:
        config["PostProcess"]["character_dict"] = list(read_charset(card.folder / card.charset))
    return config


def read(folder: Path, name: str = "") -> dict[str, Any]:
    """Read a model folder's ``inference.yml`` as plain data; ``Global`` and ``PostProcess`` always exist.

    Errors call it by its path, or by ``name``.

    Raises:
        IntegrityError: It is missing, too large, or not a YAML mapping.
    """
    name = name or str(folder / FILE_NAME)
    try:
        data = safe_yaml.read_file(folder / FILE_NAME, MAX_BYTES, name)
    except safe_yaml.YamlError as error:
        raise IntegrityError(str(error)) from error
    if not isinstance(data, dict):
        raise IntegrityError(f"{name}: not a YAML mapping")
    for section in ("Global", "PostProcess"):
        content = data.get(section)
        if content is not None and not isinstance(content, dict):
            raise IntegrityError(f"{name}: {section} is not a mapping")
        data[section] = content or {}
    _check_operations(data.get("PreProcess"), name)
    return data


def _check_operations(prepare: Any, name: str) -> None:
    """Refuse ``transform_ops`` that is not a list; predictors iterate over it."""
    if prepare is not None and not isinstance(prepare, dict):
        raise IntegrityError(f"{name}: PreProcess is not a mapping")
    operations = (prepare or {}).get("transform_ops")
    if operations is not None and not isinstance(operations, list):
        raise IntegrityError(f"{name}: PreProcess.transform_ops is not a list")


def check_card(config: dict[str, Any], card: ModelCard, where: str) -> None:
    """Refuse the configuration of another model than the card's; where the card states its digest, it is the card's.

    Raises:
        IntegrityError: It names another model.
    """
    pinned = (file.sha256 for artifact in card.artifacts.values() for file in artifact.files if file.path == CONFIG)
    if not any(pinned):
        check_name(config, card.name, where)


def check_name(config: dict[str, Any], name: str, where: str) -> None:
    """Refuse the configuration of another model.

    Raises:
        IntegrityError: It names another model.
    """
    stated = config["Global"].get("model_name")
    if stated is not None and stated != name:
        raise IntegrityError(f"{where} holds {stated}, not {name}. Name the model in the folder, or another folder.")


WRITTEN_FROM_CARD = "written from the model card"
"""How the origin of a file begins that no source served."""
