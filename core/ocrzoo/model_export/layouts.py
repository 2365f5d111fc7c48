"""The folders of the programs that take ``inference.onnx`` and ``inference.yml`` as they are.

What they expect was read in PaddleOCR's repository (``deploy/ppocr-android``, ``deploy/ios_demo``) and in PaddleOCR.js
0.4.2; docs/export.md says what each does with the files.
"""

from __future__ import annotations

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from ocrzoo.model_export.targets import DETECTION, RECOGNITION, Model, Options, Placed
from ocrzoo_registry.cards import inference_yml
from ocrzoo_registry.cards.formats import CONFIG, folder_name
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import read_chunks, receive
from ocrzoo_registry.store.manifest import Manifest

NETWORK = "inference.onnx"
DECODERS = {DETECTION: "DBPostProcess", RECOGNITION: "CTCLabelDecode"}
"""The only ones that these programs have, by task."""
HEIGHT = 48
"""Pixels of a line; PaddleOCR's Android SDK takes no other."""


def android(models: Sequence[Model], folder: Path, _options: Options) -> list[Placed]:
    """``models/det`` and ``models/rec``, as the Android SDK opens them in its assets."""
    return _by_role(models, folder, "models")


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
        _write_archive(folder / f"{stem}.tar", stem, model)
        placed.append(Placed(model, stem, archive=f"{stem}.tar"))
    return placed


def _by_role(models: Sequence[Model], folder: Path, top: str) -> list[Placed]:
    roles = {DETECTION: "det", RECOGNITION: "rec"}
    for model in models:
        check_official(model)
    return [copied(model, folder, f"{top}/{roles[model.card.task]}") for model in models]


def copied(model: Model, folder: Path, place: str) -> Placed:
    """Copy a model's files to the folder ``place`` of an export, and return where they are."""
    for file in files_of(model):
        receive(read_chunks(model.files.folder / file), folder / place / file)
    return Placed(model, place)


def files_of(model: Model) -> list[str]:
    """Return the paths of a model's files in its folder."""
    return [file.path for file in cast("Manifest", model.files.manifest).files]


def _write_archive(path: Path, top: str, model: Model) -> None:
    """An uncompressed USTAR archive without times and owners: PaddleOCR.js reads no other kind."""
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
        member = tarfile.TarInfo(top)
        member.type, member.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(member)
        for file in files_of(model):
            source = model.files.folder / file
            member = tarfile.TarInfo(f"{top}/{file}")
            member.size = source.stat().st_size
            with source.open("rb") as content:
                archive.addfile(member, content)


def check_official(model: Model) -> None:
    """Refuse a model that PaddleOCR's own programs cannot run: they have one decoder a task, and know two files.

    Raises:
        UsageError: It has other files, another decoder, or lines of another height.
        IntegrityError: Its ``inference.yml`` cannot be read.
    """
    name, files = model.card.name, files_of(model)
    if others := sorted(set(files) ^ {NETWORK, CONFIG}):
        raise UsageError(f"{name}: PaddleOCR's programs take {NETWORK} and {CONFIG} alone, and {others[0]} is not so")
    config = inference_yml.read(model.files.folder)
    inference_yml.check_name(config, name, str(model.files.folder))
    stated, known = config["PostProcess"].get("name"), DECODERS[model.card.task]
    if stated != known:
        raise UsageError(f"{name} is decoded by {stated}, and PaddleOCR's programs have {known} alone")
    if model.card.task == RECOGNITION and _line_height(config) != HEIGHT:
        raise UsageError(f"{name}: {CONFIG} has no RecResizeImg with lines of {HEIGHT} pixels, which they take")


def _line_height(config: Mapping[str, Any]) -> int | None:
    for operation in (config.get("PreProcess") or {}).get("transform_ops") or ():
        shape = ((operation.get("RecResizeImg") if isinstance(operation, dict) else None) or {}).get("image_shape")
        if isinstance(shape, list) and len(shape) == 3:
            return int(shape[1])
    return None
