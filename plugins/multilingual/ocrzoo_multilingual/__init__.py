"""The PP-OCRv3 and PP-OCRv5 readers for one language or script, other than simplified Chinese and English."""

from __future__ import annotations

from ocrzoo_cards import family_cards

ocrzoo_model_cards = family_cards("multilingual")
