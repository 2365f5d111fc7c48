"""The official PP-OCR model cards and charsets: data that the family plugins point at."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parent
"""Where ``charsets/`` and the family folders lie; charset paths in the cards start here."""
