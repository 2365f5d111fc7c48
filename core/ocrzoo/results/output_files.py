"""Save results: files are written atomically, and never overwrite the result of another input or run."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Collection, Hashable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from ocrzoo.inputs.page import Origin
from ocrzoo.results.output_index import FolderIndex, Identity, same_name
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.files import move


class OutputNames:
    """The names of the files of one run, which are unique; several threads may save at once."""

    def __init__(self) -> None:
        self._stems: set[str] = set()
        self._numbers: dict[Hashable, int] = {}
        """The last number of each stem or file, to not try all numbers for each page."""
        self._last = ("", "", -1)
        self._files: dict[Path, Hashable] = {}
        self._claimed: dict[tuple[Path, Hashable], Path] = {}
        self._indexes: dict[Path, FolderIndex] = {}
        self._lock = Lock()

    def __getstate__(self) -> dict[str, Any]:
        """Leave out the lock: results are copied and pickled."""
        with self._lock:
            return {name: copy(value) for name, value in vars(self).items() if name != "_lock"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Restore the names, with a new lock."""
        vars(self).update(state, _lock=Lock())

    def stem(self, wanted: str, page_index: int | None) -> str:
        """Return a unique stem for an input: the one wanted, or with _2, _3, ... appended.

        The pages of one input come one after the other and share it.
        """
        last_wanted, last_stem, last_index = self._last
        if page_index is None or wanted != last_wanted or page_index <= last_index:
            stems = self._numbered(same_name(wanted), wanted)
            last_stem = next(name for name in stems if same_name(name) not in self._stems)
            self._stems.add(same_name(last_stem))
        self._last = (wanted, last_stem, -1 if page_index is None else page_index)
        return last_stem

    def claim(self, path: Path, owner: Hashable, made_of: Identity | None = None) -> Path:
        """Return the file that a result may write: the one named, or with _2, ... if another result has that one.

        With ``made_of``, results of earlier runs are not replaced either, unless they are of the same input.
        """
        place = _place(path)
        with self._lock:
            if (place, owner) not in self._claimed:
                key = place.with_name(same_name(place.name))
                candidates = (place.with_stem(stem) for stem in self._numbered(key, path.stem))
                self._claimed[place, owner] = next(one for one in candidates if self._is_free(one, owner, made_of))
            return path.with_name(self._claimed[place, owner].name)

    def _is_free(self, path: Path, owner: Hashable, made_of: Identity | None) -> bool:
        if self._files.setdefault(path.with_name(same_name(path.name)), owner) != owner:
            return False
        return made_of is None or self._indexes.setdefault(path.parent, FolderIndex(path.parent)).take(path, made_of)

    def _numbered(self, key: Hashable, stem: str) -> Iterator[str]:
        """Yield the stem, then with _2, _3, ... appended, and continue there the next time."""
        for number in itertools.count(self._numbers.get(key, 0) + 1):
            self._numbers[key] = number
            yield stem if number == 1 else f"{stem}_{number}"


def _place(path: Path) -> Path:
    """The file's real path; the path as given if it cannot be resolved."""
    try:
        return Path(os.path.realpath(path.parent), path.name)
    except (OSError, ValueError):  # the current folder was deleted, or the name is not valid
        return path


def target_path(save_path: str | Path, stem: str, suffix: str, file_suffixes: Collection[str] | None = None) -> Path:
    """Return the file to write: ``save_path`` itself if it has such a suffix, else a file in that folder."""
    path = Path(save_path)
    kinds = file_suffixes if file_suffixes is not None else (suffix,)
    names_file = any(path.name.lower().endswith(kind) for kind in kinds) and not os.path.isdir(path)  # noqa: PTH112  # unlike Path.is_dir, it never raises
    return path if names_file else path / f"{stem}{suffix}"


def write(path: Path, content: bytes) -> Path:
    """Write a file atomically and return its path; folders are created.

    Raises:
        UsageError: It could not be written.
    """
    with staged(path) as part, part.open("xb") as file:
        file.write(content)
    return path


@contextmanager
def staged(path: Path) -> Iterator[Path]:
    """Yield a path beside a file; what is written there becomes the file if no error is raised. Folders are created.

    Raises:
        UsageError: It could not be written.
    """
    part = path.parent / f".{uuid.uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield part
            move(part, path)
        finally:
            part.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} could not be written: {getattr(error, 'strerror', None) or error}") from error


@dataclass(frozen=True)
class PageSource:
    """The origin of a page."""

    input_path: str | None
    """As given; ``None`` for an array."""
    page_index: int | None
    """From 0, for files with several pages."""
    name: str
    """The stem of its files, which is unique in the run."""
    names: OutputNames
    """The names of all files of the run."""
    origin: Origin | None = None
    """``None`` for an array."""

    @property
    def label(self) -> str:
        """The name, with the page's number if there is one."""
        return self.name if self.page_index is None else f"{self.name}_{self.page_index}"

    @property
    def suffix(self) -> str:
        """The suffix of the input, in lower case."""
        return Path(self.input_path or "").suffix.lower()
