"""Which cases of a table run always; the others only in ``pytest -m ""``, as they try again what those try."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def cases(names: Iterable[str], *always: str, values: dict[str, Any] | None = None) -> list[Any]:
    """Return parameters by name, or their values; all but ``always`` are marked ``thorough``."""
    return [
        pytest.param(
            name if values is None else values[name], id=name, marks=() if name in always else pytest.mark.thorough
        )
        for name in names
    ]
