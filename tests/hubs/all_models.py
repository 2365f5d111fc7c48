"""Every official model as the hubs hold it, small and made up: its names and files are right, its weights are not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.loader import read_reference
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.references import Repository
from ocrzoo_registry.zoo import Zoo

FORMATS: tuple[Format, ...] = ("onnx", "paddle")
FILES: dict[Format, tuple[str, ...]] = {
    "onnx": ("inference.onnx",),
    "paddle": ("inference.json", "inference.pdiparams"),
}


def all_models(settings: Settings, size: int = 3000) -> dict[str, dict[str, bytes]]:
    """Give what the hubs' server serves: the repositories of all models; ``size`` bytes are in each weights file.

    Formats whose bytes a card pins cannot be made up, and are left out.
    """
    return dict(_repositories(settings, size))


def _repositories(settings: Settings, size: int) -> Iterator[tuple[str, dict[str, bytes]]]:
    for card in Zoo(settings).models:
        for file_format in FORMATS:
            place = read_reference(card, "huggingface", file_format, Repository)
            pinned = any(file.sha256 for file in card.artifacts[file_format].files) if place else False
            if place is not None and not pinned:
                repository = place.repository.partition("/")[2]
                yield repository, made_up(card.name, file_format, repository, size)


def made_up(name: str, file_format: Format, seed: str, size: int = 3000) -> dict[str, bytes]:
    """Give one model; other seeds give other weights."""
    files = {path: _bytes(f"{seed} {path}", size) for path in FILES[file_format]}
    return {"inference.yml": f"Global:\n  model_name: {name}\n".encode(), "README.md": b"# not needed", **files}


def _bytes(seed: str, size: int) -> bytes:
    return hashlib.shake_128(seed.encode()).digest(size)
