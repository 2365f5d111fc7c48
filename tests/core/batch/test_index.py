"""What DEST has, and which of its rows others replace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.core.batch.kit import names, table

from ocrzoo.batch.index import Index
from ocrzoo.batch.places import Folder
from ocrzoo.batch.rows import ERRORS, RESULTS, to_parquet
from ocrzoo_registry.errors import UsageError


@pytest.fixture
def index(dest: Path) -> Iterator[Index]:
    with Index(Folder(dest)) as opened:
        yield opened


def write(dest: Path, part: str, *rows: dict[str, Any], folder: str = RESULTS) -> None:
    """Write a part; of a row only what matters is given."""
    usual = {"member": None, "page": None, "pieces": 1, "size": 3, "stamp": "s", "sha256": "d", "run": 1}
    content = to_parquet([{"input": "a.png", **usual, **row} for row in rows], folder)
    Folder(dest).write(f"{folder}/part-{part}.parquet", content)


def settled(index: Index, dest: Path) -> tuple[int, list[tuple[str, str | None, int | None, int]]]:
    """How many rows are removed, and those that stay, with their runs; settling again removes none."""
    index.read_new_parts()
    removed = index.settle()
    assert index.settle() == 0
    rows = table(dest, RESULTS) + table(dest, ERRORS)
    assert index.counts() == (len(table(dest, RESULTS)), len(table(dest, ERRORS)))
    return removed, [(*name, row["run"]) for name, row in zip(names(rows), rows, strict=True)]


def test_rows_of_different_pages_stay(index: Index, dest: Path) -> None:
    pages = [{"input": "d.pdf", "page": page, "pieces": 2} for page in range(2)]
    members = [{"input": "t.tar", "member": name, "pieces": 2} for name in "ab"]
    write(dest, "1", {}, *pages, *members, {"input": "t.tar", "member": "a", "page": 1})
    assert settled(index, dest)[0] == 0


def test_of_two_runs_the_newer_row_stays(index: Index, dest: Path) -> None:
    write(dest, "1", {"run": 1}, {"input": "b.png"})
    write(dest, "2", {"run": 2})
    assert settled(index, dest) == (1, [("a.png", None, None, 2), ("b.png", None, None, 1)])


def test_of_one_run_the_first_row_stays(index: Index, dest: Path) -> None:
    write(dest, "1", {"sha256": "first"}, {"sha256": "second"})
    write(dest, "2", {"sha256": "third"})
    assert settled(index, dest)[0] == 2
    assert [row["sha256"] for row in table(dest, RESULTS)] == ["first"]


def test_a_file_without_rows_is_deleted(index: Index, dest: Path) -> None:
    write(dest, "1", {"run": 1})
    write(dest, "2", {"run": 2})
    settled(index, dest)
    assert [path.name for path in (dest / RESULTS).iterdir()] == ["part-2.parquet"]


def test_rows_of_a_changed_file_go_even_if_it_has_fewer_pages_now(index: Index, dest: Path) -> None:
    write(dest, "1", *({"input": "d.pdf", "page": page, "pieces": 3, "stamp": "old"} for page in range(3)))
    write(dest, "2", {"input": "d.pdf", "page": 0, "pieces": 1, "stamp": "new", "run": 2})
    assert settled(index, dest) == (3, [("d.pdf", None, 0, 2)])


@pytest.mark.parametrize("key", [{}, {"input": "t.tar", "member": "m"}, {"input": "d.pdf", "page": 4, "pieces": 9}])
def test_what_failed_and_was_then_read_is_an_error_no_more(index: Index, dest: Path, key: dict[str, Any]) -> None:
    write(dest, "1", key, folder=ERRORS)
    write(dest, "2", {**key, "run": 2})
    removed, rows = settled(index, dest)
    assert (removed, [row[-1] for row in rows]) == (1, [2])


@pytest.mark.parametrize("member", [None, "inner.pdf"])
def test_a_document_that_could_not_be_opened_and_then_could(index: Index, dest: Path, member: str | None) -> None:
    key = {"input": "d.pdf", "member": member}
    write(dest, "1", key, folder=ERRORS)
    write(dest, "2", *({**key, "page": page, "pieces": 2, "run": 2} for page in range(2)))
    assert settled(index, dest) == (1, [("d.pdf", member, 0, 2), ("d.pdf", member, 1, 2)])


def test_the_pages_of_a_document_stay_if_it_cannot_be_opened_later(index: Index, dest: Path) -> None:
    write(dest, "1", {"input": "d.pdf", "page": 0, "pieces": 2})
    write(dest, "2", {"input": "d.pdf", "run": 2}, folder=ERRORS)
    assert settled(index, dest)[0] == 0


class TestWhatIsKnown:
    def test_nothing_of_a_file_without_rows(self, index: Index) -> None:
        index.read_new_parts()
        assert index.known("a.png", with_failed=True) is None

    def test_an_image_is_whole(self, index: Index, dest: Path) -> None:
        write(dest, "1", {})
        index.read_new_parts()
        known = index.known("a.png", with_failed=True)
        assert known is not None
        assert (known.is_whole, known.failed, known.stamp, known.sha256) == (True, False, "s", "d")

    @pytest.mark.parametrize("kind", ["member", "page"])
    def test_a_file_of_several_is_whole_once_all_were_read_or_failed(self, index: Index, dest: Path, kind: str) -> None:
        rows = [{kind: str(one) if kind == "member" else one, "pieces": 3} for one in range(3)]
        write(dest, "1", rows[0])
        write(dest, "1", rows[1], folder=ERRORS)
        index.read_new_parts()
        known = index.known("a.png", with_failed=True)
        assert known is not None
        assert (known.is_whole, known.done, known.failed) == (False, ("0", "1"), True)
        write(dest, "2", rows[2])
        index.read_new_parts()
        whole = [index.known("a.png", with_failed=failed) for failed in (True, False)]
        assert [one is not None and one.is_whole for one in whole] == [True, False]

    def test_the_rest_of_a_damaged_archive_is_one_of_its_pieces(self, index: Index, dest: Path) -> None:
        """On a cluster, it may be noted before the members that were found."""
        write(dest, "1", {"member": "a.png", "pieces": 3})
        write(dest, "2", {"pieces": 3}, folder=ERRORS)
        index.read_new_parts()
        known = index.known("a.png", with_failed=True)
        assert known is not None
        assert not known.is_whole
        write(dest, "3", {"member": "b.png", "pieces": 3})
        index.read_new_parts()
        known = index.known("a.png", with_failed=True)
        assert known is not None
        assert known.is_whole

    def test_a_document_that_could_not_be_opened_is_whole_unless_failed_ones_are_read_again(
        self, index: Index, dest: Path
    ) -> None:
        write(dest, "1", {"page": 0, "pieces": 9})
        write(dest, "2", {"run": 2}, folder=ERRORS)
        index.read_new_parts()
        known = [index.known("a.png", with_failed=failed) for failed in (True, False)]
        assert [one is not None and (one.is_whole, one.pieces) for one in known] == [(True, 9), (False, 9)]

    def test_of_a_changed_file_only_what_is_new(self, index: Index, dest: Path) -> None:
        write(dest, "1", *({"page": page, "pieces": 2, "stamp": "old"} for page in range(2)))
        write(dest, "2", {"page": 0, "pieces": 2, "stamp": "new", "run": 2})
        index.read_new_parts()
        known = index.known("a.png", with_failed=True)
        assert known is not None
        assert (known.stamp, known.done) == ("new", ("0",))


@pytest.mark.parametrize("content", [b"", b"PAR1", b"other"])
def test_a_file_that_is_no_part_is_named(index: Index, dest: Path, content: bytes) -> None:
    Folder(dest).write("results/x.parquet", content)
    with pytest.raises(UsageError, match=r"/results/x.parquet is no part of a batch \(.*\): move it away, or name"):
        index.read_new_parts()
