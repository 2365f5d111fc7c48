"""Documents by page, archives and tables by member, and what cannot be opened as one item with its problem."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pytest
from tests.core.batch.kit import archive, document, png, write_table

from ocrzoo.batch import archives, items
from ocrzoo.batch.items import Item, Part, content_of, is_full, split
from ocrzoo.batch.places import Folder, Place
from ocrzoo.batch.tables import Tables
from ocrzoo.inputs.options import InputOptions
from ocrzoo_registry.errors import InputError, UsageError

A, B = png("a"), png("b")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Folder(tmp_path)


def parts(place: Place, *names: str, rows: int = 4, done: tuple[str, ...] = (), **options: Any) -> list[Part]:
    found = [place.find(name) for name in names]
    whole = Part("1", tuple(items.item_of(file) for file in found if file is not None), done)
    return list(split(whole, place, rows, InputOptions(report=False), **options))


def only(place: Place, name: str, **options: Any) -> Item:
    ((item,),) = [part.items for part in parts(place, name, **options)]
    return item


def members(place: Place, name: str) -> dict[str | None, bytes]:
    return {item.member: content_of(item, place) for part in parts(place, name) for item in part.items}


def member(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", content: bytes = b"") -> tuple[Any, bytes]:
    """A member of an archive, and its content."""
    made = tarfile.TarInfo(name)
    made.type, made.linkname, made.size = kind, target, len(content)
    return made, content


def tar(*given: tuple[Any, bytes], padded: bool = True) -> bytes:
    """An archive with its end and padding, or without."""
    data = b""
    for header, content in given:
        data += header.tobuf(tarfile.GNU_FORMAT) + content + bytes(-len(content) % tarfile.BLOCKSIZE)
    return data + bytes(tarfile.RECORDSIZE) if padded else data


def _damaged() -> dict[str, tuple[bytes, str]]:
    before = tar(member("a.png", content=A), member("b.png", content=B), padded=False)
    rest = tar(member("c.png", content=A))
    flipped = rest[:100] + bytes([rest[100] ^ 0xFF]) + rest[101:]
    no_end = (
        f"damaged or cut short: what follows the last member that was found, at byte {len(before)}, is not the end of "
        "an archive"
    )
    return {
        "a flipped byte in a header": (before + flipped, no_end),
        "a header of zeros": (before + bytes(512) + rest[512:], no_end),
        "two blocks of zeros": (before + bytes(1024) + rest, no_end),
        "cut within a header": (before + rest[:200], no_end),
        "cut between members": (before, no_end),
        "cut within the end": (before + bytes(512), no_end),
        "cut within a member": (before + rest[:700], "the archive ends within c.png"),
    }


@pytest.fixture(params=list(_damaged().values()), ids=list(_damaged()))
def damaged(request: pytest.FixtureRequest) -> tuple[bytes, str]:
    """An archive that is damaged after two members, and what is said of it."""
    content: tuple[bytes, str] = request.param
    return content


class TestDocuments:
    @pytest.mark.parametrize("file_format", ["PDF", "TIFF"])
    def test_pages_that_follow_each_other_are_one_item(self, place: Place, tmp_path: Path, file_format: str) -> None:
        (tmp_path / f"d.{file_format}").write_bytes(document("abcdef", file_format))
        found = [
            [(item.first, item.last, item.pieces) for item in part.items] for part in parts(place, f"d.{file_format}")
        ]
        assert found == [[(0, 4, 6)], [(4, 6, 6)]]

    def test_parts_have_names_of_their_own_and_pages_of_several_files(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "a.png").write_bytes(A)
        (tmp_path / "d.pdf").write_bytes(document("abc"))
        found = parts(place, "a.png", "d.pdf", rows=2)
        assert [(part.name, [item.name for item in part.items]) for part in found] == [
            ("1-00000", ["a.png", "d.pdf"]),
            ("1-00001", ["d.pdf"]),
        ]

    def test_pages_that_were_read_are_left_out(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "d.pdf").write_bytes(document("abcde"))
        (part,) = parts(place, "d.pdf", done=("1", "3"))
        assert [(item.first, item.last) for item in part.items] == [(0, 1), (2, 3), (4, 5)]

    def test_one_that_cannot_be_opened_any_more_is_not_taken_for_read(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "t.tar").write_bytes(b"no tar")
        assert only(place, "t.tar", done=("0",)).problem is not None


class TestArchives:
    def test_images_in_it_are_members(self, place: Place, tmp_path: Path) -> None:
        content = archive([("0001.png", A), ("0001.json", b"{}"), ("sub/0002.JPG", B), ("0003.txt", b"x")])
        (tmp_path / "t.tar").write_bytes(content)
        assert members(place, "t.tar") == {"0001.png": A, "sub/0002.JPG": B}
        assert {item.pieces for part in parts(place, "t.tar") for item in part.items} == {2}

    def test_of_two_with_one_name_the_last_counts(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "t.tar").write_bytes(archive([("x.png", A), ("x.png", B)]))
        assert members(place, "t.tar") == {"x.png": B}

    @pytest.mark.parametrize("other", ["./x.png", "/x.png", "x.png", ".//x.png"])
    def test_names_that_tar_extracts_to_one_file_are_one(self, place: Place, tmp_path: Path, other: str) -> None:
        """Two would be one file of --save_as."""
        (tmp_path / "t.tar").write_bytes(archive([("x.png", A), (other, B), ("y/x.png", A)]))
        assert members(place, "t.tar") == {other: B, "y/x.png": A}
        (tmp_path / "t.tar").write_bytes(archive([(other, B), ("x.png", A)]))
        assert members(place, "t.tar") == {"x.png": A}

    def test_hidden_members_and_folders_are_left_out(self, place: Place, tmp_path: Path) -> None:
        given = [member("./a.png"), member("._a.png"), member("__MACOSX/._b.png"), member("d.png", tarfile.DIRTYPE)]
        (tmp_path / "t.tar").write_bytes(tar(*given))
        assert set(members(place, "t.tar")) == {"./a.png"}

    def test_links_are_the_members_that_they_name(self, place: Place, tmp_path: Path) -> None:
        given = [
            member("s/before.png", tarfile.SYMTYPE, "../a.png"),
            member("./a.png", content=A),
            member("hard.png", tarfile.LNKTYPE, "a.png"),
            member("blob", content=B),
            member("b.png", tarfile.LNKTYPE, "blob"),
            member("a.png", content=B),
        ]
        (tmp_path / "t.tar").write_bytes(tar(*given))
        found = members(place, "t.tar")
        assert found == {"s/before.png": B, "hard.png": A, "b.png": B, "a.png": B}

    @pytest.mark.parametrize(
        ("odd", "problem"),
        [
            (("x.png", tarfile.SYMTYPE, "/etc/passwd"), "a link to /etc/passwd, which is no file of the archive"),
            (("x.png", tarfile.SYMTYPE, "x.png"), "a link to x.png, which is no file of the archive"),
            (("x.png", tarfile.LNKTYPE, "later.png"), "a link to later.png, which is no file of the archive"),
            (("x.png", tarfile.CHRTYPE), "no file"),
            (
                ("x.png", tarfile.GNUTYPE_SPARSE),
                "stored with holes, which are not read: write the archive without --sparse",
            ),
        ],
        ids=["outside", "to itself", "hard and later", "device", "sparse"],
    )
    def test_what_is_no_file_is_an_error_of_its_own(
        self, place: Place, tmp_path: Path, odd: tuple[Any, ...], problem: str
    ) -> None:
        (tmp_path / "t.tar").write_bytes(tar(member(*odd), member("later.png", content=A)))
        (part,) = parts(place, "t.tar")
        assert [(item.member, item.problem, item.pieces) for item in part.items] == [
            ("x.png", f"t.tar#x.png: {problem}", 2),
            ("later.png", None, 2),
        ]

    def test_padding_after_the_end_is_no_damage(self, place: Place, tmp_path: Path) -> None:
        """GNU tar pads to 10 KiB, and more with a blocking factor; Python and others do so too."""
        for padding in (0, 512, 20_000):
            (tmp_path / "t.tar").write_bytes(tar(member("a.png", content=A), padded=False) + bytes(1024 + padding))
            assert members(place, "t.tar") == {"a.png": A}

    def test_what_is_before_the_damage_is_read_and_the_damage_is_an_error(
        self, place: Place, tmp_path: Path, damaged: tuple[bytes, str]
    ) -> None:
        content, problem = damaged
        (tmp_path / "t.tar").write_bytes(content)
        (part,) = parts(place, "t.tar")
        first, second, broken = part.items
        assert [content_of(item, place) for item in (first, second)] == [A, B]
        assert (broken.member, broken.problem) == (None, f"t.tar: {problem}")
        assert [item.pieces for item in part.items] == [3, 3, 3]

    def test_names_that_are_no_text_stay_apart(self, place: Place, tmp_path: Path) -> None:
        given = [("caf\udce9.png", A), ("caf\\xe9.png", B), ("line\nbreak.png", A)]
        (tmp_path / "t.tar").write_bytes(archive(given))
        assert set(members(place, "t.tar")) == {"caf\\xe9.png", "caf\\x5cxe9.png", "line\nbreak.png"}

    @pytest.mark.parametrize(
        ("content", "problem"),
        [
            (b"no tar at all" * 100, "ReadError"),
            (b"", "ReadError"),
            (archive([("a.png", A)])[:700], "the archive ends within a.png"),
            (archive([("a.txt", A)]), "none of its members is of a type that is read"),
            (archive([]), "none of its members is of a type that is read"),
        ],
        ids=["other", "empty", "cut", "texts", "no members"],
    )
    def test_one_that_has_no_images_is_one_item_with_its_problem(
        self, place: Place, tmp_path: Path, content: bytes, problem: str
    ) -> None:
        (tmp_path / "t.tar").write_bytes(content)
        item = only(place, "t.tar")
        assert item.member is None
        assert item.problem is not None
        assert item.problem.startswith("t.tar: ")
        assert problem in item.problem

    @pytest.mark.parametrize(
        "size", [1 << 30, 1 << 62, (1 << 88) - 1, -1024], ids=["GiB", "EiB", "past seeking", "back"]
    )
    @pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.REGTYPE])
    def test_sizes_that_lie_neither_fill_the_memory_nor_lead_back(
        self, place: Place, tmp_path: Path, kind: bytes, size: int
    ) -> None:
        header = tarfile.TarInfo("x.png")
        header.type, header.size = kind, size
        (tmp_path / "t.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) + archive([("a.png", A)]))
        assert only(place, "t.tar").problem is not None

    def test_headers_of_headers_of_headers(self, place: Place, tmp_path: Path) -> None:
        header = tarfile.TarInfo("x.png")
        header.type, header.size = tarfile.GNUTYPE_LONGNAME, 0
        (tmp_path / "t.tar").write_bytes(header.tobuf(tarfile.GNU_FORMAT) * 5000)
        assert only(place, "t.tar").problem is not None

    def test_more_members_than_are_kept(self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
        (tmp_path / "t.tar").write_bytes(archive([(f"{number}.png", A) for number in range(4)]))
        assert only(place, "t.tar").problem == "t.tar: more than 3 members: split it"

    def test_a_member_whose_archive_was_replaced_by_a_shorter_one(self, place: Place, tmp_path: Path) -> None:
        (tmp_path / "t.tar").write_bytes(archive([("a.png", A), ("b.png", B)]))
        ((_, last),) = [part.items for part in parts(place, "t.tar")]
        (tmp_path / "t.tar").write_bytes(b"short")
        with pytest.raises(InputError, match=r"^t.tar#b.png: the archive ends before it does$"):
            content_of(last, place)


class TestTables:
    def cells(self, place: Place, name: str, column: str | None = None) -> list[bytes]:
        tables = Tables(place, column)
        found = [item for part in parts(place, name, column=column) for item in part.items]
        return [tables.read(item.input, int(item.member or 0)) for item in found]

    @pytest.mark.parametrize("column", ["image", "jpg", "whatever"])
    def test_a_column_of_bytes(self, place: Place, tmp_path: Path, column: str) -> None:
        write_table(tmp_path / "t.parquet", {"id": [1, 2], column: [A, B]})
        assert self.cells(place, "t.parquet") == [A, B]

    def test_a_column_of_records_with_bytes(self, place: Place, tmp_path: Path) -> None:
        write_table(tmp_path / "t.parquet", {"image": [{"bytes": A, "path": "a"}, {"bytes": B, "path": None}]})
        assert self.cells(place, "t.parquet") == [A, B]

    @pytest.mark.parametrize(
        "kind",
        [pa.large_binary(), pa.binary_view(), pa.binary(len(A)), pa.dictionary(pa.int32(), pa.binary())],
        ids=str,
    )
    def test_every_type_of_bytes(self, place: Place, tmp_path: Path, kind: Any) -> None:
        write_table(tmp_path / "t.parquet", {"id": [1], "whatever": pa.array([A], pa.binary()).cast(kind)})
        assert self.cells(place, "t.parquet") == [A]

    def test_groups_of_rows(self, place: Place, tmp_path: Path) -> None:
        write_table(tmp_path / "t.parquet", {"image": [A, B] * 5}, row_group_size=3)
        assert self.cells(place, "t.parquet") == [A, B] * 5
        tables = Tables(place, None)
        assert [tables.read("t.parquet", row) for row in (9, 0, 5)] == [B, A, B]

    def test_a_damaged_group_of_rows_is_read_once(
        self, place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "t.parquet"
        write_table(file, {"image": [A] * 3 + [B] * 3}, row_group_size=3, compression="none", use_dictionary=False)
        content = bytearray(file.read_bytes())
        content[4:24] = b"\xff" * 20
        file.write_bytes(content)
        opened: list[str] = []
        tables, open_file = Tables(place, None), place.open

        def noted(path: str) -> IO[bytes]:
            opened.append(path)
            return open_file(path)

        monkeypatch.setattr(place, "open", noted)
        for row in range(3):
            with pytest.raises(OSError, match="thrift"):
                tables.read("t.parquet", row)
        assert [tables.read("t.parquet", row) for row in (3, 4, 5)] == [B] * 3
        assert len(opened) == 2

    def test_the_column_that_is_named(self, place: Place, tmp_path: Path) -> None:
        write_table(tmp_path / "t.parquet", {"image": [A], "scan": [B]})
        assert self.cells(place, "t.parquet") == [A]
        assert self.cells(place, "t.parquet", "scan") == [B]

    def test_a_named_column_that_is_not_there(self, place: Place, tmp_path: Path) -> None:
        write_table(tmp_path / "t.parquet", {"id": [1], "scan": [B]})
        with pytest.raises(UsageError, match=r"^--column page: t.parquet has no such column of bytes \(it has scan\)$"):
            parts(place, "t.parquet", column="page")

    def test_cells_without_bytes_fail_alone(self, place: Place, tmp_path: Path) -> None:
        write_table(tmp_path / "t.parquet", {"image": [A, None, B]})
        tables = Tables(place, None)
        with pytest.raises(InputError, match=r"^t.parquet#1: no bytes in this row$"):
            tables.read("t.parquet", 1)
        assert tables.read("t.parquet", 2) == B

    def test_a_table_without_rows_has_nothing_to_read(self, place: Place, tmp_path: Path) -> None:
        write_table(tmp_path / "t.parquet", {"image": pa.array([], pa.binary())})
        assert parts(place, "t.parquet") == []

    @pytest.mark.parametrize(
        ("columns", "problem"),
        [
            (None, "ArrowInvalid"),
            ({"id": [1]}, "t.parquet: which column has the images? Name one with --column: none has bytes"),
            ({"x": [A], "y": [B]}, "t.parquet: which column has the images? Name one with --column: x, y"),
        ],
        ids=["no table", "no bytes", "two"],
    )
    def test_one_whose_images_cannot_be_told(
        self, place: Place, tmp_path: Path, columns: dict[str, Any] | None, problem: str
    ) -> None:
        if columns is None:
            (tmp_path / "t.parquet").write_bytes(b"PAR1 or not")
        else:
            write_table(tmp_path / "t.parquet", columns)
        assert problem in str(only(place, "t.parquet").problem)


def test_a_part_is_one_line_of_json() -> None:
    part = Part("7", (Item("n\n\\xe9.png", 3, "s"), Item("t.tar", 9, "s", member="m", start=512, length=4)), ("x",))
    assert "\n" not in part.to_json()
    assert Part.from_json(part.to_json()) == part


class TestFull:
    """How many items make a part."""

    @staticmethod
    def images(count: int, size: int) -> list[Item]:
        return [Item(f"{number}.png", size, "") for number in range(count)]

    def test_small_images_are_more_than_large_ones(self) -> None:
        assert [is_full(self.images(count, 1 << 20), None) for count in (63, 64)] == [False, True]
        assert [is_full(self.images(count, 3000), None) for count in (64, 255, 256)] == [False, False, True]
        assert [is_full(self.images(count, 10_000), None) for count in (64, 104, 105)] == [False, False, True]

    def test_pages_of_documents_are_never_small(self) -> None:
        pages = [Item("a.pdf", 1000, "", first=page, last=page + 1, pieces=64) for page in range(64)]
        assert [is_full(pages[:count], None) for count in (63, 64)] == [False, True]

    def test_the_number_may_be_given(self) -> None:
        assert [is_full(self.images(count, 3000), 3) for count in (2, 3)] == [False, True]
