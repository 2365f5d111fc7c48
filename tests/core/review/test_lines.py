"""The lines to be reviewed: their order, their crops, and results whose page is not where it was."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.core.review.kit import DOUBTFUL, FIRST, SAMPLE, recorded, saved
from tests.core.serving.ui_stub import PAGES

from ocrzoo.processing.geometry import crop
from ocrzoo.processing.rotation import rotate
from ocrzoo.review.lines import ReviewLine, lines_of, upright_picture
from ocrzoo_registry.errors import InputError


def review_lines(folder: Path, *files: Path, images: Path | None = None, below: float = 1) -> list[ReviewLine]:
    """Return the lines of results, all of which can be read."""
    errors: list[InputError] = []
    found = lines_of(files, folder, images, below=below, on_error=errors.append)
    assert errors == []
    return found


def refusal(folder: Path, file: Path, images: Path | None = None) -> str:
    errors: list[InputError] = []
    assert lines_of([file], folder, images, on_error=errors.append) == []
    (error,) = errors
    assert "\n" not in str(error)
    return str(error)


def pixels(path: Path) -> Any:
    return cv2.imread(str(path))


class TestOrder:
    def test_the_line_with_the_most_doubtful_character_is_first(self, tmp_path: Path) -> None:
        lines = review_lines(tmp_path, saved(tmp_path))
        assert lines[0].place.line == DOUBTFUL
        assert lines[0].doubt == 0.31
        assert [line.doubt for line in lines] == sorted(line.doubt for line in lines)

    def test_without_characters_the_score_of_the_line_counts(self, tmp_path: Path) -> None:
        scores = [0.9, 0.8, 0.2, 0.7, 0.99, 0.99, 0.99, 0.99, 0.99]
        lines = review_lines(tmp_path, saved(tmp_path, rec_chars=..., rec_scores=scores))
        assert [line.place.line for line in lines[:4]] == [2, 3, 1, 0]
        assert [line.place.line for line in lines[4:]] == [4, 5, 6, 7, 8]  # the same score: reading order

    def test_a_line_in_which_nothing_was_read_is_the_most_doubtful(self, tmp_path: Path) -> None:
        texts = [*recorded()["rec_texts"][:8], ""]
        lines = review_lines(tmp_path, saved(tmp_path, rec_texts=texts, rec_chars=...))
        assert (lines[0].place.line, lines[0].doubt) == (8, 0.0)

    def test_lines_that_are_sure_can_be_left_out(self, tmp_path: Path) -> None:
        assert [line.place.line for line in review_lines(tmp_path, saved(tmp_path), below=0.5)] == [DOUBTFUL]

    def test_lines_of_several_pages_are_sorted_together(self, tmp_path: Path) -> None:
        files = [saved(tmp_path), saved(tmp_path, "photograph.jpg", "photograph_res.json")]
        lines = review_lines(tmp_path, *files)
        assert len(lines) == 9 + 76
        assert [line.doubt for line in lines] == sorted(line.doubt for line in lines)
        assert {line.page for line in lines} == {"sample.png", "0005.jpg"}


class TestMarks:
    def test_doubtful_characters_are_marked(self, tmp_path: Path) -> None:
        (line,) = review_lines(tmp_path, saved(tmp_path), below=0.5)
        assert line.marks == [(2, 3)]

    def test_places_are_those_of_javascript(self, tmp_path: Path) -> None:
        """A character beyond the first plane is two units there."""
        result = recorded()
        characters = [
            [{"text": "\U0001f600", "score": 0.99}, *({"text": one, "score": 0.5} for one in "ab")],
            *result["rec_chars"][1:],
        ]
        file = saved(tmp_path, rec_texts=["\U0001f600ab", *result["rec_texts"][1:]], rec_chars=characters)
        line = next(line for line in review_lines(tmp_path, file) if line.place.line == 0)
        assert line.marks == [(2, 4)]

    def test_characters_that_are_not_those_of_the_text_mark_nothing(self, tmp_path: Path) -> None:
        texts = [*recorded()["rec_texts"][:8], "Another text"]
        line = next(line for line in review_lines(tmp_path, saved(tmp_path, rec_texts=texts)) if line.place.line == 8)
        assert line.marks == []


class TestCrops:
    def test_a_crop_is_what_a_model_is_given(self, tmp_path: Path) -> None:
        page = pixels(SAMPLE)
        for line in review_lines(tmp_path, saved(tmp_path)):
            wanted: Any = crop(page, np.array(line.place.points, np.int16))
            assert np.array_equal(pixels(tmp_path / line.place.crop), wanted)

    def test_a_line_that_was_upside_down_is_turned(self, tmp_path: Path) -> None:
        angles = [1, *[0] * 8]
        lines = review_lines(tmp_path, saved(tmp_path, textline_orientation_angles=angles))
        turned = next(line for line in lines if line.place.line == 0)
        wanted: Any = crop(pixels(SAMPLE), np.array(turned.place.points, np.int16))
        assert np.array_equal(pixels(tmp_path / turned.place.crop), wanted[::-1, ::-1])

    @pytest.mark.parametrize("angle", [90, 180, 270])
    def test_a_page_that_was_turned_is_turned_again(self, tmp_path: Path, angle: int) -> None:
        cv2.imwrite(str(tmp_path / "turned.png"), rotate(pixels(SAMPLE), -angle % 360))
        preprocessed = {"angle": angle, "model_settings": {"use_doc_unwarping": False}}
        file = saved(tmp_path, input_path=str(tmp_path / "turned.png"), doc_preprocessor_res=preprocessed)
        (tmp_path / "other").mkdir()
        upright = {line.place.crop for line in review_lines(tmp_path / "other", saved(tmp_path / "other"))}
        lines = review_lines(tmp_path, file)
        assert {line.place.crop for line in lines} == upright
        assert {line.place.angle for line in lines} == {angle}

    @pytest.mark.parametrize("angle", [0, 90])
    def test_a_line_of_an_unwarped_page_is_cut_out_of_the_original(self, tmp_path: Path, angle: int) -> None:
        """Where it was there is in ``rec_polys_original``, from before the page was turned."""
        quads = np.array(recorded()["rec_polys"])
        width = pixels(SAMPLE).shape[1]
        there = quads if angle == 0 else np.stack([pixels(SAMPLE).shape[0] - quads[..., 1], quads[..., 0]], axis=-1)
        cv2.imwrite(str(tmp_path / "bent.png"), rotate(pixels(SAMPLE), -angle % 360))
        preprocessed = {"angle": angle, "model_settings": {"use_doc_unwarping": True}}
        file = saved(
            tmp_path,
            input_path=str(tmp_path / "bent.png"),
            doc_preprocessor_res=preprocessed,
            rec_polys=(quads // 2).tolist(),
            rec_polys_original=there.tolist(),
        )
        line = next(line for line in review_lines(tmp_path, file) if line.place.line == 0)
        assert np.array_equal(np.array(line.place.points), quads[0])
        assert line.size[0] < width

    def test_a_column_of_letters_is_shown_as_it_is_on_the_page(self, tmp_path: Path) -> None:
        file = saved(tmp_path, "turned_sideways.png")
        lines = review_lines(tmp_path, file)
        down = [line for line in lines if line.runs_down]
        sideways = [line for line in lines if not line.runs_down and line.read.startswith("This")]
        assert down, [line.read for line in lines]
        for line in down:
            shown = cv2.imdecode(np.frombuffer(upright_picture(tmp_path, line), np.uint8), cv2.IMREAD_COLOR)
            assert shown is not None
            assert shown.shape[0] > shown.shape[1]
            assert line.to_dict()["height"] == shown.shape[0]
        assert all(line.size[0] > line.size[1] for line in sideways)

    def test_the_same_review_again_writes_nothing(self, tmp_path: Path) -> None:
        file = saved(tmp_path)
        review_lines(tmp_path, file)
        times = {path: path.stat().st_mtime_ns for path in (tmp_path / "crops").iterdir()}
        review_lines(tmp_path, file)
        assert {path: path.stat().st_mtime_ns for path in (tmp_path / "crops").iterdir()} == times


class TestPages:
    def test_the_page_is_found_beside_its_result(self, tmp_path: Path) -> None:
        shutil.copy(SAMPLE, tmp_path / "sample.png")
        assert len(review_lines(tmp_path, saved(tmp_path, input_path="sample.png"))) == 9

    def test_a_page_that_moved_is_found_by_its_name(self, tmp_path: Path) -> None:
        file = saved(tmp_path, input_path=r"C:\scans\sample.png")
        assert len(review_lines(tmp_path, file, images=SAMPLE.parent)) == 9

    def test_a_page_of_a_document_is_found_by_its_number(self, tmp_path: Path) -> None:
        from PIL import Image

        pictures = [Image.open(PAGES[name]).convert("RGB") for name in ("photograph.jpg", "sample.png")]
        pictures[0].save(tmp_path / "two.tiff", save_all=True, append_images=pictures[1:])
        files = [
            saved(tmp_path, name, f"two_{index}_res.json", input_path=str(tmp_path / "two.tiff"), page_index=index)
            for index, name in enumerate(("photograph.jpg", "sample.png"))
        ]
        lines = review_lines(tmp_path, *files)
        assert {line.page for line in lines} == {"two.tiff, page 1", "two.tiff, page 2"}
        first = next(line for line in lines if line.read == FIRST)
        wanted: Any = crop(pixels(SAMPLE), np.array(first.place.points, np.int16))
        assert np.array_equal(pixels(tmp_path / first.place.crop), wanted)

    @pytest.mark.parametrize(
        ("changes", "message"),
        [
            (
                {"input_path": "/nowhere/a.png"},
                "its page /nowhere/a.png was not found, there is no such file: --images",
            ),
            ({"input_path": None}, "its page was no file: save it, and read it again by its path"),
            ({"input_path": "-"}, "its page was no file"),
            (
                {"input_path": "https://files.example.org/a.png"},
                "its page was downloaded from https://files.example.org",
            ),
            ({"page_index": 7, "input_path": str(PAGES["photograph.jpg"])}, "has no page 8"),
            ({"input_path": str(PAGES["turned_sideways.png"])}, "are outside of"),
            ({"rec_polys": [[[-32768, -32768], [10, -32768], [10, 10], [-32768, 10]]] * 9}, "are outside of"),
            ({"input_path": __file__}, "not an image"),
            (
                {"doc_preprocessor_res": {"angle": 0, "model_settings": {"use_doc_unwarping": True}}},
                "its page was unwarped, and nobody knows where its lines were",
            ),
        ],
    )
    def test_a_result_without_its_page_is_named_in_one_line(
        self, tmp_path: Path, changes: dict[str, Any], message: str
    ) -> None:
        assert message in refusal(tmp_path, saved(tmp_path, **changes))

    def test_the_others_go_on(self, tmp_path: Path) -> None:
        errors: list[InputError] = []
        files = [saved(tmp_path, file="a.json", input_path="gone.png"), saved(tmp_path, file="b.json")]
        lines = lines_of(files, tmp_path, None, on_error=errors.append)
        assert (len(lines), len(errors)) == (9, 1)
