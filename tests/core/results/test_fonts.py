"""Fonts: the user's first, and always one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageFont

from ocrzoo.results import fonts
from ocrzoo_registry.errors import UsageError

VARIABLE = "PADDLE_PDX_LOCAL_FONT_FILE_PATH"


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    """No test finds what another found."""
    for cache in (fonts.font_file, fonts._font):
        cache.cache_clear()
    yield
    for cache in (fonts.font_file, fonts._font):
        cache.cache_clear()


@pytest.fixture
def own_font(tmp_path: Path) -> Path:
    """The font that Pillow carries, as a file."""
    built_in = ImageFont.load_default(10)
    assert isinstance(built_in, ImageFont.FreeTypeFont)
    assert isinstance(built_in.path, io.BytesIO)
    path = tmp_path / "own.ttf"
    path.write_bytes(built_in.path.getvalue())
    return path


def test_the_users_font_comes_first(own_font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(own_font))
    assert fonts.font_file() == str(own_font)
    font, _ = fonts.fitting_font("text", 100, 20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    assert font.path == str(own_font)


def test_a_font_that_is_not_there_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "no.ttf"))
    assert fonts.font_file() != str(tmp_path / "no.ttf")


def test_a_file_that_is_no_font_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letter.ttf").write_text("Dear reader")
    monkeypatch.setenv(VARIABLE, str(tmp_path / "letter.ttf"))
    with pytest.raises(UsageError, match=r"letter\.ttf"):
        fonts.fitting_font("text", 100, 20)


def test_the_best_font_of_the_system_is_taken(tmp_path: Path, own_font: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "fonts" / "deep"
    deep.mkdir(parents=True)
    for name in ("DejaVuSans.ttf", "NotoSansCJK-Regular.ttc", "Unknown.ttf"):
        (deep / name).write_bytes(own_font.read_bytes())
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path / "none"), str(tmp_path / "fonts")))
    assert fonts.font_file() == str(deep / "NotoSansCJK-Regular.ttc")


def test_pillows_own_where_the_system_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path),))
    assert fonts.font_file() is None
    _, box = fonts.fitting_font("text", 100, 20)
    assert 0 < box[2] - box[0] <= 100


@pytest.mark.parametrize(("width", "height"), [(400, 30), (100, 30), (40, 30), (300, 8)])
def test_text_fits(width: int, height: int) -> None:
    _, box = fonts.fitting_font("Hello, World", width, height)
    assert box[2] - box[0] <= width
    assert box[3] - box[1] <= height


def test_letters_grow_with_the_quad() -> None:
    sizes = [fonts.fitting_font("a", 1000, height)[1][3] for height in (10, 20, 40, 80)]
    assert sizes == sorted(set(sizes))


def test_text_of_no_width(monkeypatch: pytest.MonkeyPatch) -> None:
    assert fonts.fitting_font("", 10, 10)[1][2] == 0
