"""Source ``directory``: models in folders that the user or a plugin named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.registry.kit import WEIGHTS, MakeResolver, Shelf, offer_card, sha256, tree

from ocrzoo_registry.cards.address import parse_address
from ocrzoo_registry.cards.fields import Format
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import IntegrityError, SourceError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.sources.directory import DirectorySource

CARD = offer_card()
BESIDE = {"directory": {"onnx": {"path": "weights/seaside"}}}


def put(folder: Path, *names: str, content: bytes = WEIGHTS) -> Path:
    folder.mkdir(parents=True)
    for name in names:
        (folder / name).write_bytes(content)
    return folder


def source(settings: Settings, *roots: Path) -> DirectorySource:
    return DirectorySource(replace(settings, model_path=roots))


@pytest.mark.parametrize(
    ("file_format", "folder", "names"),
    [
        ("paddle", "seaside_det", ["inference.json", "inference.pdiparams"]),
        ("paddle", "seaside_det", ["inference.pdiparams", "inference.pdmodel"]),
        ("onnx", "seaside_det_onnx", ["inference.onnx"]),
        ("safetensors", "seaside_det_safetensors", ["config.json", "model.safetensors"]),
    ],
)
def test_a_model_lies_where_paddlex_would_put_it(
    settings: Settings, tmp_path: Path, file_format: Format, folder: str, names: list[str]
) -> None:
    put(tmp_path / folder, *names, "inference.yml", "notes.txt")
    card = offer_card(artifacts={file_format: {"files": [{"path": "inference.yml"}]}})
    listing = source(settings, tmp_path).list(card, file_format)
    assert listing is not None
    assert listing.revision.startswith(f"{tmp_path / folder}, state ")
    assert [file.path for file in listing.files] == sorted([*names, "inference.yml"])


def test_the_first_root_with_a_complete_model_serves(settings: Settings, tmp_path: Path) -> None:
    put(tmp_path / "one" / "seaside_det_onnx", "inference.yml")  # incomplete: passed over
    (tmp_path / "two").write_text("not a folder")
    put(tmp_path / "three" / "seaside_det_onnx" / "inference.onnx")  # a folder by the name of the file
    four = put(tmp_path / "four" / "seaside_det_onnx", "inference.onnx")
    put(tmp_path / "five" / "seaside_det_onnx", "inference.onnx")
    roots = [tmp_path / name for name in ("gone", "one", "two", "three", "four", "five")]
    listing = source(settings, *roots).list(CARD, "onnx")
    assert listing is not None
    assert listing.revision.startswith(f"{four}, state ")


def test_the_users_folder_comes_before_the_one_beside_the_card(settings: Settings, tmp_path: Path) -> None:
    card = offer_card(tmp_path / "plugin", sources=BESIDE)
    beside = put(tmp_path / "plugin" / "weights" / "seaside", "inference.onnx")
    listing = source(settings, tmp_path / "mine").list(card, "onnx")
    assert listing is not None
    assert listing.revision.startswith(f"{beside}, state ")
    mine = put(tmp_path / "mine" / "seaside_det_onnx", "inference.onnx")
    listing = source(settings, tmp_path / "mine").list(card, "onnx")
    assert listing is not None
    assert listing.revision.startswith(f"{mine}, state ")


def test_a_model_that_is_nowhere_is_none(settings: Settings, tmp_path: Path) -> None:
    assert source(settings).list(CARD, "onnx") is None
    assert source(settings, tmp_path).list(offer_card(tmp_path, sources=BESIDE), "onnx") is None


def test_a_file_is_read_from_an_offset(settings: Settings, tmp_path: Path) -> None:
    put(tmp_path / "seaside_det_onnx", "inference.onnx", content=b"0123456789")
    chosen = source(settings, tmp_path)
    listing = chosen.list(CARD, "onnx")
    assert listing is not None
    for offset, rest in [(0, b"0123456789"), (7, b"789"), (10, b"")]:
        with chosen.open(listing, listing.files[0], offset) as opened:
            assert (opened.offset, b"".join(opened.chunks)) == (offset, rest)


def test_a_file_that_went_away_is_a_source_error(settings: Settings, tmp_path: Path) -> None:
    folder = put(tmp_path / "seaside_det_onnx", "inference.onnx")
    chosen = source(settings, tmp_path)
    listing = chosen.list(CARD, "onnx")
    assert listing is not None
    (folder / "inference.onnx").unlink()
    with (
        chosen.open(listing, listing.files[0]) as opened,
        pytest.raises(SourceError, match=r"inference\.onnx: No such file"),
    ):
        list(opened.chunks)


def test_a_model_is_copied_into_the_store_and_left_where_it_was(
    settings: Settings, tmp_path: Path, make_resolver: MakeResolver
) -> None:
    put(tmp_path / "mine" / "seaside_det_onnx", "inference.onnx")
    before = tree(tmp_path / "mine")
    files = make_resolver(directory=source(settings, tmp_path / "mine")).get(DownloadRequest(CARD, ["onnx"]))
    assert (files.folder / "inference.onnx").read_bytes() == WEIGHTS
    assert tree(tmp_path / "mine") == before


@pytest.mark.parametrize(
    "pin",
    [{"sha256": sha256(b"other"), "digest_origin": "the publisher"}, {"size": len(WEIGHTS) + 1}],
    ids=["sha256", "size"],
)
def test_what_the_card_pins_is_enforced(
    settings: Settings, tmp_path: Path, make_resolver: MakeResolver, pin: dict[str, object]
) -> None:
    put(tmp_path / "seaside_det_onnx", "inference.onnx")
    card = offer_card(artifacts={"onnx": {"files": [{"path": "inference.onnx"} | pin]}})
    with pytest.raises(IntegrityError, match=r"directory: inference\.onnx: "):
        make_resolver(directory=source(settings, tmp_path)).get(DownloadRequest(card, ["onnx"]))


def test_a_pinned_digest_is_noted_with_its_origin(
    settings: Settings, tmp_path: Path, make_resolver: MakeResolver
) -> None:
    put(tmp_path / "seaside_det_onnx", "inference.onnx")
    pin = {"path": "inference.onnx", "sha256": sha256(WEIGHTS), "digest_origin": "the publisher"}
    card = offer_card(artifacts={"onnx": {"files": [pin]}})
    files = make_resolver(directory=source(settings, tmp_path)).get(DownloadRequest(card, ["onnx"]))
    assert files.manifest is not None
    assert files.manifest.files[0].digest_origin == "the publisher"


def test_the_store_itself_on_the_model_path_cannot_vouch_for_itself(
    settings: Settings, make_resolver: MakeResolver
) -> None:
    models = settings.home / "official_models"
    put(models / "seaside_det_onnx", "inference.onnx")  # as PaddleX leaves it: no manifest
    resolver = make_resolver(directory=source(settings, models))
    with pytest.raises(SourceError, match="is unverified"):
        resolver.get(DownloadRequest(CARD, ["onnx"]))
    assert (models / "seaside_det_onnx" / "inference.onnx").read_bytes() == WEIGHTS


def test_a_folder_that_changed_is_fetched_anew(tmp_path: Path, settings: Settings, make_resolver: MakeResolver) -> None:
    folder = put(tmp_path / "seaside_det_onnx", "inference.onnx")
    chosen = make_resolver(directory=source(settings, tmp_path))
    stored = chosen.get(DownloadRequest(CARD, ["onnx"])).folder / "inference.onnx"
    assert stored.read_bytes() == WEIGHTS
    (folder / "inference.onnx").write_bytes(b"trained further")
    chosen.get(DownloadRequest(CARD, ["onnx"]))
    assert stored.read_bytes() == b"trained further"


def test_a_folder_that_no_longer_fits_its_card_is_refused_or_at_least_named(
    tmp_path: Path, settings: Settings, make_resolver: MakeResolver, caplog: pytest.LogCaptureFixture
) -> None:
    """Stored files have the card's digests; those of the folder are read all the same."""
    pin = {"path": "inference.onnx", "size": len(WEIGHTS), "sha256": sha256(WEIGHTS), "digest_origin": "the publisher"}
    card = offer_card(artifacts={"onnx": {"files": [pin]}})
    folder = put(tmp_path / "seaside_det_onnx", "inference.onnx")
    chosen = make_resolver(directory=source(settings, tmp_path))
    stored = chosen.get(DownloadRequest(card, ["onnx"])).folder / "inference.onnx"
    for retrained in (WEIGHTS[::-1], b"trained further"):
        (folder / "inference.onnx").write_bytes(retrained)
        with pytest.raises(IntegrityError, match=r"inference\.onnx: .*Replace them, or correct what the model's card"):
            chosen.get(DownloadRequest(card, ["onnx"], refresh=True))
        caplog.clear()
        assert chosen.get(DownloadRequest(card, ["onnx"])).folder / "inference.onnx" == stored
        assert "seaside_det is not what its card says: directory: inference.onnx: " in caplog.text
    assert stored.read_bytes() == WEIGHTS


def test_it_says_where_it_looked_and_what_is_missing_there(settings: Settings, tmp_path: Path) -> None:
    card = offer_card(tmp_path, sources=BESIDE)
    found, folder = source(settings, tmp_path), tmp_path / "weights" / "seaside"
    assert found.why_absent(card, "onnx") == f"there is no folder {folder}, which its card names"
    folder.mkdir(parents=True)
    assert found.why_absent(card, "onnx") == f"{folder}, which its card names, has no inference.onnx"
    assert found.why_absent(offer_card(tmp_path), "onnx") == ""


@pytest.mark.parametrize("offline", [False, True])
def test_the_error_names_that_folder_and_no_step_that_would_not_help(
    settings: Settings, tmp_path: Path, make_resolver: MakeResolver, offline: bool
) -> None:
    """Nothing but the folder can have the model: going online does not help."""
    card = offer_card(tmp_path, sources=BESIDE)
    settings = replace(settings, offline=offline)
    resolver = make_resolver(settings, directory=DirectorySource(settings), other=Shelf(contents={}))
    with pytest.raises(SourceError) as caught:
        resolver.get(DownloadRequest(card, ["onnx"]))
    assert f"directory: there is no folder {tmp_path / 'weights' / 'seaside'}, which its card names" in str(
        caught.value
    )
    assert "OCRZOO_OFFLINE" not in str(caught.value)
    assert "OCRZOO_MODEL_PATH" in str(caught.value)


def test_a_link_out_of_the_folder_of_an_address_is_refused(settings: Settings, tmp_path: Path) -> None:
    folder, secret = tmp_path / "own", put(tmp_path / "secret", "x.onnx")
    folder.mkdir()
    (folder / "inference.onnx").symlink_to(secret / "x.onnx")
    card = offer_card().located_in(tmp_path, parse_address(str(folder)))
    with pytest.raises(SourceError, match=r"inference\.onnx is a link to a file outside of .*own: copy it there"):
        source(settings).list(card, "onnx")
