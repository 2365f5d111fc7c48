"""The page ``page-accuracy.md``, from the figures that ``bench/page_accuracy.py`` wrote."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

WRITTEN = Path(__file__).with_name("page_accuracy.json")
HEAD = """\
# Accuracy on whole pages

How many lines are found, and how much of them is misread, spaces included: on {pages} pages in {languages} languages
whose text is known ({lines} lines). They are public-domain prose, and names, dates and amounts of Unicode CLDR, in
several faces, sizes and layouts (columns, tables, forms, receipts), as seen by screens, scanners and cameras. Each
model reads those in languages that it claims. `python -m bench.labelled_pages DIR --count 1000` makes more of them.

```bash
python -m bench.page_accuracy{options} --write && python docs/generate.py
```

`CER` and `WER` are the error rates of characters and words; a space is a character, and a character of Chinese or
Japanese is a word. Lines that were not found are errors, and so is what was read where nothing is written. `spaces` is
the share of spaces that are missing or too many. The last two columns compare with the first row of each model, on the
same pages: lines that are better and worse, and the 95 % interval of the difference of CER in percent points (paired
bootstrap over pages). If it contains 0, these pages show no difference.
"""
COLUMNS = (
    "program",
    "engine",
    "precision",
    "batching",
    "found",
    "CER",
    "WER",
    "spaces",
    "better / worse",
    "difference",
)


def page(made: str) -> str:
    """Return the page, ``made`` being its first line."""
    rows: list[dict[str, Any]] = json.loads(WRITTEN.read_text(encoding="utf-8"))
    largest = max(rows, key=lambda row: row["pages"])
    readers = dict.fromkeys(row["reader"] for row in rows)
    head = HEAD.format(
        pages=largest["pages"],
        languages=len(largest["languages"]),
        lines=largest["lines"],
        options="".join([f" {largest['folder']}".rstrip(), *(f' \\\n    --reader "{name}"' for name in readers)]),
    )
    models = {row["model"]: [one for one in rows if one["model"] == row["model"]] for row in rows}
    return "\n".join([made, "", head, *(line for found in models.values() for line in section(found))]) + "\n"


def section(rows: list[dict[str, Any]]) -> Iterator[str]:
    """Yield the part of a model."""
    first = rows[0]
    yield f"## {first['model']}"
    yield ""
    yield f"{first['pages']} pages, {first['lines']} lines, {first['characters']} characters."
    yield ""
    yield f"| {' | '.join(COLUMNS)} |"
    yield "|---|---|---|---|" + "---:|" * 6
    for row in rows:
        low, high = row["interval"]
        beside = ("", "") if row is first else (f"{row['better']} / {row['worse']}", f"{low:+.2f} to {high:+.2f}")
        spaces = 100 * row["spaces_wrong"] / max(row["spaces"], 1)
        rates = (f"{row['recall']:.1f} %", f"{row['cer']:.2f} %", f"{row['wer']:.2f} %", f"{spaces:.1f} %")
        cells = [*(row[name] for name in COLUMNS[:4]), *rates, *beside]
        yield f"| {' | '.join(cells)} |"
    yield ""
    least = [(tag, one) for tag, one in first["languages"].items() if one["characters"] >= FEW]
    named = (f"`{tag}` {' / '.join(cer(row, tag) for row in rows)}" for tag, _ in least)
    yield f"CER in percent by language, with at least {FEW} characters, in the order of the rows: {'; '.join(named)}."
    yield ""


FEW = 1000
"""Of fewer characters, a rate says little."""


def cer(row: dict[str, Any], tag: str) -> str:
    """Return the character error rate of a language."""
    return f"{row['languages'][tag]['cer']:.2f}"
