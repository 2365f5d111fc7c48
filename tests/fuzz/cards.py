"""Bad cards, and the other small files of data: configurations, lock files, manifests, indexes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from tests.fuzz.cases import Case
from tests.fuzz.mutations import STRANGE, damaged, distorted, nested, reworded
from tests.registry.kit import WEIGHTS, card_data, offer_card
from tests.registry.mirror_tree import index_of, indexed

import ocrzoo_cards
from ocrzoo_registry import safe_yaml
from ocrzoo_registry.cards.inference_yml import from_card

WORDS = (
    *("&a ", "*a", "!!python/object:os.system ", "!!binary ", "!!set ", "<<: *a\n", "? ", ": ", "- ", "[", "]", "{"),
    *("}", "|", ">", "\t", "\0", "---\n", "...\n"),
    *("%YAML 9.9\n", "\ufeff", "&a [*a]", "&a {x: *a}", "[" * 5000, "- " * 5000, "{a: " * 3000, "0x", "1:1:1"),
    *("2026-01-01", ".nan", "~", "'", '"', "\\"),
    "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nd: &d [*c, *c]\n" + "- [*d, *d, *d, *d]\n" * 200,
)  # fmt: skip


@cache
def _official() -> list[str]:
    folder = Path(next(iter(ocrzoo_cards.__path__)))
    return [path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml"))]


def _strange(random: Random, data: Any, *, lines: bool = False) -> bytes:
    """Write data as YAML or JSON, distorted in its structure or in its text."""
    for _ in range(random.choice((1, 1, 2, 4))):
        data = distorted(random, data)
    try:
        text = json.dumps(data) if lines or random.random() < 0.5 else safe_yaml.dump(data)
    except (ValueError, TypeError):
        text = json.dumps(random.choice([one for one in STRANGE if isinstance(one, str)]))
    if random.random() < 0.05:
        text = nested(random, text)
    if random.random() < 0.3:
        text = reworded(random, text, WORDS)
    content = text.encode("utf-8", "surrogatepass")
    return damaged(random, content) if random.random() < 0.15 else content


def _cards(random: Random, folder: Path) -> Case:
    lines = random.random() < 0.3
    card = card_data() if random.random() < 0.5 else safe_yaml.load(random.choice(_official()))
    if lines:
        (folder / "cards.jsonl").write_bytes(b"\n".join(_strange(random, card, lines=True) for _ in range(3)))
    elif random.random() < 0.5:
        (folder / "card.yaml").write_bytes(_strange(random, card))
    else:
        text = reworded(random, random.choice(_official()), WORDS)
        (folder / "card.yaml").write_text(text, "utf-8", errors="surrogatepass")
    return Case(("read-cards", "."))


def _weights(random: Random, folder: Path) -> Case:
    (folder / "inference.yml").write_bytes(_strange(random, from_card(offer_card())))
    (folder / "inference.onnx").write_bytes(random.choice((WEIGHTS, b"", b"\x08\x07")))
    return Case(("read-weights", "."))


def _pipeline(random: Random, folder: Path) -> Case:
    from ocrzoo.pipelines.config import config_text
    from ocrzoo_registry.zoo import Zoo

    text = config_text(Zoo().pipelines.get(random.choice(("OCR", "doc_preprocessor"))))
    changed = reworded(random, text, WORDS).encode("utf-8", "surrogatepass")
    content = changed if random.random() < 0.5 else _strange(random, safe_yaml.load(text))
    (folder / "pipeline.yaml").write_bytes(content)
    return Case(("read-pipeline", "pipeline.yaml"))


def _lock(random: Random, folder: Path) -> Case:
    index = index_of([indexed(offer_card(), {"inference.onnx": WEIGHTS}, "onnx")])
    models = json.loads(index.to_bytes())["models"]
    (folder / "ocrzoo.lock").write_bytes(_strange(random, {"schema_version": 1, "models": models}, lines=True))
    return Case(("models", "pull", "--locked", "--source", "directory"))


def _mirror(random: Random, folder: Path) -> Case:
    index = index_of([indexed(offer_card(), {"inference.onnx": WEIGHTS}, "onnx")])
    (folder / "current").mkdir()
    (folder / "current/index.json").write_bytes(_strange(random, json.loads(index.to_bytes()), lines=True))
    arguments = random.choice((("mirror", "verify", "."), ("sources", "check", "mirror"), ("mirror", "diff", ".", ".")))
    return Case(arguments, {"OCRZOO_MIRROR": str(folder / "current")})


def _store(random: Random, folder: Path) -> Case:
    model = folder / "home/official_models/PP-OCRv5_mobile_det_onnx"
    model.mkdir(parents=True)
    index = index_of([indexed(offer_card(), {"inference.onnx": WEIGHTS}, "onnx")])
    manifest = json.loads(index.to_bytes())["models"][0]
    (model / "ocrzoo.json").write_bytes(_strange(random, {**manifest, "name": "PP-OCRv5_mobile_det"}, lines=True))
    (model / "inference.onnx").write_bytes(WEIGHTS)
    arguments = random.choice(
        (
            ("models", "verify"),
            ("models", "list"),
            ("models", "gc"),
            ("lock", "PP-OCRv5_mobile_det", "--source", "directory"),
        )
    )
    return Case(arguments, {"OCRZOO_HOME": str(folder / "home"), "OCRZOO_OFFLINE": "1"})


def _option(random: Random, folder: Path) -> Case:
    given = (
        _strange(random, {"backend": "openvino", "threads": 2})[:50_000].decode("utf-8", "replace").replace("\0", " ")
    )
    return Case(("ocr", "no.png", "--hpi_config", given))


def make(random: Random, folder: Path, server: str) -> Case:
    """Draw a file of data, and a command that reads it."""
    return random.choice((_cards, _cards, _cards, _weights, _pipeline, _lock, _mirror, _store, _option))(random, folder)
