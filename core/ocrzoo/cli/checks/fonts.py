"""The fonts that results are drawn with."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from ocrzoo.cli.checks import Finding
from ocrzoo.cli.checks.engines import import_fault
from ocrzoo_registry.zoo import Zoo

SAMPLES = {"Latin": "A", "Cyrillic": "Ж", "Han": "漢", "Hangul": "한", "Arabic": "ع", "Devanagari": "ह", "Thai": "ก"}
"""A character of each script that many documents have."""


def fonts(zoo: Zoo) -> Iterator[Finding]:
    """Whether a local font has the characters of common scripts."""
    fault, _ = import_fault("ocrzoo.visualize.fonts.book")  # with NumPy and pillow, in a process of its own
    if fault:
        yield Finding(
            "error", f"drawing and reading cannot work: {fault}", "pip install --force-reinstall numpy pillow"
        )
        return
    without = _missing(zoo)
    if not without:
        yield Finding("ok", f"local fonts have {', '.join(SAMPLES)}")
        return
    yield Finding(
        "ok",
        f"no local font has {', '.join(without)}: drawn results show boxes, and texts are not affected",
        "if you draw results: install fonts (Debian: fonts-noto-core fonts-noto-cjk), or set OCRZOO_FETCH_FONTS=1",
        {"missing": without},
    )


def _missing(zoo: Zoo) -> list[str]:
    from ocrzoo.visualize.fonts.book import FontBook
    from ocrzoo.visualize.fonts.files import system_folders

    own = zoo.settings.environ.get("PADDLE_PDX_LOCAL_FONT_FILE_PATH") or None
    logging.disable(logging.WARNING)  # the same is said below
    try:
        found = FontBook(own, [(str(zoo.settings.home / "fonts"),), system_folders()]).for_texts(SAMPLES.values())
    finally:
        logging.disable(logging.NOTSET)
    return [script for script, letter in SAMPLES.items() if found.of_script(letter) is None]
