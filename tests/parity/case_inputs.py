"""The pages that cases are played with, made anew each time from ``tests/data/pages``: every kind of input, once.

``note.png`` is the one most cases read: five lines, Chinese and Latin, two of them beside each other.
"""

from __future__ import annotations

from pathlib import Path
from shutil import copy

import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import AppendingTiffWriter

DATA = Path(__file__).parents[1] / "data" / "pages"
NOTE = (0, 160, 720, 340)
"""Where ``note.png`` lies in ``chinese_mixed.png``."""
EXIF_ORIENTATION = 0x0112
TURNED_CLOCKWISE = 6
"""The camera stood on its side: what is stored has to be turned clockwise by 90 degrees."""
NEW_SUBFILE_TYPE = 254
"""TIFF's tag; 1 is a reduced copy."""


def make_inputs(folder: Path) -> None:
    """Write all inputs into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    note = Image.open(DATA / "chinese_mixed.png").convert("RGB").crop(NOTE)
    _write_images(folder, note)
    _write_pages(folder, note)
    _write_arrays(folder, note)
    _write_faulty(folder, note)
    for page in DATA.iterdir():
        copy(page, folder / page.name)
    for name, source in {"a.png": "note.png", "sub/b.jpg": "note.jpg", "sub/c.pdf": "pages.pdf"}.items():
        (folder / "folder" / name).parent.mkdir(parents=True, exist_ok=True)
        copy(folder / source, folder / "folder" / name)
    (folder / "folder" / "notes.txt").write_text("no page", encoding="utf-8")
    (folder / "empty").mkdir(exist_ok=True)


def _write_images(folder: Path, note: Image.Image) -> None:
    note.save(folder / "note.png")
    note.save(folder / "CAPITALS.PNG")
    note.save(folder / "note.bmp")
    note.save(folder / "note.ppm")
    note.save(folder / "note.webp", lossless=True)
    note.save(folder / "note.jpg", quality=95)
    turned = Image.Exif()
    turned[EXIF_ORIENTATION] = TURNED_CLOCKWISE
    note.transpose(Image.Transpose.ROTATE_90).save(folder / "exif.jpg", quality=95, exif=turned)
    note.transpose(Image.Transpose.ROTATE_90).save(folder / "exif.webp", lossless=True, exif=turned)
    note.convert("L").save(folder / "gray.png")
    veiled = note.convert("RGBA")
    veiled.putalpha(note.convert("L").point(lambda level: 255 - level // 2))
    veiled.save(folder / "alpha.png")
    clear = Image.new("RGBA", note.size)
    clear.putalpha(note.convert("L").point(lambda level: 255 - level))
    clear.save(folder / "clear.png")
    Image.fromarray(np.asarray(note.convert("L")).astype(np.uint16) * 257).save(folder / "deep.png")
    note.transpose(Image.Transpose.ROTATE_180).save(folder / "upside_down.png")
    note.transpose(Image.Transpose.ROTATE_90).save(folder / "sideways.png")
    Image.new("RGB", (300, 200), "white").save(folder / "white.png")
    Image.new("RGB", (300, 200), "black").save(folder / "black.png")
    Image.new("RGB", (1, 1), "white").save(folder / "dot.png")


def _write_pages(folder: Path, note: Image.Image) -> None:
    from fpdf import FPDF

    small = note.crop((0, 0, 300, 90))
    note.save(folder / "single.tif")
    note.save(folder / "pages.tiff", save_all=True, append_images=[small])
    with AppendingTiffWriter(str(folder / "overview.tif"), new=True) as writer:
        for page, reduced in ((note, 0), (note.resize((note.width // 2, note.height // 2)), 1)):
            page.save(writer, "TIFF", tiffinfo={NEW_SUBFILE_TYPE: reduced})
            writer.newFrame()
    document = FPDF(unit="pt", format=(360, 120))
    document.set_font("Helvetica", size=18)
    for line in ("First page 2026", "Second page: 42 EUR"):
        document.add_page()
        document.text(24, 40, line)
        document.image(note, x=0, y=60, w=240)
    document.output(str(folder / "pages.pdf"))


def _write_arrays(folder: Path, note: Image.Image) -> None:
    pixels = np.asarray(note)[:, :, ::-1]
    np.save(folder / "bgr.npy", pixels)
    np.save(folder / "gray.npy", np.asarray(note.convert("L")))
    np.save(folder / "one_channel.npy", np.asarray(note.convert("L"))[:, :, None])
    np.save(folder / "bgra.npy", np.dstack([pixels, np.full(pixels.shape[:2], 255, np.uint8)]))
    np.save(folder / "float.npy", pixels.astype(np.float32) / 255)
    np.save(folder / "nothing.npy", np.zeros((0, 0, 3), np.uint8))


def _write_faulty(folder: Path, note: Image.Image) -> None:
    whole = (folder / "note.png").read_bytes()
    (folder / "cut.png").write_bytes(whole[: len(whole) // 2])
    (folder / "no_image.png").write_text("no image", encoding="utf-8")
    (folder / "nothing.png").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4\nno more")
    (folder / "notes.txt").write_text("no page", encoding="utf-8")
    note.save(folder / "misnamed.png", format="JPEG", quality=95)
