"""Measure the model: 500 fresh numbers in the fonts that it was trained with, and 500 in another one.

pip install . rapidfuzz
python training/measure.py
"""

from __future__ import annotations

from random import Random

import lines
import numpy as np
from rapidfuzz.distance import Levenshtein

import ocrzoo

LINES, SEED = 500, 99
OTHERS = ("NotoSerif-Regular", "NotoSerif-Bold")


def main() -> None:
    """Print how many lines are right, and the character error rate."""
    model = ocrzoo.create_model("attention_numbers_rec", batch_size=20)
    for fonts in (lines.FONTS, OTHERS):
        lines.FONTS = fonts
        rng = Random(SEED)
        texts = [lines.number(rng) for _ in range(LINES)]
        pictures = [np.repeat(np.asarray(lines.drawn(rng, text))[:, :, np.newaxis], 3, axis=2) for text in texts]
        found = [result["rec_text"] for result in model.predict(pictures)]
        right = sum(one == text for one, text in zip(found, texts, strict=True))
        edits = sum(Levenshtein.distance(one, text) for one, text in zip(found, texts, strict=True))
        print(f"{', '.join(fonts)}: {right} of {LINES} lines, {100 * edits / sum(map(len, texts)):.2f} % of characters")


if __name__ == "__main__":
    main()
