"""Source ``modelscope``: files by branch, each with the digest that the listing states."""

from __future__ import annotations

import json

import pytest
from tests.hubs.contents import sha256
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.hub_cards import FILES, NAME, by_path, hub_card, leading_to, listed, read

from ocrzoo_registry.download import verify
from ocrzoo_registry.errors import Refused, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.modelscope import ModelScopeSource

CARD = hub_card()


@pytest.fixture
def source(to_hubs: Settings) -> ModelScopeSource:
    return ModelScopeSource(to_hubs)


def answering(hubs: Hubs, *files: dict[str, object]) -> None:
    """Let the hub list these files."""
    hubs.inject(Fault("bad_json", body=json.dumps({"Code": 200, "Data": {"Files": files}}).encode()))


def test_only_what_is_wanted_is_listed_with_its_sha256(source: ModelScopeSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    assert {path: (file.size, file.sha256) for path, file in by_path(listing).items()} == {
        path: (len(content), sha256(content)) for path, content in FILES.items()
    }
    assert {file.digest_origin for file in listing.files} == {"stated by modelscope"}
    assert by_path(listing)["inference.json"].reference == (
        f"{hubs.url}/api/v1/models/PaddlePaddle/{NAME}/repo?Revision=master&FilePath=inference.json"
    )


def test_the_revision_tells_one_state_of_the_branch_from_the_next(source: ModelScopeSource, hubs: Hubs) -> None:
    before = listed(source, CARD)
    assert before.revision.startswith("master, state ")
    hubs.models[NAME]["README.md"] = b"other words"
    assert listed(source, CARD) == before
    hubs.models[NAME]["inference.json"] = b"other program"
    assert listed(source, CARD).revision != before.revision


def test_another_branch_is_asked_for_by_name(source: ModelScopeSource, hubs: Hubs) -> None:
    commit = hubs.commit(NAME)
    hubs.models[NAME]["inference.json"] = b"newer"
    listing = listed(source, hub_card(commit))
    assert read(source, listing, by_path(listing)["inference.json"]) == FILES["inference.json"]
    assert {asked.query["Revision"] for asked in hubs.requests} == {commit}


def test_what_changes_after_the_listing_does_not_keep_its_promise(source: ModelScopeSource, hubs: Hubs) -> None:
    file = by_path(listed(source, CARD))["inference.json"]
    hubs.models[NAME]["inference.json"] = b"x" * len(FILES["inference.json"])
    assert sha256(read(source, listed(source, CARD), file)) != file.sha256


def test_folders_are_left_alone(source: ModelScopeSource, hubs: Hubs) -> None:
    answering(
        hubs,
        {"Path": "inference.yml", "Type": "tree", "Size": 0, "Sha256": ""},
        {"Path": "inference.json", "Type": "blob", "Size": 5, "Sha256": "0" * 64, "New": 1},
    )
    assert list(by_path(listed(source, CARD))) == ["inference.json"]


def test_a_digest_that_is_not_stated_is_none(source: ModelScopeSource, hubs: Hubs) -> None:
    answering(hubs, {"Path": "inference.json", "Sha256": ""}, {"Path": "inference.yml", "Size": 3})
    files = listed(source, CARD).files
    assert [(file.size, verify.has_digest(file)) for file in files] == [(None, False), (3, False)]


@pytest.mark.parametrize(
    "body",
    [
        {"Code": 200, "Data": None},
        {"Code": 200, "Data": {"Files": None}},
        {"Code": 200, "Data": {"Files": [{"Type": "blob"}]}},
        {"Code": 200, "Data": {"Files": [{"Path": "a", "Size": -5}]}},
        {"Code": 200, "Data": {"Files": [{"Path": "a", "Sha256": "abc"}]}},
        {"Code": 500, "Message": "no"},
        [],
        None,
    ],
    ids=str,
)
def test_an_answer_that_makes_no_sense_is_refused(source: ModelScopeSource, hubs: Hubs, body: object) -> None:
    hubs.inject(Fault("bad_json", body=json.dumps(body).encode()))
    with pytest.raises(SourceError, match="invalid answer") as caught:
        source.list(CARD, "paddle")
    assert "\n" not in str(caught.value)


def test_the_token_opens_the_door(settings: Settings, hubs: Hubs) -> None:
    hubs.token = "hush"
    with pytest.raises(Refused):
        ModelScopeSource(leading_to(settings, hubs)).list(CARD, "paddle")
    knows = ModelScopeSource(leading_to(settings, hubs, MODELSCOPE_API_TOKEN="hush"))
    listing = listed(knows, CARD)
    assert read(knows, listing, listing.files[0])
    assert hubs.requests[-1].headers["cookie"] == "m_session_id=hush"
