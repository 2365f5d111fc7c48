"""Measure the model by pages: other texts than it was trained with, in another font, found and read by ``ocrzoo``.

    pip install . rapidfuzz babel
    python training/measure.py

Each page has names of Unicode CLDR that training left out, synthetic words, and numbers. Prints the character error
rate of each font: edits by characters of the truth, spaces included.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from random import Random

from lines import font
from PIL import Image, ImageDraw
from text import line, names

FONTS = ("NotoSerif-Regular", "NotoSans-Regular")
"""No Noto Serif was trained with; Noto Sans was."""
LINES, SIZE = 12, 30
"""Lines of a page, and their size in pixels."""


def texts(seed: int) -> list[str]:
    """Return the lines of a page, of up to 36 characters."""
    rng, known = Random(seed), names(held_out=True)
    found: list[str] = []
    while len(found) < LINES:
        text = line(rng, known, 36)
        if len(text) > 8:
            found.append(text)
    return found


def page(lines: list[str], name: str) -> Image.Image:
    """Draw a page in a font of that name: black on white, 900 pixels wide."""
    picture = Image.new("RGB", (900, 2 * SIZE * (len(lines) + 1)), "white")
    draw = ImageDraw.Draw(picture)
    for place, text in enumerate(lines):
        draw.text((60, 2 * SIZE * place + SIZE), text, fill="black", font=font(name, SIZE))
    return picture


def main() -> None:
    """Read the pages and print the error rates."""
    from rapidfuzz.distance import Levenshtein

    import ocrzoo

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--pages", type=int, default=10)
    given = parser.parse_args()
    upright = dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False)
    pipeline = ocrzoo.create_pipeline("OCR", lang="vi", **upright)
    with tempfile.TemporaryDirectory() as folder:
        for name in FONTS:
            edits = characters = 0
            for seed in range(given.pages):
                path = Path(folder) / f"{seed}.png"
                truth = texts(seed)
                page(truth, name).save(path)
                (result,) = pipeline.predict(str(path))
                edits += Levenshtein.distance(result.text, "\n".join(truth))
                characters += len("\n".join(truth))
            print(f"{name}: {edits} of {characters} characters, {100 * edits / characters:.2f} %")


if __name__ == "__main__":
    main()
