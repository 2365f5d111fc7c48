"""Pages whose text is known: what the labels say is what is drawn."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import pytest
from bench.labelled_pages import LAYOUTS, load, page, pages, picture, write
from bench.labelled_text import WIDE, Writer, names, prose
from bench.layouts import KINDS
from bench.letter_pages import texts
from bench.noto import face, styles
from tests.fonts import needs_fonts

from bench import page_faults

SEEDS = range(6)


@needs_fonts
def test_the_same_seed_makes_the_same_pages() -> None:
    first, again, other = (list(pages(2, seed)) for seed in (5, 5, 6))
    assert [labels for labels, _ in first] == [labels for labels, _ in again] != [labels for labels, _ in other]
    assert all(np.array_equal(one, two) for (_, one), (_, two) in zip(first, again, strict=True))


@needs_fonts
@pytest.mark.parametrize("seed", SEEDS)
def test_letters_stand_inside_their_corners_and_nowhere_else(seed: int) -> None:
    labels, pixels = page("one", "en", random.Random(f"{seed} {0}"))
    gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(np.float32)
    inside = np.zeros(gray.shape, np.uint8)
    for line in labels.lines:
        cv2.fillPoly(inside, [np.rint(line.quad).astype(np.int32)], (1,))
    near = cv2.dilate(inside, np.ones((25, 25), np.uint8))
    strokes = np.abs(gray - cv2.medianBlur(gray.astype(np.uint8), 31))
    assert strokes[inside == 1].mean() > 3 * strokes[(near == 1) & (inside == 0)].mean()


@needs_fonts
@pytest.mark.parametrize("language", ["zh-Hans", "ja", "en", "de"])
def test_each_word_has_corners_from_left_to_right_and_spaces_between(language: str) -> None:
    for seed in SEEDS:
        labels, pixels = page("one", language, random.Random(seed))
        height, width = pixels.shape[:2]
        for line in labels.lines:
            words = np.array(line.words)
            assert len(words) == len(line.text.split(" "))
            assert (words[1:, 0, 0] > words[:-1, 1, 0]).all()
            assert np.array_equal(words[0, 0], line.quad[0])
            assert np.array_equal(words[-1, 2], line.quad[2])
            assert words.min() > -1
            assert (words.reshape(-1, 2).max(axis=0) < (width + 1, height + 1)).all()


@needs_fonts
@pytest.mark.thorough
def test_half_of_the_lines_are_short() -> None:
    lengths = [len(line.text) for labels, _ in pages(30) for line in labels.lines]
    assert 0.4 < sum(length <= 12 for length in lengths) / len(lengths) < 0.75


@needs_fonts
def test_every_letter_of_the_texts_is_in_the_fonts() -> None:
    for language in texts():
        for style in styles(language):
            if style == "mono" and language == "en":
                continue
            font = face(language, style, 40)
            missing = bytes(font.getmask("\U000fffff"))
            letters = {letter for text in prose(language) for letter in text if letter.strip()}
            assert not [letter for letter in sorted(letters) if bytes(font.getmask(letter)) == missing], (
                language,
                style,
            )


@needs_fonts
def test_written_pages_are_read_back(tmp_path: Path) -> None:
    made = list(pages(2))
    write(tmp_path, made)
    assert load(tmp_path) == [labels for labels, _ in made]
    assert all(np.array_equal(cv2.imread(str(picture(tmp_path, labels))), pixels) for labels, pixels in made)


def test_layouts_are_known_ones_without_vertical_lines() -> None:
    assert set(LAYOUTS) <= set(KINDS)
    assert not [name for name in LAYOUTS if "vertical" in name or "from_right" in name]


@pytest.mark.parametrize("language", ["zh-Hans", "zh-Hant", "ja", "en", "fr", "vi"])
def test_words_are_names_figures_and_prose_with_plain_spaces(language: str) -> None:
    writer = Writer(language, random.Random(1))
    made = Counter(writer.some(1, 3) for _ in range(300))
    assert len(made) > 150
    assert all(text and text == text.strip() and "\u00a0" not in text and "\u202f" not in text for text in made)
    assert any(text in names(language) for text in made)
    assert any(text[0].isdigit() for text in made)


def test_a_line_of_prose_goes_on_where_the_last_one_ended() -> None:
    for language in ("zh-Hans", "en"):
        writer = Writer(language, random.Random(1))
        gap = "" if language in WIDE else " "
        text = gap.join(writer.line(lambda text: len(text) <= 20) for _ in range(3))
        joined = gap.join([*prose(language), *prose(language)])
        assert text.replace(" ", "")[:40] in joined.replace(" ", "")


@pytest.mark.parametrize("taken", page_faults.TAKEN)
def test_corners_follow_what_is_done_to_a_page(taken: object) -> None:
    ink = np.zeros((300, 400), np.uint8)
    ink[100:140, 200:280] = 255
    corners = np.array([[[200, 100], [280, 100], [280, 140], [200, 140]]], np.float64)
    for seed in SEEDS:
        pixels, moved, done = taken(ink, corners, 20, random.Random(seed))  # type: ignore[operator]
        inside = np.zeros(pixels.shape[:2], np.uint8)
        cv2.fillPoly(inside, [np.rint(moved[0]).astype(np.int32)], (1,))
        gray = cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).astype(float)
        ring = cv2.dilate(inside, np.ones((21, 21), np.uint8)) - cv2.dilate(inside, np.ones((9, 9), np.uint8))
        core = cv2.erode(inside, np.ones((9, 9), np.uint8))
        assert done["taken"] == taken.__name__  # type: ignore[attr-defined]
        assert abs(gray[core == 1].mean() - gray[ring == 1].mean()) > 60
