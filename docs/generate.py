"""Write the documents that are made from the code: ``python docs/generate.py [--check]``.

``hooks.md`` from the hook specifications, ``models.md`` from the cards, ``model-card.schema.json`` from the schema.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path

from ocrzoo_registry.cards import ModelCard
from ocrzoo_registry.hookspecs import HookSpecs
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

DOCS = Path(__file__).parent
MADE = "<!-- Made by docs/generate.py; do not edit. -->"


def hooks_page() -> str:
    """Return the hook reference: what each docstring says, with its runnable plugin."""
    parts = [MADE, "# The five hooks", inspect.cleandoc(sys.modules[HookSpecs.__module__].__doc__ or "")]
    for name, function in vars(HookSpecs).items():
        if name.startswith("ocrzoo_"):
            text = inspect.cleandoc(function.__doc__).replace("**Example:**\n\n", "")
            before, _, after = text.partition(".. code-block:: python\n\n")
            lines = after.split("\n")
            end = next((i for i, line in enumerate(lines) if line and not line.startswith("    ")), len(lines))
            code = inspect.cleandoc("\n".join(lines[:end]))
            rest = "\n".join(lines[end:]).replace("``", "`")
            parts += [f"## `{name}`", before.strip(), f"```python\n{code}\n```", rest.strip()]
    text = "\n\n".join(part if "```" in part else part.replace("``", "`") for part in parts if part)
    return text.replace("::\n", ":\n") + "\n"


def models_page() -> str:
    """Return the table of all official models."""
    zoo = Zoo(Settings(home=DOCS / "nowhere"))
    rows = [
        f"| {card.name} | {card.task} | {card.tier or ''} | {' '.join(card.languages)} "
        f"| {'' if card.size_mb is None else f'{card.size_mb:g}'} | {', '.join(card.artefacts)} |"
        for card in (offered.card for offered in zoo.models.search())
        if zoo.models.origin(card.name).distribution == "ocrzoo"
    ]
    head = ["| model | task | tier | claims to read | MB | formats |", "|---|---|---|---|---|---|"]
    intro = "Languages are what the publishers claim. `ocrzoo models show NAME` prints everything known of a model."
    return "\n".join([MADE, "", f"# The {len(rows)} official models", "", intro, "", *head, *rows]) + "\n"


def schema() -> str:
    """Return the JSON schema of a model card."""
    return json.dumps(ModelCard.model_json_schema(), indent=1, ensure_ascii=False) + "\n"


PAGES = {"hooks.md": hooks_page, "models.md": models_page, "model-card.schema.json": schema}


def main() -> int:
    """Write the documents, or with ``--check`` say which are out of date."""
    stale = []
    for name, make in PAGES.items():
        path, text = DOCS / name, make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if "--check" not in sys.argv:
                path.write_text(text, encoding="utf-8")
    if stale and "--check" in sys.argv:
        print(f"out of date: {', '.join(stale)}; run python docs/generate.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
