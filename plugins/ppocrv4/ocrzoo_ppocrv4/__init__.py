"""The PP-OCRv4 family: detectors for text and for seals, and readers for Chinese, English and documents."""

from __future__ import annotations

from ocrzoo_cards import family_cards

ocrzoo_model_cards = family_cards("ppocrv4")
