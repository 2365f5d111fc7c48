"""What is read: items (images, documents, members of archives and tables), and parts: items with one file of rows."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from ocrzoo.batch.archives import members_of
from ocrzoo.batch.places import File, Place
from ocrzoo.batch.sources import ARCHIVES, TABLES, suffix_of
from ocrzoo.batch.tables import column_of, open_table
from ocrzoo.inputs import count_pages, limits
from ocrzoo.inputs.faults import as_input_error
from ocrzoo.inputs.options import InputOptions
from ocrzoo_registry.errors import InputError

ROWS, MOST_ROWS = 64, 256
"""Items of a part, which is read again after a crash; on a cluster, each part also costs a task."""
SMALL_BYTES = 1 << 20
"""Of a part's images, from which it has no more than ``ROWS``."""
MAX_ROWS = 1_000_000
"""Rows of a table."""
_DOCUMENTS = frozenset({".pdf", ".tif", ".tiff"})


@dataclass(frozen=True, slots=True)
class Item:
    """One input, or some of the pages of a document."""

    input: str
    """The file's path in its place."""
    size: int
    stamp: str
    """As :class:`~ocrzoo.batch.places.File` has them."""
    member: str | None = None
    """Its name in an archive, or its row in a table, from 0."""
    start: int = 0
    """Where the member begins in the archive, and how many bytes it has."""
    length: int = 0
    first: int = 0
    """The pages from this one on, from 0 ..."""
    last: int | None = None
    """... and before this one; ``None``: all."""
    pieces: int | None = None
    """Members of its file or, if it has none, pages; ``None``: not counted yet."""
    sha256: str | None = None
    """What was read under this name before; unless its content differs, it is not read again."""
    problem: str | None = None
    """Why its members cannot be told."""

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.input if self.member is None else f"{self.input}#{self.member}"

    @property
    def share(self) -> float:
        """Its bytes of the file, by its share of members or pages."""
        if self.pieces is None or (self.member is None and self.last is None):
            return self.size
        return self.size / self.pieces * (1 if self.member is not None else (self.last or 0) - self.first)

    @property
    def is_row(self) -> bool:
        """Whether it is a row of a table."""
        return self.member is not None and suffix_of(self.input) in TABLES


@dataclass(frozen=True)
class Part:
    """The items whose results are one file."""

    name: str
    items: tuple[Item, ...]
    done: tuple[str, ...] = ()
    """Of a part of one archive, table or document: its pieces that were read before."""

    def to_json(self) -> str:
        """Return it as a line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the part of :meth:`to_json`."""
        data: Mapping[str, Any] = json.loads(text)
        return cls(data["name"], tuple(Item(**one) for one in data["items"]), tuple(data["done"]))


def item_of(file: File, sha256: str | None = None) -> Item:
    """Return the item of a whole file."""
    return Item(file.path, file.size, file.stamp, problem=file.problem, sha256=sha256)


def is_full(items: Sequence[Item], rows: int | None) -> bool:
    """Whether items make a part: ``rows`` of them, or 64; more if they are small images, which take little time."""
    if rows is not None or len(items) < ROWS:
        return len(items) == rows
    is_long = len(items) >= MOST_ROWS or any(item.last is not None for item in items)
    return is_long or sum(item.share for item in items) >= SMALL_BYTES


def holds_many(path: str) -> bool:
    """Whether a file holds images as members."""
    return suffix_of(path) in TABLES | ARCHIVES


def split(
    part: Part, place: Place, rows: int | None, options: InputOptions, column: str | None = None
) -> Iterator[Part]:
    """Yield the parts that a part is read in: archives and tables by member, documents by page.

    Each has as many members, pages and images as :func:`is_full` says. What cannot be opened stays an item with its
    problem.

    Raises:
        UsageError: pyarrow is not installed, or ``column`` is not in a table.
        SourceError: The object store does not answer.
    """
    numbers = itertools.count()
    chunk: list[Item] = []
    for piece in (piece for item in part.items for piece in _pieces(item, place, options, column)):
        if is_piece(piece) and piece_of(piece) in part.done:
            continue
        chunk.append(piece)
        if is_full(chunk, rows):
            yield Part(f"{part.name}-{next(numbers):05}", _joined(chunk))
            chunk = []
    if chunk:
        yield Part(f"{part.name}-{next(numbers):05}", _joined(chunk))


def must_be_split(part: Part, options: InputOptions) -> bool:
    """Whether a file of a part must be opened to tell what is in it."""
    return any(_has_pieces(item.input, options) for item in part.items)


def _has_pieces(path: str, options: InputOptions) -> bool:
    return holds_many(path) or suffix_of(path) in _DOCUMENTS or options.frames == "all"


def is_piece(item: Item) -> bool:
    """Whether it is a member, or pages of a document, and no file as a whole."""
    return item.member is not None or item.last is not None


def piece_of(item: Item) -> str:
    """What tells the pieces of a file apart: a member's name, or a page's number."""
    return item.member if item.member is not None else str(item.first)


def _joined(items: Sequence[Item]) -> tuple[Item, ...]:
    """Pages of one document that follow each other as one item each."""
    joined: list[Item] = []
    for item in items:
        before = joined[-1] if joined else None
        if before is not None and item.member is None and before.last == item.first and before.input == item.input:
            joined[-1] = replace(before, last=item.last)
        else:
            joined.append(item)
    return tuple(joined)


def _pieces(item: Item, place: Place, options: InputOptions, column: str | None) -> Iterable[Item]:
    """The members or pages of an item, or itself where it has none or cannot be opened."""
    if not _has_pieces(item.input, options):
        return [item]
    suffix = suffix_of(item.input)
    try:
        with as_input_error(item.input):
            if suffix in ARCHIVES:
                return list(_members(item, place))
            return _rows(item, place, column) if suffix in TABLES else _pages(item, place, options)
    except InputError as error:
        return [replace(item, problem=str(error))]


def _members(item: Item, place: Place) -> Iterable[Item]:
    """The images of an archive, and itself with its problem where the archive is damaged."""
    with place.open(item.input) as file:
        found, damage = members_of(file, item.size, item.input)
    pieces = len(found) + (damage is not None)
    for name, (start, length, problem) in found.items():
        yield replace(item, member=name, start=start, length=length, pieces=pieces, problem=problem)
    if damage is not None:
        yield replace(item, pieces=pieces, problem=damage)


def _rows(item: Item, place: Place, column: str | None) -> Iterable[Item]:
    with open_table(item.input, place) as table:
        column_of(table, column, item.input)
        count: int = table.metadata.num_rows
    if count > MAX_ROWS:
        raise InputError(f"{item.input}: more than {MAX_ROWS} rows: split it")
    return (replace(item, member=str(row), pieces=count) for row in range(count))


def _pages(item: Item, place: Place, options: InputOptions) -> Sequence[Item]:
    path = place.local_path(item.input)
    count = count_pages(path or place.read(item.input), options, password=options.passwords) or 1
    return [replace(item, first=page, last=page + 1, pieces=count) for page in range(count)]


def content_of(item: Item, place: Place) -> bytes:
    """Return the bytes of an item that is a file or a member of an archive.

    Raises:
        InputError: It cannot be read.
    """
    if item.member is None:
        return place.read(item.input)
    if item.length > limits.MAX_BYTES:
        raise InputError(f"{item.name}: larger than {limits.MAX_BYTES} bytes")
    content = place.read(item.input, item.start, item.length)
    if len(content) < item.length:
        raise InputError(f"{item.name}: the archive ends before it does")
    return content


def local_document(path: str, place: Place) -> Path | None:
    """Return the path of a document on this machine, which may be larger than what is read into memory."""
    return place.local_path(path) if suffix_of(path) in _DOCUMENTS else None
