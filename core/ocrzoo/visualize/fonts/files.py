"""Where fonts lie, and which of them to look into first for a script."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from PIL import ImageFont

from ocrzoo.visualize.fonts import charmap
from ocrzoo.visualize.fonts.charmap import Charmap
from ocrzoo_registry import safe_yaml

_SUFFIXES = (".ttf", ".otf", ".ttc", ".otc")
_COLLECTIONS = (".ttc", ".otc")
MAX_FILES = 20_000
"""More fonts than that on one system are left alone."""
_STYLES = re.compile(
    r"bold|italic|oblique|black|heavy|light|thin|condensed|narrow|medium|mono|serif|display|ui(?![a-z])", re.IGNORECASE
)
"""Of fonts that have the characters, those whose names say less of this are taken first."""


@dataclass(frozen=True)
class Face:
    """One face of a font file."""

    path: str
    """Empty: the font that Pillow carries."""
    index: int = 0
    """Its number in a collection."""

    def source(self) -> str | BytesIO:
        """Return what to read it from.

        Raises:
            ValueError: Pillow carries none.
        """
        return self.path or BytesIO(_carried())

    def read(self) -> Charmap:
        """Return which characters it has.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is no font that can be drawn with.
        """
        return charmap.read(self.path or _carried(), self.index)


BUILT_IN = Face("")


@lru_cache(maxsize=1)
def _carried() -> bytes:
    font = ImageFont.load_default(10)
    source = getattr(font, "path", None)
    if source is None or not hasattr(source, "getvalue"):
        raise ValueError("Pillow has no FreeType")
    return bytes(source.getvalue())


class Table:
    """What ``fonts.yaml`` says."""

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        data = safe_yaml.read_file(Path(__file__).with_name("fonts.yaml"), 1 << 20)
        if not isinstance(data, dict):
            raise TypeError("fonts.yaml is no mapping")
        return data

    @property
    def address(self) -> str:
        """Where PaddleX's fonts can be had, with a slash at the end."""
        return str(self._data["address"])

    def file(self, script: str) -> str | None:
        """Return the name of PaddleX's font for a script."""
        name = self._data["scripts"].get(script, {}).get("file")
        return None if name is None else str(name)

    def names(self, script: str) -> list[str]:
        """Return how names of fonts for a script begin, best first."""
        own: list[str] = self._data["scripts"].get(script, {}).get("names", [])
        return [*own, *self._data["any"]]

    @property
    def never(self) -> list[str]:
        """How names of fonts begin that are not to be used."""
        never: list[str] = self._data["never"]
        return never


TABLE = Table()


def system_folders(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the folders that the system keeps fonts in: of Linux (XDG), macOS and Windows."""
    data = [environ.get("XDG_DATA_HOME") or "~/.local/share"]
    data += (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    folders = [f"{folder}/fonts" for folder in data if folder]
    folders += ["~/.fonts", "~/Library/Fonts", "/Library/Fonts", "/System/Library/Fonts"]
    folders += [
        f"{environ[name]}{below}"
        for name, below in {"WINDIR": "/Fonts", "LOCALAPPDATA": "/Microsoft/Windows/Fonts"}.items()
        if environ.get(name)
    ]
    return tuple(dict.fromkeys(os.path.expanduser(folder) for folder in folders))  # noqa: PTH111  # raises for nobody


@lru_cache(maxsize=8)
def font_files(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths of font files in folders and below, in the order of their names; none is opened."""
    found: list[str] = []
    for folder in folders:
        for root, _folders, names in os.walk(folder):
            found += [f"{root}/{name}" for name in names if name.lower().endswith(_SUFFIXES)]
            if len(found) > MAX_FILES:
                break
    never = [_letters(name) for name in TABLE.never]
    kept = {path for path in found[:MAX_FILES] if not _letters(_stem(path)).startswith(tuple(never))}
    return tuple(sorted(kept, key=lambda path: (_stem(path), path)))


def ranked(script: str, paths: Sequence[str]) -> Iterator[Face]:
    """Give the faces of font files, those first that are known to suit a script; a file is opened when it is due."""
    hints = [(_letters(name), int(face or 0)) for name, _, face in (one.partition("#") for one in TABLE.names(script))]

    own = f"/{TABLE.file(script)}"

    def rank(path: str) -> tuple[int, int, int]:
        stem = _stem(path)
        if path.endswith(own):
            return -1, 0, 0
        letters = _letters(stem)
        first = next((number for number, (hint, _) in enumerate(hints) if letters.startswith(hint)), len(hints))
        return first, len(_STYLES.findall(stem)), len(stem)

    for path in sorted(paths, key=rank):
        place = rank(path)[0]
        yield from _faces(path, hints[place][1] if 0 <= place < len(hints) else 0)


def _faces(path: str, first: int = 0) -> list[Face]:
    """The faces of a file, one of them before the others; none of a file that cannot be read."""
    try:
        count = charmap.count_faces(path) if path.lower().endswith(_COLLECTIONS) else 1
    except OSError:
        return []
    return [Face(path, index) for index in sorted(range(count), key=lambda index: (index != first, index))]


def _stem(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
