"""YAML as plain data: libyaml's safe loader and dumper, 8 times as fast as the pure Python ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

MAX_DEPTH = 100
"""Levels of nesting. libyaml recurses in C, where depth without end is a crash and not an exception."""

MAX_NODES = 1_000_000
"""Values, those behind aliases counted each time they are used: a few bytes of aliases can stand for billions."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


_INDENTS = re.compile(rb"^[ \t?:-]+", re.MULTILINE)


class YamlError(ValueError):
    """A file that cannot be read, or text that is not YAML or more than plain data; the message is one line."""


def load(text: str | bytes) -> object:
    """Read YAML; tags that would build objects are refused.

    Raises:
        YamlError: It is not YAML, or is more than plain data.
    """
    try:
        content = text.encode("utf-8") if isinstance(text, str) else text
        if _depth_bound(content) >= MAX_DEPTH:
            _check_depth(content)
        data = yaml.load(content, Loader=_LOADER)  # noqa: S506  # a safe loader, by its C name
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise YamlError(" ".join(str(error).split()) or type(error).__name__) from error
    _check_size(data)
    return data


def _depth_bound(content: bytes) -> int:
    """No document is nested deeper than its opening brackets and one line's indents and dashes."""
    indents = max((len(run) for run in _INDENTS.findall(content)), default=0)
    return content.count(b"[") + content.count(b"{") + indents


def _check_depth(content: bytes) -> None:
    depth = 0
    for event in yaml.parse(content, Loader=_LOADER):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise YamlError(f"nested more than {MAX_DEPTH} levels deep")


def _check_size(data: object) -> None:
    waiting, count = [data], 0
    while waiting:
        node = waiting.pop()
        inside = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ()
        count += len(inside)
        if count > MAX_NODES:
            raise YamlError(f"stands for more than {MAX_NODES} values")
        waiting.extend(item for item in inside if isinstance(item, dict | list))


def read_file(path: Path, max_bytes: int) -> object:
    """Read a YAML file of bounded size.

    Raises:
        YamlError: The file cannot be read, is larger, or is not YAML; the message names it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > max_bytes:
        raise YamlError(f"{path}: larger than {max_bytes} bytes")
    try:
        return load(content)
    except YamlError as error:
        raise YamlError(f"{path}: not valid YAML: {error}") from error


def dump(data: object) -> str:
    """Write plain data as YAML, keys in their own order, characters as they are."""
    return str(yaml.dump(data, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=1000))
