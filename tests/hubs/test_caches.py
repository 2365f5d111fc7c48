"""What the hubs' own clients have in their caches is taken from there, verified, and not downloaded again."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.hubs.kit import MODEL, NOWHERE, QUIET_AISTUDIO, contents, run_python
from tests.hubs.pulling import PARAMS, card, end_of, make_zoo, pull, start
from tests.hubs.server import Hubs
from tests.registry.kit import tree

from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import OfflineError
from ocrzoo_registry.store.manifest import Manifest
from ocrzoo_registry.store.store import ModelFiles

INTO_CACHE = {
    "huggingface": f"""
from huggingface_hub import snapshot_download
snapshot_download("PaddlePaddle/{MODEL}")
""",
    "modelscope": f"""
from modelscope import snapshot_download
snapshot_download("PaddlePaddle/{MODEL}")
""",
    "aistudio": f"""{QUIET_AISTUDIO}
from aistudio_sdk.snapshot_download import snapshot_download
snapshot_download(repo_id="PaddleX/{MODEL}")
""",
}
"""How each hub's own client downloads the model into its cache."""


@pytest.fixture
def user(tmp_path: Path) -> Path:
    """The home directory of a user."""
    return tmp_path / "user"


def fill(client: str, user: Path, hubs: Hubs) -> None:
    """Let a stock client download the model; forget its requests."""
    run_python(INTO_CACHE[client], user, {**hubs.environment(), "HTTPS_PROXY": NOWHERE})
    hubs.clear()


def variables(user: Path, hubs: Hubs, *sources: str, **more: str) -> dict[str, str]:
    caches = {
        "HF_HOME": str(user / ".cache/huggingface"),
        "MODELSCOPE_CACHE": str(user / ".cache/modelscope"),
        "AISTUDIO_CACHE_HOME": str(user / ".cache/aistudio/hub"),
        "PADDLE_PDX_CACHE_HOME": str(user / ".paddlex"),
    }
    names = {"OCRZOO_HOME": str(user / "models"), "PADDLE_PDX_MODEL_SOURCE": f"{','.join(sources)},"}
    return {**hubs.environment(), **caches, **names, **more}


def manifest_of(files: ModelFiles) -> Manifest:
    assert files.manifest is not None
    return files.manifest


def origins(files: ModelFiles) -> dict[str, str]:
    return {file.path: file.digest_origin for file in manifest_of(files).files}


def blob_of(user: Path, name: str) -> Path:
    """The file in Hugging Face's cache that a link of this name leads to."""
    return next((user / ".cache/huggingface").rglob(f"snapshots/*/{name}")).resolve()


def test_a_model_in_hugging_faces_cache_needs_no_network(hubs: Hubs, files: dict[str, bytes], user: Path) -> None:
    fill("huggingface", user, hubs)
    before = tree(user / ".cache")
    code, errors = end_of(start({**variables(user, hubs), "PADDLE_PDX_MODEL_SOURCE": "", "HOME": str(user)}))
    assert (code, errors) == (0, "")
    found = make_zoo(variables(user, hubs)).store.find(MODEL, "paddle")
    assert found is not None
    assert contents(found.folder).items() >= files.items()
    assert hubs.requests == []
    assert tree(user / ".cache") == before, "the cache is never written to"
    assert (manifest_of(found).source, manifest_of(found).revision) == ("huggingface", hubs.commit(MODEL))
    assert origins(found)[PARAMS] == "stated by huggingface, in the cache of huggingface_hub"
    assert all(path.stat().st_nlink == 1 for path in found.folder.iterdir()), "copied, not linked"


def test_the_defaults_are_those_of_the_clients(
    hubs: Hubs, files: dict[str, bytes], user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(user))
    fill("huggingface", user, hubs)
    names = {"OCRZOO_HOME": str(user / "models"), "OCRZOO_OFFLINE": "1"}
    assert contents(pull(names).folder).items() >= files.items()


def test_offline_mode_reads_caches(hubs: Hubs, files: dict[str, bytes], user: Path) -> None:
    fill("huggingface", user, hubs)
    offline = variables(user, hubs, "cache", "huggingface", OCRZOO_OFFLINE="1")
    zoo = make_zoo(offline)
    assert zoo.local_check()(card())
    assert zoo.is_available(card())
    assert contents(pull(offline).folder).items() >= files.items()
    assert hubs.requests == []


def test_a_file_that_lies_is_left_alone_and_the_next_source_is_asked(
    hubs: Hubs, files: dict[str, bytes], user: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fill("huggingface", user, hubs)
    blob = blob_of(user, PARAMS)
    blob.chmod(0o644)
    blob.write_bytes(files[PARAMS][::-1])
    before = tree(user / ".cache")
    with caplog.at_level(logging.INFO, "ocrzoo"):
        found = pull(variables(user, hubs, "cache", "modelscope"))
    assert caplog.messages == [], "said at -v only"
    assert contents(found.folder).items() >= files.items()
    assert manifest_of(found).source == "modelscope"
    assert tree(user / ".cache") == before


def test_a_lie_is_named_where_nothing_else_has_the_model(hubs: Hubs, user: Path) -> None:
    fill("huggingface", user, hubs)
    blob = blob_of(user, PARAMS)
    blob.chmod(0o644)
    blob.write_bytes(bytes(blob.stat().st_size))
    with pytest.raises(OfflineError, match=f"cache: {PARAMS}: sha256 is .* not {blob.name}"):
        pull(variables(user, hubs, "cache", "huggingface", OCRZOO_OFFLINE="1"))


@pytest.mark.parametrize("client", ["modelscope", "aistudio"])
def test_without_a_digest_a_cache_is_not_believed(client: str, hubs: Hubs, user: Path) -> None:
    fill(client, user, hubs)
    with pytest.raises(OfflineError, match=rf"{MODEL} has it|master has it, and nothing here states the digest"):
        pull(variables(user, hubs, "cache", client, OCRZOO_OFFLINE="1"))


@pytest.mark.parametrize("client", ["modelscope", "aistudio", "huggingface"])
def test_with_a_hubs_digests_no_weight_is_downloaded(
    client: str, hubs: Hubs, files: dict[str, bytes], user: Path
) -> None:
    fill(client, user, hubs)
    found = make_zoo(variables(user, hubs, "cache", "huggingface")).resolver.get(
        DownloadRequest(card(), ["paddle"], refresh=True)
    )
    assert contents(found.folder).items() >= files.items()
    assert hubs.asked("list"), "an update is looked for where there are updates"
    assert hubs.asked("file") == []


@pytest.mark.parametrize("client", ["modelscope", "aistudio"])
def test_a_locked_model_is_taken_from_any_cache(client: str, hubs: Hubs, user: Path) -> None:
    elsewhere = pull({**variables(user, hubs, "huggingface"), "OCRZOO_HOME": str(user / "other")})
    fill(client, user, hubs)
    offline = make_zoo(variables(user, hubs, "cache", OCRZOO_OFFLINE="1"))
    expected = manifest_of(elsewhere).unstamped()
    found = offline.resolver.get(DownloadRequest(card(), ["paddle"], expected=expected))
    assert not expected.differing(manifest_of(found).files)
    assert hubs.requests == []


def test_a_model_in_paddlexs_folder_elsewhere_is_copied(hubs: Hubs, files: dict[str, bytes], user: Path) -> None:
    folder = user / ".paddlex/official_models" / MODEL
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)
    found = pull(variables(user, hubs, "cache", "huggingface"))
    assert found.folder != folder
    assert contents(found.folder).items() >= files.items()
    assert hubs.asked("file") == []


def test_a_part_of_a_model_is_not_the_model(hubs: Hubs, files: dict[str, bytes], user: Path) -> None:
    fill("huggingface", user, hubs)
    next((user / ".cache/huggingface").rglob("snapshots/*/inference.yml")).unlink()
    found = pull(variables(user, hubs, "cache", "huggingface"))
    assert contents(found.folder).items() >= files.items()
    assert [request.path for request in hubs.asked("file")] == ["inference.yml"]


@pytest.mark.parametrize("reference", [b"", b"../../../../etc\n", b"\xff" * 40, b"a" * 300])
def test_a_damaged_reference_is_no_model(reference: bytes, hubs: Hubs, user: Path) -> None:
    fill("huggingface", user, hubs)
    next((user / ".cache/huggingface").rglob("refs/main")).write_bytes(reference)
    with pytest.raises(OfflineError):
        pull(variables(user, hubs, "cache", "huggingface", OCRZOO_OFFLINE="1"))


def test_the_store_is_no_cache_of_itself(user: Path, hubs: Hubs) -> None:
    own: Mapping[str, str] = {"PADDLE_PDX_CACHE_HOME": str(user), "PADDLE_PDX_MODEL_SOURCE": "cache,", "HF_HOME": ""}
    health = make_zoo({**own, "HOME": str(user)}).source_order.load("cache").check()  # type: ignore[attr-defined]
    assert "PaddleX" not in health.answer
