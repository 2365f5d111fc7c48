"""The comparison itself: lines are paired by place, counted, and every difference is told."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, ClassVar

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))

import compare
from agreement import Agreement, Difference, Tolerance, compare_pages, corner_distance, pair_lines
from answers import Line, Pages, Polygon, Recording, read_recordings, recording_from, write_recordings

TOLERANCE = Tolerance()


def box(left: int, top: int, width: int = 100, height: int = 20) -> Polygon:
    """An upright box."""
    right, bottom = left + width, top + height
    return ((left, top), (right, top), (right, bottom), (left, bottom))


def line(text: str, left: int = 0, top: int = 0, score: float = 0.9) -> Line:
    """A line in an upright box."""
    return Line(box(left, top), text, score)


def compared(ours: list[Line], theirs: list[Line], tolerance: Tolerance = TOLERANCE) -> Agreement:
    """Compare one page."""
    return compare_pages({"page.png": tuple(ours)}, {"page.png": tuple(theirs)}, tolerance)


def kinds(agreement: Agreement) -> list[tuple[int | None, str]]:
    """Where the differences are, and of what kind."""
    return [(difference.line, difference.what) for difference in agreement.differences]


class TestCornerDistance:
    """The largest difference of one coordinate."""

    @pytest.mark.parametrize(
        ("one", "other", "distance"),
        [
            (box(0, 0), box(0, 0), 0),
            (box(0, 0), box(1, 0), 1),
            (box(0, 0), box(2, 3), 3),
            (box(0, 0), box(0, 0, width=90), 10),
            (box(0, 0), box(0, 0)[:3], float("inf")),
            ((), (), 0),
        ],
    )
    def test_table(self, one: Polygon, other: Polygon, distance: float) -> None:
        assert corner_distance(one, other) == distance
        assert corner_distance(other, one) == distance


class TestPairLines:
    """Which line of ours is which of theirs."""

    def test_a_line_that_only_one_side_has_does_not_shift_the_others(self) -> None:
        theirs = [line("a", top=0), line("b", top=40), line("c", top=80)]
        assert pair_lines([theirs[0], theirs[2]], theirs) == {0: 0, 2: 1}
        assert pair_lines(theirs, [theirs[0], theirs[2]]) == {0: 0, 1: 2}

    def test_the_nearest_box_wins(self) -> None:
        theirs = [line("a", top=0), line("b", top=16)]
        ours = [line("b", top=15), line("a", top=1)]
        assert pair_lines(ours, theirs) == {0: 1, 1: 0}

    def test_boxes_in_one_place_are_paired_by_text(self) -> None:
        assert pair_lines([line("b"), line("a")], [line("a"), line("b")]) == {0: 1, 1: 0}

    def test_boxes_far_apart_are_no_pair(self) -> None:
        assert pair_lines([line("a", top=200)], [line("a", top=0)]) == {}

    def test_a_low_box_still_reaches_ten_pixels(self) -> None:
        low = Line(box(0, 0, height=4), "a", 0.9)
        assert pair_lines([Line(box(0, 9, height=4), "a", 0.9)], [low]) == {0: 0}


class TestComparePages:
    """Counts and differences."""

    def test_equal_answers_have_no_difference(self) -> None:
        lines = [line("a"), line("", top=40, score=0.0)]
        agreement = compared(lines, lines)
        assert agreement == Agreement(pages=1, theirs=2, ours=2, exact_boxes=2, boxes=2, texts=2)

    def test_one_pixel_is_counted_and_is_no_difference(self) -> None:
        agreement = compared([line("a", left=1)], [line("a")])
        assert (agreement.exact_boxes, agreement.boxes, agreement.differences) == (0, 1, [])

    def test_two_pixels_are_a_difference(self) -> None:
        agreement = compared([line("a", left=2)], [line("a")])
        assert (agreement.boxes, kinds(agreement)) == (0, [(0, "box")])

    def test_the_tolerance_can_be_nothing(self) -> None:
        assert kinds(compared([line("a", left=1)], [line("a")], Tolerance(pixels=0))) == [(0, "box")]

    def test_another_text_is_a_difference_and_its_score_is_not_compared(self) -> None:
        agreement = compared([line("a", score=0.1)], [line("b", score=0.9)])
        assert (agreement.texts, agreement.score_gap, kinds(agreement)) == (0, 0.0, [(0, "text")])

    def test_scores_are_equal_within_the_tolerance(self) -> None:
        near = compared([line("a", score=0.9005)], [line("a", score=0.9)])
        far = compared([line("a", score=0.902)], [line("a", score=0.9)])
        assert (kinds(near), kinds(far)) == ([], [(0, "score")])
        assert far.score_gap == pytest.approx(0.002)

    def test_missing_and_extra_lines_are_told(self) -> None:
        agreement = compared([line("new", top=300)], [line("a"), line("b", top=40)])
        assert kinds(agreement) == [(0, "missing"), (1, "missing"), (None, "extra")]
        assert (agreement.theirs, agreement.ours, agreement.texts) == (2, 1, 0)

    def test_another_order_is_a_difference(self) -> None:
        lines = [line("a"), line("b", top=40)]
        assert kinds(compared(lines[::-1], lines)) == [(None, "order")]

    def test_a_page_without_answer_is_a_difference(self) -> None:
        agreement = compare_pages({}, {"page.png": (line("a"),)}, TOLERANCE)
        assert (agreement.pages, kinds(agreement)) == (0, [(None, "page")])

    def test_a_page_without_text_agrees(self) -> None:
        assert compared([], []) == Agreement(pages=1)

    def test_a_difference_names_page_line_and_both_sides(self) -> None:
        assert str(Difference("p.png", 3, "text", "x", "y")) == "p.png, line 3: text: ours 'x', theirs 'y'"
        assert str(Difference("p.png", None, "extra", "x", None)) == "p.png: extra: ours 'x', theirs None"


class TestRecordings:
    """The file: one recording, or several."""

    RAW: ClassVar[dict[str, Any]] = {
        "peer": "paddlex 3.7.2 engine=onnxruntime 1.31.1",
        "cv2": "4.10.0",
        "models": {
            "PP-OCRv5_mobile": {
                "a.png": {
                    "width": 9,
                    "height": 8,
                    "lines": [{"poly": [[0, 0], [8, 0], [8, 6], [0, 6]], "text": '模"型\u2028', "score": 0.5}],
                },
                "empty.png": {"width": 3, "height": 2, "lines": []},
            },
            "PP-OCRv6_tiny": {},
        },
    }

    def test_the_engine_may_stand_in_the_peers_name(self) -> None:
        assert recording_from(self.RAW).engine == "onnxruntime"
        assert recording_from({**self.RAW, "engine": "paddle"}).engine == "paddle"

    @pytest.mark.parametrize("count", [1, 2])
    def test_what_is_written_is_read(self, tmp_path: Path, count: int) -> None:
        path = tmp_path / "answers.json"
        write_recordings(path, [self.RAW] * count)
        assert read_recordings(path) == [recording_from(self.RAW)] * count

    def test_a_single_recording_may_stand_alone(self, tmp_path: Path) -> None:
        path = tmp_path / "answers.json"
        path.write_text('{"peer": "x", "models": {}}', encoding="utf-8")
        assert read_recordings(path) == [Recording("x", "unknown", "unknown", {})]


def recording(engine: str, *models: str) -> Recording:
    """A recording of models, with one page of one line."""
    return Recording(f"peer engine={engine}", engine, "0", {name: {"a.png": (line("a"),)} for name in models})


class TestPlan:
    """Which recording is held against which engine."""

    RECORDINGS: ClassVar[list[Recording]] = [recording("onnxruntime", "v4", "v5"), recording("paddle", "v4")]

    @pytest.mark.parametrize(
        ("model", "engine", "rows"),
        [
            (None, None, [("v4", "onnxruntime", 0), ("v5", "onnxruntime", 0), ("v4", "paddle", 1)]),
            ("v5", None, [("v5", "onnxruntime", 0)]),
            ("v4", "paddle", [("v4", "paddle", 1)]),
            (None, "openvino", [("v4", "openvino", 0), ("v5", "openvino", 0)]),
            ("other", None, []),
        ],
    )
    def test_table(self, model: str | None, engine: str | None, rows: list[tuple[str, str, int]]) -> None:
        planned = compare.plan(self.RECORDINGS, model, engine)
        assert planned == [compare.Comparison(self.RECORDINGS[k], name, runs) for name, runs, k in rows]


class TestCommand:
    """The command line, with ocrzoo replaced by prepared answers."""

    @pytest.fixture
    def answers(self, tmp_path: Path) -> Path:
        """A recording of one page, and the page beside it."""
        path = tmp_path / "answers.json"
        page = {"width": 9, "height": 9, "lines": [{"poly": box(0, 0), "text": "a", "score": 0.9}]}
        write_recordings(path, [{"peer": "peer engine=paddle", "models": {"v4": {"a.png": page}}}])
        (tmp_path / "a.png").touch()
        return path

    @pytest.mark.parametrize(("text", "status"), [("a", 0), ("b", 1)])
    def test_the_exit_status_says_whether_anything_differs(
        self,
        answers: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        text: str,
        status: int,
    ) -> None:
        def read(model: str, engine: str, paths: dict[str, Path]) -> Pages:
            assert (model, engine, paths) == ("v4", "paddle", {"a.png": answers.parent / "a.png"})
            return {"a.png": (line(text),)}

        monkeypatch.setattr(compare, "read_with_ocrzoo", read)
        assert compare.main([str(answers), str(answers.parent)]) == status
        printed = capsys.readouterr().out.splitlines()
        assert printed[0].split() == " ".join(compare.HEADINGS).split()
        assert printed[1].split()[:5] == ["v4", "paddle", "1", "1", "1"]
        assert len(printed) == 2 + status

    def test_nothing_to_compare_is_an_error(self, answers: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert compare.main([str(answers), str(answers.parent), "--model", "v9"]) == 2
        assert "v9" in capsys.readouterr().err

    def test_a_page_that_is_nowhere_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"a\.png is in none of"):
            compare.find_pages(["a.png"], [tmp_path])
