"""What SOURCE names: which files of which place."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from ocrzoo.batch.places import File, Folder, Place, escaped, place_of
from ocrzoo.inputs.file_types import SUFFIXES
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.network.urls import without_credentials

TABLES, ARCHIVES = frozenset({".parquet"}), frozenset({".tar"})
"""Suffixes of files that hold many images: tables, and WebDataset's archives."""
_GLOB = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Source:
    """Files of a place."""

    place: Place
    pattern: str | None = None
    """What their paths match: ``*`` is any text without ``/``, ``**`` any text."""
    single: str | None = None
    """The one file, whatever its suffix."""

    def may_have(self, folder: str) -> bool:
        """Whether files in the folders of a folder of the place may be among them."""
        if self.pattern is None:
            return self.single is None
        return "**" in self.pattern or self.pattern.count("/") > folder.count("/") + bool(folder)

    def files(self, left_out: Callable[[str], object] = lambda _path: None) -> Iterator[File]:
        """Yield the files; those of no type that is read are ``left_out``.

        Raises:
            UsageError: There is no such file.
            SourceError: They cannot be listed.
        """
        if self.single is not None:
            file = self.place.find(self.single)
            if file is None:
                raise UsageError(f"{self.place.name}: there is no {self.single}: name a folder, a file or a 'glob'")
            yield file
            return
        matches = None if self.pattern is None else _matcher(self.pattern)
        for file in self.place.files():
            if file.problem is not None:
                yield file
                continue
            if matches is not None and not matches(file.path):
                continue
            if suffix_of(file.path) in SUFFIXES | TABLES | ARCHIVES:
                yield file
            else:
                left_out(file.path)


def source_of(name: str) -> Source:
    """Return what a path, glob or URL names: all files of a folder, those that match, or one file.

    Raises:
        UsageError: It names nothing that can be read.
    """
    scheme, separator, rest = name.partition("://")
    prefix, path = (scheme + separator, rest) if separator else ("", name)
    if _GLOB.search(path) and (separator or not os.path.lexists(name)):
        parts = path.split("/")
        first = next(index for index, part in enumerate(parts) if _GLOB.search(part))
        if separator and first == 0:
            raise UsageError(f"{without_credentials(name)}: a bucket's name has no *")
        root, pattern = "/".join(parts[:first]), escaped("/".join(parts[first:]))
        _matcher(pattern)
        return Source(place_of(prefix + (root or ("/" if path.startswith("/") else "."))), pattern)
    if separator:
        head, _, tail = path.rpartition("/")
        is_file = suffix_of(tail) in SUFFIXES | TABLES | ARCHIVES and head
        return Source(place_of(prefix + head), single=tail) if is_file else Source(place_of(name))
    place = place_of(name)
    assert isinstance(place, Folder)  # noqa: S101  # for the type checker
    root_path = place.local_path("")
    if root_path.is_dir():
        return Source(place)
    return Source(Folder(root_path.parent), single=escaped(root_path.name))


def suffix_of(path: str) -> str:
    """The suffix of a path, in lower case."""
    return PurePosixPath(path).suffix.lower()


def _matcher(pattern: str) -> Callable[[str], object]:
    """What tells whether a path matches; ``**/`` is any number of folders.

    Raises:
        UsageError: It is no pattern.
    """
    parts = re.split(r"(\*\*/|\*\*|\*|\?|\[!?[^\]]+\])", pattern)
    words = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    try:
        return re.compile("".join(words.get(part) or _one_of(part) for part in parts), re.DOTALL).fullmatch
    except re.error as error:
        raise UsageError(f"{pattern}: not a valid glob: {error.msg}") from error


def _one_of(part: str) -> str:
    """A set of characters such as ``[!a-c]``, or text."""
    if not re.fullmatch(r"\[!?[^\]]+\]", part):
        return re.escape(part)
    inner = part[1:-1]
    return f"[^{_escaped(inner[1:])}]" if inner.startswith("!") else f"[{_escaped(inner)}]"


def _escaped(characters: str) -> str:
    return "".join(one if one == "-" else re.escape(one) for one in characters)
