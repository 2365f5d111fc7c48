"""The OCR result: plain data, printing, saving."""

from __future__ import annotations

import ast
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL.Image
import pytest

from ocrzoo.processing.recognition import Line
from ocrzoo.results.ocr import OCRResult
from ocrzoo.results.output_files import OutputNames
from ocrzoo_registry.errors import UsageError

Build = Callable[..., OCRResult]


class TestJson:
    """Plain data under ``res``."""

    def test_survives_the_round_trip(self, build: Build) -> None:
        data = build().json
        assert list(data) == ["res"]
        assert json.loads(json.dumps(data)) == data

    def test_says_what_the_dictionary_says(self, build: Build) -> None:
        result = build()
        plain = result.json["res"]
        assert list(plain) == list(result)
        assert plain["dt_polys"] == [quad.tolist() for quad in result["dt_polys"]]
        assert plain["rec_boxes"] == [[10, 10, 150, 32], [10, 40, 150, 62], [10, 70, 150, 92]]
        assert plain["rec_texts"] == ["Hello", "你好，世界", ""]
        assert plain["rec_scores"] == [0.9, 0.9, 0.0]

    def test_an_empty_page(self, build: Build) -> None:
        plain = build(texts=[]).json["res"]
        assert plain["rec_boxes"] == plain["dt_polys"] == plain["rec_texts"] == []

    def test_numpys_numbers_become_pythons(self, build: Build) -> None:
        result = build()
        result["extra"] = {"a": np.int16(3), "b": (np.float32(0.5), np.bool_(1))}
        assert result.json["res"]["extra"] == {"a": 3, "b": [0.5, True]}
        json.dumps(result.json)

    def test_is_the_callers_own(self, build: Build) -> None:
        result = build()
        result.json["res"]["rec_texts"].clear()
        result.json["res"]["text_det_params"].clear()
        assert len(result["rec_texts"]) == 3
        assert result["text_det_params"]


class TestReadingOrder:
    """Text is in reading order, arrays are as they were detected."""

    QUADS = tuple(
        np.array([[x, y], [x + 60, y], [x + 60, y + 20], [x, y + 20]], np.int16)
        for x, y in ((100, 6), (10, 10), (100, 40), (10, 41))
    )

    def result(self, build: Build, **parts: object) -> OCRResult:
        texts = ["B1", "A1", "B2", "A2"]
        return build(texts=texts, quads=list(self.QUADS), **parts)

    def test_text_and_exports_follow_it(self, build: Build, tmp_path: Path) -> None:
        result = self.result(build)
        assert result["reading_order"] == [1, 0, 3, 2]
        assert result["rec_texts"] == ["B1", "A1", "B2", "A2"]
        assert result.text == "A1\nB1\nA2\nB2"
        assert [line.text for line in result.text_page().lines] == ["A1", "B1", "A2", "B2"]
        assert [
            row.split("\t")[-1] for row in result.save_to_tsv(tmp_path).read_text().splitlines() if row[0] == "5"
        ] == [*("A1", "B1", "A2", "B2")]

    def test_with_quirks_all_is_in_paddlexs_order(self, build: Build) -> None:
        result = self.result(build, paddlex_quirks=True)
        assert "reading_order" not in result
        assert result.text == "B1\nA1\nB2\nA2"

    def test_lines_that_are_left_out_have_no_place_in_it(self, build: Build) -> None:
        lines = [Line(text, score) for text, score in zip("badc", (0.9, 0.9, 0.1, 0.9), strict=True)]
        result = build(texts="badc", lines=lines, quads=list(self.QUADS), score_thresh=0.5)
        assert result["reading_order"] == [1, 0, 2]
        assert result.text == "a\nb\nc"

    def test_lines_without_text_come_last_and_are_in_nobodys_way(self, build: Build) -> None:
        """A speck between two columns hides the white space that separates them."""
        written = "Columns of prose are read one after the other"
        columns = [(x, y) for x in (10, 620) for y in (10, 40, 70, 100)]
        specks = [(585, y) for y in (10, 40, 70, 100)]
        quads = [np.array([[x, y], [x + 550, y], [x + 550, y + 20], [x, y + 20]], np.int16) for x, y in columns]
        quads += [np.array([[x, y], [x + 20, y], [x + 20, y + 20], [x, y + 20]], np.int16) for x, y in specks]
        result = build(texts=[written] * 8 + ["", " ", "", ""], quads=quads)
        assert result["reading_order"] == [*range(12)]


class TestCounts:
    """How many lines are missing."""

    def test_of_a_page(self, build: Build) -> None:
        assert build()["line_counts"] == {"detected": 3, "below_score_thresh": 0, "without_text": 1}

    def test_of_lines_below_the_threshold(self, build: Build) -> None:
        result = build(score_thresh=0.95)
        assert result["rec_texts"] == []
        assert result["line_counts"] == {"detected": 3, "below_score_thresh": 3, "without_text": 0}

    def test_of_a_page_without_lines(self, build: Build) -> None:
        assert build(texts=[])["line_counts"] == {"detected": 0, "below_score_thresh": 0, "without_text": 0}

    def test_not_with_quirks(self, build: Build) -> None:
        assert "line_counts" not in build(paddlex_quirks=True)


class TestPrint:
    """To standard output, in two forms."""

    def test_json(self, build: Build, capsys: pytest.CaptureFixture[str]) -> None:
        build().print()
        printed = capsys.readouterr()
        assert json.loads(printed.out) == build().json
        assert "你好" in printed.out
        assert '\n    "res"' in printed.out
        assert printed.err == ""

    def test_json_in_one_line_and_ascii(self, build: Build, capsys: pytest.CaptureFixture[str]) -> None:
        build().print(indent=None, ensure_ascii=True)
        printed = capsys.readouterr().out
        assert printed.count("\n") == 1
        assert printed.isascii()
        assert json.loads(printed) == build().json

    def test_dictionary(self, build: Build, capsys: pytest.CaptureFixture[str]) -> None:
        build(texts=["Hello", "you"] * 5).print(format_json=False)
        printed = capsys.readouterr().out
        assert printed.startswith("{'res': {'input_path': 'folder/page.png', 'page_index': None, ")
        assert "..." in printed
        assert "'rec_texts': ['Hello', 'you'" in printed

    def test_a_dictionary_without_arrays_of_note(self, build: Build, capsys: pytest.CaptureFixture[str]) -> None:
        build(texts=[]).print(format_json=False)
        assert "'rec_texts': []" in capsys.readouterr().out

    @pytest.mark.parametrize("format_json", [True, False])
    def test_numpy_prints_as_before(self, build: Build, format_json: bool) -> None:
        before = np.get_printoptions()
        build().print(format_json=format_json)
        assert np.get_printoptions() == before


class TestSaveToJson:
    """A file, or a folder."""

    def test_in_a_folder_that_is_made(self, build: Build, tmp_path: Path) -> None:
        path = build().save_to_json(tmp_path / "a" / "b")
        assert path == tmp_path / "a" / "b" / "page_res.json"
        assert json.loads(path.read_text(encoding="utf-8")) == build().json["res"]
        assert "你好" in path.read_text(encoding="utf-8")

    @pytest.mark.parametrize("name", ["mine.json", "mine.JSON"])
    def test_in_the_file_named(self, build: Build, tmp_path: Path, name: str) -> None:
        assert build().save_to_json(str(tmp_path / name)) == tmp_path / name
        assert (tmp_path / name).is_file()

    @pytest.mark.parametrize("name", ["v1.2", "mine.png"])
    def test_another_suffix_is_a_folder(self, build: Build, tmp_path: Path, name: str) -> None:
        assert build().save_to_json(tmp_path / name) == tmp_path / name / "page_res.json"

    def test_a_folder_that_is_called_like_a_file(self, build: Build, tmp_path: Path) -> None:
        (tmp_path / "odd.json").mkdir()
        assert build().save_to_json(tmp_path / "odd.json") == tmp_path / "odd.json" / "page_res.json"

    def test_ascii(self, build: Build, tmp_path: Path) -> None:
        text = build().save_to_json(tmp_path, indent=None, ensure_ascii=True).read_text(encoding="ascii")
        assert text.count("\n") == 1
        assert ast.literal_eval(json.dumps(json.loads(text)["rec_texts"])) == build()["rec_texts"]

    def test_pages_of_one_file_are_numbered(self, build: Build, tmp_path: Path) -> None:
        assert build(page_index=3).save_to_json(tmp_path).name == "page_3_res.json"
        assert build(page_index=3).save_to_json(tmp_path / "mine.json").name == "mine_3.json"

    def test_results_of_one_run_never_share_a_file(self, build: Build, tmp_path: Path) -> None:
        names = OutputNames()
        paths = [build(names=names, name=name).save_to_json(tmp_path / "mine.json").name for name in ("page", "other")]
        assert paths == ["mine.json", "mine_2.json"]


class TestSaveToImg:
    """A file, or a folder; the picture is of the input's own kind where that can be written."""

    @pytest.mark.parametrize(
        ("input_path", "name", "kind"),
        [
            ("folder/page.png", "page_ocr_res_img.png", "PNG"),
            ("folder/page.JPG", "page_ocr_res_img.jpg", "JPEG"),
            ("page.bmp", "page_ocr_res_img.bmp", "BMP"),
            ("page.webp", "page_ocr_res_img.webp", "WEBP"),
            ("page.tiff", "page_ocr_res_img.tiff", "TIFF"),
            ("page.sr", "page_ocr_res_img.png", "PNG"),
            ("page.ras", "page_ocr_res_img.png", "PNG"),
            ("page.psd", "page_ocr_res_img.png", "PNG"),
            ("http://127.0.0.1/page.jpg?x=1", "page_ocr_res_img.png", "PNG"),
            ("page", "page_ocr_res_img.png", "PNG"),
            ("-", "page_ocr_res_img.png", "PNG"),
            (None, "page_ocr_res_img.png", "PNG"),
        ],
    )
    def test_in_a_folder(self, build: Build, tmp_path: Path, input_path: str | None, name: str, kind: str) -> None:
        (path,) = build(input_path=input_path).save_to_img(tmp_path / "out")
        assert path == tmp_path / "out" / name
        with PIL.Image.open(path) as picture:
            assert picture.size == (320, 120)
            assert picture.format == kind

    @pytest.mark.parametrize(("name", "kind"), [("mine.jpeg", "JPEG"), ("mine.PNG", "PNG")])
    def test_in_the_file_named(self, build: Build, tmp_path: Path, name: str, kind: str) -> None:
        assert build().save_to_img(tmp_path / name) == (tmp_path / name,)
        with PIL.Image.open(tmp_path / name) as picture:
            assert picture.format == kind

    def test_what_the_inputs_kind_cannot_hold_is_saved_as_png(self, build: Build, tmp_path: Path) -> None:
        """WebP ends at 16,383 pixels, and the picture is twice as wide as the page."""
        wide = build(image=np.zeros((4, 8300, 3), np.uint8), input_path="wide.webp", texts=[])
        assert wide.save_to_img(tmp_path)[0].suffix == ".png"

    def test_a_picture_too_large_for_its_format_is_refused(self, build: Build, tmp_path: Path) -> None:
        wide = build(image=np.zeros((4, 8300, 3), np.uint8), input_path="wide.webp", texts=[])
        with pytest.raises(UsageError, match="could not be written"):
            wide.save_to_img(tmp_path / "asked.webp")
        assert list(tmp_path.iterdir()) == []


def test_the_picture_is_under_paddlexs_key(build: Build) -> None:
    assert list(build().img) == ["ocr_res_img"]


@pytest.mark.parametrize(
    ("save", "name", "begins"),
    [
        ("save_to_txt", "page_res.txt", b"Hello\n"),
        ("save_to_md", "page_res.md", b"Hello\\\n"),
        ("save_to_tsv", "page_res.tsv", b"level\tpage_num\t"),
        ("save_to_hocr", "page_res.hocr", b"<?xml"),
        ("save_to_alto", "page_res.xml", b"<?xml"),
        ("save_to_pdf", "page_res.pdf", b"%PDF-"),
    ],
)
def test_exports_lie_beside_the_rest(build: Build, tmp_path: Path, save: str, name: str, begins: bytes) -> None:
    path: Path = getattr(build(), save)(tmp_path)
    assert path == tmp_path / name
    assert path.read_bytes().startswith(begins)
    named: Path = getattr(build(), save)(tmp_path / f"mine{path.suffix}")
    assert named.name == f"mine{path.suffix}"
