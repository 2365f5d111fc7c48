"""What decoders print: not on standard error, but in the log, each with its file."""

from __future__ import annotations

import io
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest

from ocrzoo.inputs import pages, pdf_pool

NOISE = cv2.GaussianBlur(np.random.default_rng(8).integers(0, 256, (80, 120, 3), dtype=np.uint8), (0, 0), 3)
PNG = cv2.imencode(".png", NOISE)[1].tobytes()
JPEG = cv2.imencode(".jpg", NOISE)[1].tobytes()


def png_with(name: bytes, content: bytes) -> bytes:
    chunk = name + content
    return PNG[:33] + len(content).to_bytes(4, "big") + chunk + zlib.crc32(chunk).to_bytes(4, "big") + PNG[33:]


def fax(damage: bytes) -> bytes:
    file = io.BytesIO()
    PIL.Image.fromarray(NOISE[:, :, 0]).convert("1").save(file, "TIFF", compression="group4")
    content = bytearray(file.getvalue())
    content[60 : 60 + len(damage)] = damage
    return bytes(content)


def jpeg_with_a_damaged_middle() -> bytes:
    middle = len(JPEG) // 2
    return JPEG[:middle] + b"\xff\xd0" * 4 + JPEG[middle + 8 :]


HARMLESS = {
    "profile.png": png_with(b"iCCP", b"x\0\0" + zlib.compress(b"no profile" * 40)),
    "gamma.png": png_with(b"gAMA", b"\0\0\0\0"),
    "trailing.jpg": JPEG[:-2] + bytes(40) + JPEG[-2:],
}
DAMAGED = {"middle.jpg": jpeg_with_a_damaged_middle(), "fax.tif": fax(b"\x5a\xa5\x33\x11" * 8)}
UNREADABLE = {
    "cut.png": PNG[: len(PNG) // 2],
    "checksum.png": PNG[:-40] + b"\0\0\0\0" + PNG[-36:],
    "cut.bmp": cv2.imencode(".bmp", NOISE)[1].tobytes()[:2000],
}

SCRIPT = """
import logging, sys, threading
from ocrzoo.cli.output import log_to_stderr
from ocrzoo.inputs import decoder_messages, pages
from ocrzoo_registry.errors import InputError
log_to_stderr()
logging.getLogger("ocrzoo").setLevel(logging.DEBUG if sys.argv[1] == "-v" else logging.WARNING)
decoder_messages.separate()

def read(name):
    for page in pages(list(pages(name))):
        try:
            page.read()
        except InputError as error:
            print("failed", error, file=sys.stderr)

threads = [threading.Thread(target=read, args=[name]) for name in sys.argv[2:] * int({threads})]
for thread in threads:
    thread.start()
    if len(threads) == len(sys.argv) - 2:
        thread.join()
    print("heard", file=sys.stderr)
for thread in threads:
    thread.join()
"""


@pytest.fixture
def printed(tmp_path: Path) -> Callable[..., list[str]]:
    """What a process that owns its standard error prints there when it reads files."""

    def read(files: dict[str, bytes], *, verbose: bool = False, threads: int = 1) -> list[str]:
        for name, content in files.items():
            (tmp_path / name).write_bytes(content)
        script = SCRIPT.replace("{threads}", str(threads))
        command = [sys.executable, "-c", script, "-v" if verbose else "", *files]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True)
        assert done.stdout == ""
        lines = done.stderr.splitlines()
        assert lines.count("heard") == len(files) * threads, "sys.stderr is not redirected"
        return [line for line in lines if line != "heard"]

    return read


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_message_is_a_note(name: str, printed: Callable[..., list[str]]) -> None:
    assert printed({name: HARMLESS[name]}) == []
    (note,) = printed({name: HARMLESS[name]}, verbose=True)
    assert note.startswith(f"debug: {name}")
    assert "libpng warning: " in note or "extraneous bytes" in note


@pytest.mark.parametrize("name", DAMAGED)
def test_damage_is_one_warning_with_the_decoder_s_words_as_notes(name: str, printed: Callable[..., list[str]]) -> None:
    (warning,) = printed({name: DAMAGED[name]})
    assert warning.startswith((f"warning: {name}: damaged: ", f"warning: {name}: page 1: damaged: "))
    assert warning.endswith(": damaged: a part of it may be missing or wrong (-v shows what the decoder says)")
    *notes, last = printed({name: DAMAGED[name]}, verbose=True)
    assert last == warning
    assert notes
    assert all(note.startswith(f"debug: {name}") for note in notes)


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read_is_its_error_alone(name: str, printed: Callable[..., list[str]]) -> None:
    (failed,) = printed({name: UNREADABLE[name]})
    assert failed.startswith(f"failed {name}: ")


def test_an_animated_webp_is_not_damaged(printed: Callable[..., list[str]]) -> None:
    content = io.BytesIO()
    frames = [PIL.Image.fromarray(NOISE), PIL.Image.fromarray(NOISE[::-1])]
    frames[0].save(content, "WEBP", save_all=True, append_images=frames[1:])
    (warning,) = printed({"a.webp": content.getvalue()}, verbose=True)
    assert warning == ("warning: a.webp: has 2 frames, of which only the first is read: use --frames all to read all")


def test_several_threads_print_no_messages_either(printed: Callable[..., list[str]]) -> None:
    files = {**HARMLESS, **UNREADABLE}
    assert {line.partition(":")[0] for line in printed(files, threads=5)} == {f"failed {name}" for name in UNREADABLE}
    notes = " ".join(printed(files, threads=5, verbose=True))
    assert notes.count("libpng warning: ") >= 2


def test_an_application_s_standard_error_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "profile.png").write_bytes(HARMLESS["profile.png"])
    script = "from ocrzoo.inputs import pages; next(pages('profile.png')).read()"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stderr.startswith("libpng warning: ")


def test_what_a_process_that_renders_pdfs_prints_is_a_note(
    pdf: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    noisy = tmp_path / "noisy.py"
    worker = Path(pdf_pool.__file__).with_name("pdf_worker.py").read_text()
    noisy.write_text(
        worker.replace("    reader = Reader(", "    os.write(2, b'said by a library\\n')\n    reader = Reader(")
    )
    monkeypatch.setattr(pdf_pool, "WORKER", noisy)
    caplog.set_level("DEBUG", "ocrzoo")
    assert next(pages(pdf.pages(0))).read().max() == 0
    assert caplog.messages == ["the bytes given: said by a library"]
    assert capfd.readouterr().err == ""
