"""Font selection by character: from the user's font, ``<home>/fonts``, the system's fonts and Pillow's built-in font.

Each character gets a font that has it, so a line of several scripts may be drawn with several fonts. Fonts are searched
in the order above until all characters are found; each is read once per process.
"""

from __future__ import annotations

import logging
import os
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from ocrzoo.text.scripts import SHARED
from ocrzoo.text.unicode_scripts import script_named, script_of
from ocrzoo.visualize.fonts.charmap import Charmap
from ocrzoo.visualize.fonts.files import BUILT_IN, TABLE, Face, font_files, ranked, system_folders
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings

VARIABLE = "PADDLE_PDX_LOCAL_FONT_FILE_PATH"
"""PaddleX's variable: one font file for all scripts."""
_INVISIBLE = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_NO_FONT = {"Cn", "Co", "Cs"}
"""General categories without a standard glyph: unassigned, private use, surrogates."""
_HELP = (
    f"install fonts (Debian: fonts-noto-core and fonts-noto-cjk), name one in {VARIABLE}, "
    "or set OCRZOO_FETCH_FONTS=1 to download PaddleX's"
)

log = logging.getLogger("ocrzoo")


def is_visible(char: str) -> bool:
    """Whether a character is visible (spaces, joiners and variation selectors are not)."""
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not selector and unicodedata.category(char) not in _INVISIBLE


class PageFonts:
    """The fonts for the texts of one page."""

    def __init__(self, book: FontBook, first: dict[str, Face], has: dict[Face, frozenset[str]]) -> None:
        """``first`` is the font of each character of a single script; ``has`` are the characters of each font."""
        self._book = book
        self._first = first
        self._has = has

    def can_draw(self, face: Face, char: str) -> bool:
        """Whether a font has a character, on the page or not."""
        return self._book.has(face, char)

    def has(self, face: Face, cluster: str) -> bool:
        """Whether a font has all visible characters of a cluster."""
        return all(char in self._has[face] or not is_visible(char) for char in cluster)

    def of_script(self, cluster: str) -> Face | None:
        """Return the font for a cluster of a single script, if a font has all of it."""
        face = next((self._first[char] for char in cluster if char in self._first), None)
        return face if face is None or self.has(face, cluster) else self.any(cluster)

    def any(self, cluster: str) -> Face | None:
        """Return the first font that has all of a cluster."""
        return next((face for face in self._has if self.has(face, cluster)), None)


class FontBook:
    """Selects fonts by their characters; thread-safe."""

    def __init__(
        self,
        own: str | None,
        folders: Sequence[tuple[str, ...]],
        download: Callable[[str], Path] | None = None,
    ) -> None:
        """``own`` is the user's font; the groups of ``folders`` are searched in order.

        ``download`` returns PaddleX's font of a name, or raises SourceError or IntegrityError.
        """
        self._own = own
        self._folders = folders
        self._download = download
        self._downloaded: dict[str, Face | None] = {}
        self._charmaps: dict[Face, Charmap | None] = {}
        self._first: dict[str, Face | None] = {}
        self._warned: set[tuple[str, str]] = set()
        self._lock = Lock()

    def for_texts(self, texts: Iterable[str]) -> PageFonts:
        """Return the fonts for some texts; missing characters are logged once per script, in one warning."""
        by_script = _by_script(texts)
        chars = [char for some in by_script.values() for char in some]
        with self._lock:
            first = {char: face for char in self._find_all(by_script) if (face := self._first[char])}
            faces = dict.fromkeys([*first.values(), *self._shared(by_script, set(first.values()))])
            has = {face: self._had(face, chars) for face in sorted(faces, key=lambda face: face.path != self._own)}
            self._warn(by_script, has)
        return PageFonts(self, first, has)

    def can_draw(self, text: str) -> bool:
        """Whether fonts have all visible characters of a text; nothing is logged."""
        by_script = _by_script([text])
        with self._lock:
            for script, chars in by_script.items():
                self._find(script, chars)
            return all(self._first[char] is not None for chars in by_script.values() for char in chars)

    def has(self, face: Face, char: str) -> bool:
        """Whether a font has a character."""
        with self._lock:
            return bool(self._had(face, char))

    def _find_all(self, by_script: dict[str, list[str]]) -> list[str]:
        """Find a font for each character of a single script, and return these characters."""
        found: list[str] = []
        for script, chars in by_script.items():
            if script not in SHARED:
                self._find(script, chars)
                found += chars
        return found

    def _shared(self, by_script: dict[str, list[str]], faces: set[Face]) -> list[Face]:
        """Fonts for characters that scripts share, if the page's other fonts lack them."""
        chars = [char for script in sorted(SHARED) for char in by_script.get(script, [])]
        lacked = sorted(set(chars).difference(*(self._had(face, chars) for face in faces)))
        self._find("Zyyy", lacked)
        return [face for char in lacked if (face := self._first[char])]

    def _find(self, script: str, chars: Sequence[str]) -> None:
        """Find the first font for each character; each is searched only once."""
        missing = [char for char in chars if char not in self._first]
        for face in self._candidates(script) if missing else ():
            for char in self._had(face, missing):
                self._first[char] = face
            missing = [char for char in missing if char not in self._first]
            if not missing:
                break
        self._first.update(dict.fromkeys(missing))

    def _candidates(self, script: str) -> Iterator[Face]:
        """Fonts in search order; a downloaded one is last."""
        if self._own:
            yield Face(self._own)
        for folders in self._folders:
            yield from ranked(script, font_files(folders))
        yield BUILT_IN
        name = TABLE.file(script)
        if name and self._download and (face := self._download_once(name)):
            yield face

    def _download_once(self, name: str) -> Face | None:
        """PaddleX's font of a name; after a failed download no other is tried."""
        if name in self._downloaded or self._download is None:
            return self._downloaded.get(name)
        self._downloaded[name] = None
        try:
            face = Face(str(self._download(name)))
        except (SourceError, IntegrityError) as error:
            log.warning("font %s could not be downloaded: %s", name, error)
            self._download = self._download if isinstance(error, IntegrityError | Gone) else None
            return None
        self._charmaps.pop(face, None)  # a broken file may have been there
        self._downloaded[name] = face
        return face

    def _had(self, face: Face, chars: Sequence[str]) -> frozenset[str]:
        """The characters, of those given, that a font has."""
        if face not in self._charmaps:
            self._charmaps[face] = self._read(face)
        charmap = self._charmaps[face]
        if charmap is None or not chars:
            return frozenset()
        codes = np.fromiter(map(ord, chars), np.int64, len(chars))
        had: NDArray[np.intp] = np.flatnonzero(charmap.has(codes))
        return frozenset(chr(codes[number]) for number in had)

    def _read(self, face: Face) -> Charmap | None:
        """A font's characters; ``None`` if it cannot be read."""
        try:
            return face.read()
        except (OSError, ValueError) as error:
            level = logging.WARNING if face.path == self._own else logging.DEBUG
            log.log(level, "font %s could not be read: %s; other fonts are used", face.path, error)
            return None

    def _warn(self, by_script: dict[str, list[str]], has: dict[Face, frozenset[str]]) -> None:
        """Warn of scripts missing from all fonts, and of those missing from the user's font, once each."""
        had = frozenset[str]().union(*has.values())
        lacked = self._news(by_script, had, "")
        if lacked:
            log.warning(
                "no font has all characters of: %s; they are drawn as boxes with their code points: %s", lacked, _HELP
            )
        own = Face(self._own or "")
        if self._own and self._charmaps.get(own):
            lacked = self._news(by_script, has.get(own, frozenset()), self._own)
            if lacked:
                log.warning("%s (%s) lacks characters of: %s; other fonts are used", self._own, VARIABLE, lacked)

    def _news(self, by_script: dict[str, list[str]], had: frozenset[str], whose: str) -> str:
        """The names of scripts some of whose characters are not had, except those reported before."""
        names = {_name(script) for script, chars in by_script.items() if not had.issuperset(chars)}
        news = sorted(name for name in names if (whose, name) not in self._warned)
        self._warned.update((whose, name) for name in news)
        return ", ".join(news)


def _by_script(texts: Iterable[str]) -> dict[str, list[str]]:
    """The characters of texts that fonts can have, by script."""
    by_script: dict[str, list[str]] = {}
    for char in sorted({char for char in set().union(*texts) if is_visible(char)}):
        if unicodedata.category(char) not in _NO_FONT:
            by_script.setdefault(script_of(char), []).append(char)
    return by_script


def _name(script: str) -> str:
    return "symbols" if script in SHARED else script_named(script).name


def font_book() -> FontBook:
    """Return the font book of the environment, cached for the process.

    Raises:
        UsageError: An environment variable is invalid.
    """
    own = os.environ.get(VARIABLE) or None
    settings = Settings.from_environment()
    return _font_book(own, settings, system_folders())


@lru_cache(maxsize=8)
def _font_book(own: str | None, settings: Settings, folders: tuple[str, ...]) -> FontBook:
    from ocrzoo.visualize.fonts.download import download_font

    may_download = settings.fetch_fonts and not settings.offline
    download = (lambda name: download_font(name, settings)) if may_download else None
    return FontBook(own, [(str(settings.home / "fonts"),), folders], download)
