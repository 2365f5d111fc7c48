"""Bad archives: models as tar, bundles, and what only looks like one."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path
from random import Random

from tests.fuzz.cases import Case
from tests.fuzz.mutations import NUMBERS, damaged, distorted, nested
from tests.registry.kit import WEIGHTS, offer_card, sha256
from tests.registry.mirror_tree import index_of, indexed

NAMES = (
    *("../x", "/etc/x", "a/../../x", "", ".", "..", "a//b", "C:x", "\\\\x", "model/inference.onnx", "model/a/b"),
    *("x" * 300, "ä", "\ud800", "model/."),
    *("index.json", "blobs/x", "blobs/" + "0" * 64, "index.json/x", "._model", "nul\0x", "model/inference.yml"),
)  # fmt: skip
FILES = {"inference.onnx": WEIGHTS, "inference.yml": b"Global: {model_name: seaside_det}\n"}


def _tar(random: Random, members: list[tuple[str, bytes]]) -> bytes:
    """Write a tar, with members of strange names, kinds and sizes in between."""
    file = io.BytesIO()
    with tarfile.open(
        fileobj=file, mode="w", format=random.choice((tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT))
    ) as tar:
        for name, content in members:
            if random.random() < 0.3:
                odd = tarfile.TarInfo(random.choice(NAMES))
                odd.type = random.choice(
                    (
                        tarfile.REGTYPE,
                        tarfile.SYMTYPE,
                        tarfile.LNKTYPE,
                        tarfile.DIRTYPE,
                        tarfile.FIFOTYPE,
                        tarfile.CHRTYPE,
                        b"S",
                        b"x",
                        b"9",
                    )
                )
                odd.linkname = random.choice(("", "../x", name))
                odd.mode, odd.mtime = random.choice((0, 0o7777)), random.choice((0, -1, 2**40))
                _add(tar, odd, b"")
            member = tarfile.TarInfo(random.choice((name, name, name, random.choice(NAMES))))
            member.size = len(content)
            if random.random() < 0.1:
                member.pax_headers = {
                    random.choice(("path", "size", "GNU.sparse.map", "hdrcharset")): random.choice(
                        ("x" * 9000, "-1", "1,2,3")
                    )
                }
            _add(tar, member, content)
    return file.getvalue()


def _add(tar: tarfile.TarFile, member: tarfile.TarInfo, content: bytes) -> None:
    try:
        tar.addfile(member, io.BytesIO(content))
    except (ValueError, UnicodeError):
        return  # the format cannot hold it


def _renumbered(random: Random, content: bytes) -> bytes:
    """Change a number of a header, and write the checksum that fits."""
    changed = bytearray(content)
    begin = 512 * random.randrange(max(1, len(content) // 512))
    place, length = random.choice(((100, 8), (124, 12), (136, 12), (156, 1), (257, 6), (345, 155)))
    value = random.choice(
        (
            b"%o" % (random.choice(NUMBERS) % 8**length),
            b"\x80" + b"\xff" * (length - 1),
            b"-1",
            b"zz",
            random.randbytes(length),
        )
    )
    changed[begin + place : begin + place + length] = value[:length].ljust(length, b"\0")
    changed[begin + 148 : begin + 156] = b" " * 8
    changed[begin + 148 : begin + 156] = b"%06o\0 " % sum(changed[begin : begin + 512])
    return bytes(changed[: len(content)])


def _other(random: Random, content: bytes) -> bytes:
    """Write another archive with the same content."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr("index.json", content)
    return random.choice(
        (file.getvalue(), gzip.compress(content), gzip.compress(bytes(20 << 20)), b"", bytes(10_240), bytes(5 << 20))
    )


def make(random: Random, folder: Path, server: str) -> Case:
    """Draw an archive, and a command that reads it."""
    bundle = random.random() < 0.6
    if bundle:
        index = json.loads(index_of([indexed(offer_card(), FILES, "onnx")]).to_bytes())
        for _ in range(random.choice((0, 0, 1, 3))):
            index = distorted(random, index)
        text = json.dumps(index)
        text = nested(random, text) if random.random() < 0.05 else text
        members = [("index.json", text.encode()), *((f"blobs/{sha256(one)}", one) for one in FILES.values())]
    else:
        members = [(f"model/{name}", content) for name, content in FILES.items()]
    content = _tar(random, members)
    match random.randrange(6):
        case 0:
            content = damaged(random, content)
        case 1 | 2 | 3:
            content = _renumbered(random, content)
        case 4:
            content = _other(random, content)
        case _:
            content = random.choice((content, content[: random.randrange(len(content))], content * 2))
    (folder / "archive.tar").write_bytes(content)
    return Case(
        ("bundle", "import", "archive.tar") if bundle else ("unpack", "archive.tar"),
        {"OCRZOO_HOME": str(folder / "home")},
    )
