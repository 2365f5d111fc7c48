"""The PP-OCRv3 family: detectors and readers for Chinese and English, kept for set-ups tuned on them."""

from __future__ import annotations

from ocrzoo_cards import family_cards

ocrzoo_model_cards = family_cards("ppocrv3")
