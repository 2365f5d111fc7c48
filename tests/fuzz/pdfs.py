"""Damaged PDFs: bytes, numbers and names changed, objects that contain themselves, filters upon filters."""

from __future__ import annotations

import zlib
from functools import cache
from pathlib import Path
from random import Random

from fpdf import FPDF
from fpdf.enums import EncryptionMethod
from tests.fuzz.cases import Case
from tests.fuzz.images import valid_image
from tests.fuzz.mutations import NUMBERS, damaged, reworded

WORDS = (
    *("1 0 R", "3 0 R", "99 0 R", "0 0 R", "<<", ">>", "[", "]", "(", ")", "<", ">", "stream\n", "endstream"),
    *("endobj", "null", "true"),
    *("/Kids[2 0 R]", "/Kids[3 0 R 3 0 R]", "/Parent 3 0 R", "/Count -1", "/MediaBox[0 0 1e9 1e9]", "/MediaBox[nan]"),
    *("/UserUnit 1e9",),
    *("/Rotate 45", "/Filter[/FlateDecode/FlateDecode/ASCII85Decode]", "/Filter/JBIG2Decode", "/Filter/JPXDecode"),
    *("/Filter/Crypt",),
    *("/Length 4 0 R", "/Length -1", "/Length 999999999", "/Prev 0", "/Prev 9", "/XRefStm 9", "/Encrypt 1 0 R"),
    *("/Encrypt<<>>", "/Size 0"),
    *("/Resources<</XObject<</X 4 0 R>>>>", "/X Do", "/Contents[4 0 R 4 0 R]", "/Type/ObjStm/N 9/First 9"),
    *("/AcroForm<</XFA 1 0 R>>", "/JS(x)"),
    *("[" * 2000, "<<" * 2000, "(" * 2000, "q " * 5000, "1e308 0 0 1e308 0 0 cm "),
    *("/DecodeParms<</Predictor 15/Columns 999999999>>",),
)  # fmt: skip


@cache
def _valid() -> list[bytes]:
    written = []
    for method in (None, EncryptionMethod.RC4, EncryptionMethod.AES_128, EncryptionMethod.AES_256):
        for compressed in (True, False):
            file = FPDF()
            file.set_compression(compressed)
            file.set_font("helvetica", size=20)
            for number in range(3):
                file.add_page()
                file.cell(text=f"Page {number}")
            if method is not None:
                file.set_encryption(owner_password="owner", user_password="user", encryption_method=method)
            written.append(bytes(file.output()))
    return written


def _written(random: Random) -> bytes:
    """Write a file by hand, so that its text can be changed and all positions in it are right."""
    drawing = random.choice(
        (b"0 0 9 9 re f", b"BI/W 9/H 9/BPC 8/CS/G ID " + bytes(81) + b" EI", b"/X Do", b"BT/F 9 Tf(x)Tj ET")
    )
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]/Contents 4 0 R/Resources<</XObject<</X 5 0 R>>>>>>",
    ]
    objects = [reworded(random, one, WORDS) if random.random() < 0.5 else one for one in objects]
    filters = random.choice(
        ("", "", "/Filter/FlateDecode", "/Filter[/FlateDecode/FlateDecode]", "/Filter/LZWDecode", "/Filter/DCTDecode")
    )
    form = random.choice(
        (
            "/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>",
            "/Subtype/Image/Width 40/Height 60/BitsPerComponent 8/ColorSpace/DeviceGray",
        )
    )
    contents = [one.encode("utf-8", "replace") for one in objects]
    for entries, stream in (
        ("", drawing),
        (f"/Type/XObject{form}{filters}", random.choice((drawing, zlib.compress(drawing * 999), valid_image(random)))),
    ):
        length = random.choice((len(stream), len(stream), random.choice(NUMBERS)))
        changed = reworded(random, entries, WORDS) if random.random() < 0.3 else entries
        contents.append(f"<</Length {length}{changed}>>stream\n".encode() + stream + b"\nendstream")
    out, table = b"%PDF-1.7\n", b""
    for number, content in enumerate(contents, 1):
        table += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    previous = random.choice((b"", b"", b"/Prev %d" % len(out), b"/Prev 99999999"))
    return out + b"xref\n0 6\n0000000000 65535 f \n%btrailer\n<</Size 6/Root 1 0 R%b>>\nstartxref\n%d\n%%%%EOF\n" % (
        table,
        previous,
        len(out),
    )


def damaged_pdf(random: Random) -> bytes:
    """Draw an odd or damaged PDF."""
    content = _written(random) if random.random() < 0.6 else damaged(random, random.choice(_valid()))
    return content if random.random() < 0.7 else damaged(random, content)


def make(random: Random, folder: Path, server: str) -> Case:
    """Draw a PDF, with a password now and then."""
    (folder / "page.pdf").write_bytes(damaged_pdf(random))
    password = random.choice(((), (), ("--password", random.choice(("user", "owner", "", "ä", "x" * 5000)))))
    return Case(("ocr", "page.pdf", *password))
