"""Results in other formats, one file a page below ``files/`` in DEST."""

from __future__ import annotations

import re

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
_MAX_PATH_BYTES = 800
"""Object stores allow 1,024, and systems no more than 4,096 with the folders above."""
_ESCAPED = re.compile(f"%|{UNSAFE.pattern}")
_FILE = re.compile(rf"\.(?=({'|'.join(suffix[1:] for suffix in KINDS.values())})$)", re.IGNORECASE)
"""The dot of a suffix that files here have."""


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

    Names from archives and object stores become names of files: nothing in them leads elsewhere, those that differ stay
    apart, and no folder is called as a file may be.
    """
    names = [_name(part) for name in (item.input, item.member) if name is not None for part in name.split("/")]
    *folders, last = [name for name in names if name]
    path = "/".join([*(_FILE.sub("%2E", folder) for folder in folders), last])
    if len(path.encode()) > _MAX_PATH_BYTES:
        path = shortened(path.replace("/", "%2F"))
    return f"{FOLDER}/{path}" + ("" if page is None else f"_{page}")


def _name(part: str) -> str:
    """A file's name in which what some system forbids is written as ``%2F``."""
    if re.fullmatch(r"\.+", part):
        return "%2E" * len(part) if part != "." else ""
    return shortened(_ESCAPED.sub(lambda found: f"%{ord(found[0]):02X}", part))
