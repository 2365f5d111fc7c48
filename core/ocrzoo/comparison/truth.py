"""What is written on pages, from text files, and how far from it a reading is."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import os_errors_as, read_bounded

_MOST_BYTES = 4 << 20


@dataclass(frozen=True)
class Errors:
    """The errors of one page or several; they add up."""

    characters: int = 0
    character_errors: int = 0
    words: int = 0
    word_errors: int = 0

    def __add__(self, other: Errors) -> Errors:
        """Return the errors of both."""
        return Errors(*(one + more for one, more in zip(self.counts, other.counts, strict=True)))

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """All counts."""
        return self.characters, self.character_errors, self.words, self.word_errors

    @property
    def cer(self) -> float:
        """Character error rate, 0 to 1 and beyond."""
        return self.character_errors / max(self.characters, 1)

    @property
    def wer(self) -> float:
        """Word error rate, 0 to 1 and beyond."""
        return self.word_errors / max(self.words, 1)


class Truth:
    """The texts of pages: one file for a single page, or a folder with ``<page>.txt`` for each."""

    def __init__(self, path: Path) -> None:
        """Check that the path is there.

        Raises:
            UsageError: It is not, or what counts errors is not installed.
        """
        try:
            import rapidfuzz  # noqa: F401  # before any page is read
        except ImportError as error:
            raise UsageError("compare --truth needs rapidfuzz: run pip install 'ocrzoo[compare]'") from error
        if not path.exists():
            raise UsageError(f"--truth {path}: no such file or folder")
        self._path = path

    @property
    def is_folder(self) -> bool:
        """Whether it has a file for each page."""
        return self._path.is_dir()

    def of(self, stem: str, number: int | None) -> str:
        """Return the text of a page by the name of its file and, in files of several pages, its number from 0.

        Raises:
            InputError: It is missing, empty, or not UTF-8.
        """
        names = [stem] if number is None else [f"{stem}_{number + 1}"]
        if number == 0:
            names.append(stem)  # of a document that has one page
        files = [self._path / f"{name}.txt" for name in names] if self.is_folder else [self._path]
        file = next((one for one in files if one.is_file()), files[0])
        with os_errors_as(InputError, f"--truth {file}"):
            content = read_bounded(file, _MOST_BYTES)
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            raise InputError(f"--truth {file}: not in UTF-8") from error
        if not text.strip():
            raise InputError(f"--truth {file}: it is empty")
        return text


def errors(written: str, read: str) -> Errors:
    """Return the errors of a text: the fewest edits, with line ends as spaces, in NFC.

    Words are those of Unicode; a Chinese or Japanese character is one.
    """
    from rapidfuzz.distance import Levenshtein

    wanted, found = (" ".join(unicodedata.normalize("NFC", text).split()) for text in (written, read))
    ours, theirs = words(wanted), words(found)
    return Errors(len(wanted), Levenshtein.distance(wanted, found), len(ours), Levenshtein.distance(ours, theirs))


def words(text: str) -> Sequence[str]:
    """Return what is between spaces, and each Chinese or Japanese character by itself."""
    import regex

    found: list[str] = regex.findall(r"[\p{Han}\p{Hiragana}\p{Katakana}]|[^\s\p{Han}\p{Hiragana}\p{Katakana}]+", text)
    return found
