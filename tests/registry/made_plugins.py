"""Two hundred made-up plugin distributions, three of them broken; for the tests and ``bench/plugins.py``."""

from __future__ import annotations

import json

from tests.registry.kit import SitePackages, card_data

COUNT = 200

_PLUGIN = """
from pathlib import Path

from ocrzoo_registry import hookimpl, read_cards


@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""
_CHARSET = "\n".join(map(chr, [*range(0x61, 0x7B), *range(0x41, 0x5B), *range(0xC0, 0x250), *range(0x1E00, 0x1F00)]))
_README = "A plugin that reads signs on the beach, and what people write in the sand.\n" * 100

BROKEN = {
    "broken_import": "import ocrzoo_no_such_module\n",
    "broken_card": _PLUGIN,
    "broken_hook": _PLUGIN.replace("yield from", "raise RuntimeError('no shelf')\n    yield from"),
}
"""The plugins that are broken, and their code; the card of the second has a key that does not exist."""


def install_many(site: SitePackages, count: int = COUNT) -> list[str]:
    """Install that many distributions, each with one plugin and one card; return the names of the models to be had."""
    names = [*BROKEN, *(f"beach{number:03}" for number in range(count - len(BROKEN)))]
    for name in names:
        data = card_data(
            name=f"{name}_rec",
            task="text_recognition",
            languages=["vi"],
            scripts=["Latn"],
            charset="charset.txt",
            inference={"predictor": "text_recognition"},
            sources={"directory": {"onnx": {"path": "weights"}}},
            **({"famly": "sea"} if name == "broken_card" else {}),
        )
        site.install(
            f"ocrzoo-{name.replace('_', '-')}",
            entry_points={name: name},
            files={
                f"{name}/__init__.py": BROKEN.get(name, _PLUGIN).encode(),
                f"{name}/cards/{name}.yaml": json.dumps(data, indent=1).encode(),
                f"{name}/cards/charset.txt": _CHARSET.encode(),
                f"{name}/cards/weights/inference.onnx": b"made up",
            },
            description=_README,
        )
    return [f"{name}_rec" for name in names if name not in BROKEN]
