"""A mirror of ocrzoo's own, as any web server serves it: an index, and files under their SHA-256."""

from __future__ import annotations

from functools import cache

from tests.hubs.contents import Files, sha256
from tests.hubs.routing import Answer, Protocol, Route, Visit, file_answer, pick

from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.index.schema import Index, IndexedModel
from ocrzoo_registry.store.manifest import StoredFile
from ocrzoo_registry.zoo import Zoo

ROOT = "/mirror"
_SUFFIX = "_onnx"


@cache
def _cards() -> dict[str, ModelCard]:
    return {card.name: card for card in Zoo().models}


def _index(visit: Visit) -> Answer:
    models = [_indexed(visit, model) for model in visit.hubs.models if model.removesuffix(_SUFFIX) in _cards()]
    models.sort(key=lambda one: (one.name, one.format))
    content = Index(schema_version=1, made_by="ocrzoo 0", models=tuple(models)).to_bytes()
    return file_answer(content, f'"{sha256(content)}"', {"Content-Type": "application/json"})


def _indexed(visit: Visit, model: str) -> IndexedModel:
    commit, files = visit.hubs.files_at(model, "main", "mirror")
    file_format: Format = "onnx" if model.endswith(_SUFFIX) else "paddle"
    return IndexedModel(
        name=model.removesuffix(_SUFFIX),
        format=file_format,
        revision=commit,
        source="huggingface",
        source_revision=commit,
        files=tuple(_listed(path, content) for path, content in sorted(files.items())),
        card=_cards()[model.removesuffix(_SUFFIX)],
    )


def _listed(path: str, content: bytes) -> StoredFile:
    return StoredFile(path=path, size=len(content), sha256=sha256(content), digest_origin="stated by huggingface")


def _blob(visit: Visit) -> Answer:
    content = pick({sha256(content): content for content in _all(visit).values()}, visit.names["blob"])
    return file_answer(content, f'"{sha256(content)}"', {})


def _all(visit: Visit) -> Files:
    """Every file of every state that was ever listed; that is what a mirror keeps for those who began."""
    states = visit.hubs.states("mirror")
    return {f"{number}/{path}": content for number, files in enumerate(states) for path, content in files.items()}


def path_of(visit: Visit) -> str:
    """The file of a model that a blob is."""
    return next((path for path, one in _all(visit).items() if sha256(one) == visit.names.get("blob")), "")


def _missing(visit: Visit, what: str) -> Answer:
    return Answer(404, {"Content-Type": "text/html"}, b"<html><body>404 Not Found</body></html>")


def _refused() -> Answer:
    return Answer(401, {"Content-Type": "text/html"}, b"<html><body>401</body></html>")


MIRROR = Protocol(
    "mirror",
    (),
    (
        Route(rf"{ROOT}/index\.json", "list", _index),
        Route(rf"{ROOT}/blobs/(?P<blob>[0-9a-f]{{64}})", "file", _blob),
    ),
    _missing,
    _refused,
)
