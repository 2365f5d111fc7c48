"""The characters of a font: as fontTools reports them, also for damaged files."""

from __future__ import annotations

import itertools
import os
import random
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from fontTools.ttLib import TTFont
from tests.core.visualize.made_fonts import font_of, make, make_collection

from ocrzoo.visualize.fonts import charmap
from ocrzoo.visualize.fonts.files import BUILT_IN, font_files, system_folders

ALL = np.arange(0x110000, dtype=np.int64)


def characters(path: str, face: int = 0) -> set[int]:
    return set(np.flatnonzero(charmap.read(path, face).has(ALL)).tolist())


@pytest.mark.parametrize(
    "chars", ["", "abc", "a\u0439\u4e00\uffee", "\U0001f642z", "".join(map(chr, range(0x3041, 0x3097, 2)))]
)
def test_a_font_has_its_characters(tmp_path: Path, chars: str) -> None:
    assert characters(make(tmp_path / "a.ttf", chars)) == {ord(char) for char in chars + " "}


def test_characters_in_a_glyph_list(tmp_path: Path) -> None:
    """Neighbours whose glyphs are in no order, and one that has none."""
    font = font_of("abcdefgh")
    names = font.getGlyphOrder()[2:]
    jumbled = dict(zip(map(ord, "abcefgh"), names[::3] + names[1::3] + names[2::3], strict=False))
    for table in font["cmap"].tables:
        table.cmap = {32: "u000020", **jumbled, ord("d"): ".notdef"}
    font.save(tmp_path / "a.ttf")
    assert characters(str(tmp_path / "a.ttf")) == {ord(char) for char in " abcefgh"}


def test_each_face_of_a_collection_has_its_own(tmp_path: Path) -> None:
    path = make_collection(tmp_path / "a.ttc", "ab", "cd")
    assert charmap.count_faces(path) == 2
    assert [characters(path, face) for face in range(2)] == [set(b" ab"), set(b" cd")]


def test_pillows_built_in_font() -> None:
    assert BUILT_IN.read().has(np.array([65, 0x4E00])).tolist() == [True, False]


@pytest.mark.parametrize("path", list(itertools.islice(font_files(system_folders()), 0, None, 30)))
def test_the_systems_fonts(path: str) -> None:
    with TTFont(path, lazy=True, fontNumber=0) as font:
        named = {code for code, name in (font.getBestCmap() or {}).items() if name != ".notdef"}
    try:
        assert characters(path) == named
    except ValueError:
        assert not named or not {"glyf", "CFF ", "CFF2"} & {*TTFont(path, lazy=True, fontNumber=0).keys()}


class TestInvalidFonts:
    """They raise one ValueError or OSError."""

    def test_a_text_file(self, tmp_path: Path) -> None:
        (tmp_path / "a.ttf").write_text("Dear reader")
        with pytest.raises(ValueError, match="not a font"):
            charmap.read(str(tmp_path / "a.ttf"))

    def test_a_truncated_file(self, tmp_path: Path) -> None:
        """As PaddleX leaves a font whose download broke off."""
        path = make(tmp_path / "a.ttf", "abcdefghijklmnopqrstuvwxyz")
        os.truncate(path, Path(path).stat().st_size - 40)
        with pytest.raises(ValueError, match="truncated"):
            charmap.read(path)

    def test_bitmaps_only(self, tmp_path: Path) -> None:
        font = font_of("ab")
        del font["glyf"], font["loca"]
        font.save(tmp_path / "a.ttf")
        with pytest.raises(ValueError, match="outlines"):
            charmap.read(str(tmp_path / "a.ttf"))

    def test_a_web_font(self, tmp_path: Path) -> None:
        font = font_of("ab")
        font.flavor = "woff"
        font.save(tmp_path / "a.ttf")
        with pytest.raises(ValueError, match="web font"):
            charmap.read(str(tmp_path / "a.ttf"))

    def test_no_unicode_cmap(self, tmp_path: Path) -> None:
        font = font_of("ab")
        del font["cmap"].tables[1:]
        font["cmap"].tables[0].platformID, font["cmap"].tables[0].platEncID = 3, 0
        font.save(tmp_path / "a.ttf")
        with pytest.raises(ValueError, match="Unicode"):
            charmap.read(str(tmp_path / "a.ttf"))

    @pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
    def test_a_pipe_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.ttf")
        with pytest.raises(OSError, match="pipe"):
            charmap.read(str(tmp_path / "a.ttf"))

    def test_a_collection_that_declares_too_many_faces(self, tmp_path: Path) -> None:
        path = Path(make_collection(tmp_path / "a.ttc", "ab"))
        content = bytearray(path.read_bytes())
        content[8:12] = b"\xff\xff\xff\xff"
        path.write_bytes(content)
        assert charmap.count_faces(str(path)) == charmap.MAX_FACES
        with pytest.raises(ValueError, match=r".+"):
            charmap.read(str(path), 5)

    @pytest.mark.parametrize("seed", range(60))
    def test_changed_bytes(self, tmp_path: Path, seed: int) -> None:
        chance = random.Random(seed)
        path = make(tmp_path / "a.ttf", "ab\u4e00\U0001f642")
        content = bytearray(Path(path).read_bytes())
        for _ in range(chance.randrange(1, 8)):
            content[chance.randrange(min(len(content), chance.choice([12, 300, 10**6])))] = chance.randrange(256)
        with suppress(ValueError):
            charmap.read(bytes(content), 0).has(ALL)


@pytest.mark.parametrize(
    "content",
    [
        b"wOF2" + b"\0" * 100,
        struct.pack(">4s4sLHHLHHLLLLL", b"wOFF", b"\0\1\0\0", 64, 0, 0, 12, 1, 0, 44, 20, 1 << 30, 0, 0) + b"x" * 20,
        b"ttcf" + struct.pack(">LL", 0x10000, 0xFFFFFFFF) + b"\0" * 100,
    ],
)
def test_compressed_fonts_and_huge_collections_are_rejected(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "a.ttf").write_bytes(content)
    with pytest.raises(ValueError, match=r"web font|too many faces"):
        charmap.read(str(tmp_path / "a.ttf"))
