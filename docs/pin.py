"""Update the pinned versions in ``pyproject.toml``: ``python docs/pin.py``.

They are what uv resolves today for all extras and groups, written without addresses.
"""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

PROJECT = Path(__file__).parents[1] / "pyproject.toml"
TABLE = re.compile(r"(?<=\nconstraint-dependencies = \[\n).*?(?=\])", re.DOTALL)
EXPORT = "uv export --all-extras --all-groups --no-hashes --no-annotate --no-header --no-emit-project"


def main() -> None:
    """Empty the table, resolve, and write the table again."""
    text = PROJECT.read_text(encoding="utf-8")
    PROJECT.write_text(TABLE.sub("", text), encoding="utf-8")
    try:
        done = subprocess.run([*EXPORT.split(), "--upgrade"], capture_output=True, text=True, check=True, timeout=600)
        lines = sorted(line for line in done.stdout.splitlines() if "==" in line and "== 'emscripten'" not in line)
        text = TABLE.sub(lambda _match: "".join(f'    "{line}",\n' for line in lines), text)
    finally:
        PROJECT.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
