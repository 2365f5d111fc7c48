"""Archives that nobody should unpack, made from a model's files."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Callable
from pathlib import Path

from tests.hubs.contents import Files, tar_of
from tests.hubs.kit import MODEL

TOP = f"{MODEL}_infer"
EVIL = b"written where it must not be"
MANY = 2000
"""Members; a model has a handful."""


def _member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


def _packed(files: Files, *extra: tuple[tarfile.TarInfo, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """Pack the model, and then what should not be with it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for path, content in sorted(files.items()):
            _add(archive, _member(f"{TOP}/{path}"), content)
        for member, content in extra:
            _add(archive, member, content)
    return buffer.getvalue()


def _add(archive: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    member.size = len(content)
    archive.addfile(member, io.BytesIO(content))


def _members_end(content: bytes) -> int:
    """Where the last member's blocks end."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        last = archive.getmembers()[-1]
    return last.offset_data + -(-last.size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE


def _without_last_member(files: Files) -> bytes:
    """Cut off where the last member begins."""
    content = tar_of(MODEL, files)
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return content[: archive.getmembers()[-1].offset]


def _without_end(files: Files) -> bytes:
    content = tar_of(MODEL, files)
    return content[: _members_end(content)]


def _huge(files: Files) -> bytes:
    """Let the header of a member state 8 TiB, which do not follow."""
    member = _member(f"{TOP}/inference.onnx")
    member.size = 8 << 40
    content = _packed(files)
    end = _members_end(content)
    return content[:end] + member.tobuf(tarfile.GNU_FORMAT) + content[end:]


def _through_link(files: Files, outside: Path) -> bytes:
    link = _member(f"{TOP}/link", tarfile.SYMTYPE, str(outside))
    return _packed(files, (link, b""), (_member(f"{TOP}/link/evil"), EVIL))


Make = Callable[[Files, Path], bytes]
"""Makes an archive out of a model's files; the folder is one that nothing may be written to or read from."""

EVIL_TARS: dict[str, Make] = {
    "a member `../evil`": lambda files, _: _packed(files, (_member(f"{TOP}/../../evil"), EVIL)),
    "a member with an absolute path": lambda files, outside: _packed(files, (_member(str(outside / "evil")), EVIL)),
    "a symbolic link, and a member written through it": _through_link,
    "a hard link to a local file": lambda files, outside: _packed(
        files, (_member(f"{TOP}/inference.pdmodel", tarfile.LNKTYPE, str(outside / "secret")), b"")
    ),
    "a named pipe": lambda files, _: _packed(files, (_member(f"{TOP}/pipe", tarfile.FIFOTYPE), b"")),
    "a device": lambda files, _: _packed(files, (_member(f"{TOP}/null", tarfile.CHRTYPE), b"")),
    "a sparse member": lambda files, _: _packed(files, (_member(f"{TOP}/sparse", tarfile.GNUTYPE_SPARSE), b"")),
    "two top folders": lambda files, _: _packed(files, (_member("elsewhere/inference.yml"), EVIL)),
    "a member twice": lambda files, _: _packed(files, (_member(f"{TOP}/inference.yml"), EVIL)),
    f"{MANY} members": lambda files, _: _packed(files, *((_member(f"{TOP}/{n}"), b"") for n in range(MANY))),
    "a member that claims 8 TiB": lambda files, _: _huge(files),
    "cut off inside a member": lambda files, _: tar_of(MODEL, files)[:-100_000],
    "cut off between two members": lambda files, _: _without_last_member(files),
    "cut off before the end mark": lambda files, _: _without_end(files),
    "compressed": lambda files, _: gzip.compress(tar_of(MODEL, files), 1),
    "with too few files": lambda files, _: tar_of(MODEL, {"inference.onnx": files["inference.pdiparams"]}),
}
"""Described -> made; the headers of the answer fit the archive, so that only what is inside can tell."""
