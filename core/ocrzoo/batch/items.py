"""What is read: items (images, documents, members of archives and tables), and parts: items with one file of rows."""

from __future__ import annotations

import itertools
import json
import tarfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Self

from ocrzoo.batch.places import File, Place
from ocrzoo.batch.sources import ARCHIVES, TABLES, suffix_of
from ocrzoo.inputs import count_pages
from ocrzoo.inputs.file_types import SUFFIXES
from ocrzoo.inputs.options import InputOptions
from ocrzoo_registry.errors import InputError, UsageError

MAX_MEMBERS = 1_000_000
"""Members of an archive, rows of a table."""
_DOCUMENTS = frozenset({".pdf", ".tif", ".tiff"})
_COLUMNS = ("image", "jpg", "jpeg", "png", "webp", "bytes", "content", "data")
"""Columns of tables that are taken for the images, by their usual names."""


@dataclass(frozen=True)
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
    return Item(file.path, file.size, file.stamp, sha256=sha256)


def holds_many(path: str) -> bool:
    """Whether a file holds images as members."""
    return suffix_of(path) in TABLES | ARCHIVES


def split(part: Part, place: Place, rows: int, options: InputOptions, column: str | None = None) -> Iterator[Part]:
    """Yield the parts that a part is read in: archives and tables by member, documents by page.

    Each has ``rows`` members, pages and images at most. What cannot be opened stays an item, and reading it tells why.

    Raises:
        UsageError: pyarrow is not installed, or ``column`` is in no table.
    """
    numbers = itertools.count()
    chunk: list[Item] = []
    for piece in (piece for item in part.items for piece in _pieces(item, place, options, column)):
        if piece_of(piece) in part.done:
            continue
        chunk.append(piece)
        if len(chunk) == rows:
            yield Part(f"{part.name}-{next(numbers):05}", _joined(chunk))
            chunk = []
    if chunk:
        yield Part(f"{part.name}-{next(numbers):05}", _joined(chunk))


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
    suffix = suffix_of(item.input)
    try:
        if suffix in ARCHIVES:
            return _members(item, place)
        if suffix in TABLES:
            return _rows(item, place, column)
        if suffix in _DOCUMENTS or options.frames == "all":
            return _pages(item, place, options)
    except InputError:
        pass
    return [item]


def _members(item: Item, place: Place) -> list[Item]:
    found: list[Item] = []
    try:
        with place.open(item.input) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for number, member in enumerate(tar):
                if number >= MAX_MEMBERS:
                    raise InputError(f"{item.input}: more than {MAX_MEMBERS} members")
                if member.isreg() and not member.issparse() and suffix_of(member.name) in SUFFIXES:
                    found.append(replace(item, member=member.name, start=member.offset_data, length=member.size))
                tar.members = []  # type: ignore[attr-defined]  # it keeps them all
    except (tarfile.TarError, OSError, ValueError, EOFError) as error:
        raise InputError(f"{item.input}: not a readable archive: {error}") from error
    names = {one.member for one in found}
    if len(names) < len(found):
        raise InputError(f"{item.input}: two members have one name")
    return [replace(one, pieces=len(found)) for one in found]


def _rows(item: Item, place: Place, column: str | None) -> Iterable[Item]:
    with open_table(item.input, place) as table:
        column_of(table, column, item.input)
        count: int = table.metadata.num_rows
    if count > MAX_MEMBERS:
        raise InputError(f"{item.input}: more than {MAX_MEMBERS} rows")
    return (replace(item, member=str(row), pieces=count) for row in range(count))


def open_table(path: str, place: Place) -> Any:
    """Open a Parquet file: ``pyarrow.parquet.ParquetFile``.

    Raises:
        UsageError: pyarrow is not installed.
        InputError: It cannot be opened.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError as error:
        raise UsageError(f"tables need pyarrow: run pip install 'ocrzoo[batch]' ({error})") from error
    try:
        return parquet.ParquetFile(place.open(path))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable Parquet file: {error}") from error


def column_of(table: Any, wanted: str | None, name: str) -> str:
    """Return the column of images in a table: the one wanted, one with a usual name, or the only one of bytes.

    Raises:
        UsageError: The table has no such column.
        InputError: None is taken for it.
    """
    import pyarrow as pa

    def holds_bytes(kind: pa.DataType) -> bool:
        if pa.types.is_struct(kind):
            return bool(kind.get_field_index("bytes") >= 0)
        return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))

    fields = {field.name: field.type for field in table.schema_arrow}
    able = [one for one, kind in fields.items() if holds_bytes(kind)]
    if wanted is not None:
        if wanted not in able:
            raise UsageError(
                f"--column {wanted}: {name} has no such column of bytes (it has {', '.join(able) or 'none'})"
            )
        return wanted
    usual = [one for one in _COLUMNS if one in able]
    if usual or len(able) == 1:
        return (usual or able)[0]
    raise InputError(
        f"{name}: which column has the images? Name one with --column: {', '.join(able) or 'none has bytes'}"
    )


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
    return place.read(item.input, item.start, item.length)


def local_document(item: Item, place: Place) -> Path | None:
    """Return the path of a document on this machine, which may be larger than what is read into memory."""
    return place.local_path(item.input) if suffix_of(item.input) in _DOCUMENTS else None


def row_bytes(value: Any) -> bytes:
    """Return the bytes in a cell of a table: bytes, or a record with ``bytes``."""
    inner = value.get("bytes") if isinstance(value, Mapping) else value
    if not isinstance(inner, bytes):
        raise InputError("no bytes in this row")
    return bytes(inner)
