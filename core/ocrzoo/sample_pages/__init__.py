"""The pages that come with ocrzoo: what ``ocrzoo bench`` reads without others, and ``ocrzoo export`` compares with."""

from __future__ import annotations

from pathlib import Path

FOLDER = Path(__file__).with_name("files")
"""Three PNGs: a paragraph in English, a table of numbers, and lines of Chinese among them."""
