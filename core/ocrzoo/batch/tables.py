"""Tables of images: Parquet files with a column of bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from ocrzoo.batch.places import Place
from ocrzoo_registry.errors import InputError, UsageError

_COLUMNS = ("image", "jpg", "jpeg", "png", "webp", "bytes", "content", "data")
"""Columns of tables that are taken for the images, by their usual names."""


class Tables:
    """The rows of tables: the group of rows that was read last is kept."""

    def __init__(self, source: Place, column: str | None) -> None:
        self._source, self._column = source, column
        self._lock = Lock()
        self._path = ""
        self._first = 0
        self._cells: list[Any] = []

    def read(self, path: str, row: int) -> bytes:
        """Return the bytes of a row.

        Raises:
            InputError: It has none; pyarrow raises anything.
        """
        with self._lock:
            if path != self._path or not self._first <= row < self._first + len(self._cells):
                self._load(path, row)
            cell = self._cells[row - self._first]
        content = cell.get("bytes") if isinstance(cell, Mapping) else cell
        if not isinstance(content, bytes):
            raise InputError(f"{path}#{row}: no bytes in this row")
        return content

    def _load(self, path: str, row: int) -> None:
        first = 0
        with open_table(path, self._source) as table:
            column = column_of(table, self._column, path)
            for group in range(table.num_row_groups):
                count: int = table.metadata.row_group(group).num_rows
                if row < first + count:
                    self._cells = table.read_row_group(group, columns=[column]).column(0).to_pylist()
                    self._path, self._first = path, first
                    return
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
