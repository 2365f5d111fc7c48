"""Results in other formats, one file a page below ``files/`` in DEST."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from ocrzoo.batch.items import Item
from ocrzoo.batch.places import Place
from ocrzoo.inputs.page import UNSAFE, shortened
from ocrzoo.results.base import to_json
from ocrzoo.results.exports import SUFFIXES
from ocrzoo.results.exports.formats import document
from ocrzoo.results.ocr import OCRResult

FOLDER = "files"
KINDS = {"json": ".json", **SUFFIXES}
"""What a page can be saved as, and the suffixes."""


def export(result: OCRResult, kind: str, item: Item, page: int | None, dest: Place) -> None:
    """Write a page's result in a format.

    Raises:
        UsageError: It cannot be written.
    """
    if kind == "json":
        content = (to_json(result.json["res"], indent=4) + "\n").encode()
    else:
        content = document([result.page_for(kind)], kind)
    dest.write(path_of(item, page) + KINDS[kind], content)


def path_of(item: Item, page: int | None) -> str:
    """Return where a page's files are, without suffix: as its input, then its member and its page, from 0.

    Names from archives and object stores become names of files: nothing in them leads elsewhere.
    """
    parts = [*PurePosixPath(item.input).parts]
    if item.member is not None:
        parts += PurePosixPath(item.member).parts
    names = [_name(part) for part in parts if part not in {"/", ""}]
    return "/".join([FOLDER, *names]) + ("" if page is None else f"_{page}")


def _name(part: str) -> str:
    """A file's name in which what some system forbids is written as ``%2F``."""
    if re.fullmatch(r"\.+", part):
        return "%2E" * len(part)
    return shortened(UNSAFE.sub(lambda found: f"%{ord(found[0]):02X}", part))
