"""Everything that a result gives, as JSON: the same observer looks at PaddleX's results and at ocrzoo's.

It runs in PaddleX's environment too, so it imports neither of the two, and nothing of this project.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from PIL import Image

SCORE_DECIMALS = 6
GRID = 8
"""Rows and columns of the means that stand for a picture."""
UNNAMED = re.compile(r"^\d{9,11}_\d{4}(?=_)")
"""What PaddleX calls the files of an array: the second, and a number at random."""
PRINTED = {"print()": (), "print(False)": (False,), "print(True, 2, True)": (True, 2, True)}
"""How results are asked to print themselves."""


def observe(result: Any, *, closely: bool, places: Mapping[str, str]) -> dict[str, Any]:
    """Return what one result gives; ``closely`` prints, saves and draws it too.

    ``places`` are the words that stand for the folders that paths begin with.
    """
    if not hasattr(result, "json"):  # PaddleX's way to say that something is wrong
        return {"json": dict(result), "types": {}}
    plain = result.json
    seen: dict[str, Any] = {
        "json": named(plain["res"], places),
        "json_keys": list(plain),
        "types": {key: kind_of(value) for key, value in result.items()},
    }
    upright = result.get("doc_preprocessor_res", result)
    pages = [key for key in ("input_img", "rot_img", "output_img") if key in upright]
    seen["pages"] = {key: picture_of(upright[key]) for key in pages} if "angle" in upright else {}
    if closely:
        heard = {how: printed(result, arguments) for how, arguments in PRINTED.items()}
        seen["printed"] = {how: print_out(text, plain, places) for how, (_, text) in heard.items()}
        seen["printed to"] = {how: where for how, (where, _) in heard.items()}
        seen["img"] = drawn(result)
        seen["files"] = {name: saved(save, plain["res"]) for name, save in saves(result).items()}
    return seen


def drawn(result: Any) -> dict[str, Any]:
    """Return name -> size and mode of each picture."""
    try:
        return {name: [*picture.size, picture.mode] for name, picture in result.img.items()}
    except Exception as error:  # noqa: BLE001  # whatever either side raises is part of its answer
        return {"error": type(error).__name__}


def saves(result: Any) -> dict[str, Callable[[Path], Any]]:
    """Return the ways to save that are tried, each a function of a folder."""
    return {
        "save_to_json(folder)": lambda folder: result.save_to_json(str(folder)),
        "save_to_json(folder, 2, True)": lambda folder: result.save_to_json(str(folder), 2, True),
        "save_to_json(file)": lambda folder: result.save_to_json(str(folder / "named.json")),
        "save_to_img(folder)": lambda folder: result.save_to_img(str(folder)),
        "save_to_img(file)": lambda folder: result.save_to_img(str(folder / "named.png")),
        "save_all(folder)": lambda folder: result.save_all(str(folder)),
    }


def kind_of(value: Any) -> str:
    """Return a value's type in words: what it is, and what is in it."""
    if isinstance(value, np.ndarray):
        return f"array {value.dtype} {value.ndim}d"
    if isinstance(value, list):
        return f"list of {' | '.join(sorted({kind_of(item) for item in value}))}" if value else "list"
    return "dict" if isinstance(value, dict) else type(value).__name__


def picture_of(pixels: Any) -> dict[str, Any]:
    """Return what tells pictures (H x W x 3, uint8) apart: size, digest, and means for those that may be near."""
    height, width = pixels.shape[:2]
    rows = np.array_split(pixels.astype(np.float64), min(GRID, height), axis=0)
    cells = [np.array_split(row, min(GRID, width), axis=1) for row in rows]
    return {
        "size": [width, height],
        "sha256": hashlib.sha256(np.ascontiguousarray(pixels).tobytes()).hexdigest()[:16],
        "means": [[round(float(cell.mean()), 1) for cell in row] for row in cells],
    }


def printed(result: Any, arguments: tuple[Any, ...]) -> tuple[str, str]:
    """Return where ``print`` writes, and what: PaddleX logs it, and its log goes to the standard error."""
    logged, heard = io.StringIO(), io.StringIO()
    log, handler = logging.getLogger("paddlex"), logging.StreamHandler(logged)
    before, log.handlers = log.handlers, [handler]
    try:
        with contextlib.redirect_stdout(heard):
            result.print(*arguments)
    finally:
        log.handlers = before
    return ("log", logged.getvalue()) if logged.getvalue() else ("standard output", heard.getvalue())


def print_out(text: str, plain: Any, places: Mapping[str, str]) -> Any:
    """Return how printed JSON is laid out, or the text of a printed dictionary, its numbers cut short."""
    with contextlib.suppress(json.JSONDecodeError):
        return laid_out(text, plain)
    short = re.sub(r"(\d\.\d{3})\d+", r"\1", re.sub(r", shape=\([\d, ]+\)", "", text))
    return named(short.strip(), places)


def saved(save: Callable[[Path], Any], plain: Any) -> dict[str, Any]:
    """Save into an empty folder and return what lies there then: name -> layout of JSON, size of a picture."""
    with TemporaryDirectory() as folder:
        try:
            save(Path(folder))
        except Exception as error:  # noqa: BLE001  # whatever either side raises is part of its answer
            return {"error": type(error).__name__}
        return {
            UNNAMED.sub("{unnamed}", path.name): content_of(path, plain) for path in sorted(Path(folder).glob("[!.]*"))
        }


def content_of(path: Path, plain: Any) -> Any:
    """Return how a JSON file is laid out, or how large a picture is."""
    if path.suffix != ".json":
        with Image.open(path) as picture:
            return [*picture.size, picture.format]
    return laid_out(path.read_text(encoding="utf-8"), plain)


def laid_out(text: str, plain: Any) -> dict[str, Any]:
    """Return how JSON is laid out, and whether it says what the property ``json`` says.

    Raises:
        JSONDecodeError: It is no JSON.
    """
    data = json.loads(text)
    layouts = [(indent, ascii_only) for indent in (4, 2, None) for ascii_only in (False, True)]
    written = (json.dumps(data, indent=indent, ensure_ascii=ascii_only) for indent, ascii_only in layouts)
    found = (layout[0] for layout, one in zip(layouts, written, strict=True) if one == text.rstrip("\n"))
    return {"indent": next(found, "another"), "ascii": text.isascii(), "as json": data == plain}


def named(value: Any, places: Mapping[str, str]) -> Any:
    """Return plain data with folders named by their words and numbers that can be compared."""
    if isinstance(value, dict):
        return {key: named(item, places) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [named(item, places) for item in value]
    if isinstance(value, str):
        for place, word in places.items():
            value = value.replace(place, word)
        return value
    return round(value, SCORE_DECIMALS) if isinstance(value, float) else value
