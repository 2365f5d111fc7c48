"""What the rows of pages hold: what the pipeline gives, receipts that can be replayed, and one line for each fault."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pikepdf
import PIL.Image
import pytest
from tests.core.batch.kit import TINY, Batch, archive, document, names, picture, png, table, write_table

from ocrzoo.batch import BatchJob
from ocrzoo.batch.exports import KINDS
from ocrzoo.batch.rows import ERRORS, RESULTS, _schema
from ocrzoo.cli import main
from ocrzoo.inputs import Input
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo.pipelines.receipts import digest, plain_result
from ocrzoo.results.base import to_json


@pytest.fixture
def everything(source: Path) -> Path:
    """A page in every kind of input."""
    (source / "sub").mkdir()
    (source / "sub" / "i.png").write_bytes(png("Image"))
    (source / "d.pdf").write_bytes(document(["One", "Two"]))
    (source / "d.tiff").write_bytes(document(["Tif"], "TIFF"))
    (source / "t.tar").write_bytes(archive([("m.png", png("Tar")), ("in.pdf", document(["Pear", "Quince"]))]))
    write_table(source / "t.parquet", {"image": [png("Row")]})
    return source


def test_rows_have_what_the_pipeline_gives(batch: Batch, everything: Path, dest: Path, pipeline: OCRPipeline) -> None:
    assert (batch().read, batch().skipped) == (8, 5)
    rows = table(dest, RESULTS)
    assert names(rows) == [
        *[("d.pdf", None, 0), ("d.pdf", None, 1), ("d.tiff", None, 0), ("sub/i.png", None, None)],
        *[("t.parquet", "0", None), ("t.tar", "in.pdf", 0), ("t.tar", "in.pdf", 1), ("t.tar", "m.png", None)],
    ]
    sources: list[Input] = [
        *[everything / "d.pdf", everything / "d.tiff", everything / "sub" / "i.png"],
        *[png("Row"), document(["Pear", "Quince"]), png("Tar")],
    ]
    expected = [result for one in sources for result in pipeline.predict(one)]
    assert len(rows) == len(expected) == 8
    for row, result in zip(rows, expected, strict=True):
        assert row["texts"] == result["rec_texts"]
        assert row["text"] == "\n".join(result["rec_texts"][index] for index in result.order)
        np.testing.assert_array_equal(np.float32(row["scores"]), np.float32(result["rec_scores"]))
        np.testing.assert_array_equal(row["boxes"], result["rec_boxes"])
        np.testing.assert_array_equal(row["polygons"], [np.ravel(quad) for quad in result["rec_polys"]])
        assert row["reading_order"] == list(result.order)
        assert row["result_sha256"] == digest(plain_result(result))
        assert row["warnings"] == []
        assert row["languages"] is None
    assert [row["text"] for row in rows[:4]] == ["One", "Two", "Tif", "Image"]


def test_rows_say_where_a_page_is_from(batch: Batch, everything: Path, dest: Path) -> None:
    batch()
    rows = dict(zip(names(table(dest, RESULTS)), table(dest, RESULTS), strict=True))
    image, page = rows["sub/i.png", None, None], rows["d.pdf", None, 1]
    path = everything / "sub" / "i.png"
    assert (image["size"], image["sha256"]) == (path.stat().st_size, hashlib.sha256(path.read_bytes()).hexdigest())
    assert (image["width"], image["height"], image["pieces"], image["run"]) == (160, 60, 1, 1)
    assert (page["pieces"], rows["t.tar", "m.png", None]["pieces"]) == (2, 2)
    assert rows["t.tar", "m.png", None]["sha256"] == hashlib.sha256(png("Tar")).hexdigest()
    assert rows["t.parquet", "0", None]["sha256"] == hashlib.sha256(png("Row")).hexdigest()


def test_documents_longer_than_a_part(batch: Batch, source: Path, dest: Path) -> None:
    words = ["One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten"]
    (source / "d.pdf").write_bytes(document(words))
    assert batch(rows=3).read == 10
    assert [row["text"] for row in table(dest, RESULTS)] == words
    assert len(list((dest / RESULTS).iterdir())) == 4


@pytest.mark.parametrize("name", ["d.pdf", "sub/i.png"])
def test_a_receipt_of_a_row_is_replayed(
    batch: Batch, everything: Path, dest: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    batch()
    row = [row for row in table(dest, RESULTS) if row["input"] == name][-1]
    (tmp_path / "receipt.json").write_text(row["receipt"])
    assert main(["replay", str(tmp_path / "receipt.json"), str(everything / name)]) == 0
    assert capsys.readouterr().err.endswith("1 page: the same results\n")
    assert main(["replay", str(tmp_path / "receipt.json"), str(everything / "t.tar")]) != 0


class TestExports:
    @pytest.mark.parametrize("kind", KINDS)
    def test_a_file_for_each_page(
        self, batch: Batch, everything: Path, dest: Path, pipeline: OCRPipeline, kind: str
    ) -> None:
        batch(save_as=(kind,))
        found = {path.relative_to(dest / "files").as_posix() for path in (dest / "files").rglob("*") if path.is_file()}
        stems = ("d.pdf_0", "d.pdf_1", "d.tiff_0", "sub/i.png", "t.parquet/0", "t.tar/in.pdf_0", "t.tar/in.pdf_1")
        assert found == {stem + KINDS[kind] for stem in (*stems, "t.tar/m.png")}
        content = (dest / "files" / f"sub/i.png{KINDS[kind]}").read_bytes()
        assert content.startswith(b"%PDF") if kind == "pdf" else b"Image" in content

    def test_json_is_that_of_the_page(self, batch: Batch, source: Path, dest: Path, pipeline: OCRPipeline) -> None:
        (source / "i.png").write_bytes(png("Image"))
        batch(save_as=("json",))
        (result,) = pipeline.predict(source / "i.png")
        expected = {**result.json["res"], "input_path": "i.png"}
        assert (dest / "files/i.png.json").read_text(encoding="utf-8") == to_json(expected, indent=4) + "\n"

    def test_a_member_whose_name_leads_out_stays_in(self, batch: Batch, source: Path, dest: Path) -> None:
        (source / "t.tar").write_bytes(archive([("../../../up.png", png("Up")), ("/etc/abs.png", png("Abs"))]))
        batch(save_as=("txt",))
        found = sorted(path.relative_to(dest).as_posix() for path in dest.parent.rglob("*.txt"))
        assert found == ["files/t.tar/%2E%2E/%2E%2E/%2E%2E/up.png.txt", "files/t.tar/etc/abs.png.txt"]


def test_what_is_odd_about_a_file_is_in_its_row_and_the_log_names_it(
    batch: Batch, source: Path, dest: Path, caplog: pytest.LogCaptureFixture
) -> None:
    jpeg = cv2.imencode(".jpg", picture("Cut"))[1].tobytes()[:-2]
    (source / "cut.jpg").write_bytes(jpeg)
    (source / "t.tar").write_bytes(archive([("cut.jpg", jpeg)]))
    frames = [PIL.Image.fromarray(picture(word)) for word in ("One", "Two")]
    frames[0].save(source / "a.gif", save_all=True, append_images=frames[1:])
    (source / "good.png").write_bytes(png("Good"))
    batch()
    several = "has 2 frames, of which only the first is read: use --frames all to read all"
    cut = "the JPEG is truncated; the missing part is gray"
    assert {row["input"]: row["warnings"] for row in table(dest, RESULTS)} == {
        "a.gif": [several],
        "cut.jpg": [cut],
        "good.png": [],
        "t.tar": [cut],
    }
    assert sorted(caplog.messages) == [f"a.gif: {several}", f"cut.jpg: {cut}", f"t.tar#cut.jpg: {cut}"]


class TestErrors:
    @pytest.fixture
    def messages(self, batch: Batch, dest: Path) -> Any:
        def read(**job: Any) -> list[str]:
            batch(**job)
            return [row["message"] for row in table(dest, ERRORS)]

        return read

    def test_one_line_for_each_and_the_others_are_read(self, messages: Any, source: Path, dest: Path) -> None:
        (source / "good.png").write_bytes(png("Good"))
        (source / "cut.png").write_bytes(png("Cut")[:200])
        (source / "empty.png").write_bytes(b"")
        (source / "text.jpg").write_bytes(b"no picture")
        (source / "bad.pdf").write_bytes(b"%PDF-1.7 or not")
        (source / "bad.tar").write_bytes(b"no tar" * 200)
        (source / "bad.parquet").write_bytes(b"no table")
        (source / "t.tar").write_bytes(archive([("bad.png", b"bad"), ("good.png", png("M"))]))
        write_table(source / "null.parquet", {"image": [None, png("R")]})
        found = messages()
        assert [message.partition(": ")[0] for message in found] == [
            *[
                "bad.parquet",
                "bad.pdf",
                "bad.tar",
                "cut.png",
                "empty.png",
                "null.parquet#0",
                "t.tar#bad.png",
                "text.jpg",
            ]
        ]
        for message in found:
            assert "\n" not in message
            assert str(source) not in message
            assert "the bytes given" not in message
            name = re.escape(message.partition(": ")[0])
            assert len(re.findall(name, message)) == 1, message
        assert [row["text"] for row in table(dest, RESULTS)] == ["Good", "R", "M"]
        assert all(row["run"] == 1 and row["error"] for row in table(dest, ERRORS))

    def test_a_page_of_a_document_fails_alone(self, messages: Any, source: Path, dest: Path) -> None:
        file = pikepdf.open(self.pdf(source, "d.pdf"), allow_overwriting_input=True)
        file.pages[1].MediaBox = pikepdf.Array([0, 0, 1e7, 1e7])
        file.save()
        (message,) = messages()
        assert message.startswith("d.pdf: page 2: ")
        assert names(table(dest, ERRORS)) == [("d.pdf", None, 1)]
        assert [row["page"] for row in table(dest, RESULTS)] == [0, 2]

    def pdf(self, source: Path, name: str) -> Path:
        (source / name).write_bytes(document(["One", "Two", "Three"]))
        return source / name

    @pytest.mark.skipif(os.name == "nt", reason="links and pipes need a permission there")
    def test_what_is_no_file(self, messages: Any, source: Path) -> None:
        os.mkfifo(source / "pipe.png")
        os.mkfifo(source / "pipe.pdf")
        (source / "circle.png").symlink_to("circle.png")
        (source / "gone.tar").symlink_to("nothing")
        found = messages()
        assert [message.partition(": ")[0] for message in found] == ["circle.png", "gone.tar", "pipe.pdf", "pipe.png"]
        assert found[3] == "pipe.png: a pipe or device, not a file"

    @pytest.mark.skipif(os.name == "nt", reason="no such names there")
    def test_odd_names(self, messages: Any, source: Path, dest: Path) -> None:
        odd = ["new\nline.png", "caf\udce9.png", "50%.png", "x" * 251 + ".png", "A.png", "a.png", "-.png"]
        for name in odd:
            (source / name).write_bytes(png("Odd"))
            (source / f"bad{name[-30:]}").write_bytes(b"bad")
            (source / f"bad{name[-30:]}").with_suffix(".pdf").write_bytes(b"bad")
        found = messages(save_as=("json", "txt"))
        assert len(found) == 2 * len(odd)
        assert all("\n" not in message for message in found)
        assert [row["text"] for row in table(dest, RESULTS)] == ["Odd"] * len(odd)
        assert {"caf\\xe9.png", "new\nline.png"} < {row["input"] for row in table(dest, RESULTS)}
        assert len(list((dest / "files").glob("*.txt"))) == len(odd)

    def test_files_that_vanish_before_they_are_read(
        self, messages: Any, source: Path, dest: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from ocrzoo.batch import run

        for name in ("a.png", "b.png", "c.tar", "d.pdf"):
            (source / name).write_bytes(png("Page"))
        begin = run._begin_run

        def vanish(*arguments: Any) -> int:
            for name in ("b.png", "c.tar", "d.pdf"):
                (source / name).unlink()
            return begin(*arguments)

        monkeypatch.setattr(run, "_begin_run", vanish)
        found = messages()
        assert [message.partition(": ")[0] for message in found] == ["b.png", "c.tar", "d.pdf"]
        assert all("No such file" in message or "not" in message for message in found)
        assert [row["input"] for row in table(dest, RESULTS)] == ["a.png"]


class TestPasswords:
    @pytest.fixture
    def locked(self, source: Path) -> Path:
        (source / "open.pdf").write_bytes(document(["Open"]))
        with pikepdf.open(source / "open.pdf") as file:
            file.save(source / "locked.pdf", encryption=pikepdf.Encryption(owner="Owner9", user="User7"))
        return source

    def test_one_that_is_missing_is_one_line_and_given_later_the_page_is_read(
        self, batch: Batch, locked: Path, dest: Path
    ) -> None:
        first = batch()
        assert (first.read, first.failed) == (1, 1)
        assert "encrypted" in table(dest, ERRORS)[0]["message"]
        again = batch(password=("User7",))
        assert (again.read, again.failed, again.failed_before, again.skipped) == (0, 0, 1, 1)
        last = batch(password=("no", "User7"), retry_failed=True)
        assert (last.read, last.failed, last.failed_before, last.errors, last.rows) == (1, 0, 0, 0, 2)
        assert [row["text"] for row in table(dest, RESULTS)] == ["Open", "Open"]

    def test_it_is_written_nowhere(self, batch: Batch, locked: Path, dest: Path) -> None:
        batch(password=("User7",))
        batch(password=("Secret8",), overwrite=True)
        for row in table(dest, RESULTS) + table(dest, ERRORS):
            assert not re.search("User7|Secret8", str(row))
        assert not re.search("User7|Secret8", (dest / "batch.json").read_text())
        assert "User7" not in repr(BatchJob("in", "out", TINY, password=("User7",)))


def test_the_columns_are_those_that_the_documentation_lists(repository: Path) -> None:
    text = (repository / "docs" / "batch.md").read_text(encoding="utf-8")
    for name in (RESULTS, ERRORS):
        columns = [(field.name, str(field.type)) for field in _schema(name)]
        for column, kind in columns:
            assert f"| `{column}` | `{kind.replace('item: ', '')}` |" in text, column
    listed = re.findall(r"^\| `(\w+)` \| `[^`]+` \|", text, re.MULTILINE)
    assert set(listed) == {field.name for name in (RESULTS, ERRORS) for field in _schema(name)}
