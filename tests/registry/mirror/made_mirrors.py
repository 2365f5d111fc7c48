"""Mirrors made for the tests: an index of made-up models, and its tree on the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.registry.kit import card_data

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.loader import build_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.index.schema import Index, IndexedModel, blob_of, revision_of
from ocrzoo_registry.mirror import archives, layouts
from ocrzoo_registry.mirror.serving import nginx
from ocrzoo_registry.store.manifest import StoredFile

BOS = "paddlex/official_inference_model/paddle3.0.0"
Files = Mapping[str, bytes]


def card_of(name: str, *formats: Format, **changes: object) -> ModelCard:
    """Give a card whose formats are on all hubs, under PaddleX's names."""
    suffixes = {"paddle": "", "onnx": "_onnx", "safetensors": "_safetensors"}
    names = {file_format: f"{name}{suffixes[file_format]}" for file_format in formats}
    sources = {
        "huggingface": {one: {"repository": f"PaddlePaddle/{names[one]}"} for one in formats},
        "modelscope": {one: {"repository": f"PaddlePaddle/{names[one]}"} for one in formats},
        "aistudio": {one: {"repository": f"PaddleX/{names[one]}"} for one in formats},
        "bos": {
            one: {"url": f"https://paddle-model-ecology.bj.bcebos.com/{BOS}/{names[one]}_infer.tar"} for one in formats
        },
    }
    data = {
        "name": name,
        "sources": sources,
        "artifacts": {one: {"files": [{"path": "inference.yml"}]} for one in formats},
    }
    return build_card(card_data(**{**data, **changes}), origin="a test")


@dataclass
class MadeMirror:
    """Models, their bytes, and the tree of a release."""

    models: dict[tuple[str, Format], tuple[ModelCard, Files]] = field(default_factory=dict)
    earlier: tuple[IndexedModel, ...] = ()

    def add(self, card: ModelCard, file_format: Format, files: Files) -> MadeMirror:
        self.models[card.name, file_format] = (card, files)
        return self

    @property
    def blobs(self) -> dict[str, bytes]:
        return {sha256(content): content for _, files in self.models.values() for content in files.values()}

    def index(self) -> Index:
        models = tuple(indexed(card, key[1], files) for key, (card, files) in sorted(self.models.items()))
        return Index(schema_version=1, made_by="a test", models=models, earlier=self.earlier)

    def lay(self, root: Path, blobs: Mapping[str, bytes] | None = None, *, listen: str = "127.0.0.1:0") -> Path:
        """Write a release as ``mirror build`` does; gives its folder."""
        index = self.index()
        for name, content in {**self.blobs, **(blobs or {})}.items():
            put(root / "blobs" / name, content)
        made: dict[str, archives.StoredArchive] = {}
        for path, what in layouts.tree(index):
            target = root / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(what, bytes):
                target.write_bytes(what)
            elif isinstance(what, StoredFile):
                os.link(root / blob_of(what), target)
            else:
                made[path] = archives.write(target, what, root / "blobs")
        put(root / "index.json", index.to_bytes())
        everything = archives.ArchiveList(schema_version=1, archives=made)
        put(root / "archives.json", everything.to_bytes())
        for path, content in nginx.nginx(index, root, everything, listen=listen).items():
            put(root / path, content)
        return root


def indexed(card: ModelCard, file_format: Format, files: Files, revision: str | None = None) -> IndexedModel:
    """Give the entry of a model."""
    listed = tuple(
        StoredFile(path=path, size=len(content), sha256=sha256(content), digest_origin="stated by a test")
        for path, content in sorted(files.items())
    )
    return IndexedModel(
        name=card.name,
        format=file_format,
        revision=revision or revision_of(listed),
        source="huggingface",
        source_revision="main",
        files=listed,
        card=card,
    )


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
