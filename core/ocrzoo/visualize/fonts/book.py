"""Fonts that have the characters of a text: the user's, those in ``<home>/fonts``, the system's, Pillow's own.

A font is chosen for each character by what the font has, so that a line of several scripts is drawn with several
fonts where none has them all. Fonts are looked into in the order above until all characters are found, and
each only once a process.
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

from ocrzoo.text.scripts import SHARED, script_of
from ocrzoo.visualize.fonts.charmap import Charmap
from ocrzoo.visualize.fonts.files import BUILT_IN, TABLE, Face, font_files, ranked, system_folders
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings

VARIABLE = "PADDLE_PDX_LOCAL_FONT_FILE_PATH"
"""PaddleX's: one font file, for all scripts."""
_NO_INK = {"Cc", "Cf", "Zs", "Zl", "Zp"}
_NO_FONT = {"Cn", "Co", "Cs"}
"""Unassigned, private, halves of a pair: no font means anything by them."""
_HELP = (
    f"install fonts (Debian: fonts-noto-core and fonts-noto-cjk), name one in {VARIABLE}, "
    "or set OCRZOO_FETCH_FONTS=1 to fetch PaddleX's"
)

log = logging.getLogger("ocrzoo")


def needs_ink(char: str) -> bool:
    """Whether a character is seen at all (a space, a joiner or a variation selector is not)."""
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return not selector and unicodedata.category(char) not in _NO_INK


class PageFonts:
    """The fonts for the texts of one page."""

    def __init__(self, book: FontBook, first: dict[str, Face], has: dict[Face, frozenset[str]]) -> None:
        """``first`` is the font of each character that belongs to one script; ``has`` what each font has."""
        self._book = book
        self._first = first
        self._has = has

    def can_draw(self, face: Face, char: str) -> bool:
        """Whether a font has a character, be it one of the page's or not."""
        return self._book.has(face, char)

    def has(self, face: Face, cluster: str) -> bool:
        """Whether a font has all characters of a cluster that are seen."""
        return all(char in self._has[face] or not needs_ink(char) for char in cluster)

    def of_script(self, cluster: str) -> Face | None:
        """Return the font for a cluster of a script of its own, if one has it whole."""
        face = next((self._first[char] for char in cluster if char in self._first), None)
        return face if face is None or self.has(face, cluster) else self.any(cluster)

    def any(self, cluster: str) -> Face | None:
        """Return the first of the fonts that has a whole cluster."""
        return next((face for face in self._has if self.has(face, cluster)), None)


class FontBook:
    """Finds fonts by their characters; several threads may ask."""

    def __init__(
        self,
        own: str | None,
        folders: Sequence[tuple[str, ...]],
        fetch: Callable[[str], Path] | None = None,
    ) -> None:
        """``own`` is the user's font; ``folders`` are looked through one group after the other.

        ``fetch`` brings PaddleX's font of a name, or raises SourceError or IntegrityError.
        """
        self._own = own
        self._folders = folders
        self._fetch = fetch
        self._fetched: dict[str, Face | None] = {}
        self._charmaps: dict[Face, Charmap | None] = {}
        self._first: dict[str, Face | None] = {}
        self._told: set[tuple[str, str]] = set()
        self._lock = Lock()

    def for_texts(self, texts: Iterable[str]) -> PageFonts:
        """Return the fonts for some texts; what no font has is told once a script, in one warning."""
        inked = sorted({char for char in set().union(*texts) if needs_ink(char)})
        chars = [char for char in inked if unicodedata.category(char) not in _NO_FONT]
        by_script: dict[str, list[str]] = {}
        for char in chars:
            by_script.setdefault(script_of(char), []).append(char)
        with self._lock:
            first = {char: face for char in self._find_all(by_script) if (face := self._first[char])}
            faces = dict.fromkeys([*first.values(), *self._shared(by_script, set(first.values()))])
            has = {face: self._had(face, chars) for face in sorted(faces, key=lambda face: face.path != self._own)}
            self._tell(by_script, has)
        return PageFonts(self, first, has)

    def has(self, face: Face, char: str) -> bool:
        """Whether a font has a character."""
        with self._lock:
            return bool(self._had(face, char))

    def _find_all(self, by_script: dict[str, list[str]]) -> list[str]:
        """Find a font for each character that belongs to one script, and return these characters."""
        found: list[str] = []
        for script, chars in by_script.items():
            if script not in SHARED:
                self._find(script, chars)
                found += chars
        return found

    def _shared(self, by_script: dict[str, list[str]], faces: set[Face]) -> list[Face]:
        """Fonts for characters that many scripts use, where those that the page needs anyway lack them."""
        chars = [char for script in sorted(SHARED) for char in by_script.get(script, [])]
        lacked = sorted(set(chars).difference(*(self._had(face, chars) for face in faces)))
        self._find("Zyyy", lacked)
        return [face for char in lacked if (face := self._first[char])]

    def _find(self, script: str, chars: Sequence[str]) -> None:
        """Find the first font for each character; each is looked for only once."""
        missing = [char for char in chars if char not in self._first]
        for face in self._candidates(script) if missing else ():
            for char in self._had(face, missing):
                self._first[char] = face
            missing = [char for char in missing if char not in self._first]
            if not missing:
                break
        self._first.update(dict.fromkeys(missing))

    def _candidates(self, script: str) -> Iterator[Face]:
        """Fonts in the order in which they are looked into; what is fetched comes last."""
        if self._own:
            yield Face(self._own)
        for folders in self._folders:
            yield from ranked(script, font_files(folders))
        yield BUILT_IN
        name = TABLE.file(script)
        if name and self._fetch and (face := self._fetch_once(name)):
            yield face

    def _fetch_once(self, name: str) -> Face | None:
        """PaddleX's font of a name; a source that fails is not waited for again."""
        if name in self._fetched or self._fetch is None:
            return self._fetched.get(name)
        self._fetched[name] = None
        try:
            face = Face(str(self._fetch(name)))
        except (SourceError, IntegrityError) as error:
            log.warning("%s: a font to draw with could not be fetched: %s", name, error)
            self._fetch = self._fetch if isinstance(error, IntegrityError | Gone) else None
            return None
        self._charmaps.pop(face, None)  # a broken one may have lain there
        self._fetched[name] = face
        return face

    def _had(self, face: Face, chars: Sequence[str]) -> frozenset[str]:
        """Which of some characters a font has."""
        if face not in self._charmaps:
            self._charmaps[face] = self._read(face)
        charmap = self._charmaps[face]
        if charmap is None or not chars:
            return frozenset()
        codes = np.fromiter(map(ord, chars), np.int64, len(chars))
        had: NDArray[np.intp] = np.flatnonzero(charmap.has(codes))
        return frozenset(chr(codes[number]) for number in had)

    def _read(self, face: Face) -> Charmap | None:
        """A font's characters; one that cannot be read has none."""
        try:
            return face.read()
        except (OSError, ValueError) as error:
            level = logging.WARNING if face.path == self._own else logging.DEBUG
            log.log(level, "%s: not a font that can be read (%s); others are used", face.path, error)
            return None

    def _tell(self, by_script: dict[str, list[str]], has: dict[Face, frozenset[str]]) -> None:
        """Warn of scripts that no font has, and of those that the user's font has not: once each."""
        had = frozenset[str]().union(*has.values())
        lacked = self._news(by_script, had, "")
        if lacked:
            log.warning("no font has all characters of: %s; boxes with their numbers stand for them: %s", lacked, _HELP)
        own = Face(self._own or "")
        if self._own and self._charmaps.get(own):
            lacked = self._news(by_script, has.get(own, frozenset()), self._own)
            if lacked:
                log.warning("%s (%s) lacks characters of: %s; other fonts stand in", self._own, VARIABLE, lacked)

    def _news(self, by_script: dict[str, list[str]], had: frozenset[str], whose: str) -> str:
        """The names of scripts some of whose characters are not had, less those that were told before."""
        names = {_name(script) for script, chars in by_script.items() if not had.issuperset(chars)}
        news = sorted(name for name in names if (whose, name) not in self._told)
        self._told.update((whose, name) for name in news)
        return ", ".join(news)


def _name(script: str) -> str:
    from fontTools.unicodedata import script_name

    return "symbols" if script in SHARED else str(script_name(script)).replace("_", " ")


def font_book() -> FontBook:
    """Return the fonts that the environment names; what was found stays known for the process.

    Raises:
        UsageError: The environment says something that makes no sense.
    """
    own = os.environ.get(VARIABLE) or None
    settings = Settings.from_environment()
    return _font_book(own, settings, system_folders())


@lru_cache(maxsize=8)
def _font_book(own: str | None, settings: Settings, folders: tuple[str, ...]) -> FontBook:
    from ocrzoo.visualize.fonts.download import fetch

    may_fetch = settings.fetch_fonts and not settings.offline
    return FontBook(
        own, [(str(settings.home / "fonts"),), folders], (lambda name: fetch(name, settings)) if may_fetch else None
    )
