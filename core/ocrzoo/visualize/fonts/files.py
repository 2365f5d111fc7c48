"""Font files on this machine, and the order in which they are searched for a script."""

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
"""Further fonts of a system are ignored."""
_STYLES = re.compile(
    r"bold|italic|oblique|black|heavy|light|thin|condensed|narrow|medium|mono|serif|display|ui(?![a-z])", re.IGNORECASE
)
"""Style words in file names; fonts with fewer of them are searched first."""


@dataclass(frozen=True)
class Face:
    """One face of a font file."""

    path: str
    """Empty for Pillow's built-in font."""
    index: int = 0
    """Its index in a collection."""

    def source(self) -> str | BytesIO:
        """Return its path, or its content for Pillow's built-in font.

        Raises:
            ValueError: Pillow has no built-in font.
        """
        return self.path or BytesIO(_built_in_content())

    def read(self) -> Charmap:
        """Return its characters.

        Raises:
            OSError: The file cannot be read.
            ValueError: It is not a usable font.
        """
        return charmap.read(self.path or _built_in_content(), self.index)


BUILT_IN = Face("")


@lru_cache(maxsize=1)
def _built_in_content() -> bytes:
    font = ImageFont.load_default(10)
    source = getattr(font, "path", None)
    if source is None or not hasattr(source, "getvalue"):
        raise ValueError("Pillow has no FreeType")
    return bytes(source.getvalue())


class FontTable:
    """The contents of ``fonts.yaml``."""

    @cached_property
    def _data(self) -> Mapping[str, Any]:
        data = safe_yaml.read_file(Path(__file__).with_name("fonts.yaml"), 1 << 20)
        if not isinstance(data, dict):
            raise TypeError("fonts.yaml is not a mapping")
        return data

    @property
    def address(self) -> str:
        """The URL of PaddleX's fonts, with a slash at the end."""
        return str(self._data["address"])

    def file(self, script: str) -> str | None:
        """Return the name of PaddleX's font for a script."""
        name = self._data["scripts"].get(script, {}).get("file")
        return None if name is None else str(name)

    def names(self, script: str) -> list[str]:
        """Return prefixes of the names of fonts for a script, best first."""
        own: list[str] = self._data["scripts"].get(script, {}).get("names", [])
        return [*own, *self._data["any"]]

    @property
    def never(self) -> list[str]:
        """Prefixes of the names of fonts that are not used."""
        never: list[str] = self._data["never"]
        return never


TABLE = FontTable()


def system_folders(environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the font folders of Linux (XDG), macOS and Windows."""
    data = [environ.get("XDG_DATA_HOME") or "~/.local/share"]
    data += (environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":")
    folders = [f"{folder}/fonts" for folder in data if folder]
    folders += ["~/.fonts", "~/Library/Fonts", "/Library/Fonts", "/System/Library/Fonts"]
    folders += [
        f"{environ[name]}{below}"
        for name, below in {"WINDIR": "/Fonts", "LOCALAPPDATA": "/Microsoft/Windows/Fonts"}.items()
        if environ.get(name)
    ]
    return tuple(dict.fromkeys(os.path.expanduser(folder) for folder in folders))  # noqa: PTH111  # unlike Path.expanduser, never raises


@lru_cache(maxsize=8)
def font_files(folders: tuple[str, ...]) -> tuple[str, ...]:
    """Return the paths of font files in folders, recursively, sorted by name; no file is opened."""
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
    """Yield the faces of font files, those known to suit a script first; files are opened lazily."""
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
    """The faces of a file, ``first`` before the others; none if the file cannot be read."""
    try:
        count = charmap.count_faces(path) if path.lower().endswith(_COLLECTIONS) else 1
    except OSError:
        return []
    return [Face(path, index) for index in sorted(range(count), key=lambda index: (index != first, index))]


def _stem(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0]


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
