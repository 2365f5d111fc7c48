"""The PP-OCRv6 family: detectors and readers in three sizes; the readers take some 50 languages."""

from __future__ import annotations

from ocrzoo_cards import family_cards

ocrzoo_model_cards = family_cards("ppocrv6")
