"""Source ``huggingface``: everything is asked for by the commit that the branch stands at."""

from __future__ import annotations

import json

import pytest
from tests.hubs.contents import git_sha1, sha256
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.hub_cards import FILES, NAME, by_path, hub_card, leading_to, listed, read

from ocrzoo_registry.download import verify
from ocrzoo_registry.errors import Refused, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.hub import MAX_PAGES
from ocrzoo_registry.sources.huggingface import HuggingFaceSource

CARD = hub_card()


@pytest.fixture
def source(to_hubs: Settings) -> HuggingFaceSource:
    return HuggingFaceSource(to_hubs)


def answering(hubs: Hubs, *entries: dict[str, object]) -> None:
    """Let the hub list these files."""
    hubs.faults += [
        Fault("bad_json", body=json.dumps({"sha": hubs.commit(NAME), "new": 1}).encode()),
        Fault("bad_json", body=json.dumps(entries).encode()),
    ]


def test_the_branch_becomes_a_commit_and_only_what_is_wanted_is_listed(source: HuggingFaceSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    commit = hubs.commit(NAME)
    assert listing.revision == commit
    assert not listing.archive
    assert sorted(by_path(listing)) == sorted(FILES)
    for path, file in by_path(listing).items():
        assert file.size == len(FILES[path])
        assert file.reference == f"{hubs.url}/PaddlePaddle/{NAME}/resolve/{commit}/{path}"
        assert file.digest_origin == "stated by huggingface"


def test_large_files_have_a_sha256_and_others_gits_name(source: HuggingFaceSource) -> None:
    files = by_path(listed(source, CARD))
    weights, program = files["inference.pdiparams"], files["inference.json"]
    assert (weights.sha256, weights.git_sha1) == (sha256(FILES[weights.path]), None)
    assert (program.sha256, program.git_sha1) == (None, git_sha1(FILES[program.path]))
    assert all(verify.has_digest(file) for file in files.values())


def test_a_commit_in_the_card_is_kept_to(source: HuggingFaceSource, hubs: Hubs) -> None:
    before = listed(source, CARD)
    hubs.models[NAME]["inference.pdiparams"] = b"retrained"
    assert listed(source, CARD).revision != before.revision
    assert listed(source, hub_card(before.revision)) == before


def test_what_changes_after_the_listing_does_not_change_the_file(source: HuggingFaceSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    hubs.models[NAME]["inference.pdiparams"] = b"retrained"
    assert read(source, listing, by_path(listing)["inference.pdiparams"]) == FILES["inference.pdiparams"]


def test_all_pages_are_read(source: HuggingFaceSource, hubs: Hubs) -> None:
    hubs.page_size = 2
    assert sorted(by_path(listed(source, CARD))) == sorted(FILES)
    assert len([asked for asked in hubs.asked("list") if "/tree/" in asked.target]) == 4


def test_pages_without_end_are_cut_off(source: HuggingFaceSource, hubs: Hubs) -> None:
    hubs.page_size = 1
    hubs.models[NAME] |= {f"z{number}": b"" for number in range(MAX_PAGES)}
    with pytest.raises(SourceError, match=f"more than {MAX_PAGES} pages"):
        source.list(CARD, "paddle")


@pytest.mark.parametrize("elsewhere", ["http://evil.example/next", "//evil.example/next", "{url}.evil.example/next"])
def test_the_next_page_is_on_the_same_hub(source: HuggingFaceSource, hubs: Hubs, elsewhere: str) -> None:
    link = f'<{elsewhere.format(url=hubs.url)}>; rel="next"'
    listed(source, CARD)
    tree = Fault("status", what="list", status=200, headers={"Link": link}, body=b"[]", times=None)
    revision = Fault("status", what="list", status=200, body=json.dumps({"sha": "0" * 40}).encode())
    hubs.faults += [revision, tree]
    with pytest.raises(SourceError, match="the next page of files is on another host"):
        source.list(CARD, "paddle")


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b"[]",
        b'{"sha": "main"}',
        b'{"sha": 5}',
        b'{"sha": "../../../../../../evil/0000000000000000000"}',
        b'{"sha": null}',
    ],
    ids=repr,
)
def test_a_revision_that_is_no_commit_is_refused(source: HuggingFaceSource, hubs: Hubs, body: bytes) -> None:
    hubs.inject(Fault("bad_json", body=body))
    with pytest.raises(SourceError, match="invalid answer") as caught:
        source.list(CARD, "paddle")
    assert "\n" not in str(caught.value)
    assert len(hubs.requests) == 1


@pytest.mark.parametrize(
    "entry",
    [
        {"path": "inference.json"},
        {"type": "file"},
        {"type": "file", "path": 5},
        {"type": "file", "path": "x", "size": -1},
        {"type": "file", "path": "x", "size": "many"},
        {"type": "file", "path": "x", "lfs": {"oid": "short", "size": 1}},
        {"type": "file", "path": "x", "lfs": {"oid": "0" * 64}},
    ],
    ids=str,
)
def test_a_tree_that_makes_no_sense_is_refused(source: HuggingFaceSource, hubs: Hubs, entry: dict[str, object]) -> None:
    answering(hubs, entry)
    with pytest.raises(SourceError, match="invalid answer"):
        source.list(CARD, "paddle")


def test_folders_and_unknown_keys_are_left_alone(source: HuggingFaceSource, hubs: Hubs) -> None:
    entries: list[dict[str, object]] = [
        {"type": "directory", "path": "inference.yml", "oid": "x"},
        {"type": "file", "path": "inference.json", "size": 2, "new": [1]},
    ]
    answering(hubs, *entries)
    [file] = listed(source, CARD).files
    assert (file.path, file.size, verify.has_digest(file)) == ("inference.json", 2, False)


def test_the_token_opens_the_door(settings: Settings, hubs: Hubs) -> None:
    hubs.token = "hush"
    with pytest.raises(Refused, match="HTTP 401"):
        HuggingFaceSource(leading_to(settings, hubs)).list(CARD, "paddle")
    knows = HuggingFaceSource(leading_to(settings, hubs, HF_TOKEN="hush"))
    listing = listed(knows, CARD)
    assert read(knows, listing, listing.files[0])
    assert hubs.requests[-1].headers["authorization"] == "Bearer hush"
