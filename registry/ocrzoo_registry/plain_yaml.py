"""YAML as plain data: libyaml's safe loader and dumper, 8 times as fast as the pure Python ones."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from ocrzoo_registry.plain_files import read_bounded, reason

MAX_DEPTH = 100
"""Levels of nesting. libyaml recurses in C, where depth without end is a crash and not an exception."""

MAX_NODES = 1_000_000
"""Values, those behind aliases counted each time they are used: a few bytes of aliases can stand for billions."""

MAX_CHARACTERS = 64 << 20
"""In all values together, counted likewise."""

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"


class _Loader(_BASE):  # type: ignore[misc]  # one of two classes
    """A safe loader without the corners of YAML that take time out of proportion: merge keys, base 60, odd keys."""

    def flatten_mapping(self, node: Any) -> None:
        for key, _value in node.value:
            if key.tag == _MERGE:
                raise YamlError(f"line {key.start_mark.line + 1}: merge keys (<<) are not plain data")
            if key.tag != _STRING:
                raise YamlError(f"line {key.start_mark.line + 1}: a key that is no text: put it in quotes")

    def construct_number(self, node: Any) -> object:
        if ":" in str(node.value):
            raise YamlError(f"line {node.start_mark.line + 1}: a number in base 60: put it in quotes")
        build = self.construct_yaml_float if node.tag.endswith("float") else self.construct_yaml_int
        return build(node)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_number)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_number)

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
        data = yaml.load(content, Loader=_Loader)  # noqa: S506  # a safe loader, by its C name
    except YamlError:
        raise
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
    for event in yaml.parse(content, Loader=_Loader):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise YamlError(f"nested more than {MAX_DEPTH} levels deep")


def _check_size(data: object) -> None:
    waiting, count, characters = [data], 0, 0
    while waiting:
        node = waiting.pop()
        inside = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ()
        count += len(inside)
        characters += sum(len(item) for item in inside if isinstance(item, str))
        if count > MAX_NODES or characters > MAX_CHARACTERS:
            raise YamlError(f"stands for more than {MAX_NODES} values or {MAX_CHARACTERS} characters")
        waiting.extend(item for item in inside if isinstance(item, dict | list))


def read_file(path: Path, max_bytes: int) -> object:
    """Read a YAML file of bounded size.

    Raises:
        YamlError: The file cannot be read, is larger, or is not YAML; the message names it.
    """
    try:
        content = read_bounded(path, max_bytes)
    except OSError as error:
        raise YamlError(f"{path}: cannot be read: {reason(error)}") from error
    try:
        return load(content)
    except YamlError as error:
        raise YamlError(f"{path}: not valid YAML: {error}") from error


def dump(data: object) -> str:
    """Write plain data as YAML, keys in their own order, characters as they are."""
    return str(yaml.dump(data, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=1000))
