"""What DEST has: which pieces of which files were read, by which run, and which of them are of no use any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self

from ocrzoo.batch.places import Place
from ocrzoo.batch.rows import ERRORS, RESULTS, SUFFIX, table_to_parquet
from ocrzoo_registry.errors import InputError, UsageError

if TYPE_CHECKING:
    import pyarrow as pa

WHOLE, REST = "", "\0"
"""Pieces without a name: a file as a whole, and what cannot be read of a damaged archive."""
_KEYS = ("input", "member", "page", "pieces", "size", "stamp", "sha256", "run")
_TABLE = """
create table outcome (
    part text, position integer, failed integer, input text, member text, page integer, pieces integer, size integer,
    stamp text, sha256 text, run integer
);
create table known (part text primary key);
create index by_input on outcome (input);
"""
_REPLACED = """
select part, position from (
    select part, position, stamp, run, failed and page is null as without_page,
        first_value(stamp) over (partition by input order by run desc, part) as newest,
        max(run) over (partition by input, member, stamp) as last,
        row_number() over (
            partition by input, member, page, stamp order by run desc, failed, part, position
        ) as place
    from outcome
) where stamp is not newest or place > 1 or (without_page and run < last) order by part, position
"""
"""Of an older version of a file; of a page that has two; and, once a file can be opened, that it could not."""


@dataclass(frozen=True)
class Known:
    """What DEST has of a file."""

    stamp: str
    sha256: str
    pieces: int | None
    """How many it has; ``None``: unknown."""
    done: tuple[str, ...]
    """Those that were read, or failed: members, or numbers of pages; empty: an image, or a file that cannot be read."""
    failed: bool

    @property
    def is_whole(self) -> bool:
        """Whether each of its pieces was read, or failed."""
        return WHOLE in self.done or (self.pieces is not None and len(self.done) >= self.pieces)


class Index:
    """What DEST has, in a temporary database: memory does not grow with it."""

    def __init__(self, dest: Place) -> None:
        self._dest = dest
        self._folder = TemporaryDirectory(prefix="ocrzoo-batch-", ignore_cleanup_errors=True)
        self._database = sqlite3.connect(self.folder / "index.sqlite")
        self._database.executescript(_TABLE)

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Delete the database."""
        self._database.close()
        self._folder.cleanup()

    @property
    def folder(self) -> Path:
        """A temporary folder, as long as the index."""
        return Path(self._folder.name)

    def read_new_parts(self) -> None:
        """Take in the parts of DEST that are not in the index yet.

        Raises:
            UsageError: One is no part of this command.
            SourceError: DEST cannot be listed.
        """
        for table in (RESULTS, ERRORS):
            for file in self._dest.files(table):
                if file.path.endswith(SUFFIX) and not self._has(file.path):
                    self._take(file.path, failed=table == ERRORS)
        self._database.commit()

    def _has(self, part: str) -> bool:
        return self._database.execute("select 1 from known where part = ?", (part,)).fetchone() is not None

    def _take(self, part: str, *, failed: bool) -> None:
        found = self._table(part, list(_KEYS)).to_pylist()
        rows = ((part, position, failed, *(row[key] for key in _KEYS)) for position, row in enumerate(found))
        self._database.executemany("insert into outcome values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._database.execute("insert into known values (?)", (part,))

    def _table(self, part: str, columns: list[str] | None = None) -> pa.Table:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with self._dest.open(part) as file:
                return parquet.read_table(file, columns=columns)
        except (pa.ArrowException, OSError, ValueError, InputError) as error:
            raise UsageError(
                f"{self._dest.name}/{part} is no part of a batch ({error}): move it away, or name another DEST"
            ) from error

    def known(self, path: str, *, with_failed: bool) -> Known | None:
        """Return what there is of a file; without those that failed, unless asked for."""
        found = self._database.execute(
            "select stamp, sha256, pieces, member, page, failed from outcome where input = ? order by run desc", (path,)
        ).fetchall()
        if not found:
            return None
        stamp, sha256 = found[0][:2]
        own = [row for row in found if row[0] == stamp]
        read = {_piece(member, page, count) for _, _, count, member, page, failed in own if not failed}
        failures = {_piece(member, page, count) for _, _, count, member, page, failed in own if failed}
        done = read | failures if with_failed else read - failures  # a member may have pages of both
        pieces = max((count for _, _, count, *_ in own if count is not None), default=None)
        return Known(stamp, sha256, pieces, tuple(sorted(done)), any(row[-1] for row in own))

    def counts(self) -> tuple[int, int]:
        """Return how many pages were read, and how many failed."""
        read, failed = self._database.execute("select count(*), coalesce(sum(failed), 0) from outcome").fetchone()
        return read - failed, failed

    def settle(self) -> int:
        """Remove the results that others replace, and return their number: each page keeps one.

        Of a file that was read again because it changed, the older results go; of a page that two runs read, the
        older one goes; of two of one run, the second.

        Raises:
            UsageError: DEST cannot be written.
        """
        removed = 0
        for part, positions in self._stale():
            self._rewrite(part, positions)
            removed += len(positions)
        self._database.commit()
        return removed

    def _stale(self) -> Iterator[tuple[str, list[int]]]:
        by_part: dict[str, list[int]] = {}
        with closing(self._database.execute(_REPLACED)) as found:
            for part, position in found:
                by_part.setdefault(part, []).append(position)
        yield from by_part.items()

    def _rewrite(self, part: str, positions: list[int]) -> None:
        table = self._table(part)
        gone = set(positions)
        kept = [row for row in range(table.num_rows) if row not in gone]
        if kept:
            self._dest.write(part, table_to_parquet(table.take(kept)))
        else:
            self._dest.delete(part)
        self._database.execute("delete from outcome where part = ?", (part,))
        self._database.execute("delete from known where part = ?", (part,))
        if kept:
            self._take(part, failed=part.startswith(ERRORS))


def _piece(member: str | None, page: int | None, pieces: int | None) -> str:
    """As :func:`ocrzoo.batch.items.piece_of` tells them apart, and :data:`WHOLE` and :data:`REST`."""
    if member is not None:
        return member
    if page is not None:
        return str(page)
    return WHOLE if pieces is None or pieces == 1 else REST
