"""What a large catalog costs: ``python bench/selection.py [CARDS]``; figures, no verdicts.

The cards are made up: most claim a few languages, some many; their charsets are 300 made of the official ones. A plugin
brings them, beside the official plugins.
"""

from __future__ import annotations

import json
import logging
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.plugins.hookspecs import ENTRY_POINT_GROUP
from ocrzoo_registry.plugins.manager import PluginManager
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo, select_models

CHARSETS = 300
LARGE = {"metrics", "latency", "sources", "links"}
"""What makes an official card three times as large as one that only names its files."""
ASKED = ("en", "ru", "vi", "ko", "ja", "zh", "eo", "ka-Geor", "ru,ko,en", "de,fr,pl,tr,ru,el")
PLUGIN = """
import json
from pathlib import Path
from ocrzoo_registry import build_card, hookimpl, read_cards

HERE = Path(__file__).parent
{before}

@hookimpl
def ocrzoo_model_cards():
    yield from {cards}
"""


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long it took, and how much of that the processor worked: less where others have it too."""
    start, worked = time.perf_counter(), time.process_time()
    yield
    taken, worked = time.perf_counter() - start, time.process_time() - worked
    print(f"{what:<58} {taken * 1e3:9.1f} ms {worked * 1e3:9.1f} ms of CPU")


def made_up(count: int, folder: Path, official: list[ModelCard]) -> Iterator[dict[str, Any]]:
    """Yield the data of cards; write their charsets into a folder."""
    random.seed(7)
    sets = [read_charset(one.folder / str(one.charset)) for one in official]
    tags = sorted({tag for one in official for tag in one.languages})
    for number in range(CHARSETS):
        entries = random.choice(sets)
        kept = random.sample(entries, k=int(len(entries) * random.uniform(0.6, 1)))
        (folder / f"{number}.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")
    for number in range(count):
        like = random.choice(official).model_dump(mode="json", exclude_defaults=True)
        few = random.sample(tags, k=random.choice((1, 1, 2, 3, 5, 40)))
        charset = f"{random.randrange(CHARSETS)}.txt"
        like.pop("known_digests", None)
        yield {**like, "name": f"made_{number:05}_rec", "languages": few, "charset": charset}


def load(what: str, folder: Path, cards: str, before: str = "") -> Zoo:
    """Write a plugin, and time how long the zoo takes to have all cards, once plugins are imported."""
    name = f"made_{len(list(folder.glob('*.py')))}"
    (folder / f"{name}.py").write_text(PLUGIN.format(cards=cards, before=before), encoding="utf-8")
    zoo = Zoo(Settings(home=folder / "home"))
    found = [*entry_points(group=ENTRY_POINT_GROUP), EntryPoint(name, name, ENTRY_POINT_GROUP)]
    zoo.__dict__["plugins"] = PluginManager(zoo.settings, found)
    with timed(what):
        count = len(zoo.models)
    print(f"{'  models':<58} {count:9}")
    return zoo


def load_all(count: int, folder: Path) -> Zoo:
    """Load the official cards alone, and with many others in each form that they may have."""
    official = load("load the official cards", folder, "()")
    readers = [one for one in official.models if one.task == "text_recognition"]
    data = list(made_up(count, folder, readers))
    small = [{key: card[key] for key in card if key not in LARGE} for card in data]
    for name, cards in (("whole", data), ("small", small)):
        (folder / name).mkdir()
        (folder / name / "cards.jsonl").write_text("\n".join(map(json.dumps, cards)), encoding="utf-8")
    (folder / "yaml").mkdir()
    for card in data[: count // 10]:
        (folder / "yaml" / f"{card['name']}.yaml").write_text(safe_yaml.dump(card), encoding="utf-8")
    (folder / "data.json").write_text(json.dumps(data), encoding="utf-8")
    del data, small
    load(f"load {count // 10} more from YAML files", folder, "read_cards(HERE / 'yaml', HERE)")
    load(
        f"load {count} more that a plugin builds from its data",
        folder,
        "(build_card(one, origin='made', folder=HERE) for one in DATA)",
        "DATA = json.loads((HERE / 'data.json').read_bytes())",
    )
    load(f"load {count} more from JSON lines, small ones", folder, "read_cards(HERE / 'small', HERE)")
    return load(f"load {count} more from JSON lines", folder, "read_cards(HERE / 'whole', HERE)")


def main() -> None:
    """Load, then ask."""
    logging.disable()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        sys.path.insert(0, name)
        zoo = load_all(count, Path(name))
        with timed("ask for the first time, which imports and reads: gsw"):
            select_models("gsw", zoo=zoo)
        for lang in ASKED:
            for what in (f"the first time {lang}", "  again", "  again"):
                with timed(what):
                    found = select_models(lang, zoo=zoo)
            print(f"{'  candidates':<58} {len(found.candidates):9}")


if __name__ == "__main__":
    main()
