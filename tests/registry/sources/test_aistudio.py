"""Source ``aistudio``: files by git's own names, at the commit of the branch or, where that fails, by the branch."""

from __future__ import annotations

import json

import pytest
from tests.hubs.contents import git_sha1, lfs_pointer, sha256
from tests.hubs.faults import Fault
from tests.hubs.server import Hubs
from tests.registry.hub_cards import FILES, NAME, by_path, hub_card, leading_to, listed, read

from ocrzoo_registry.download import verify
from ocrzoo_registry.errors import Refused, SourceError
from ocrzoo_registry.network.http import Gone
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.aistudio import AIStudioSource
from ocrzoo_registry.sources.hub import MAX_PAGES

CARD = hub_card()
WEIGHTS = "inference.pdiparams"


@pytest.fixture
def source(to_hubs: Settings) -> AIStudioSource:
    return AIStudioSource(to_hubs)


def test_the_branch_becomes_a_commit_and_only_what_is_wanted_is_listed(source: AIStudioSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    commit = hubs.commit(NAME)
    assert listing.revision == commit
    assert sorted(by_path(listing)) == sorted(FILES)
    for path, file in by_path(listing).items():
        assert file.reference == f"{hubs.url}/api/v1/repos/PaddleX/{NAME}/media/{path}?ref={commit}"
        assert file.digest_origin == "stated by aistudio"


def test_every_file_has_gits_name_that_of_the_pointer_where_it_is_large(source: AIStudioSource) -> None:
    files = by_path(listed(source, CARD))
    assert files["inference.json"].git_sha1 == git_sha1(FILES["inference.json"])
    assert files[WEIGHTS].git_sha1 == git_sha1(lfs_pointer(FILES[WEIGHTS]))
    assert all(verify.has_digest(file) for file in files.values())


def test_the_sizes_are_those_of_the_contents_unless_they_could_be_a_pointers(source: AIStudioSource) -> None:
    sizes = {path: file.size for path, file in by_path(listed(source, CARD)).items()}
    assert sizes == {"inference.yml": None, "inference.json": 3200, WEIGHTS: len(FILES[WEIGHTS])}


def test_a_sha256_is_taken_where_the_host_states_one(source: AIStudioSource, hubs: Hubs) -> None:
    hubs.aistudio_sha256 = True
    assert by_path(listed(source, CARD))[WEIGHTS].sha256 == sha256(FILES[WEIGHTS])


def test_contents_that_nobody_describes_are_listed_all_the_same(source: AIStudioSource, hubs: Hubs) -> None:
    hubs.inject(Fault("status", what="list", path=WEIGHTS, status=404))
    file = by_path(listed(source, CARD))[WEIGHTS]
    assert (file.size, verify.has_digest(file)) == (None, True)


def test_all_pages_are_read(source: AIStudioSource, hubs: Hubs) -> None:
    hubs.page_size = 2
    assert sorted(by_path(listed(source, CARD))) == sorted(FILES)


def test_pages_without_end_are_cut_off(source: AIStudioSource, hubs: Hubs) -> None:
    hubs.page_size = 1
    hubs.models[NAME] |= {f"z{number}": b"" for number in range(MAX_PAGES)}
    with pytest.raises(SourceError, match=f"more than {MAX_PAGES} pages"):
        source.list(CARD, "paddle")


def test_what_changes_after_the_listing_does_not_change_the_file(source: AIStudioSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    hubs.models[NAME][WEIGHTS] = b"retrained"
    assert read(source, listing, by_path(listing)[WEIGHTS]) == FILES[WEIGHTS]


def test_a_host_that_does_not_know_files_by_commit_is_asked_by_branch(source: AIStudioSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    fault = hubs.inject(Fault("status", path=WEIGHTS, status=404))
    assert read(source, listing, by_path(listing)[WEIGHTS], 1000) == FILES[WEIGHTS][1000:]
    assert fault.used == 1
    refused, served = hubs.asked("file")
    assert refused.query == {"ref": listing.revision}
    assert (served.query, served.headers["range"]) == ({}, "bytes=1000-")


def test_a_file_that_is_gone_is_gone(source: AIStudioSource, hubs: Hubs) -> None:
    listing = listed(source, CARD)
    hubs.inject(Fault("status", path=WEIGHTS, status=404, times=None))
    with pytest.raises(Gone), source.open(listing, by_path(listing)[WEIGHTS]):
        pytest.fail("opened")


def test_a_host_that_names_no_commit_is_asked_by_branch(source: AIStudioSource, hubs: Hubs) -> None:
    tree = {"tree": [{"path": "inference.json", "type": "blob", "sha": "x"}], "url": "https://elsewhere/trees/master"}
    hubs.inject(Fault("bad_json", body=json.dumps(tree).encode()))
    listing = listed(source, CARD)
    [file] = listing.files
    assert (listing.revision, file.git_sha1) == ("master", None)
    assert file.reference.endswith("?ref=master")


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"tree": None},
        {"tree": [{"path": "x"}]},
        {"tree": [{"path": 5, "type": "blob"}]},
        {"tree": [], "url": 5},
    ],
    ids=str,
)
def test_an_answer_that_makes_no_sense_is_refused(source: AIStudioSource, hubs: Hubs, body: object) -> None:
    hubs.inject(Fault("bad_json", body=json.dumps(body).encode()))
    with pytest.raises(SourceError, match="invalid answer") as caught:
        source.list(CARD, "paddle")
    assert "\n" not in str(caught.value)


def test_the_token_opens_the_door(settings: Settings, hubs: Hubs) -> None:
    hubs.token = "hush"
    with pytest.raises(Refused):
        AIStudioSource(leading_to(settings, hubs)).list(CARD, "paddle")
    knows = AIStudioSource(leading_to(settings, hubs, AISTUDIO_ACCESS_TOKEN="hush"))
    listing = listed(knows, CARD)
    assert read(knows, listing, listing.files[0])
    assert hubs.requests[-1].headers["authorization"] == "token hush"
