"""Training sets from corrections: what PaddleOCR would read of them, and the split."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from tests.core.datasets.kit import found, report_of
from tests.core.datasets.paddleocr_rules import encoded, loaded, regions
from tests.core.review.kit import FIRST, SAMPLE, recorded, saved

from ocrzoo.datasets.build import Built, build, split, training_text
from ocrzoo.datasets.corrections import CorrectionLog, decide
from ocrzoo.review.lines import ReviewLine, lines_of
from ocrzoo.text.bidi import display
from ocrzoo_registry.errors import UsageError


def reviewed(folder: Path, *files: Path, **texts: str | None) -> list[ReviewLine]:
    """Accept every line of results, but those named ``line_3`` as they are given; ``...`` leaves one undecided."""
    lines = lines_of(files, folder, None, on_error=lambda error: pytest.fail(str(error)))
    log = CorrectionLog(folder)
    for line in lines:
        text: Any = texts.get(f"line_{line.place.line}", line.read)
        if text is not ...:
            log.append(decide(line.place, line.read, line.score, text))
    log.close()
    return lines


def built(folder: Path, out: Path, **options: Any) -> Built:
    return build(folder, out, **{"train_share": 0.5, "images": None, **options})


def test_paddleocr_reads_what_was_decided(tmp_path: Path) -> None:
    lines = reviewed(tmp_path / "review", saved(tmp_path), line_0="Corrected", line_3=None)
    out = tmp_path / "dataset"
    made = built(tmp_path / "review", out)
    assert list(made.faults) == []
    assert sum(made.lines.values()) == 8  # one of nine has no text
    assert all(made.lines.values())

    pairs = [pair for part in ("train", "val") for pair in loaded(out / f"rec_gt_{part}.txt", out)]
    by_text = {label: picture for picture, label in pairs}
    assert by_text.keys() == {
        "Corrected",
        *(text for index, text in enumerate(recorded()["rec_texts"]) if index not in {0, 3}),
    }
    for line in lines:
        if line.place.line not in {0, 3}:
            crop = cv2.imread(str(tmp_path / "review" / line.place.crop))
            assert np.array_equal(by_text[line.read], crop)
            assert encoded(line.read, set(line.read), 80) == line.read


def test_pages_all_of_whose_lines_are_decided_are_for_detection(tmp_path: Path) -> None:
    reviewed(tmp_path / "review", saved(tmp_path), line_0="Corrected", line_3=None)
    out = tmp_path / "dataset"
    made = built(tmp_path / "review", out, train_share=1)
    assert (made.pages, made.unfinished) == ({"train": 1, "val": 0}, 0)
    ((page, label),) = loaded(out / "det_gt_train.txt", out)
    assert np.array_equal(page, cv2.imread(str(SAMPLE)))
    given = recorded()["rec_polys"]
    for index, (points, text, ignored) in enumerate(regions(label)):
        assert points.tolist() == given[index]
        assert ignored == (index == 3)
        assert text == ("Corrected" if index == 0 else "###" if index == 3 else recorded()["rec_texts"][index])
    assert found(report_of(out, max_text_length=80)) == {}


def test_a_page_with_an_open_line_is_not(tmp_path: Path) -> None:
    reviewed(tmp_path / "review", saved(tmp_path), line_5=...)  # type: ignore[arg-type]
    made = built(tmp_path / "review", tmp_path / "dataset")
    assert (sum(made.pages.values()), made.unfinished, sum(made.lines.values())) == (0, 1, 8)


def test_nor_is_one_with_lines_that_have_no_text(tmp_path: Path) -> None:
    """Lines with a low score are left out of ``rec_texts``, and nobody decided on them."""
    quads = [*recorded()["dt_polys"], [[0, 0], [9, 0], [9, 9], [0, 9]]]
    reviewed(tmp_path / "review", saved(tmp_path, dt_polys=quads))
    assert built(tmp_path / "review", tmp_path / "dataset").unfinished == 1


def test_a_page_that_is_gone_costs_only_itself(tmp_path: Path) -> None:
    moved = tmp_path / "page.png"
    moved.write_bytes(SAMPLE.read_bytes())
    reviewed(tmp_path / "review", saved(tmp_path, input_path=str(moved)))
    moved.unlink()
    made = built(tmp_path / "review", tmp_path / "dataset")
    assert sum(made.lines.values()) == 9
    (fault,) = made.faults
    assert "page.png was not found" in fault
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "page.png").write_bytes(SAMPLE.read_bytes())
    assert sum(built(tmp_path / "review", tmp_path / "again", images=tmp_path / "elsewhere").pages.values()) == 1


def test_a_crop_that_is_another_file_now_is_not_copied(tmp_path: Path) -> None:
    (first, *_) = reviewed(tmp_path / "review", saved(tmp_path))
    private = tmp_path / "private.txt"
    private.write_text("private")
    crop = tmp_path / "review" / first.place.crop
    crop.unlink()
    crop.symlink_to(private)
    made = built(tmp_path / "review", tmp_path / "dataset")
    assert sum(made.lines.values()) == 8
    assert made.faults == [f"{crop} is missing or damaged: remove it, and run 'ocrzoo review' again"]


def test_the_split_is_the_same_each_time_and_by_picture(tmp_path: Path) -> None:
    """Two results of one page have the same crops: each is there once, with what was decided last."""
    files = [saved(tmp_path, file="a.json"), saved(tmp_path, file="b.json")]
    reviewed(tmp_path / "review", *files)
    first, second = tmp_path / "one", tmp_path / "two"
    built(tmp_path / "review", first)
    built(tmp_path / "review", second)
    for path in sorted(first.rglob("*.txt")):
        assert path.read_bytes() == (second / path.name).read_bytes()
    assert sum(len([*loaded(first / f"rec_gt_{part}.txt", first)]) for part in ("train", "val")) == 9
    assert found(report_of(first, max_text_length=80)) == {}


def test_more_pictures_move_none_to_the_other_side() -> None:
    few = [f"images/{number}.png" for number in range(50)]
    many = [f"images/{number}.png" for number in range(500)]
    before, after = split(few, 0.9), split(many, 0.9)
    assert {*before["train"]} == {*after["train"]} & {*few}
    assert 0.85 < len(after["train"]) / 500 < 0.95


@pytest.mark.parametrize(
    ("count", "share", "parts"), [(2, 0.99, (1, 1)), (1, 0.5, None), (9, 1, (9, 0)), (9, 0, (0, 9)), (0, 0.9, (0, 0))]
)
def test_small_sets(count: int, share: float, parts: tuple[int, int] | None) -> None:
    made = split([f"{number}.png" for number in range(count)], share)
    assert sum(map(len, made.values())) == count
    assert parts in {None, (len(made["train"]), len(made["val"]))}


@pytest.mark.parametrize(
    ("text", "label"),
    [
        (" one\ttwo\n", "one two"),
        ("plain", "plain"),
        ("\u0633\u0644\u0627\u0645", "\u0645\u0627\u0644\u0633"),
        ("\u05e9\u05dc\u05d5\u05dd 2026", "2026 \u05dd\u05d5\u05dc\u05e9"),
    ],
)
def test_text_is_written_as_a_network_reads_it(text: str, label: str) -> None:
    """From left to right: PaddleX turns the text of its Arabic models after they wrote it."""
    assert training_text(text) == label
    assert display(label)[0] == " ".join(text.split())  # as a pipeline does with what a network wrote
    assert training_text(text, logical_order=True) == " ".join(text.split())


def test_nothing_is_overwritten_and_nothing_is_left_half(tmp_path: Path) -> None:
    reviewed(tmp_path / "review", saved(tmp_path))
    (tmp_path / "dataset").mkdir()
    with pytest.raises(UsageError, match="exists, and nothing is overwritten"):
        built(tmp_path / "review", tmp_path / "dataset")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["dataset", "review", "sample_res.json"]


def test_a_folder_without_decisions_is_refused(tmp_path: Path) -> None:
    CorrectionLog(tmp_path / "review").close()
    with pytest.raises(UsageError, match=r"has no corrections: make some with 'ocrzoo review RESULT\.json"):
        built(tmp_path / "review", tmp_path / "dataset")


def test_labels_are_lines_of_utf_8_without_a_mark(tmp_path: Path) -> None:
    reviewed(tmp_path / "review", saved(tmp_path), line_0="Gr\u00f6\u00dfe \u6f22\u5b57")
    out = tmp_path / "dataset"
    built(tmp_path / "review", out)
    for path in out.glob("*.txt"):
        content = path.read_bytes()
        assert b"\r" not in content
        assert not content.startswith(b"\xef\xbb\xbf")
        assert all(line.count(b"\t") == 1 for line in content.splitlines())
    for path in out.glob("det_gt_*.txt"):
        for line in path.read_text(encoding="utf-8").splitlines():
            json.loads(line.split("\t")[1])
    assert FIRST not in "".join(path.read_text(encoding="utf-8") for path in out.glob("*.txt"))
