"""Amounts of memory, as users write them."""

from __future__ import annotations

import re

from ocrzoo_registry.errors import UsageError

_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "KI": 1 << 10, "MI": 1 << 20, "GI": 1 << 30}
_SIZE = re.compile(r"(\d{1,15}(?:\.\d{1,15})?)\s*([KMG]?I?)B?", re.IGNORECASE)


def parse_size(given: object) -> int:
    """Return an amount in bytes: a number of bytes, or ``1.5GiB``, ``700MiB``, ``700MB``, ``1.5G``.

    Raises:
        UsageError: It is none.
    """
    if isinstance(given, int) and not isinstance(given, bool) and given > 0:
        return given
    found = _SIZE.fullmatch(given.strip()) if isinstance(given, str) else None
    unit = found[2].upper() if found else "I"
    size = int(float(found[1]) * _UNITS[unit]) if found and unit in _UNITS else 0
    if size < 1:
        raise UsageError(f"{given!r} is no amount of memory: write it as 700MiB, 1.5GiB or 2GB")
    return size
