"""The check of a loaded model: it must find in a small picture what its card states.

Builds of engines exist that compute garbage without an error (OpenVINO on some ARM machines, oneDNN in bfloat16). What
an engine has once found as stated is remembered in the store, by model, engine, version, precision, device and CPU.
"""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo.loading.candidates import Candidate
from ocrzoo.loading.machine import cpu_key, cpu_name
from ocrzoo_registry.cards.schema import Box, ModelCard, SelfCheck
from ocrzoo_registry.errors import IntegrityError, OcrzooError, StoreError
from ocrzoo_registry.files import os_errors_as, read_bounded
from ocrzoo_registry.store import derived
from ocrzoo_registry.store.store import Store

if TYPE_CHECKING:
    from ocrzoo.types import Image

MAX_PICTURE_BYTES = 1 << 20
"""Pictures have a few kB."""
MAX_PICTURE_PIXELS = 1 << 24
"""A thousand times as many as a line has; 1 MiB can state a thousand million, which take 3 GB."""

BOX_TOLERANCE = 6
"""Pixels that a side of a box may differ: a third of the height of the letters, ten times what engines differ by."""

log = logging.getLogger("ocrzoo")


def fault_of(card: ModelCard, predictor: Any, candidate: Candidate, store: Store) -> str | None:
    """Return what the model finds differently from its card, as text, or ``None``; asks the network once on a machine.

    A card without a self-check, or whose picture cannot be read, has no fault.
    """
    stated = card.self_check
    if stated is None:
        return None
    recipe = _recipe(stated, candidate)
    try:
        if derived.find(candidate.files, recipe, store=store) is not None:
            return None
        fault = found_differently(stated, predictor, read_picture(card, stated))
    except IntegrityError as error:
        log.warning("%s", error)
        return None
    if fault is None:
        _remember(candidate, recipe, store)
    return fault


def read_picture(card: ModelCard, stated: SelfCheck) -> Image:
    """Return the picture of a self-check, H x W x 3, uint8, BGR.

    Raises:
        IntegrityError: It cannot be read.
    """
    import cv2
    import numpy as np

    path = card.folder / stated.picture
    with os_errors_as(IntegrityError, f"{card.name}: the picture of its self-check, {path}"):
        content = read_bounded(path, MAX_PICTURE_BYTES)
    fits = bool(content) and _pixels(content) <= MAX_PICTURE_PIXELS
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if fits else None
    if picture is None:
        raise IntegrityError(f"{card.name}: the picture of its self-check, {path}, is no image, or too large")
    return picture.astype(np.uint8, copy=False)


def _pixels(content: bytes) -> int:
    """How many pixels an image states that it has; 0 if that is not known here."""
    from io import BytesIO

    from PIL import Image

    try:
        with Image.open(BytesIO(content)) as picture:
            return picture.width * picture.height
    except Image.DecompressionBombError:
        return MAX_PICTURE_PIXELS + 1
    except (OSError, ValueError, SyntaxError):
        return 0


def found_differently(stated: SelfCheck, predictor: Any, picture: Image) -> str | None:
    """Return what a predictor finds in the picture instead of what is stated, or ``None``."""
    try:
        (found,) = predictor.predict([picture])
    except OcrzooError as error:
        return str(error)
    if stated.text is not None:
        read = str(found.text)
        return None if _spaceless(read) == _spaceless(stated.text) else f"it reads {read[:40]!r}, not {stated.text!r}"
    if stated.label is not None:
        return None if found.label == stated.label else f"it finds the class {found.label!r}, not {stated.label!r}"
    boxes = sorted(map(_bounds, found.quads))
    if len(boxes) == len(stated.boxes) and all(map(_near, boxes, sorted(stated.boxes))):
        return None
    return f"it finds lines at {boxes[:3]}, not {sorted(stated.boxes)[:3]}"


def _recipe(stated: SelfCheck, candidate: Candidate) -> str:
    spec, options = candidate.spec, candidate.options
    digest = hashlib.sha256(stated.model_dump_json().encode()).hexdigest()[:12]
    engine = f"{spec.name} {spec.version} {candidate.precision} {options.device}"
    return f"self-check {digest} of {candidate.files.folder.name} on {engine}, cpu {cpu_key()}"


def _remember(candidate: Candidate, recipe: str, store: Store) -> None:
    """Keep that the check succeeded; where the store cannot be written, it is made again the next time."""

    def build(folder: Path) -> None:
        (folder / "passed.txt").write_text(f"{candidate.files.name}: {recipe}\n{cpu_name()}\n", encoding="utf-8")

    try:
        derived.make(candidate.files, recipe, build, store=store)
    except StoreError as error:
        log.debug("%s", error)


def _spaceless(text: str) -> str:
    return "".join(text.split())


def _bounds(quad: Any) -> Box:
    """The upright box around a quad."""
    xs, ys = [int(x) for x, _ in quad], [int(y) for _, y in quad]
    return min(xs), min(ys), max(xs), max(ys)


def _near(found: Box, stated: Box) -> bool:
    return all(abs(one - other) <= BOX_TOLERANCE for one, other in zip(found, stated, strict=True))
