"""YAML as plain data: PyYAML's parser on libyaml, and only text, numbers, truths, lists and mappings made of it.

Building these few kinds here is quicker than PyYAML's own constructor, and refuses the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from ocrzoo_registry.files import read_bounded, reason

MAX_DEPTH = 100
"""Levels of nesting. libyaml recurses in C, where depth without end is a crash and not an exception."""

MAX_DIGITS = 400
"""Of a whole number: Python takes longer and longer for more, and may refuse to write them in a message."""

MAX_NODES = 250_000
"""Values (a charset of all of Unicode has fewer), those behind aliases counted each time they are used: a few bytes
of aliases can stand for billions."""

MAX_CHARACTERS = 64 << 20
"""In all values together, counted likewise."""

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
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
        if _depth_bound(content) >= MAX_DEPTH or _count_bound(content) >= MAX_NODES:
            _check_shape(content)
        parser = _BASE(content)
        try:
            root = parser.get_single_node()
        finally:
            parser.dispose()
        data = None if root is None else _build(root, {})
    except YamlError:
        raise
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise YamlError(" ".join(str(error).split()) or type(error).__name__) from error
    _check_size(data)
    return data


def _build(node: Any, built: dict[int, Any]) -> Any:
    """Turn YAML's nodes into data; what has an alias is built once. Merge keys, base 60 and objects are refused."""
    if isinstance(node, yaml.ScalarNode):
        make = _SCALARS.get(node.tag)
        if make is None:
            raise _more_than_data(node, node.tag)
        return make(node.value)
    if id(node) in built:
        return built[id(node)]
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        items: list[Any] = []
        built[id(node)] = items
        items.extend(_build(item, built) for item in node.value)
        return items
    if not isinstance(node, yaml.MappingNode) or node.tag != f"{_TAG}map":
        raise _more_than_data(node, node.tag)
    pairs: dict[str, Any] = {}
    built[id(node)] = pairs
    for key, value in node.value:
        if key.tag != f"{_TAG}str" or not isinstance(key, yaml.ScalarNode):
            raise _more_than_data(key, "a key that is no text (put it in quotes)")
        if key.value in pairs:
            raise YamlError(f"line {key.start_mark.line + 1}: the key {key.value!r} stands there a second time")
        pairs[key.value] = _build(value, built)
    return pairs


def _more_than_data(node: Any, what: str) -> YamlError:
    return YamlError(f"line {node.start_mark.line + 1}: {what} is more than plain data")


def _whole(text: str) -> int:
    digits = text.replace("_", "")
    if len(digits) > MAX_DIGITS:
        raise YamlError(f"a number of {len(digits)} digits: at most {MAX_DIGITS} are read")
    return int(digits, 8) if re.fullmatch(r"[-+]?0[0-7]+", digits) else int(digits, 0)


def _real(text: str) -> float:
    return float(text.replace("_", "").lower().replace(".inf", "inf").replace(".nan", "nan"))


_TAG = "tag:yaml.org,2002:"
_TRUTHS = {"yes": True, "true": True, "on": True, "no": False, "false": False, "off": False}
_SCALARS: dict[str, Callable[[str], Any]] = {
    f"{_TAG}str": str,
    f"{_TAG}int": _whole,
    f"{_TAG}float": _real,
    f"{_TAG}bool": lambda text: _TRUTHS[text.lower()],
    f"{_TAG}null": lambda _text: None,
}
"""YAML 1.1's scalars that are plain data (what PyYAML reads as dates, sets or binary is not)."""


def _depth_bound(content: bytes) -> int:
    """No document is nested deeper than its opening brackets and one line's indents and dashes."""
    indents = max((len(run) for run in _INDENTS.findall(content)), default=0)
    return content.count(b"[") + content.count(b"{") + indents


def _count_bound(content: bytes) -> int:
    """No document has more values than signs that begin or part them."""
    return sum(map(content.count, (b"\n", b",", b":", b"[", b"{", b"-", b"?")))


def _check_shape(content: bytes) -> None:
    """Go through a document without keeping it: values take a hundred times the bytes that they are written with."""
    depth = values = 0
    for event in yaml.parse(content, Loader=_BASE):
        if isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.NodeEvent):
            values += 1
            depth += isinstance(event, yaml.CollectionStartEvent)
        if depth > MAX_DEPTH:
            raise YamlError(f"nested more than {MAX_DEPTH} levels deep")
        if values > 2 * MAX_NODES:  # keys are values here
            raise _too_much()


def _too_much() -> YamlError:
    return YamlError(f"stands for more than {MAX_NODES} values or {MAX_CHARACTERS} characters")


def _check_size(data: object) -> None:
    waiting, count, characters = [data], 0, 0
    while waiting:
        node = waiting.pop()
        inside = list(node.values()) if isinstance(node, dict) else node if isinstance(node, list) else ()
        count += len(inside)
        characters += sum(len(item) for item in inside if isinstance(item, str))
        if count > MAX_NODES or characters > MAX_CHARACTERS:
            raise _too_much()
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
