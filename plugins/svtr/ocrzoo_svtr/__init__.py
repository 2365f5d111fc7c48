"""The SVTR family: two readers for Chinese that won the PaddleOCR algorithm model challenge."""

from __future__ import annotations

from ocrzoo_cards import family_cards

ocrzoo_model_cards = family_cards("svtr")
