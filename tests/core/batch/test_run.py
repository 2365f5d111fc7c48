"""Runs: what was read is not read again, whatever ended the run before, and every page has one result."""

from __future__ import annotations

import errno
import json
import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from tests.core.batch.kit import TINY, Batch, archive, document, names, png, table, write_table

from ocrzoo.batch import BatchJob, Outcome, locks, places, reader, run_batch
from ocrzoo.batch.index import Index
from ocrzoo.batch.job import Progress
from ocrzoo.batch.rows import ERRORS, RESULTS
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry import files
from ocrzoo_registry.errors import SourceError, UsageError
from ocrzoo_registry.files import write_atomically


def fill(source: Path) -> None:
    """Write nine pages: three images, a document of two, an archive of two, and a table of two."""
    for word in ("One", "Two", "Red"):
        (source / f"{word}.png").write_bytes(png(word))
    (source / "d.pdf").write_bytes(document(["Three", "Four"]))
    (source / "t.tar").write_bytes(archive([("a.png", png("Five")), ("b.png", png("Six"))]))
    write_table(source / "t.parquet", {"image": [png("Seven"), png("Eight")]})


def without_run(dest: Path) -> list[dict[str, Any]]:
    """The results but the number of their run."""
    return [{key: value for key, value in row.items() if key != "run"} for row in table(dest, RESULTS)]


def touched(path: Path) -> None:
    """Change the time of a file."""
    found = path.stat()
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns + 1_000_000_000))


class TestGoingOn:
    def test_the_second_run_reads_nothing(self, batch: Batch, source: Path, dest: Path, readings: list[str]) -> None:
        fill(source)
        assert batch().read == len(readings) == 9
        before = without_run(dest)
        readings.clear()
        again = batch()
        assert (again.read, again.failed, again.skipped, again.rows, again.replaced) == (0, 0, 6, 9, 0)
        assert readings == []
        assert without_run(dest) == before

    def test_who_stops_it_blames_no_input(self, source: Path, dest: Path) -> None:
        fill(source)

        def stop(now: Progress) -> None:
            if now.pages:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run_batch(BatchJob(str(source), str(dest), TINY, rows=1), stop)
        assert not [*(dest / "reading").iterdir()]

    def test_what_a_killed_run_left_half_written_is_deleted(
        self, batch: Batch, source: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def killed(path: Path, target: Path) -> None:
            raise SystemExit(f"killed before {path} became {target}")

        (source / "a.png").write_bytes(png("One"))
        (dest / "reading").mkdir(parents=True)
        (dest / RESULTS).mkdir()
        mine = [dest / ".note.0123abcd", dest / ".batch.json", dest / RESULTS / ".part-0001.parquet.bak"]
        for path in mine:
            path.write_bytes(b"")
        with monkeypatch.context() as patch:
            patch.setattr(files, "move", killed)
            patch.setattr(Path, "unlink", lambda *_, **__: None)
            for name in ("batch.json", f"{RESULTS}/part-0001-0000001-00000.parquet", f"reading/{'0' * 64}.json"):
                with pytest.raises(SystemExit, match="killed"):
                    write_atomically(dest / name, b"half")
        batch()
        left = {path for path in dest.rglob(".*") if path.name != ".lock"}
        assert left == set(mine)

    def test_new_files_are_read(self, batch: Batch, source: Path, readings: list[str]) -> None:
        fill(source)
        batch()
        readings.clear()
        (source / "new.png").write_bytes(png("New"))
        assert batch().read == 1
        assert readings == ["new.png"]

    def test_the_results_of_a_changed_file_are_replaced(self, batch: Batch, source: Path, dest: Path) -> None:
        fill(source)
        batch()
        (source / "One.png").write_bytes(png("Other"))
        (source / "d.pdf").write_bytes(document(["Only"]))
        touched(source / "d.pdf")
        again = batch()
        assert (again.read, again.replaced, again.rows) == (2, 3, 8)
        rows = {name: row["text"] for name, row in zip(names(table(dest, RESULTS)), table(dest, RESULTS), strict=True)}
        assert (rows["One.png", None, None], rows["d.pdf", None, 0]) == ("Other", "Only")
        assert ("d.pdf", None, 1) not in rows

    def test_another_date_alone_changes_nothing(
        self, batch: Batch, source: Path, dest: Path, readings: list[str]
    ) -> None:
        fill(source)
        batch()
        readings.clear()
        touched(source / "One.png")
        touched(source / "d.pdf")
        again = batch(rows=1)
        assert (again.read, again.unchanged, again.rows) == (0, 2, 9)
        assert readings == []

    def test_a_document_and_an_archive_go_on_in_the_middle(
        self, batch: Batch, source: Path, dest: Path, readings: list[str]
    ) -> None:
        (source / "d.pdf").write_bytes(document(["One", "Two", "Three"]))
        (source / "t.tar").write_bytes(archive([(f"{name}.png", png(name)) for name in ("Four", "Five", "Six")]))
        batch(rows=1)
        whole = without_run(dest)
        for row in (2, 5):
            sorted((dest / RESULTS).iterdir())[row - 1].unlink()
        lost = {*names(whole)} - {*names(table(dest, RESULTS))}
        readings.clear()
        assert batch(rows=1).read == len(lost) == 2
        assert {(name.partition("#")[0]).partition(":")[0] for name in readings} == {name for name, *_ in lost}
        assert without_run(dest) == whole

    @pytest.mark.parametrize("kind", ["in an archive", "named as an image", "named as it is"])
    def test_a_document_of_which_one_page_failed_is_read_again_if_asked(
        self, batch: Batch, source: Path, dest: Path, kind: str
    ) -> None:
        content = document(["One", "Two", "Red"])
        second = content.index(b"160.0 60.0", content.index(b"160.0 60.0") + 1)
        too_large = content[:second] + b"9999999 99" + content[second + 10 :]
        name = {"in an archive": "t.tar", "named as an image": "d.png", "named as it is": "d.pdf"}[kind]
        (source / name).write_bytes(archive([("d.pdf", too_large)]) if name == "t.tar" else too_large)
        first = batch()
        assert (first.read, first.failed) == (2, 1)
        again = batch()
        assert (again.read, again.failed, again.failed_before) == (0, 0, 1)
        for _ in range(2):
            retried = batch(retry_failed=True)
            assert (retried.failed, retried.rows, retried.errors) == (1, 2, 1)
            assert [row["page"] for row in table(dest, ERRORS)] == [1]
            assert [row["page"] for row in table(dest, RESULTS)] == [0, 2]

    def test_an_archive_cut_short_is_an_error_and_its_members_are_read(
        self, batch: Batch, source: Path, dest: Path
    ) -> None:
        whole = archive([(f"{word}.png", png(word)) for word in ("One", "Two", "Red")])
        (source / "t.tar").write_bytes(whole[: whole.rindex(b"Red.png")])
        first = batch()
        assert (first.read, first.failed) == (2, 1)
        assert names(table(dest, ERRORS)) == [("t.tar", None, None)]
        again = batch()
        assert (again.read, again.failed, again.failed_before) == (0, 0, 1)
        retried = batch(retry_failed=True)
        assert (retried.read, retried.failed, retried.rows, retried.errors) == (0, 1, 2, 1)
        (source / "t.tar").write_bytes(whole)
        mended = batch()
        assert (mended.failed, mended.rows, mended.errors) == (0, 3, 0)

    def test_what_failed_is_read_again_only_if_asked(self, batch: Batch, source: Path, dest: Path) -> None:
        (source / "a.png").write_bytes(b"bad")
        (source / "b.png").write_bytes(png("Good"))
        assert batch().failed == 1
        again = batch()
        assert (again.read, again.failed, again.skipped, again.failed_before, again.errors) == (0, 0, 1, 1, 1)
        retried = batch(retry_failed=True)
        assert (retried.failed, retried.failed_before, retried.errors, retried.replaced) == (1, 0, 1, 1)
        (source / "a.png").write_bytes(png("Mended"))
        mended = batch()
        assert (mended.read, mended.failed_before, mended.errors, mended.rows) == (1, 0, 0, 2)

    def test_rows_of_deleted_files_stay(self, batch: Batch, source: Path, dest: Path) -> None:
        fill(source)
        batch()
        (source / "One.png").unlink()
        assert batch().rows == 9


class TestOverwriting:
    def test_all_is_read_again(self, batch: Batch, source: Path, dest: Path) -> None:
        fill(source)
        batch(save_as=("txt",))
        again = batch(overwrite=True, save_as=("json",))
        assert (again.read, again.rows) == (9, 9)
        assert not list(dest.rglob("*.txt"))
        assert len(json.loads((dest / "batch.json").read_text())["runs"]) == 1

    def test_nothing_is_deleted_if_there_is_nothing_to_read_or_a_model_is_unknown(
        self, batch: Batch, source: Path, dest: Path
    ) -> None:
        fill(source)
        batch()
        for job in ({"source": str(source / "*.gif")}, {"arguments": {"text_detection_model_name": "none"}}):
            with pytest.raises(Exception, match=r"nothing to read|none"):
                batch(overwrite=True, **job)
        assert len(table(dest, RESULTS)) == 9


class TestRefusals:
    @pytest.fixture(autouse=True)
    def filled(self, source: Path) -> None:
        (source / "a.png").write_bytes(png("One"))

    def refused(self, batch: Batch, **job: Any) -> str:
        with pytest.raises(UsageError) as caught:
            batch(**job)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    @pytest.mark.parametrize(
        ("job", "difference"),
        [
            ({"options": {"text_det_thresh": 0.4}}, "options.text_det_thresh: None, and now 0.4"),
            ({"save_as": ("txt",)}, "save_as: [], and now ['txt']"),
            ({"column": "scan"}, "column: None, and now scan"),
            (
                {"arguments": {**TINY, "frames": "all"}},
                "configuration.frames: first, and now all",
            ),
        ],
    )
    def test_results_of_other_settings(self, batch: Batch, dest: Path, job: dict[str, Any], difference: str) -> None:
        batch()
        message = self.refused(batch, **job)
        assert message.startswith(f"{dest} has results of other settings (")
        assert difference in message
        assert message.endswith("): give the same, name another DEST, or delete them with --overwrite")
        assert batch(**job, overwrite=True).read == 1

    def test_results_of_another_source(self, batch: Batch, source: Path, dest: Path) -> None:
        batch()
        other = source.with_name("other")
        source.rename(other)
        message = self.refused(batch, source=str(other))
        assert message == (
            f"{dest} has results of {source}, and files are known by their paths below it: name another DEST, or "
            "say --moved if they are the same files"
        )
        moved = batch(source=str(other), moved=True)
        assert (moved.read, moved.skipped) == (0, 1)

    def test_a_run_that_began_nothing_leaves_nothing(self, batch: Batch, source: Path, dest: Path) -> None:
        for job in ({"source": str(source / "none")}, {"address": "127.0.0.1:1"}):
            self.refused(batch, **job)
            assert not dest.exists()

    def test_only_results_are_deleted(self, batch: Batch, dest: Path) -> None:
        batch()
        (dest / "results/mine.txt").write_text("mine")
        batch(overwrite=True)
        assert (dest / "results/mine.txt").read_text() == "mine"

    def test_a_folder_of_somebody_else(self, batch: Batch, dest: Path) -> None:
        dest.mkdir()
        (dest / "thesis.txt").write_text("mine")
        for overwrite in (False, True):
            message = self.refused(batch, overwrite=overwrite)
            assert message == f"{dest} is not empty, and has no batch.json of an earlier run: name another folder"
        assert (dest / "thesis.txt").read_text() == "mine"

    @pytest.mark.parametrize("content", ["", "[]", "{}", "nonsense", '{"format": 1, "runs": [], "settings": 3}'])
    def test_a_manifest_of_somebody_else(self, batch: Batch, dest: Path, content: str) -> None:
        dest.mkdir()
        (dest / "batch.json").write_text(content)
        assert self.refused(batch, overwrite=True) == f"{dest}/batch.json is not of 'ocrzoo batch': name another DEST"

    def test_a_manifest_of_a_newer_version(self, batch: Batch, dest: Path) -> None:
        dest.mkdir()
        (dest / "batch.json").write_text('{"format": 2}')
        assert "written by a newer ocrzoo: update it" in self.refused(batch)

    def test_results_among_the_inputs(self, batch: Batch, source: Path) -> None:
        for dest in (source, source / "out", source / ".." / "in" / "out"):
            message = self.refused(batch, dest=str(dest))
            assert message == f"{dest} is inside {source}, whose files are read: name one outside of it"

    def test_results_beside_one_file_or_a_glob_are_none_of_the_inputs(self, batch: Batch, source: Path) -> None:
        for number, name in enumerate(("a.png", "*.png")):
            assert batch(source=str(source / name), dest=str(source / f"out{number}")).read == 1

    def test_two_at_once(self, batch: Batch, dest: Path) -> None:
        with locks.alone(places.Folder(dest)):
            message = self.refused(batch)
        assert message == f"{dest}: another 'ocrzoo batch' writes there: wait for it, or name another DEST"
        assert batch().read == 1

    def test_nothing_to_read(self, batch: Batch, source: Path, dest: Path) -> None:
        (source / "a.png").rename(source / "a.txt")
        assert self.refused(batch) == f"{source}: there is nothing to read (a.txt is of no type that is read)"
        assert not dest.exists()

    def test_a_file_in_place_of_the_folder(self, batch: Batch, dest: Path) -> None:
        dest.write_text("")
        assert self.refused(batch) == f"{dest} is a file, and DEST is a folder: name another one"

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
    def test_a_folder_that_must_not_be_written(self, batch: Batch, dest: Path) -> None:
        dest.mkdir(mode=0o500)
        assert self.refused(batch) == f"{dest} cannot hold the results: Permission denied: name another DEST"

    def test_credentials_of_a_source_are_not_kept(self, batch: Batch) -> None:
        assert "secret" not in self.refused(batch, source="s3://key:secret@pages/x")


class TestFullDisks:
    def test_a_part_that_cannot_be_written_ends_the_batch_which_goes_on_later(
        self, batch: Batch, source: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        fill(source)
        write, count = write_atomically, 0

        def full(path: Path, content: bytes) -> None:
            """Nothing real fills a disk here."""
            nonlocal count
            count += path.suffix == ".parquet"
            if count == 2:
                raise OSError(28, "No space left on device")
            write(path, content)

        with monkeypatch.context() as patch:
            patch.setattr(places, "write_atomically", full)
            with pytest.raises(
                UsageError, match=r"part-0001-\S+ could not be written: No space left on device: make room"
            ):
                batch(rows=2)
        assert 0 < len(table(dest, RESULTS)) < 9
        left = 9 - len(table(dest, RESULTS))
        again = batch(rows=2)
        assert (again.read, again.rows) == (left, 9)

    @pytest.mark.parametrize("left_behind", ["nothing", "an empty folder"])
    def test_a_source_that_vanishes_ends_the_run_and_nothing_is_noted_of_its_files(
        self, batch: Batch, source: Path, dest: Path, left_behind: str
    ) -> None:
        """As a disk that is unmounted does, which leaves an empty folder."""
        for number in range(60):
            (source / f"{number}.png").write_bytes(png("One"))
        away = source.with_name("away")

        def vanish(now: Progress) -> None:
            if now.pages and not away.exists():
                source.rename(away)
                if left_behind != "nothing":
                    source.mkdir()

        with pytest.raises(SourceError, match=r"in is gone \(.*\): bring it back, and run the same command again"):
            run_batch(BatchJob(str(source), str(dest), TINY, rows=2), vanish)
        assert table(dest, ERRORS) == []
        if source.exists():
            source.rmdir()
        away.rename(source)
        again = batch(rows=2)
        assert (again.failed, again.rows, again.errors) == (0, 60, 0)

    @pytest.mark.parametrize(
        ("fault", "text"),
        [
            (sqlite3.OperationalError("database or disk is full"), "database or disk is full"),
            (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        ],
        ids=["index", "plan"],
    )
    def test_no_room_for_temporary_files(
        self, batch: Batch, source: Path, monkeypatch: pytest.MonkeyPatch, fault: Exception, text: str
    ) -> None:
        def full(*_: object) -> None:
            raise fault

        fill(source)
        monkeypatch.setattr(Index, "read_new_parts", full)
        with pytest.raises(UsageError, match=f"temporary files cannot be kept there: {text}: make room"):
            batch()


def test_progress_is_told_after_each_part(source: Path, dest: Path) -> None:
    fill(source)
    (source / "bad.png").write_bytes(b"bad")
    told: list[Progress] = []
    outcome = run_batch(BatchJob(str(source), str(dest), TINY, rows=2), told.append)
    assert [one.pages for one in told] == sorted(one.pages for one in told)
    assert (told[-1].pages, told[-1].failed) == (10, 1)
    assert told[-1].done == pytest.approx(told[-1].total) == sum(path.stat().st_size for path in source.iterdir())
    assert (outcome.read, outcome.failed) == (9, 1)


def test_inputs_of_which_none_becomes_a_page_are_noted_as_they_come(
    batch: Batch, source: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(6):
        (source / f"{number}.tar").write_bytes(b"bad")
    (source / "z.png").write_bytes(png("Last"))
    noted: list[int] = []
    read = OCRPipeline._read

    def looked(*arguments: Any) -> Any:
        noted.append(len(table(dest, ERRORS)))
        return read(*arguments)

    monkeypatch.setattr(OCRPipeline, "_read", looked)
    batch(rows=1)
    assert noted == [6]


def test_pages_of_more_parts_than_overlap(
    batch: Batch, source: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(source)
    monkeypatch.setattr(reader, "AT_ONCE", 2)
    assert batch(rows=1).rows == 9


KILLED = """
import sys
from ocrzoo.batch import BatchJob, run_batch
def show(progress):
    print(progress.pages, flush=True)
run_batch(BatchJob({source!r}, {dest!r}, {arguments!r}, rows=2, save_as=("txt",), threads=1), show)
"""


@pytest.mark.parametrize("rounds", [(2, 3), pytest.param((0, 1, 0, 2, 3, 1), marks=pytest.mark.thorough)])
def test_killed_at_random_moments_every_page_is_read_once(
    batch: Batch, source: Path, dest: Path, tmp_path: Path, rounds: tuple[int, ...]
) -> None:
    fill(source)
    for number in range(12):
        (source / f"x{number}.png").write_bytes(png(f"N {number}"))
    (source / "bad.png").write_bytes(b"bad")
    batch(dest=str(tmp_path / "whole"), save_as=("txt",), rows=2, threads=1)
    program = KILLED.format(source=str(source), dest=str(dest), arguments=TINY)
    chance = random.Random(7)
    for parts in rounds:
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
        late = threading.Timer(120, process.kill)
        late.start()
        try:
            assert process.stdout is not None
            for _ in range(parts):
                process.stdout.readline()
            time.sleep(chance.random() * (0.05 if parts else 1))
        finally:
            process.kill()
            process.communicate(timeout=60)
            late.cancel()
    done = table(dest, RESULTS)
    last: Outcome = batch(save_as=("txt",), rows=2, threads=1)
    assert last.read + len(done) >= last.rows == 21
    assert last.failed_before + last.failed == last.errors == 1
    assert without_run(dest) == without_run(tmp_path / "whole")
    texts = [sorted((path / "files").rglob("*.txt")) for path in (dest, tmp_path / "whole")]
    assert [path.read_bytes() for path in texts[0]] == [path.read_bytes() for path in texts[1]]
    assert batch(save_as=("txt",), rows=2, threads=1).read == 0
