"""What the tests of the hub sources share: a card that is on every hub, and a server that plays them all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests.hubs.server import Hubs
from tests.registry.kit import offer_card

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile, Source

NAME = "seaside_det"
FILES = {
    "inference.yml": b"Global:\n  model_name: seaside_det\n",
    "inference.json": b'{"program": {}}\n' * 200,
    "inference.pdiparams": bytes(range(256)) * 1200,
}
"""Two plain files and one in large-file storage: what is wanted."""
OTHERS = {"README.md": b"# read me", "config.json": b"{}", ".gitattributes": b"*", "deep/inference.yml": b"x"}
"""What is not."""
FOLDER = "paddlex/official_inference_model/paddle3.0.0"


def hub_card(
    revision: str | None = None, *, bos: str = f"https://x.bj.bcebos.com/{FOLDER}/{NAME}_infer.tar"
) -> ModelCard:
    """Give a card that is on all four hubs."""
    at = {} if revision is None else {"revision": revision}
    return offer_card(
        artifacts={"paddle": {"files": [{"path": path} for path in ("inference.json", "inference.pdiparams")]}},
        sources={
            "huggingface": {"paddle": {"repository": f"PaddlePaddle/{NAME}", **at}},
            "modelscope": {"paddle": {"repository": f"PaddlePaddle/{NAME}", **at}},
            "aistudio": {"paddle": {"repository": f"PaddleX/{NAME}", **at}},
            "bos": {"paddle": {"url": bos}},
        },
    )


@contextmanager
def hubs_with(files: Mapping[str, bytes] = FILES) -> Iterator[Hubs]:
    """Serve one model on all hubs."""
    with Hubs({NAME: {**files, **OTHERS}}) as hubs:
        yield hubs


def leading_to(settings: Settings, hubs: Hubs, **tokens: str) -> Settings:
    """Let all hubs be that server."""
    return Settings(home=settings.home, environ=hubs.environment() | tokens)


def listed(source: Source, card: ModelCard, file_format: Format = "paddle") -> Listing:
    listing = source.list(card, file_format)
    assert listing is not None
    return listing


def by_path(listing: Listing) -> dict[str, RemoteFile]:
    return {file.path: file for file in listing.files}


def read(source: Source, listing: Listing, file: RemoteFile, offset: int = 0, validator: str | None = None) -> bytes:
    """Read a listed file from an offset; the opening must begin there."""
    with source.open(listing, file, offset, validator) as opened:
        assert opened.offset == offset
        return b"".join(opened.chunks)
