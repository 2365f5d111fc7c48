"""Where results are saved: never by halves, and never over another result of the same run."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Collection, Hashable, Iterator
from pathlib import Path
from threading import Lock

from ocrzoo_registry.errors import UsageError


class Names:
    """The names of one run; several threads may save at once."""

    def __init__(self) -> None:
        self._stems: set[str] = set()
        self._last = ("", "", -1)
        self._files: dict[Path, Hashable] = {}
        self._lock = Lock()

    def stem(self, wanted: str, page_index: int | None) -> str:
        """Return a stem that no other input of the run has: the one wanted, or with _2, _3, ... after it.

        The pages of one input come one after the other and share it.
        """
        last_wanted, last_stem, last_index = self._last
        if page_index is None or wanted != last_wanted or page_index <= last_index:
            last_stem = next(name for name in _numbered(wanted) if name not in self._stems)
            self._stems.add(last_stem)
        self._last = (wanted, last_stem, -1 if page_index is None else page_index)
        return last_stem

    def claim(self, path: Path, owner: Hashable) -> Path:
        """Return the file that a result may write: the one named, or with _2, ... where another result was there."""
        with self._lock:
            candidates = (path.with_name(f"{stem}{path.suffix}") for stem in _numbered(path.stem))
            return next(one for one in candidates if self._files.setdefault(one.absolute(), owner) == owner)


def _numbered(stem: str) -> Iterator[str]:
    return itertools.chain([stem], (f"{stem}_{number}" for number in itertools.count(2)))


def target_path(save_path: str | Path, stem: str, suffix: str, file_suffixes: Collection[str] | None = None) -> Path:
    """Return the file to write: ``save_path`` itself where it names a file of that kind, else a file in that folder."""
    path = Path(save_path)
    kinds = file_suffixes if file_suffixes is not None else (suffix,)
    names_file = any(path.name.lower().endswith(kind) for kind in kinds) and not path.is_dir()
    return path if names_file else path / f"{stem}{suffix}"


def write(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all, and return its path; folders are made.

    Raises:
        UsageError: It cannot be written there.
    """
    staged = path.parent / f".{uuid.uuid4().hex}.part"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with staged.open("xb") as part:
                part.write(content)
            staged.replace(path)
        finally:
            staged.unlink(missing_ok=True)
    except (OSError, ValueError) as error:
        raise UsageError(f"{path}: cannot be written: {getattr(error, 'strerror', None) or error}") from error
    return path
