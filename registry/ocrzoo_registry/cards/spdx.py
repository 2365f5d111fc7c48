"""Licenses as SPDX expressions (https://spdx.org/licenses)."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=256)
def spdx(text: str) -> str | None:
    """Return an SPDX expression in its usual letters; ``None`` if it is none."""
    from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression

    try:
        return str(canonicalize_license_expression(text))
    except InvalidLicenseExpression:
        return None
