"""What selection costs in a large catalogue: ``python bench/selection.py [CARDS]``; figures, no verdicts.

The cards are made up: most claim a few languages, some many; their charsets are the official ones and 300 made of them.
"""

from __future__ import annotations

import logging
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ocrzoo_registry import plain_yaml
from ocrzoo_registry.card_files import OfferedCard, build_card, read_cards
from ocrzoo_registry.catalogue import Catalogue
from ocrzoo_registry.charsets import read_charset
from ocrzoo_registry.offers import Offer, Origin
from ocrzoo_registry.selection import select
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

CHARSETS = 300
LARGE = {"metrics", "latency", "sources", "links"}
"""What makes an official card three times as large as one that only names its files."""
ASKED = ("en", "ru", "vi", "ko", "ja", "eo", "ka-Geor", "ru,ko,en", "de,fr,pl,tr,ru,el")


@contextmanager
def told(what: str) -> Iterator[None]:
    """Print how long it took."""
    start = time.perf_counter()
    yield
    print(f"{what:<58} {(time.perf_counter() - start) * 1e3:9.1f} ms")


def made_up(count: int, folder: Path, official: list[OfferedCard]) -> Iterator[dict[str, Any]]:
    """Yield the data of cards; write their charsets into a folder."""
    random.seed(7)
    sets = [read_charset(one.root / str(one.card.charset)) for one in official]
    tags = sorted({tag for one in official for tag in one.card.languages})
    for number in range(CHARSETS):
        entries = random.choice(sets)
        kept = random.sample(entries, k=int(len(entries) * random.uniform(0.6, 1)))
        (folder / f"{number}.txt").write_text("\n".join(kept) + "\n", encoding="utf-8")
    for number in range(count):
        like = random.choice(official).card.model_dump(mode="json", exclude_defaults=True)
        few = random.sample(tags, k=random.choice((1, 1, 2, 3, 5, 40)))
        charset = f"{random.randrange(CHARSETS)}.txt"
        yield {**like, "name": f"made_{number:05}_rec", "languages": few, "charset": charset, "copies": None}


def median_ms(call: Callable[[], object], times: int = 5) -> float:
    """Return the median of some calls in milliseconds."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append((time.perf_counter() - start) * 1e3)
    return statistics.median(taken)


def main() -> None:
    """Make, load, select."""
    logging.disable()
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    own = Zoo()
    official = [one for one in own.models if one.card.task == "text_recognition"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = [
            {key: value for key, value in card.items() if value is not None}
            for card in made_up(count, folder, official)
        ]
        with told(f"build {count} cards from data (a plugin that has them in Python)"):
            cards = [OfferedCard(build_card(card, origin="bench"), folder) for card in data]
        small = [{key: card[key] for key in card if key not in LARGE} for card in data]
        with told(f"build {count} cards without figures, times and hubs"):
            for card in small:
                build_card(card, origin="bench")
        for card in data[: count // 10]:
            (folder / f"{card['name']}.yaml").write_text(plain_yaml.dump(card), encoding="utf-8")
        with told(f"read {count // 10} cards from YAML files"):
            list(read_cards(folder))
        with told("put them into a catalogue"):
            models = Catalogue(Offer(card, Origin("bench", "bench", "0")) for card in cards)
        zoo = Zoo(Settings(home=folder / "home"))
        zoo.__dict__["models"] = models
        with told("ask once, which also imports langcodes: gsw"):
            select("gsw", zoo=zoo)
        for lang in ASKED:
            with told(f"select the first time: {lang}"):
                found = select(lang, zoo=zoo)
            again = median_ms(lambda lang=lang: select(lang, zoo=zoo))  # type: ignore[misc]
            print(f"{'  again':<58} {again:9.1f} ms  {len(found.candidates)} candidates")


if __name__ == "__main__":
    main()
