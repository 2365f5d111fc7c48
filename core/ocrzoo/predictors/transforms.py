"""What a model's ``inference.yml`` says of how its input is made: ``PreProcess.transform_ops``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def transform(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the settings of an operation; nothing where it is not among them, or has none."""
    operations = (config.get("PreProcess") or {}).get("transform_ops") or []
    for operation in operations:
        if isinstance(operation, dict) and isinstance(operation.get(name), dict):
            settings: Mapping[str, Any] = operation[name]
            return settings
    return {}
