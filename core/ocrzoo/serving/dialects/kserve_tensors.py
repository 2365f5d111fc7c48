"""Tensors of KServe v2, as JSON or as bytes behind it (its binary tensor extension)."""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from ocrzoo.serving.problems import Problem

MAX_FILES = 64
"""Of a request."""
_MAX_DIMENSIONS = 8
_LENGTH = struct.Struct("<I")

Parameters = dict[str, Any]


class InputTensor(BaseModel):
    """A tensor of a request."""

    name: str = Field(max_length=100)
    shape: list[int] = Field(max_length=_MAX_DIMENSIONS)
    datatype: str = Field(max_length=20)
    parameters: Parameters = Field(default_factory=dict)
    data: list[Any] | None = None
    """``None``: it is behind the JSON, ``binary_data_size`` bytes of it."""


@dataclass(frozen=True)
class Output:
    """A tensor of an answer."""

    name: str
    datatype: Literal["BYTES", "FP32", "INT32"]
    shape: Sequence[int]
    values: Sequence[str] | NDArray[Any]
    """Texts, or the array."""

    def as_json(self) -> dict[str, Any]:
        """Return the tensor with its data."""
        values = self.values.reshape(-1).tolist() if isinstance(self.values, np.ndarray) else list(self.values)
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape), "data": values}

    def as_binary(self) -> tuple[dict[str, Any], bytes]:
        """Return the tensor without its data, and the data."""
        if isinstance(self.values, np.ndarray):
            content = self.values.tobytes()
        else:
            texts = [text.encode("utf-8", "backslashreplace") for text in self.values]
            content = b"".join(_LENGTH.pack(len(text)) + text for text in texts)
        head = {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}
        return {**head, "parameters": {"binary_data_size": len(content)}}, content


def count(tensor: InputTensor) -> int:
    """Return how many elements a tensor has.

    Raises:
        Problem: Its shape is not one.
    """
    if any(size < 0 for size in tensor.shape):
        raise Problem(f"{tensor.name}: the shape has a negative size", "invalid_request")
    return math.prod(tensor.shape)


def split(tensors: Sequence[InputTensor], content: bytes) -> list[bytes | None]:
    """Return the bytes of each tensor out of those behind the JSON; ``None`` for tensors with ``data``.

    Raises:
        Problem: Sizes and bytes do not agree.
    """
    found: list[bytes | None] = []
    position = 0
    for tensor in tensors:
        size = tensor.parameters.get("binary_data_size")
        if size is None:
            found.append(None)
            continue
        if not isinstance(size, int) or not 0 <= size <= len(content) - position:
            raise Problem(f"{tensor.name}: binary_data_size is not that of the bytes sent", "invalid_request")
        found.append(content[position : position + size])
        position += size
    if position != len(content):
        raise Problem("there are more bytes than the tensors have", "invalid_request")
    return found


def byte_strings(tensor: InputTensor, content: bytes | None) -> list[bytes | str]:
    """Return the elements of a tensor of type BYTES: bytes, or the texts of JSON.

    Raises:
        Problem: It is another type, or not a valid one, or has too many elements.
    """
    expected = count(tensor)
    if tensor.datatype != "BYTES":
        raise Problem(f"{tensor.name}: the datatype must be BYTES, and is {tensor.datatype!r}", "invalid_request")
    if not 1 <= expected <= MAX_FILES:
        raise Problem(f"{tensor.name}: 1 to {MAX_FILES} elements are needed", "invalid_request")
    found: list[bytes | str] = list(_unpacked(tensor, content)) if content is not None else list(_texts(tensor))
    if len(found) != expected:
        raise Problem(f"{tensor.name}: the shape has {expected} elements, and the data {len(found)}", "invalid_request")
    return found


def pictures(tensor: InputTensor, content: bytes | None) -> list[bytes]:
    """Return the pictures of a tensor of type UINT8 as files: H x W x 3 in RGB, or N of these.

    Raises:
        Problem: It is not such a tensor.
    """
    shape = tensor.shape if len(tensor.shape) == 4 else [1, *tensor.shape]
    size = count(tensor)
    if len(shape) != 4 or shape[-1] != 3 or not size or shape[0] > MAX_FILES:
        raise Problem(f"{tensor.name}: the shape must be H x W x 3 or N x H x W x 3, with RGB", "invalid_request")
    if content is None:
        try:
            content = bytes(_flat(tensor.data or [], size))
        except (TypeError, ValueError):
            raise Problem(f"{tensor.name}: the data are not numbers from 0 to 255", "invalid_request") from None
    if len(content) != size:
        raise Problem(f"{tensor.name}: the shape has {size} elements, and the data {len(content)}", "invalid_request")
    found = np.frombuffer(content, np.uint8).reshape(shape)
    return [cv2.imencode(".bmp", picture[:, :, ::-1])[1].tobytes() for picture in found]


def _unpacked(tensor: InputTensor, content: bytes) -> Iterator[bytes]:
    """Yield byte strings, each after its length; no more than :data:`MAX_FILES` and one."""
    position = 0
    for _ in range(MAX_FILES + 1):
        if position == len(content):
            return
        begin = position + _LENGTH.size
        length = _LENGTH.unpack_from(content, position)[0] if begin <= len(content) else 0
        if not begin <= begin + length <= len(content):
            raise Problem(f"{tensor.name}: the data break off", "invalid_request")
        position = begin + length
        yield content[begin:position]


def _texts(tensor: InputTensor) -> Iterator[str]:
    for value in _flat(tensor.data or [], MAX_FILES + 1):
        if not isinstance(value, str):
            raise Problem(f"{tensor.name}: the data are not strings", "invalid_request")
        yield value


def _flat(data: list[Any], most: int) -> list[Any]:
    """Return the elements of nested lists, no more than ``most`` and one."""
    for _ in range(_MAX_DIMENSIONS):
        if not any(isinstance(one, list) for one in data):
            break
        data = [each for one in data for each in (one if isinstance(one, list) else [one])]
    return data[: most + 1]
