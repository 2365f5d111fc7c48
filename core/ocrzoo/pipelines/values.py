"""Values of parameters: what may be given for a switch or a number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ocrzoo_registry.errors import UsageError


def plain(value: Any) -> Any:
    """Return a number of NumPy's as one of Python's."""
    return value.item() if isinstance(value, np.generic) else value


def switch(name: str, value: Any) -> bool | None:
    """Return whether a stage is on, or ``None`` where nothing is said.

    Raises:
        UsageError: It is something else: the word "False" would switch it on.
    """
    value = plain(value)
    if value is None or (isinstance(value, int) and value in (0, 1)):
        return None if value is None else bool(value)
    raise UsageError(f"{name}={value!r}: True, False or None is needed")


def check_range(name: str, value: Any, most: float) -> None:
    """Refuse what is no number from 0 to ``most``.

    Raises:
        UsageError: It is none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= most:
        raise UsageError(f"{name}={value!r}: a number from 0 to {most:g} is needed")
