"""Files of weights that are none: Git LFS pointers, web pages, cut ONNX files, and ONNX files without their data.

Only the frame of an ONNX file is read (protobuf's tags and lengths, at most a few dozen), and the names of its
external data.
"""

from __future__ import annotations

import re
from contextlib import suppress
from io import BufferedReader
from pathlib import Path

from ocrzoo_registry.cards.formats import RELATIVE_PATH, model_files
from ocrzoo_registry.files import CHUNK_BYTES, missing_of, open_regular

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"
_WEB_PAGE = re.compile(rb"\s*(<!doctype html|<html)", re.IGNORECASE)
_START = 64
"""Bytes from which a file is known."""

_ONNX_START = b"\x08"
"""The tag of ``ir_version``, which every exporter writes first."""
_MOST_FIELDS = 10_000
"""Top-level fields of an ONNX file; models have about ten, and functions one each."""
_FIXED = {1: 8, 5: 4}
"""Bytes of protobuf's wire types of fixed size."""

_LOCATION = re.compile(rb"\x0a\x08location\x12([\x01-\x7f])")
"""How an entry of ``external_data`` begins that names a file (onnx.proto: StringStringEntryProto); then its length."""


def weights_fault(folder: Path, file_format: str) -> str:
    """Return why the files of a format in a folder, or in those of its networks, cannot be weights, or an empty string.

    Files that are missing, or cannot be read, are no fault here.
    """
    for network in networks_in(folder):
        for name in sorted(model_files(file_format)):
            path = network / name
            try:
                fault = _file_fault(path)
            except OSError:
                continue
            if fault:
                return f"{path.relative_to(folder).as_posix()} {fault}"
    if lacking := missing_data(folder, file_format):
        return f"inference.onnx keeps its weights in {', '.join(lacking)}, which is missing"
    return ""


def networks_in(folder: Path) -> list[Path]:
    """Return a model's folder and those in it, which a model with several networks has one each of."""
    try:
        return [folder, *sorted(path for path in folder.iterdir() if path.is_dir())]
    except OSError:
        return [folder]


def _file_fault(path: Path) -> str:
    """Return what a file is that is no file of weights, in words that follow its name; empty for all others.

    Raises:
        OSError: It cannot be read.
    """
    with open_regular(path) as file:
        start = file.read(_START)
        if start.startswith(_LFS_POINTER):
            return "is a Git LFS pointer, not the file that it stands for: run 'git lfs pull' where it comes from"
        if _WEB_PAGE.match(start):
            return "is a web page, not a file of weights: download it from its direct link"
        if path.suffix == ".onnx" and start.startswith(_ONNX_START):
            size = path.stat().st_size
            needed = _needed_bytes(file, size)
            if needed > size:
                return f"is truncated: it has {size} bytes and needs at least {needed}"
    return ""


def missing_data(folder: Path, file_format: str) -> list[str]:
    """Return the files that each ``inference.onnx`` keeps weights in and that are not beside it, sorted."""
    if file_format != "onnx":
        return []
    missing: list[str] = []
    for network in networks_in(folder):
        with suppress(OSError):
            lacking = missing_of(network, data_files(network / "inference.onnx"))
            missing += [(network / name).relative_to(folder).as_posix() for name in lacking]
    return missing


def data_files(path: Path) -> set[str]:
    """Return the names of external data in an ONNX file, as far as they are names of files in its folder.

    Raises:
        OSError: It cannot be read.
    """
    found: set[str] = set()
    overlap = 160
    with open_regular(path) as file:
        rest = b""
        while chunk := file.read(CHUNK_BYTES):
            content = rest + chunk
            for match in _LOCATION.finditer(content):
                name = content[match.end() : match.end() + match[1][0]].decode("utf-8", "replace")
                if len(name.encode()) == match[1][0] and re.fullmatch(RELATIVE_PATH, name):
                    found.add(name)
            rest = content[-overlap:]
    return found


def _needed_bytes(file: BufferedReader, size: int) -> int:
    """How many bytes the top-level fields of a protobuf message take; 0 if it is none."""
    file.seek(0)
    for _ in range(_MOST_FIELDS):
        if file.tell() >= size:
            return file.tell()
        tag = _varint(file)
        kind = tag & 7
        if kind == 0:
            _varint(file)
        elif kind == 2:  # length-delimited
            length = _varint(file)
            if length > size - file.tell():
                return file.tell() + length
            file.seek(length, 1)
        elif kind in _FIXED:
            file.seek(_FIXED[kind], 1)
        else:
            return 0
    return 0


def _varint(file: BufferedReader) -> int:
    """Protobuf's integer of variable length; 0 at the end of the file."""
    value = 0
    for shift in range(0, 64, 7):
        byte = file.read(1)
        value |= (byte[0] & 0x7F if byte else 0) << shift
        if not byte or byte[0] < 0x80:  # the last byte has no continuation bit
            break
    return value
