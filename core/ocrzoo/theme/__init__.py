"""What the pages of ``ocrzoo serve`` and ``ocrzoo catalog`` share: colors, fonts, and an icon."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("files")
