"""Font selection by character: the user's font, the home folder, the system, Pillow's built-in font."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.core.visualize.made_fonts import make, make_collection

from ocrzoo.visualize.fonts import book as book_module
from ocrzoo.visualize.fonts.book import FontBook, font_book
from ocrzoo.visualize.fonts.charmap import Charmap
from ocrzoo.visualize.fonts.files import BUILT_IN, TABLE, Face, font_files, ranked, system_folders

LATIN = "abcdefghijklmnopqrstuvwxyz0123456789.,"
THAI, HAN, CYRILLIC = "สวัสดี", "你好世界", "Привет"


def face_of(book: FontBook, text: str) -> Face | None:
    """The font that a text of one script gets."""
    return book.for_texts([text]).of_script(text)


class TestOrder:
    """The first font that has a character."""

    def test_the_users_font_before_others(self, tmp_path: Path) -> None:
        own, other = make(tmp_path / "own.ttf", LATIN), make(tmp_path / "all" / "NotoSans-Regular.ttf", LATIN + HAN)
        book = FontBook(own, [(str(tmp_path / "all"),)])
        assert face_of(book, "abc") == Face(own)
        assert face_of(book, HAN) == Face(other)

    def test_the_home_before_the_system(self, tmp_path: Path) -> None:
        for folder in ("home", "system"):
            make(tmp_path / folder / "th.ttf", THAI)
        book = FontBook(None, [(str(tmp_path / "home"),), (str(tmp_path / "system"),)])
        assert face_of(book, THAI) == Face(str(tmp_path / "home" / "th.ttf"))

    def test_pillows_own_where_nothing_is(self, tmp_path: Path) -> None:
        assert face_of(FontBook(None, [(str(tmp_path),)]), "abc") == BUILT_IN

    def test_what_no_font_has_gets_none(self, tmp_path: Path) -> None:
        assert face_of(FontBook(None, [(str(tmp_path),)]), THAI) is None

    def test_a_face_of_a_collection(self, tmp_path: Path) -> None:
        path = make_collection(tmp_path / "a.ttc", LATIN, THAI)
        assert face_of(FontBook(None, [(str(tmp_path),)]), THAI) == Face(path, 1)

    def test_characters_of_one_script_from_two_fonts(self, tmp_path: Path) -> None:
        paths = [make(tmp_path / f"{name}.ttf", char) for name, char in zip("ab", HAN, strict=False)]
        page = FontBook(None, [(str(tmp_path),)]).for_texts([HAN[:2]])
        assert [page.of_script(char) for char in HAN[:2]] == [Face(path) for path in paths]

    def test_digits_come_in_the_font_of_the_letters(self, tmp_path: Path) -> None:
        path = make(tmp_path / "Han.ttf", HAN + "1。")
        make(tmp_path / "NotoSans-Regular.ttf", "1")
        page = FontBook(None, [(str(tmp_path),)]).for_texts([HAN + "1。"])
        assert [page.any(char) for char in "1。"] == [Face(path)] * 2

    def test_symbols_alone(self, tmp_path: Path) -> None:
        path = make(tmp_path / "Symbols.ttf", "☎")
        assert FontBook(None, [(str(tmp_path),)]).for_texts(["☎"]).any("☎") == Face(path)

    def test_a_letter_and_its_mark_come_from_one_font(self, tmp_path: Path) -> None:
        make(tmp_path / "NotoSansThai-Regular.ttf", "ก")
        whole = make(tmp_path / "Other.ttf", "ก\u0e34")
        page = FontBook(None, [(str(tmp_path),)]).for_texts(["ก\u0e34"])
        assert page.of_script("ก\u0e34") == Face(whole)

    def test_answers_do_not_depend_on_pages_before(self, tmp_path: Path) -> None:
        make(tmp_path / "NotoSans-Regular.ttf", LATIN + CYRILLIC)
        make(tmp_path / "NotoSansCJK.ttf", LATIN + CYRILLIC + HAN)
        folders = [(str(tmp_path),)]
        used = FontBook(None, folders)
        used.for_texts([HAN])
        assert face_of(used, "abc") == face_of(FontBook(None, folders), "abc")


class TestRank:
    """Names tell which font to look into first."""

    def test_the_script_then_the_plainest_style(self) -> None:
        names = ["Zapfino", "NotoSansThai-Bold", "DejaVuSans", "NotoSansThai-Regular", "NotoSansThaiLooped-Regular"]
        paths = [f"/fonts/{name}.ttf" for name in names]
        order = [face.path.removeprefix("/fonts/").removesuffix(".ttf") for face in ranked("Thai", paths)]
        assert order == [names[3], names[4], names[1], "DejaVuSans", "Zapfino"]

    def test_paddlexs_font_of_the_script_first(self) -> None:
        paths = ["/fonts/NotoSansThai-Regular.ttf", "/fonts/th.ttf"]
        assert next(iter(ranked("Thai", paths))).path == "/fonts/th.ttf"

    def test_the_face_for_the_script_first(self, tmp_path: Path) -> None:
        path = make_collection(tmp_path / "NotoSansCJK-Regular.ttc", HAN, HAN, HAN)
        assert [face.index for face in ranked("Hani", [path])] == [2, 0, 1]
        assert [face.index for face in ranked("Kana", [path])] == [0, 1, 2]

    def test_fonts_that_have_boxes_for_all_are_left_out(self, tmp_path: Path) -> None:
        for name in ("LastResort", "AdobeBlank2", "Other"):
            make(tmp_path / f"{name}.ttf", "")
        assert [Path(path).stem for path in font_files((str(tmp_path),))] == ["Other"]

    def test_every_font_of_paddlex_is_named_once_or_for_kin(self) -> None:
        scripts = ("Hani", "Latn", "Cyrl", "Grek", "Hang", "Arab", "Thai", "Deva", "Taml", "Telu", "Knda")
        assert len({TABLE.file(script) for script in scripts}) == len(scripts)
        assert TABLE.file("Hira") == TABLE.file("Kana") == TABLE.file("Hani")
        assert TABLE.file("Goth") is None
        assert TABLE.address.startswith("https://paddle-model-ecology.bj.bcebos.com/")


class TestEconomy:
    """No font is opened that is not needed, and none twice."""

    @pytest.fixture
    def opened(self, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """The names of fonts that were read."""
        names: list[str] = []
        read = Face.read

        def noted(face: Face) -> Charmap:
            names.append(Path(face.path).stem)
            return read(face)

        monkeypatch.setattr(Face, "read", noted)
        return names

    @pytest.fixture
    def many(self, tmp_path: Path) -> FontBook:
        """A system with 300 fonts."""
        content = Path(make(tmp_path / "seed.font", "x")).read_bytes()
        for number in range(300):
            (tmp_path / f"Font{number:03}.ttf").write_bytes(content)
        make(tmp_path / "NotoSansThai-Regular.ttf", THAI)
        make(tmp_path / "NotoSans-Regular.ttf", LATIN)
        return FontBook(None, [(str(tmp_path),)])

    def test_looking_ends_where_all_is_found(self, many: FontBook, opened: list[str]) -> None:
        many.for_texts([THAI, "abc"])
        assert opened == ["NotoSans-Regular", "NotoSansThai-Regular"]

    def test_a_second_page_opens_nothing(self, many: FontBook, opened: list[str]) -> None:
        many.for_texts([HAN, THAI])
        count = len(opened)
        many.for_texts([HAN, THAI, HAN])
        assert len(opened) == count == len(set(opened)) == 303  # Pillow's own with them

    def test_nothing_to_draw_opens_nothing(self, many: FontBook, opened: list[str]) -> None:
        many.for_texts([])
        many.for_texts(["", " \t\u200b"])
        assert opened == []

    @pytest.mark.parametrize("char", ["\ue000", "\U000e0fff", "\ud800"], ids=["private", "unassigned", "half a pair"])
    def test_what_means_nothing_is_not_looked_for(self, many: FontBook, opened: list[str], char: str) -> None:
        many.for_texts([char])
        assert opened == []


class TestWarnings:
    """What is amiss is told once."""

    def test_scripts_without_a_font(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        book = FontBook(None, [(str(tmp_path),)])
        for _ in range(3):
            book.for_texts([THAI + HAN, "abc"])
        [record] = caplog.records
        assert "Han, Thai" in record.getMessage()
        for advice in ("fonts-noto-core", "fonts-noto-cjk", book_module.VARIABLE, "OCRZOO_FETCH_FONTS"):
            assert advice in record.getMessage()
        book.for_texts([CYRILLIC + THAI])
        assert "of: Cyrillic;" in caplog.records[1].getMessage()

    def test_what_the_users_font_lacks(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        own = make(tmp_path / "own.ttf", LATIN)
        make(tmp_path / "all" / "a.ttf", THAI)
        book = FontBook(own, [(str(tmp_path / "all"),)])
        for _ in range(2):
            book.for_texts(["abc", THAI])
        [record] = caplog.records
        assert own in record.getMessage()
        assert "Thai; other fonts are used" in record.getMessage()

    def test_a_users_font_that_is_invalid(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "letter.ttf").write_text("Dear reader")
        book = FontBook(str(tmp_path / "letter.ttf"), [(str(tmp_path / "none"),)])
        for _ in range(2):
            assert face_of(book, "abc") == BUILT_IN
        [record] = caplog.records
        assert "letter.ttf could not be read" in record.getMessage()

    def test_a_broken_font_of_the_system_costs_itself(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        (tmp_path / "NotoSansThai-Regular.ttf").write_bytes(b"\0\1\0\0" * 9)
        (tmp_path / "NotoSansThai-Regular.ttc").write_bytes(b"ttcf")
        good = make(tmp_path / "Z.ttf", THAI)
        assert face_of(FontBook(None, [(str(tmp_path),)]), THAI) == Face(good)
        assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


class TestEnvironment:
    """Where fonts are looked for."""

    def test_the_variable_and_the_home(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        own = make(tmp_path / "own.ttf", LATIN)
        at_home = make(tmp_path / "home" / "fonts" / "th.ttf", THAI)
        monkeypatch.setenv(book_module.VARIABLE, own)
        monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "home"))
        assert face_of(font_book(), "abc") == Face(own)
        assert face_of(font_book(), THAI) == Face(at_home)
        monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "other"))
        monkeypatch.setattr(book_module, "system_folders", lambda: ())
        assert face_of(font_book(), THAI) is None

    def test_what_was_found_stays_known(self) -> None:
        assert font_book() is font_book()

    def test_the_systems_folders(self) -> None:
        folders = system_folders(
            {"XDG_DATA_HOME": "/mine", "XDG_DATA_DIRS": "/a:/b", "WINDIR": "C:/Windows", "LOCALAPPDATA": "C:/me"}
        )
        assert folders[:3] == ("/mine/fonts", "/a/fonts", "/b/fonts")
        assert {"C:/Windows/Fonts", "C:/me/Microsoft/Windows/Fonts", "/Library/Fonts"} <= set(folders)
        assert "/usr/share/fonts" in system_folders({})
