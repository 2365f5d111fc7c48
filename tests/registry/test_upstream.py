"""What moved on the hubs since a card was written, asked of the server that plays them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.hub_cards import NAME, hubs_with, leading_to

from ocrzoo_registry.cards.loader import read_card
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.network import retry
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.upstream import Upstream, check, follow
from ocrzoo_registry.zoo import Zoo

WEIGHTS = bytes(range(256)) * 1200
FILES = {"inference.yml": b"Global: {}\n", "inference.onnx": WEIGHTS, "extra.json": b"{}"}
CARD = """\
name: seaside_det  # found by its name
family: seaside
task: text_detection
version: "1"
summary: Finds text on beach signs.
license: Apache-2.0
artifacts:
  onnx:
    files:
    - path: inference.onnx  # the network
      size: {size}
      sha256: {sha256}
      digest_origin: computed by us
sources:
  huggingface: {{onnx: {{repository: PaddlePaddle/seaside_det, revision: {commit}}}}}
  modelscope: {{onnx: {{repository: PaddlePaddle/seaside_det}}}}
  aistudio: {{onnx: {{repository: PaddleX/seaside_det, revision: {commit}}}}}
  bos: {{onnx: {{url: https://x.bj.bcebos.com/paddlex/official_inference_model/paddle3.0.0/seaside_det_infer.tar}}}}
inference: {{predictor: text_detection}}
"""
Check = Callable[[], dict[str, Upstream]]


@pytest.fixture
def hubs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hubs]:
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.01)
    with hubs_with(FILES) as hubs:
        yield hubs


@pytest.fixture
def card(hubs: Hubs, tmp_path: Path) -> ModelCard:
    """A card that states what the hubs have, in a file."""
    hubs.models[NAME] = dict(FILES)
    path = tmp_path / "card.yaml"
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    path.write_text(CARD.format(size=len(WEIGHTS), sha256=digest, commit=hubs.commit(NAME)), encoding="utf-8")
    return read_card(path)


@pytest.fixture
def ask(settings: Settings, hubs: Hubs, card: ModelCard) -> Check:
    """Ask the hubs about the card; answers by source."""

    def call() -> dict[str, Upstream]:
        zoo = Zoo(leading_to(settings, hubs))
        return {one.source: one for one in check(zoo.resolver, [card])}

    return call


def states(found: dict[str, Upstream]) -> dict[str, str]:
    return {source: one.state for source, one in found.items()}


def text_of(card: ModelCard) -> str:
    assert card.file is not None
    return card.file.read_text(encoding="utf-8")


def test_nothing_moved(ask: Check) -> None:
    found = ask()
    assert states(found) == {
        "huggingface": "same",
        "aistudio": "same",
        "modelscope": "same",
        "bos": "not pinned",
    }
    assert not any(one.changes for one in found.values())


def test_a_new_commit_tells_every_file_that_differs_and_the_card_follows(
    ask: Check, hubs: Hubs, card: ModelCard
) -> None:
    hubs.aistudio_sha256 = True
    was, new = hubs.commit(NAME), WEIGHTS[:-1] + b"!"
    hubs.models[NAME] = {
        "inference.yml": b"Global: {}\n",
        "inference.onnx": new,
        "notes.txt": b"new",
        "README.md": b"x",
    }
    now, found = hubs.commit(NAME), ask()
    assert states(found) == {
        "huggingface": "moved",
        "aistudio": "moved",
        "modelscope": "changed",
        "bos": "not pinned",
    }
    moved = found["huggingface"]
    assert (moved.pinned, moved.revision) == (was, now)
    digest = hashlib.sha256(new).hexdigest()
    assert [str(change) for change in moved.changes] == [
        f"inference.onnx has another digest, {digest}",
        "extra.json is gone",
        "notes.txt is new",
    ]
    before = text_of(card)
    after = follow(before, list(found.values()))
    assert after == (
        before.replace(hashlib.sha256(WEIGHTS).hexdigest(), digest)
        .replace(was, now)
        .replace("computed by us", "stated by huggingface")
    )


def test_a_commit_with_the_same_files_is_followed_alone(ask: Check, hubs: Hubs, card: ModelCard) -> None:
    was = hubs.commit(NAME)
    hubs.models[NAME] = {**FILES, "README.md": b"another text"}
    found = ask()
    assert (found["huggingface"].state, found["huggingface"].changes) == ("moved", ())
    assert follow(text_of(card), list(found.values())) == text_of(card).replace(was, hubs.commit(NAME))


def test_where_hubs_disagree_the_card_stays(ask: Check, hubs: Hubs, card: ModelCard) -> None:
    hubs.models[NAME] = {**FILES, "inference.onnx": WEIGHTS + b"longer"}
    hubs.inject(Fault("shrunk", path="inference.onnx", source="modelscope", at=len(WEIGHTS)))
    found = ask()
    assert (found["huggingface"].state, found["modelscope"].state) == ("moved", "same")
    assert follow(text_of(card), list(found.values())) == text_of(card)


def test_a_listed_file_that_is_gone_keeps_the_card_where_it_is(ask: Check, hubs: Hubs, card: ModelCard) -> None:
    hubs.models[NAME] = {"inference.yml": b"Global: {}\n"}
    found = ask()
    assert "inference.onnx is gone" in map(str, found["huggingface"].changes)
    assert "inference.onnx is gone" in map(str, found["modelscope"].changes)
    assert follow(text_of(card), list(found.values())) == text_of(card)


def test_a_repository_that_is_gone(ask: Check, hubs: Hubs) -> None:
    hubs.models.clear()
    assert set(states(ask()).values()) == {"gone"}


def test_a_hub_that_does_not_answer_costs_only_itself(ask: Check, hubs: Hubs) -> None:
    hubs.inject(Fault("status", what="list", source="huggingface", status=500, times=None))
    found = ask()
    assert states(found) == {
        "huggingface": "no answer",
        "aistudio": "same",
        "modelscope": "same",
        "bos": "not pinned",
    }
    assert "500" in found["huggingface"].message


def test_a_hub_that_states_no_commits_never_moves_on_from_one(
    hubs: Hubs, card: ModelCard, settings: Settings, tmp_path: Path
) -> None:
    """ModelScope names the state of a branch; the commit that a card pins is asked for its files all the same."""
    path, commit = tmp_path / "pinned.yaml", hubs.commit(NAME)
    path.write_text(f"""{text_of(card).partition("    - path")[0]}    - path: inference.onnx
sources:
  modelscope: {{onnx: {{repository: PaddlePaddle/seaside_det, revision: {commit}}}}}
inference: {{predictor: text_detection}}
""")

    def state() -> tuple[str, list[str]]:
        [one] = check(Zoo(leading_to(settings, hubs)).resolver, [read_card(path)])
        return one.state, [str(change) for change in one.changes]

    assert state() == ("same", [])
    hubs.models[NAME] = {**FILES, "inference.onnx": WEIGHTS[:-1] + b"!"}
    digest = hashlib.sha256(WEIGHTS[:-1] + b"!").hexdigest()
    assert state() == ("changed", [f"inference.onnx has another digest, {digest}"])


def test_a_digest_is_from_its_source_where_that_does_not_say_so(card: ModelCard) -> None:
    listing = Listing("2", (RemoteFile("inference.onnx", 5, "0" * 64),))
    found = Upstream(card, "shelf", "shelf", "onnx", "changed", listing=listing)
    assert "      digest_origin: stated by shelf\n" in follow(text_of(card), [found])
