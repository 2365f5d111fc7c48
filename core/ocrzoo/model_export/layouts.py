"""The folders of the programs that take ``inference.onnx`` and ``inference.yml`` as they are.

What they expect was read in PaddleOCR's repository (``deploy/ppocr-android``, ``deploy/ios_demo``) and in PaddleOCR.js
0.4.2; docs/export.md says what each does with the files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from ocrzoo.model_export.targets import DETECTION, RECOGNITION, Model, Options, Placed, manifest_of, paths_of
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.formats import CONFIG, folder_name
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_bounded, read_chunks, receive
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.store.manifest import StoredFile

NETWORK = "inference.onnx"
DECODERS = {DETECTION: "DBPostProcess", RECOGNITION: "CTCLabelDecode"}
"""The only ones that these programs have, by task."""
_ESCAPE = re.compile(r'^ *- "(\\[xuU]([0-9A-Fa-f]{2,8}))" *$', re.MULTILINE)
"""An entry of the dictionary that PyYAML has escaped: all characters outside of the Basic Multilingual Plane are."""
HEIGHT = 48
"""Pixels of a line; PaddleOCR's Android SDK takes no other."""


def android(models: Sequence[Model], folder: Path, _options: Options) -> list[Placed]:
    """``models/det`` and ``models/rec``, as the Android SDK opens them in its assets."""
    return [replace(one, note=_unread_escapes(one.model)) for one in _by_role(models, folder, "models")]


def ios(models: Sequence[Model], folder: Path, _options: Options) -> list[Placed]:
    """``Models/det`` and ``Models/rec``, as the iOS demo's script for fetching them leaves them."""
    return _by_role(models, folder, "Models")


def onnx(models: Sequence[Model], folder: Path, _options: Options) -> list[Placed]:
    """A folder for each model, named as in the store and by PaddleX."""
    return [copied(model, folder, folder_name(model.card.name, "onnx")) for model in models]


def paddleocr_js(models: Sequence[Model], folder: Path, _options: Options) -> list[Placed]:
    """An archive for each model, named as on BOS and in a mirror, byte for byte as the mirror's."""
    placed = []
    for model in models:
        check_official(model)
        stem = f"{folder_name(model.card.name, 'onnx')}_infer"
        archive = archives.Archive(stem, manifest_of(model).files)
        receive(archives.pieces(archive, partial(_content, model)), folder / f"{stem}.tar")
        placed.append(Placed(model, stem, archive=f"{stem}.tar"))
    return placed


def _by_role(models: Sequence[Model], folder: Path, top: str) -> list[Placed]:
    roles = {DETECTION: "det", RECOGNITION: "rec"}
    for model in models:
        check_official(model)
    return [copied(model, folder, f"{top}/{roles[model.card.task]}") for model in models]


def copied(model: Model, folder: Path, place: str) -> Placed:
    """Copy a model's files to the folder ``place`` of an export, and return where they are."""
    for file in paths_of(model):
        receive(read_chunks(model.files.folder / file), folder / place / file)
    return Placed(model, place)


def _content(model: Model, file: StoredFile) -> Iterator[bytes]:
    return read_chunks(model.files.folder / file.path)


def _unread_escapes(model: Model) -> str:
    """A note on characters that the Android SDK writes as YAML escapes: it reads ``inference.yml`` line by line."""
    text = read_bounded(model.files.folder / CONFIG, inference_yml.MAX_BYTES).decode("utf-8", "replace")
    escapes = _ESCAPE.findall(text)
    if not escapes:
        return ""
    escape, digits = escapes[0]
    return (
        f"{model.card.name}: PaddleOCR's Android SDK decodes no escapes in {CONFIG}, and writes {escape} for "
        f"{chr(int(digits, 16))}: so it does with {len(escapes)} of the characters"
    )


def check_official(model: Model) -> None:
    """Refuse a model that PaddleOCR's own programs cannot run: they have one decoder a task, and know two files.

    Raises:
        UsageError: It has other files, another decoder, or lines of another height.
        IntegrityError: Its ``inference.yml`` cannot be read.
    """
    name, files = model.card.name, paths_of(model)
    if others := sorted(set(files) ^ {NETWORK, CONFIG}):
        raise UsageError(f"{name}: PaddleOCR's programs take {NETWORK} and {CONFIG} alone, and {others[0]} is not so")
    config = inference_yml.read(model.files.folder)
    inference_yml.check_name(config, name, str(model.files.folder))
    stated, known = config["PostProcess"].get("name"), DECODERS[model.card.task]
    if stated != known:
        raise UsageError(f"{name} is decoded by {stated}, and PaddleOCR's programs have {known} alone")
    if model.card.task == RECOGNITION and _line_height(config) != HEIGHT:
        raise UsageError(f"{name}: {CONFIG} has no RecResizeImg with lines of {HEIGHT} pixels, which they take")


def _line_height(config: Mapping[str, Any]) -> object:
    """The height of lines in pixels, as far as the file has one where it belongs."""
    for operation in (config.get("PreProcess") or {}).get("transform_ops") or ():
        resize = operation.get("RecResizeImg") if isinstance(operation, dict) else None
        shape = resize.get("image_shape") if isinstance(resize, dict) else None
        if isinstance(shape, list) and len(shape) == 3:
            return shape[1]
    return None
