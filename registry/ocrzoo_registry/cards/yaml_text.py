"""Changing values in the text of a YAML file: everything else, comments included, stays as it is."""

from __future__ import annotations

import json
from collections.abc import Mapping

import yaml

from ocrzoo_registry import safe_yaml

Place = tuple[str | int, ...]
"""Keys and positions from the root to a value."""


def with_values(text: str, values: Mapping[Place, str | int]) -> str:
    """Return the text with other values in places where it has one.

    The result is read again: it has these values there, and everywhere else what it had.

    Raises:
        YamlError: The text is not plain YAML, or has no such place, or an alias in it.
    """
    before = safe_yaml.load(text)
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    spans = [(_find(root, place), value) for place, value in values.items()]
    changed = text
    for node, value in sorted(spans, key=lambda one: one[0].start_mark.index, reverse=True):
        changed = changed[: node.start_mark.index] + _scalar(value) + changed[node.end_mark.index :]
    if safe_yaml.load(changed) != _replaced(before, values):
        raise safe_yaml.YamlError("it cannot be changed without changing more than these values")
    return changed


def _find(root: yaml.Node | None, place: Place) -> yaml.ScalarNode:
    node = root
    for step in place:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
        else:
            node = None
    if not isinstance(node, yaml.ScalarNode):
        raise safe_yaml.YamlError(f"it has no value at {'.'.join(map(str, place))}")
    return node


def _scalar(value: str | int) -> str:
    """A value as YAML: in double quotes if it could be read as anything but text."""
    if isinstance(value, int):
        return str(value)
    try:
        is_plain = safe_yaml.load(f"[{value}]") == [value]
    except safe_yaml.YamlError:
        is_plain = False
    return value if is_plain else json.dumps(value, ensure_ascii=False)


def _replaced(data: object, values: Mapping[Place, str | int]) -> object:
    if () in values:
        return values[()]
    if not isinstance(data, dict | list):
        return data
    pairs = data.items() if isinstance(data, dict) else enumerate(data)
    changed = {
        key: _replaced(value, {place[1:]: new for place, new in values.items() if place[0] == key})
        for key, value in pairs
    }
    return changed if isinstance(data, dict) else list(changed.values())
