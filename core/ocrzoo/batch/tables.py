"""Tables of images: Parquet files with a column of bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from ocrzoo.batch.places import Place
from ocrzoo_registry.errors import InputError, SourceError, UsageError

_COLUMNS = ("image", "jpg", "jpeg", "png", "webp", "bytes", "content", "data")
"""Columns of tables that are taken for the images, by their usual names."""


@dataclass(frozen=True)
class _Group:
    """A group of rows."""

    path: str
    first: int
    """Its first row, from 0."""
    count: int
    cells: list[Any]
    error: Exception | None = None
    """Why it could not be read: it is not tried again for each of its rows."""

    def has(self, path: str, row: int) -> bool:
        return path == self.path and self.first <= row < self.first + self.count


class Tables:
    """The rows of tables: the groups of rows that were read last are kept, one for each part that is read at once."""

    KEPT = 2

    def __init__(self, source: Place, column: str | None) -> None:
        self._source, self._column = source, column
        self._lock = Lock()
        self._groups: deque[_Group] = deque(maxlen=self.KEPT)

    def read(self, path: str, row: int) -> bytes:
        """Return the bytes of a row.

        Raises:
            InputError: It has none; pyarrow raises anything.
        """
        with self._lock:
            group = next((one for one in self._groups if one.has(path, row)), None)
            if group is None:
                group = self._load(path, row)
                self._groups.append(group)
            if group.error is not None:
                raise group.error.with_traceback(None)
            cell = group.cells[row - group.first]
        content = cell.get("bytes") if isinstance(cell, Mapping) else cell
        if not isinstance(content, bytes):
            raise InputError(f"{path}#{row}: no bytes in this row")
        return content

    def _load(self, path: str, row: int) -> _Group:
        first = 0
        with open_table(path, self._source) as table:
            column = column_of(table, self._column, path)
            for group in range(table.num_row_groups):
                count: int = table.metadata.row_group(group).num_rows
                if row < first + count:
                    try:
                        cells = table.read_row_group(group, columns=[column]).column(0).to_pylist()
                    except SourceError:
                        raise
                    except Exception as error:  # noqa: BLE001  # pyarrow raises anything; read() raises it
                        return _Group(path, first, count, [], error)
                    return _Group(path, first, count, cells)
                first += count
        raise InputError(f"{path}#{row}: there is no such row")


@contextmanager
def open_table(path: str, place: Place) -> Iterator[Any]:
    """Open a Parquet file: ``pyarrow.parquet.ParquetFile``.

    Raises:
        InputError: It cannot be opened, or is no Parquet file: then pyarrow raises anything.
    """
    from pyarrow import parquet

    with place.open(path) as file:
        yield parquet.ParquetFile(file)


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
        if pa.types.is_dictionary(kind):
            return holds_bytes(kind.value_type)
        is_kind = pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_fixed_size_binary
        return any(is_one(kind) for is_one in is_kind)

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
