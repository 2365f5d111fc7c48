"""Predictors: a model card, a loaded network and a task's rules, put together. Batch first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def transform(config: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return the settings of one ``PreProcess.transform_ops`` entry of an ``inference.yml``; empty where absent."""
    for entry in (config.get("PreProcess") or {}).get("transform_ops") or ():
        if isinstance(entry, dict) and name in entry:
            return dict(entry[name] or {})
    return {}


def postprocess(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``PostProcess`` settings of an ``inference.yml``; empty where absent."""
    return dict(config.get("PostProcess") or {})
