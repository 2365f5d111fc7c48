"""Record PaddleX's word boxes for lines made by chance: run it with the Python of PaddleX's own environment.

``ENVIRONMENT/bin/python tests/parity/record_words.py`` (``record.py`` says what the environment holds). No weights
are needed: the networks' outputs are made up, and PaddleX decodes them, splits them and places the words.
"""

from __future__ import annotations

import json
import random
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

ANSWERS = Path(__file__).parents[1] / "core" / "text" / "paddlex_words.json"
CHARSET = [*"abXYZ019.-,()é你好世界中ひカЖя", *"مرحبا", "🇩🇪"]
CASES = 45
WIDEST = 3000 / 48
"""Width / height; beyond 3200/48 PaddleX reckons with columns that the squeezed line does not have."""


def main() -> None:
    """Write the answers beside the tests that read them."""
    chance = random.Random(20)
    lines: list[dict[str, Any]] = []
    while len(lines) < CASES:
        lines += _batch(chance)
    rows = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    ANSWERS.write_text(
        f'{{"paddlex": "3.7.2",\n"charset": {json.dumps(CHARSET, ensure_ascii=False)},\n"lines": [\n{rows}\n]}}\n',
        encoding="utf-8",
    )


def _batch(chance: random.Random) -> list[dict[str, Any]]:
    components = import_module("paddlex.inference.pipelines.components")
    decoder = import_module("paddlex.inference.models.text_recognition.processors").CTCLabelDecode(list(CHARSET))
    get_display = import_module("bidi.algorithm").get_display
    columns, rows = chance.choice([8, 40, 60]), chance.randint(1, 3)
    count = len(CHARSET) + 2
    pool = [0, 0, *chance.sample(range(count), chance.choice([3, 8, count]))]
    classes = np.array([[chance.choice(pool) for _ in range(columns)] for _ in range(rows)])
    sizes = [(height := chance.randint(10, 80), chance.randint(1, int(height * WIDEST))) for _ in range(rows)]
    ratios = [width / height for height, width in sizes]
    try:
        texts, _ = decoder(
            [np.eye(count, dtype=np.float32)[classes]],
            return_word_box=True,
            wh_ratio_list=ratios,
            max_wh_ratio=max(320 / 48, *ratios),
        )
    except IndexError:  # more code points than columns
        return []
    lines = []
    for row, (text, info) in enumerate(texts):
        arabic = chance.random() < 0.3
        shown = get_display(text) if arabic else text
        quad = _quad(chance)
        words, regions = components.cal_ocr_word_box(shown, quad, info)
        lines.append(
            {
                "classes": classes[row].tolist(),
                "sizes": sizes,
                "row": row,
                "arabic": arabic,
                "quad": quad.tolist(),
                "text": shown,
                "words": words,
                "regions": np.array(regions).tolist(),
                "bounds": components.convert_points_to_boxes(regions).tolist(),
            }
        )
    return lines


def _quad(chance: random.Random) -> Any:
    left, top = chance.randint(20, 900), chance.randint(20, 900)
    width, height = chance.choice([(600, 40), (300, 60), (50, 70), (40, 61), (40, 400)])
    upright = np.array([[left, top], [left + width, top], [left + width, top + height], [left, top + height]])
    tilt = chance.choice([0, 0, 15])
    return (upright + [[chance.randint(-tilt, tilt) for _ in range(2)] for _ in range(4)]).astype(np.int16)


if __name__ == "__main__":
    main()
