"""Debian's Noto fonts, with which tests draw pages; the gate installs them."""

from __future__ import annotations

from pathlib import Path

import pytest

LATIN = Path("/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf")
CHINESE = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")
needs_fonts = pytest.mark.skipif(
    not (LATIN.exists() and CHINESE.exists()), reason="Debian's fonts-noto-core and fonts-noto-cjk are not installed"
)
