"""YAML as plain data: text, numbers, booleans, lists and mappings with text keys, within bounds of size and depth."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from ocrzoo_registry.files import os_errors_as, read_bounded

MAX_DEPTH = 100
"""Levels of nesting. libyaml recurses in C, where unlimited depth crashes the process."""

MAX_DIGITS = 400
"""Digits of a number: parsing takes quadratic time, and Python refuses to print longer ones."""

MAX_NODES = 250_000
"""Values (a charset of all of Unicode has fewer). Aliased values count each time: a few bytes of aliases can expand
to billions."""

MAX_CHARACTERS = 64 << 20
"""Characters of all values together, counted likewise."""

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_INDENTS = re.compile(rb"^[ \t?:-]+", re.MULTILINE)


class YamlError(ValueError):
    """A file that could not be read, or text that is not plain YAML data; the message is one line."""


def load(text: str | bytes) -> object:
    """Read YAML as plain data.

    Raises:
        YamlError: It is not valid YAML, or has more than plain data in it.
    """
    try:
        content = text.encode("utf-8") if isinstance(text, str) else text
        if _depth_bound(content) >= MAX_DEPTH or _count_bound(content) >= MAX_NODES:
            _check_shape(content)
        data: object = yaml.load(content, Loader=_Loader)  # noqa: S506  # a subclass of the safe loader
    except YamlError:
        raise
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).replace('in "<byte string>", ', "at ").split())
        raise YamlError(reason or type(error).__name__) from error
    _check_size(data)
    return data


class _Loader(_BASE):  # type: ignore[misc]  # chosen at run time
    """PyYAML's safe loader without merge keys, base 60, dates, sets and binary data."""

    def construct_plain_mapping(self, node: Any) -> Iterator[dict[str, Any]]:
        data: dict[str, Any] = {}
        yield data
        for key, value in node.value:
            if key.tag != f"{_TAG}str" or not isinstance(key, yaml.ScalarNode):
                raise _refused(key, "a key that is not text (put it in quotes)")
            if key.value in data:
                raise YamlError(f"line {key.start_mark.line + 1}: duplicate key {key.value!r}")
            data[key.value] = self.construct_object(value)

    def construct_number(self, node: Any) -> int | float:
        text = self.construct_scalar(node)
        if ":" in text or len(text) > MAX_DIGITS:
            raise _refused(node, f"a number in base 60 or of more than {MAX_DIGITS} digits")
        number: int | float = (self.construct_yaml_int if node.tag == f"{_TAG}int" else self.construct_yaml_float)(node)
        return number

    def construct_refused(self, node: Any) -> None:
        hint = " (put it in quotes)" if node.tag == f"{_TAG}timestamp" else ""
        raise _refused(node, f"{node.tag}{hint}")


_TAG = "tag:yaml.org,2002:"
_Loader.yaml_constructors = {
    f"{_TAG}str": _Loader.construct_yaml_str,
    f"{_TAG}int": _Loader.construct_number,
    f"{_TAG}float": _Loader.construct_number,
    f"{_TAG}bool": _Loader.construct_yaml_bool,
    f"{_TAG}null": _Loader.construct_yaml_null,
    f"{_TAG}seq": _Loader.construct_yaml_seq,
    f"{_TAG}map": _Loader.construct_plain_mapping,
    None: _Loader.construct_refused,
}


def _refused(node: Any, what: str) -> YamlError:
    return YamlError(f"line {node.start_mark.line + 1}: {what} is more than plain data")


def _depth_bound(content: bytes) -> int:
    """Upper bound of the nesting: opening brackets, and the longest run of indents and dashes."""
    indents = max((len(run) for run in _INDENTS.findall(content)), default=0)
    return content.count(b"[") + content.count(b"{") + indents


def _count_bound(content: bytes) -> int:
    """Upper bound of the number of values: characters that begin or separate them."""
    return sum(map(content.count, (b"\n", b",", b":", b"[", b"{", b"-", b"?")))


def _check_shape(content: bytes) -> None:
    """Check depth and count on the stream of events, which keeps nothing: values take a hundred times their text."""
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
    return YamlError(f"expands to more than {MAX_NODES} values or {MAX_CHARACTERS} characters")


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


def read_file(path: Path, max_bytes: int, name: str = "") -> object:
    """Read a YAML file of bounded size; errors call it by its path, or by ``name``.

    Raises:
        YamlError: The file could not be read, is larger, or is not YAML; the message names it.
    """
    name = name or str(path)
    with os_errors_as(YamlError, f"{name} could not be read"):
        content = read_bounded(path, max_bytes)
    try:
        return load(content)
    except YamlError as error:
        raise YamlError(f"{name}: not valid YAML: {error}") from error


def dump(data: object) -> str:
    """Write plain data as YAML, keys in their own order, characters as they are."""
    return str(yaml.dump(data, Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=1000))
