"""The chain of a TIFF file's pages, looked at before Pillow goes along it.

Each page is a directory of entries and says where the next one is. Directories may lie within each other, so that a
megabyte holds fifty thousand of sixty thousand entries each; Pillow would take hours to count them.
"""

from __future__ import annotations

import os
import struct
from typing import IO

from ocrzoo.inputs import limits
from ocrzoo_registry.errors import InputError


def check_chain(file: IO[bytes], name: str) -> None:
    """Refuse a file whose directories have more entries together than fit into it; a broken chain is left to Pillow.

    Raises:
        InputError: They have.
        OSError: The file cannot be read.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(16)
    order = "<" if head.startswith(b"II") else ">"
    big = head[2:4] in (b"+\0", b"\0+")
    count_format, entry_bytes, offset_format = (f"{order}Q", 20, f"{order}Q") if big else (f"{order}H", 12, f"{order}L")
    try:
        (offset,) = struct.unpack_from(offset_format, head, 8 if big else 4)
        taken, seen = 0, set[int]()
        while 0 < offset < size and offset not in seen and len(seen) <= limits.MAX_PAGES:
            seen.add(offset)
            file.seek(offset)
            (count,) = struct.unpack(count_format, file.read(struct.calcsize(count_format)))
            taken += count * entry_bytes
            if taken > size:
                raise InputError(f"{name}: a TIFF whose pages lie within each other, or are cut short")
            file.seek(count * entry_bytes, os.SEEK_CUR)
            (offset,) = struct.unpack(offset_format, file.read(struct.calcsize(offset_format)))
    except struct.error:
        pass  # it ends before the chain does
    finally:
        file.seek(0)
