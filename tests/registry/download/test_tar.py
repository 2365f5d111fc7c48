"""Archives of others: what is read out of them, and what is refused whole, with nothing written outside."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from tests.registry.kit import sha256

from ocrzoo_registry.download import tar as archives
from ocrzoo_registry.errors import IntegrityError

BLOCK = tarfile.BLOCKSIZE
FILES = {"inference.yml": b"Global: {}\n", "inference.json": b"{}" * 700, "inference.pdiparams": bytes(range(256)) * 20}
WANTED = frozenset({*FILES, "inference.pdmodel", "inference.onnx"})
SECRET = b"not for archives"


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


def pack(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as tar:
        for info, content in members:
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def files_in(top: str = "X_infer/", files: Mapping[str, bytes] = FILES) -> list[tuple[tarfile.TarInfo, bytes]]:
    return [(member(f"{top}{path}"), content) for path, content in files.items()]


GOOD = pack(*files_in())
_LAST = sum(BLOCK + -(-len(content) // BLOCK) * BLOCK for content in FILES.values())
"""Where the members end and the end mark begins."""


def with_size(info: tarfile.TarInfo, size: int) -> bytes:
    """Let a last header state a size that nothing follows."""
    info.size = size
    return GOOD[:_LAST] + info.tobuf(tarfile.GNU_FORMAT) + GOOD[_LAST:]


@pytest.fixture
def stage(tmp_path: Path) -> Path:
    """A folder to unpack into, beside which something lies that archives point at."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(SECRET)
    (tmp_path / "stage").mkdir()
    return tmp_path / "stage"


def unpack(content: bytes, stage: Path) -> dict[str, bytes]:
    """Unpack an archive and give the files it left in the folder; outside of it nothing may have changed."""
    archive = stage.parent / "archive.tar"
    archive.write_bytes(content)
    try:
        stored = archives.unpack(archive, stage, WANTED, "the shelf")
    finally:
        here = sorted(
            str(path.relative_to(stage.parent)) for path in stage.parent.rglob("*") if stage not in path.parents
        )
        assert here == ["archive.tar", "outside", "outside/secret", "stage"]
        assert (stage.parent / "outside" / "secret").read_bytes() == SECRET
    left = {str(path.relative_to(stage)): path.read_bytes() for path in stage.rglob("*") if path.is_file()}
    assert {file.path: (file.size, file.sha256) for file in stored} == {
        path: (len(content), sha256(content)) for path, content in left.items()
    }
    assert all(file.digest_origin == "the shelf" for file in stored)
    return left


ACCEPTED: dict[str, bytes] = {
    "a model in one folder": GOOD,
    "with the folder itself": pack((member("X_infer", tarfile.DIRTYPE), b""), *files_in()),
    "with ./ before each name": pack(
        (member(".", tarfile.DIRTYPE), b""), (member("./X_infer", tarfile.DIRTYPE), b""), *files_in("./X_infer/")
    ),
    "with what a Mac adds": pack(
        (member("._X_infer"), b"mac"), (member("X_infer/._inference.yml"), b"mac"), *files_in(), (member("._x"), b"")
    ),
    "as pax": pack(*files_in("Ünïcödé/"), form=tarfile.PAX_FORMAT),
    "as ustar": pack(*files_in(), form=tarfile.USTAR_FORMAT),
    "with a long name": pack(*files_in("X" * 300 + "/")),
    "with more zeros behind": GOOD + bytes(100 * BLOCK),
}


@pytest.mark.parametrize("content", ACCEPTED.values(), ids=ACCEPTED)
def test_a_complete_model_is_unpacked(stage: Path, content: bytes) -> None:
    assert unpack(content, stage) == FILES


def test_only_what_is_wanted_is_written(stage: Path) -> None:
    others = {"README.md": b"x", "deeper/inference.yml": b"y", "inference.py": b"z"}
    assert unpack(pack(*files_in(), *files_in(files=others)), stage) == FILES


def test_an_archive_without_anything_wanted_gives_nothing(stage: Path) -> None:
    assert unpack(pack((member("X_infer/README.md"), b"x")), stage) == {}


def _with(*extra: tuple[tarfile.TarInfo, bytes]) -> bytes:
    return pack(*files_in(), *extra)


def _hiding(top: tarfile.TarInfo) -> bytes:
    """Let a header lie in what a folder would hold: tarfile reads on there, and takes the size it states."""
    record = b"10 size=4\n"
    hidden = tarfile.TarInfo("x")
    hidden.type, hidden.size = tarfile.XHDTYPE, len(record)
    content = hidden.tobuf(tarfile.USTAR_FORMAT) + record.ljust(BLOCK, b"\0")
    top.size = len(content)
    return top.tobuf(tarfile.USTAR_FORMAT) + content + pack((member("X_infer/inference.yml"), b"a: "))


def _extended(headers: dict[str, str]) -> bytes:
    info = member("X_infer/inference.onnx")
    info.pax_headers = headers
    return pack(*files_in(), (info, b"x"), form=tarfile.PAX_FORMAT)


REFUSED: dict[str, Callable[[Path], bytes]] = {
    "a .. member": lambda _: _with((member("X_infer/../../outside/evil"), b"x")),
    "a .. member of the top": lambda _: _with((member("../evil"), b"x")),
    "a .. folder": lambda _: _with((member("X_infer/..", tarfile.DIRTYPE), b"")),
    "an absolute path": lambda outside: _with((member(f"{outside}/evil"), b"x")),
    "an absolute path behind ./": lambda outside: _with((member(f"./{outside}/evil"), b"x")),
    "a backslash": lambda _: _with((member("X_infer\\..\\evil"), b"x")),
    "a symbolic link": lambda outside: _with(
        (member("X_infer/inference.onnx", tarfile.SYMTYPE, f"{outside}/secret"), b"")
    ),
    "a symbolic link to a folder": lambda outside: pack(
        (member("X_infer", tarfile.SYMTYPE, str(outside)), b""), *files_in()
    ),
    "a hard link": lambda outside: _with((member("X_infer/inference.onnx", tarfile.LNKTYPE, f"{outside}/secret"), b"")),
    "a hard link inside": lambda _: _with(
        (member("X_infer/inference.pdmodel", tarfile.LNKTYPE, "X_infer/inference.yml"), b"")
    ),
    "a named pipe": lambda _: _with((member("X_infer/inference.onnx", tarfile.FIFOTYPE), b"")),
    "a character device": lambda _: _with((member("X_infer/inference.onnx", tarfile.CHRTYPE), b"")),
    "a block device": lambda _: _with((member("X_infer/inference.onnx", tarfile.BLKTYPE), b"")),
    "a sparse file": lambda _: _with((member("X_infer/inference.onnx", tarfile.GNUTYPE_SPARSE), b"")),
    "two folders": lambda _: _with((member("Y_infer/inference.onnx"), b"x")),
    "a file in no folder": lambda _: _with((member("inference.onnx"), b"x")),
    "a path twice": lambda _: _with((member("X_infer/inference.yml"), b"other")),
    "a path twice, once with ./": lambda _: _with((member("./X_infer/inference.yml"), b"other")),
    "too many members": lambda _: _with(*((member(f"X_infer/{n}"), b"") for n in range(archives.MAX_MEMBERS))),
    "too many members of a Mac": lambda _: _with(*((member(f"._{n}"), b"") for n in range(archives.MAX_MEMBERS))),
    "too many bytes": lambda _: with_size(member("X_infer/inference.onnx"), 8 << 40),
    "less than no bytes": lambda _: with_size(member("X_infer/inference.onnx"), -BLOCK),
    "less than no bytes of a Mac": lambda _: with_size(member("._x"), -BLOCK),
    "a size in an extended header": lambda _: _extended({"size": "99999"}),
    "a sparse file in an extended header": lambda _: _extended({"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}),
    "a header inside of a folder": lambda _: _hiding(member("X_infer", tarfile.DIRTYPE)),
    "a header inside of a folder of old": lambda _: _hiding(member("X_infer/", tarfile.AREGTYPE)),
    "a name without end": lambda _: pack(*files_in(), (member("X_infer/" + "y" * 2_000_000), b"")),
    "a comment without end": lambda _: _extended({"comment": "y" * 2_000_000}),
    "cut in a member": lambda _: GOOD[: _LAST - 1000],
    "cut in a header": lambda _: GOOD[:700],
    "cut between members": lambda _: GOOD[: BLOCK * 2],
    "cut before the end mark": lambda _: GOOD[:_LAST],
    "cut in the end mark": lambda _: GOOD[: _LAST + BLOCK],
    "rubbish for the end mark": lambda _: GOOD[:_LAST] + b"x" * 2 * BLOCK,
    "a damaged header": lambda _: GOOD[: BLOCK * 2] + b"\xff" + GOOD[BLOCK * 2 + 1 :],
    "nothing": lambda _: b"",
    "a web page": lambda _: b"<!DOCTYPE html><html><body>Sign in</body></html>\n" * 50,
    "compressed": lambda _: gzip.compress(GOOD),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_other_archives_are_refused(stage: Path, make: Callable[[Path], bytes]) -> None:
    with pytest.raises(IntegrityError) as caught:
        unpack(make(stage.parent / "outside"), stage)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert list(stage.iterdir()) == []


def test_a_member_is_never_written_over_what_is_there(stage: Path) -> None:
    (stage / "inference.yml").write_bytes(b"there before")
    with pytest.raises(FileExistsError):
        unpack(GOOD, stage)


@pytest.mark.parametrize("length", range(0, _LAST + 2 * BLOCK, 97))
def test_an_archive_cut_anywhere_is_refused(stage: Path, length: int) -> None:
    with pytest.raises(IntegrityError):
        unpack(GOOD[:length], stage)
    assert list(stage.iterdir()) == []
