"""Files that a program wrote strangely, or somebody with bad intentions, by what is odd about them."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    def packed(name: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + name + content + zlib.crc32(name + content).to_bytes(4, "big")

    return b"\x89PNG\r\n\x1a\n" + b"".join(packed(*chunk) for chunk in chunks)


def header(width: int, height: int, depth: int = 8, color: int = 2, interlace: int = 0) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, interlace)


def tiff(*tags: tuple[int, int, int, int], data: bytes = bytes(64), following: int = 0) -> bytes:
    """Write a TIFF of one directory; tags are number, type, count, and value or position (the data begins at 8)."""
    directory = struct.pack("<H", len(tags)) + b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + directory + struct.pack("<I", following)


def tags(**changed: int | tuple[int, int, int]) -> list[tuple[int, int, int, int]]:
    """The tags of an 8 x 8 gray image, with some changed: a value, or type, count and value."""
    numbers = {
        "width": 256,
        "height": 257,
        "bits": 258,
        "compression": 259,
        "photometric": 262,
        "fill_order": 266,
        "offsets": 273,
        "orientation": 274,
        "samples": 277,
        "rows": 278,
        "counts": 279,
        "planar": 284,
        "predictor": 317,
        "palette": 320,
        "tile_width": 322,
        "sample_format": 339,
        "jpeg_tables": 347,
    }
    values: dict[str, Any] = {
        "width": 8,
        "height": 8,
        "bits": 8,
        "compression": 1,
        "photometric": 1,
        "offsets": 8,
        "samples": 1,
        "rows": 8,
        "counts": 64,
        **changed,
    }
    return [
        (numbers[k], *(v if isinstance(v, tuple) else (4 if k in ("offsets", "counts") else 3, 1, v)))
        for k, v in values.items()
    ]


def bmp(
    width: int = 8,
    height: int = 8,
    bits: int = 24,
    compression: int = 0,
    colors: int = 0,
    offset: int = 54,
    size: int = 40,
) -> bytes:
    information = struct.pack("<IiiHHIIiiII", size, width, height, 1, bits, compression, 0, 0, 0, colors, 0)
    return b"BM" + struct.pack("<IHHI", 1000, 0, 0, offset) + information + bytes(range(256)) * 2


END = b"IEND", b""
ROWS = zlib.compress(bytes(25 * 8))
COMPRESSIONS = (2, 3, 4, 5, 6, 7, 8, 32773, 32809, 32946, 34712, 34925, 50000, 50001)
PHOTOMETRICS = (0, 2, 4, 5, 6, 8, 9, 10, 32803, 32844, 34892, 65535)
GIF = b"GIF89a\x08\0\x08\0\x80\0\0" + bytes(6)
ODD: dict[str, bytes] = {
    "a float picture": b"Pf\n8 4\n-1.0\n" + np.ones((4, 8), "<f4").tobytes(),
    "a float picture, largest byte first": b"PF\n8 4\n1.0\n" + np.ones((4, 8, 3), ">f4").tobytes(),
    "a float picture of no numbers": b"Pf\n8 4\n-1.0\n" + np.full((4, 8), np.nan, "<f4").tobytes(),
    "a float picture of scale 0": b"Pf\n8 4\n0\n" + bytes(128),
    "a float picture without pixels": b"Pf\n8 4\n-1.0\n",
    "pnm without size": b"P5\n0 0\n255\n",
    "pnm of negative size": b"P6\n-8 8\n255\n" + bytes(200),
    "pnm of great size": b"P6\n30000 5000\n255\n" + bytes(200),
    "pnm larger than the limit": b"P5\n99999 99999\n255\n",
    "pnm of endless numbers": b"P5\n" + b"9" * 5000,
    "pnm of maximum 0": b"P5\n8 8\n0\n" + bytes(64),
    "pnm of maximum 65536": b"P5\n8 8\n65536\n" + bytes(128),
    "pnm in text": b"P3\n2 1\n255\n1 2 3 x y z\n",
    "pnm in text, one bit": b"P1\n4 2\n10101010\n",
    "pam": b"P7\nWIDTH 4\nHEIGHT 2\nDEPTH 4\nMAXVAL 255\nTUPLTYPE RGB_ALPHA\nENDHDR\n" + bytes(32),
    "pam of depth 9": b"P7\nWIDTH 4\nHEIGHT 2\nDEPTH 9\nMAXVAL 255\nENDHDR\n" + bytes(72),
    "xv thumbnail": b"P7 332\n#END_OF_COMMENTS\n4 4 255\n" + bytes(16),
    "png without size": png(header(0, 8), (b"IDAT", ROWS), END),
    "png of great size": png(header(30_000, 5_000), (b"IDAT", ROWS), END),
    "png of one column": png(header(1, 32_766), (b"IDAT", ROWS), END),
    "png of the largest size": png(header(2**31 - 1, 2**31 - 1), (b"IDAT", ROWS), END),
    "png without pixels": png(header(8, 8), END),
    "png without palette": png(header(8, 8, 8, 3), (b"IDAT", zlib.compress(bytes(72))), END),
    "png of a short palette": png(
        header(8, 8, 8, 3), (b"PLTE", b"abc"), (b"IDAT", zlib.compress(b"\0\xff\xfe" * 24)), END
    ),
    "png of 4 bits": png(header(8, 8, 4, 0), (b"IDAT", zlib.compress(bytes(40))), END),
    "png of 2 bits, palette": png(
        header(8, 8, 2, 3),
        (b"PLTE", bytes(12)),
        (b"tRNS", b"\0\1"),
        (b"IDAT", zlib.compress(bytes(24))),
        END,
    ),
    "png of 5 bits": png(header(8, 8, 5, 0), (b"IDAT", ROWS), END),
    "png of color 9": png(header(8, 8, 8, 9), (b"IDAT", ROWS), END),
    "png of filter 9": png(header(8, 8), (b"IDAT", zlib.compress(b"\x09" * 200)), END),
    "png interlaced and short": png(header(8, 8, 8, 2, 1), (b"IDAT", zlib.compress(b"\0")), END),
    "png of two headers": png(header(8, 8), header(80, 80), (b"IDAT", ROWS), END),
    "png of a text that unpacks to much": png(
        header(8, 8), (b"zTXt", b"k\0\0" + zlib.compress(bytes(90 << 20), 9)), (b"IDAT", ROWS), END
    ),
    "png of wrong exif": png(header(8, 8), (b"eXIf", b"II*\0\xff\xff\xff\xff"), (b"IDAT", ROWS), END),
    "png animated": png(header(8, 8), (b"acTL", bytes([255] * 8)), (b"IDAT", ROWS), END),
    "gif without size": b"GIF89a" + bytes(7) + b"\x2c" + bytes(9) + b"\x02\x01\x00\x00\x3b",
    "gif of great size": b"GIF89a\xff\xff\xff\xff\xf7\0\0"
    + bytes(768)
    + b"\x2c\0\0\0\0\xff\xff\xff\xff\0\x08\x01\x00\x00\x3b",
    "gif without a frame": GIF + b"\x3b",
    "gif of a wide code": b"GIF89a\x08\0\x08\0\x80\0\0"
    + bytes(6)
    + b"\x2c\0\0\0\0\x08\0\x08\0\0\x63\x02\x44\x01\0\x3b",
    "bmp of no width": bmp(width=0),
    "bmp of negative width": bmp(width=-8),
    "bmp of the smallest height": bmp(height=-(2**31)),
    "bmp upside down": bmp(height=-8),
    "bmp of 3 bits": bmp(bits=3),
    "bmp of 1 bit": bmp(bits=1, colors=2, offset=62),
    "bmp of 16 bits": bmp(bits=16),
    "bmp of 32 bits with masks": bmp(bits=32, compression=3),
    "bmp of run lengths": bmp(bits=8, compression=1, colors=256),
    "bmp of run lengths, 4 bits": bmp(bits=4, compression=2, colors=16),
    "bmp of many colors": bmp(bits=8, colors=2**31 - 1),
    "bmp with a jpeg": bmp(compression=4),
    "bmp of a far offset": bmp(offset=2**31 - 1),
    "bmp of a long header": bmp(size=2**31 - 1),
    "bmp of a short header": b"BM" + struct.pack("<IHHIIHHHH", 100, 0, 0, 26, 12, 8, 8, 1, 24) + bytes(200),
    "sun of no size": bytes.fromhex("59a66a95") + bytes(28),
    "sun of great size": struct.pack(">8I", 0x59A66A95, 30_000, 5_000, 24, 0, 1, 0, 0) + bytes(100),
    "sun of run lengths": struct.pack(">8I", 0x59A66A95, 8, 8, 8, 64, 2, 1, 768) + bytes(768) + b"\x80\xff\x80" * 9,
    "webp of no size": b"RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0\x2f" + bytes(12),
    "webp of wrong length": b"RIFF\xff\xff\xff\xffWEBPVP8X\x0a\0\0\0\x02\0\0\0\xff\xff\xff\xff\xff\xff",
    "wave sound": b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0" + bytes(40),
    "jpeg of one marker": b"\xff\xd8\xff\xd9",
    "jpeg of fill bytes": b"\xff\xd8" + b"\xff" * 5000,
    "jpeg of no size": b"\xff\xd8\xff\xc0\0\x0b\x08\0\0\0\0\x01\x01\x11\0\xff\xd9",
    "jpeg of 12 bits": b"\xff\xd8\xff\xc1\0\x0b\x0c\0\x08\0\x08\x01\x01\x11\0\xff\xd9",
    "jpeg of 2 components": b"\xff\xd8\xff\xc0\0\x0e\x08\0\x08\0\x08\x02\x01\x11\0\x02\x11\0\xff\xd9",
    "jpeg without loss": b"\xff\xd8\xff\xc3\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0\xff\xd9",
    "jpeg 2000 of boxes in boxes": b"\0\0\0\x0cjP  \r\n\x87\n" + b"\0\0\0\x08jp2h" * 300,
    "jpeg 2000 of no length": b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\0ftyp",
    "jpeg 2000 stream": b"\xff\x4f\xff\x51\0\x29" + bytes(39),
    "tiff": tiff(*tags()),
    "tiff without tags": tiff(),
    "tiff of no width": tiff(*tags(width=0)),
    "tiff of great size": tiff(*tags(width=30_000, height=5_000, rows=5_000)),
    "tiff of 0 bits": tiff(*tags(bits=0)),
    "tiff of 7 bits": tiff(*tags(bits=7)),
    "tiff of 64 bits": tiff(*tags(bits=64, sample_format=3)),
    "tiff of 16 bits": tiff(*tags(bits=16, rows=4, height=4)),
    "tiff of float": tiff(*tags(bits=32, sample_format=3, height=2, rows=2)),
    "tiff of signed bytes": tiff(*tags(sample_format=2)),
    "tiff of complex numbers": tiff(*tags(bits=32, sample_format=6)),
    "tiff of 255 samples": tiff(*tags(samples=255)),
    "tiff of 0 samples": tiff(*tags(samples=0)),
    "tiff of more bits than samples": tiff(*tags(bits=(3, 300, 8))),
    "tiff of a size as text": tiff(*tags(width=(2, 4, 0x38383838))),
    "tiff of a size as a fraction": tiff(*tags(width=(5, 1, 8))),
    "tiff of a size as float": tiff(*tags(width=(12, 1, 8))),
    "tiff of many offsets": tiff(*tags(offsets=(4, 2**28, 8))),
    "tiff of no offset": tiff(*[tag for tag in tags() if tag[0] != 273]),
    "tiff of a far strip": tiff(*tags(offsets=2**31)),
    "tiff of an empty strip": tiff(*tags(counts=0)),
    "tiff of more strips than rows": tiff(*tags(rows=1, offsets=(4, 8, 8))),
    "tiff of no rows": tiff(*tags(rows=0)),
    "tiff of an unknown compression": tiff(*tags(compression=60_000)),
    **{f"tiff of compression {n}, no data": tiff(*tags(compression=n)) for n in COMPRESSIONS},
    "tiff of predictor 9": tiff(*tags(compression=8, predictor=9), data=zlib.compress(bytes(64)).ljust(64, b"\0")),
    "tiff of a short palette": tiff(*tags(photometric=3, palette=(3, 3, 0))),
    "tiff of a palette beyond the end": tiff(*tags(photometric=3, palette=(3, 768, 2**30))),
    **{f"tiff of photometric {n}": tiff(*tags(photometric=n)) for n in PHOTOMETRICS},
    "tiff of orientation 99": tiff(*tags(orientation=99)),
    "tiff of planes": tiff(*tags(samples=3, planar=2, photometric=2, bits=(3, 3, 8))),
    "tiff of tiles of no width": tiff(*tags(tile_width=0)),
    "tiff followed by itself": tiff(*tags(), following=72),
    "tiff followed by what is beyond the end": tiff(*tags(), following=2**31),
    "tiff followed by pixels": tiff(*tags(), following=9),
    "tiff, big": b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**62),
    "tiff, big, of 4-byte offsets": b"II+\0\x04\0\0\0" + struct.pack("<QQ", 16, 1),
}
