"""The PP-OCRv5 family: detectors, and readers that take Chinese, English and Japanese with one network."""

from __future__ import annotations

from ocrzoo_cards import family_cards

ocrzoo_model_cards = family_cards("ppocrv5")
