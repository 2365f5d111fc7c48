"""Download requests: which digests are expected, and which listings are refused."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.registry.kit import WEIGHTS, offer_card, remote, sha256

from ocrzoo_registry.cards.inference_yml import WRITTEN_FROM_CARD
from ocrzoo_registry.cards.schema import File
from ocrzoo_registry.download.request import DownloadRequest, check_listing
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.sources.base import Listing, RemoteFile
from ocrzoo_registry.store.manifest import StoredFile

ONNX = "inference.onnx"
FILE = StoredFile(path=ONNX, size=5, sha256=sha256(b"x"), digest_origin="first use")


def request(**pin: object) -> DownloadRequest:
    card = offer_card(artifacts={"onnx": {"files": [{"path": "other"}, {"path": ONNX} | pin]}})
    return DownloadRequest(card, ["onnx"])


def test_the_digest_of_the_card_overrides_the_sources() -> None:
    stated = RemoteFile(ONNX, 5, md5="0" * 32, digest_origin="the shelf")
    pinned = request(size=len(WEIGHTS), sha256=sha256(WEIGHTS), digest_origin="the publisher").expect(stated)
    assert (pinned.size, pinned.sha256, pinned.digest_origin) == (len(WEIGHTS), sha256(WEIGHTS), "the publisher")


def test_a_source_that_states_another_digest_than_the_card_is_refused() -> None:
    with pytest.raises(IntegrityError, match=r"inference\.onnx: sha256 is .* \(the publisher\)"):
        request(sha256=sha256(WEIGHTS), digest_origin="the publisher").expect(remote(ONNX, b"forged"))


def test_what_the_card_does_not_pin_stays_as_the_source_states_it() -> None:
    stated = remote(ONNX, WEIGHTS)
    assert request().expect(stated) == stated
    assert request(size=5).expect(stated).sha256 == stated.sha256
    other = remote("inference.yml", b"x")
    assert request(sha256="0" * 64, digest_origin="x").expect(other) == other


def test_a_size_of_zero_is_a_pin_too() -> None:
    assert request(size=0).expect(RemoteFile(ONNX, 5)).size == 0
    assert File(path=ONNX, size=0).size == 0


def test_the_manifest_names_source_and_revision() -> None:
    manifest = request().manifest("shelf", "7", [FILE])
    assert (manifest.name, manifest.format, manifest.source, manifest.revision) == ("seaside_det", "onnx", "shelf", "7")
    assert manifest.files == (FILE,)


def test_what_was_not_expected_is_refused() -> None:
    expected = request().manifest("shelf", "7", [FILE])
    same = DownloadRequest(request().card, ["onnx"], expected)
    assert same.manifest("elsewhere", "8", [FILE]).source == "elsewhere"
    with pytest.raises(IntegrityError, match=r"differs in inference\.onnx"):
        same.manifest("shelf", "7", [FILE.model_copy(update={"sha256": sha256(b"y")})])


def test_a_difference_from_the_expected_files_names_files_and_digests() -> None:
    changed, new = FILE.model_copy(update={"sha256": sha256(b"y")}), FILE.model_copy(update={"path": "new.txt"})
    expected = request().manifest("shelf", "7", [changed])
    with pytest.raises(IntegrityError) as caught:
        DownloadRequest(request().card, ["onnx"], expected).manifest("shelf", "8", [new, FILE])
    assert str(caught.value) == (
        "seaside_det (onnx) differs in inference.onnx, new.txt: "
        f"inference.onnx is {sha256(b'x')}, expected is {sha256(b'y')}"
    )
    with pytest.raises(IntegrityError, match=r"in new\.txt: new\.txt is absent, expected is"):
        DownloadRequest(request().card, ["onnx"], request().manifest("shelf", "7", [FILE, new])).manifest(
            "x", "8", [FILE]
        )


def test_a_listing_of_a_model_is_fine() -> None:
    check_listing(Listing("1", (RemoteFile(ONNX, 0), RemoteFile("inference.yml"), RemoteFile("a/b/c.txt", 5))))
    check_listing(Listing("1", (RemoteFile("archive.tar"),), archive=True))
    check_listing(Listing("1", ()))


@pytest.mark.parametrize(
    "path", ["../x", "/x", "a/../x", ".x", "a/.x", "a\\x", "", "a//b", "a/", "x\n", "x\0", "ocrzoo.json", "C:x", "-x"]
)
def test_a_path_that_could_lead_elsewhere_is_refused(path: str) -> None:
    with pytest.raises(SourceError, match="which is refused") as caught:
        check_listing(Listing("1", (RemoteFile(ONNX), RemoteFile(path))))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("paths", [(ONNX, ONNX), (ONNX, f"{ONNX}/x"), ("a/b/c", "a/b")], ids=str)
def test_paths_that_cannot_all_be_files_are_refused(paths: tuple[str, ...]) -> None:
    with pytest.raises(SourceError, match="more than once, or as a file and a folder"):
        check_listing(Listing("1", tuple(RemoteFile(path) for path in paths)))


@pytest.mark.parametrize("count", [0, 2])
def test_an_archive_is_one_file(count: int) -> None:
    files = tuple(RemoteFile(f"a{number}.tar") for number in range(count))
    with pytest.raises(SourceError, match=f"lists {count} files instead of one archive"):
        check_listing(Listing("1", files, archive=True))


@pytest.mark.parametrize("size", [-1, "5", 5.0], ids=repr)
def test_a_size_that_is_none_is_refused(size: object) -> None:
    with pytest.raises(SourceError, match=r"as the size of inference\.onnx"):
        check_listing(Listing("1", (RemoteFile(ONNX, size),)))  # type: ignore[arg-type]


@pytest.mark.parametrize("listing", [[], (), "x", 5], ids=repr)
def test_what_is_no_listing_is_refused(listing: object) -> None:
    with pytest.raises(SourceError, match=f"returned a {type(listing).__name__} instead of a Listing"):
        check_listing(listing)  # type: ignore[arg-type]


def test_the_expected_files_override_the_card() -> None:
    pinned = request(sha256=sha256(b"card"), digest_origin="the card")
    expected = replace(pinned, expected=pinned.manifest("shelf", "1", [FILE]))
    assert expected.expect(RemoteFile(ONNX)).sha256 == FILE.sha256
    with pytest.raises(IntegrityError, match="sha256 is"):
        expected.expect(remote(ONNX, b"card"))


def test_a_file_written_from_the_card_is_compared_only_if_it_is_expected() -> None:
    written = FILE.model_copy(update={"path": "inference.yml", "digest_origin": WRITTEN_FROM_CARD})
    without = replace(request(), expected=request().manifest("shelf", "1", [FILE]))
    assert without.differing(without.manifest("shelf", "2", [FILE, written])) == []
    changed = written.model_copy(update={"sha256": sha256(b"y")})
    both = replace(request(), expected=request().manifest("shelf", "1", [FILE, written]))
    with pytest.raises(IntegrityError, match=r"differs in inference\.yml"):
        both.manifest("shelf", "2", [FILE, changed])
