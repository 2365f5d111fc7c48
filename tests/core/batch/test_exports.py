"""Where the files of a page lie below DEST: no name leads out of it, and no two names become one."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from ocrzoo.batch.exports import KINDS, path_of
from ocrzoo.batch.items import Item

ODD = (
    *("a.png", "A/b.png", "a b.png", "100%.png", "100%25.png", "a?.png", "a%3F.png", "ü.png", "\\xe9.png", "n\nl.png"),
    *("../a.png", "../../etc/a.png", "/etc/a.png", "//host/a.png", "..\\a.png", ".../a.png", "x/../a.png", "C:a.png"),
    *("nul\0.png", "a.png.json/b.png", "a.png/b.png", "a.pdf/b.png", "a%2Ejson/b.png", "x" * 250 + ".png"),
    *("x" * 251 + ".png", "/".join(["deep"] * 900) + ".png", "/".join(["deep"] * 901) + ".png", "*.png", "~/a.png"),
)


def places(member: bool) -> list[str]:
    return [path_of(Item("t.tar", 1, "s", member=name) if member else Item(name, 1, "s"), None) for name in ODD]


@pytest.mark.parametrize("member", [False, True], ids=["input", "member"])
class TestNames:
    def test_nothing_leads_out_of_the_folder(self, tmp_path: Path, member: bool) -> None:
        for place in places(member):
            assert place.startswith("files/")
            assert (tmp_path / place).resolve().is_relative_to(tmp_path / "files")
            assert not {".", "..", ""} & set(place.split("/"))

    def test_different_names_stay_apart(self, member: bool) -> None:
        found = places(member)
        assert len(set(found)) == len(found)

    def test_all_can_be_written_beside_each_other(self, tmp_path: Path, member: bool) -> None:
        for place, suffix in itertools.product(places(member), KINDS.values()):
            path = tmp_path / (place + suffix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
            assert len(path.name.encode()) < 240


def test_a_page_of_a_document_and_a_member_of_an_archive() -> None:
    assert path_of(Item("sub/d.pdf", 1, "s", first=3, last=5, pieces=9), 4) == "files/sub/d.pdf_4"
    assert path_of(Item("t.tar", 1, "s", member="./x/m.png"), None) == "files/t.tar/x/m.png"
    assert path_of(Item("t.tar", 1, "s", member="m.tif"), 0) == "files/t.tar/m.tif_0"
