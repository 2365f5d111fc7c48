"""What DEST has: which pieces of which files were read, by which run, and which of them are of no use any more."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from ocrzoo.batch.places import Place
from ocrzoo.batch.rows import ERRORS, RESULTS, SUFFIX, table_to_parquet
from ocrzoo_registry.errors import InputError, UsageError

_KEYS = ("input", "member", "page", "pieces", "size", "stamp", "sha256", "run")
_TABLE = """
create table outcome (
    part text, position integer, input text, piece text, page integer, pieces integer, size integer, stamp text,
    sha256 text, run integer, failed integer
);
create table known (part text primary key);
"""
_NEWEST = """
select part, position from (
    select part, position, stamp,
        first_value(stamp) over (partition by input order by run desc, part) as newest,
        row_number() over (partition by input, piece, page_of, stamp order by run desc, failed, part, position) as place
    from (select *, case when page is null then -1 else page end as page_of from outcome)
) where stamp is not newest or place > 1 order by part, position
"""


@dataclass(frozen=True)
class Known:
    """What DEST has of a file."""

    stamp: str
    sha256: str
    pieces: int | None
    """How many it has; ``None``: unknown."""
    done: tuple[str, ...]
    """Those that were read, or failed."""
    failed: bool

    @property
    def is_whole(self) -> bool:
        """Whether each of its pieces was read, or failed."""
        return self.pieces is not None and len(self.done) >= self.pieces


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
        self._database.execute("create index if not exists by_input on outcome (input)")
        self._database.commit()

    def _has(self, part: str) -> bool:
        return self._database.execute("select 1 from known where part = ?", (part,)).fetchone() is not None

    def _take(self, part: str, *, failed: bool) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        try:
            with self._dest.open(part) as file:
                found = parquet.read_table(file, columns=list(_KEYS))
        except (pa.ArrowException, OSError, ValueError, InputError) as error:
            raise UsageError(
                f"{self._dest.name}/{part} is no part of a batch ({error}): move it away, or name another DEST"
            ) from error
        rows = (
            (
                part,
                position,
                row["input"],
                row["member"] if row["member"] is not None else str(row["page"] or 0),
                row["page"],
                row["pieces"],
                row["size"],
                row["stamp"],
                row["sha256"],
                row["run"],
                failed,
            )
            for position, row in enumerate(found.to_pylist())
        )
        self._database.executemany("insert into outcome values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", rows)
        self._database.execute("insert into known values (?)", (part,))

    def known(self, path: str, *, with_failed: bool) -> Known | None:
        """Return what there is of a file; without those that failed, unless asked for."""
        found = self._database.execute(
            "select stamp, sha256, pieces, piece, failed from outcome where input = ? order by run desc", (path,)
        ).fetchall()
        if not found:
            return None
        stamp, sha256, pieces, _, _ = found[0]
        done = {piece for own, _, _, piece, failed in found if own == stamp and (with_failed or not failed)}
        failed = any(failed for own, _, _, _, failed in found if own == stamp)
        return Known(stamp, sha256, pieces, tuple(sorted(done)), failed)

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
        with closing(self._database.execute(_NEWEST)) as found:
            for part, position in found:
                by_part.setdefault(part, []).append(position)
        yield from by_part.items()

    def _rewrite(self, part: str, positions: list[int]) -> None:
        from pyarrow import parquet

        with self._dest.open(part) as file:
            table = parquet.read_table(file)
        gone = set(positions)
        kept = table.take([row for row in range(table.num_rows) if row not in gone])
        if kept.num_rows:
            self._dest.write(part, table_to_parquet(kept))
        else:
            self._dest.delete(part)
        self._database.execute("delete from outcome where part = ?", (part,))
        self._database.execute("delete from known where part = ?", (part,))
        if kept.num_rows:
            self._take(part, failed=part.startswith(ERRORS))
