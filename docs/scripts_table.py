"""Write ``scripts.tsv``, the script of each character: ``python docs/scripts_table.py``.

The data are Unicode's ``Scripts.txt``, as fontTools (a dependency of the tests) contains it: 24 MB of which ocrzoo
needs these rows only.
"""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

from fontTools.unicodedata import Scripts, script_horizontal_direction, script_name

TARGET = Path(__file__).parents[1] / "core" / "ocrzoo" / "text" / "scripts.tsv"


def table() -> str:
    """Return the content of the file."""
    version = re.search(r"# Scripts-([\d.]+)\.txt", Path(Scripts.__file__).read_text("utf-8"))
    assert version is not None
    rows: dict[str, list[str]] = defaultdict(list)
    for (start, script), (end, _) in pairwise([*zip(Scripts.RANGES, Scripts.VALUES, strict=True), (0x110000, "")]):
        rows[script].append(f"{start:x}-{end - 1:x}" if end - start > 1 else f"{start:x}")
    head = [
        f"# Scripts of characters: Unicode {version[1]}, Scripts.txt, license Unicode-3.0; see NOTICE.",
        "# Made by docs/scripts_table.py; do not edit. Columns: script (ISO 15924), name, direction, code points.",
    ]
    lines = [
        "\t".join([script, script_name(script), script_horizontal_direction(script, "LTR").lower(), " ".join(ranges)])
        for script, ranges in sorted(rows.items())
        if script != "Zzzz"
    ]
    return "\n".join([*head, *lines]) + "\n"


if __name__ == "__main__":
    TARGET.write_text(table(), "utf-8", newline="\n")
