"""The tree of a mirror: which paths there are, and what lies there."""

from __future__ import annotations

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest
from tests.registry.mirror.made_mirrors import BOS, MadeMirror, card_of, indexed, sha256

from ocrzoo_registry.download.tar import unpack
from ocrzoo_registry.errors import IntegrityError, UsageError
from ocrzoo_registry.index.schema import Index, revision_of
from ocrzoo_registry.mirror import archives, layouts
from ocrzoo_registry.mirror.archives import Archive
from ocrzoo_registry.mirror.layouts import base, earlier
from ocrzoo_registry.mirror.layouts.base import Layout
from ocrzoo_registry.mirror.layouts.repositories import RESERVED
from ocrzoo_registry.store.manifest import StoredFile

FILES = {"inference.yml": b"a: 1\n", "inference.pdiparams": bytes(range(256)), "deep/a+b.txt": b"deep"}
NAME = "seaside_det"
REPOSITORY = f"PaddlePaddle/{NAME}"


def one_model(**changes: object) -> MadeMirror:
    return MadeMirror().add(card_of(NAME, "paddle", **changes), "paddle", FILES)


def tree_of(index: Index) -> dict[str, Any]:
    return {
        path: json.loads(content) if isinstance(content, bytes) else content for path, content in layouts.tree(index)
    }


def at(name: str, file_format: str = "paddle") -> dict[str, object]:
    return {file_format: {"repository": name}}


def test_each_hub_has_the_repository_that_the_card_names() -> None:
    index = one_model().index()
    commit = index.models[0].revision
    tree = tree_of(index)
    assert set(tree) == {
        *(f"api/models/{REPOSITORY}/{kind}/{name}" for kind in ("revision", "tree") for name in ("main", commit)),
        *(f"{REPOSITORY}/resolve/{commit}/{path}" for path in FILES),
        *(f"api/v1/models/{REPOSITORY}/{name}" for name in ("about", "revisions", "repo/files")),
        *(f"api/v1/repos/PaddleX/{NAME}/git/trees/{name}" for name in ("master", commit)),
        *(f"api/v1/repos/PaddleX/{NAME}/contents/{path}" for path in FILES),
        f"{BOS}/{NAME}_infer.tar",
    }


def test_nothing_is_served_for_a_hub_that_the_card_does_not_name() -> None:
    tree = tree_of(one_model(sources={"modelscope": at("Other/place")}).index())
    assert set(tree) == {f"api/v1/models/Other/place/{name}" for name in ("about", "revisions", "repo/files")}
    assert tree_of(one_model(sources={}).index()) == {}


def test_every_listing_states_sizes_and_digests() -> None:
    index = one_model().index()
    tree = tree_of(index)
    content = FILES["deep/a+b.txt"]
    (entry,) = [one for one in tree[f"api/models/{REPOSITORY}/tree/main"] if one["path"] == "deep/a+b.txt"]
    assert (entry["size"], entry["lfs"]["oid"]) == (4, sha256(content))
    (entry,) = [
        one for one in tree[f"api/v1/models/{REPOSITORY}/repo/files"]["Data"]["Files"] if one["Name"] == "a+b.txt"
    ]
    assert (entry["Path"], entry["Size"], entry["Sha256"]) == ("deep/a+b.txt", 4, sha256(content))
    described = tree[f"api/v1/repos/PaddleX/{NAME}/contents/deep/a+b.txt"]
    assert (described["size"], described["Sha256"]) == (4, sha256(content))
    assert tree[f"api/models/{REPOSITORY}/revision/main"]["sha"] == index.models[0].revision


def test_the_revision_of_a_card_is_a_branch_of_the_present_state() -> None:
    index = one_model(sources={"huggingface": {"paddle": {"repository": REPOSITORY, "revision": "v1.0"}}}).index()
    tree = tree_of(index)
    assert tree[f"api/models/{REPOSITORY}/revision/v1.0"] == tree[f"api/models/{REPOSITORY}/revision/main"]


def test_two_models_in_one_repository_are_listed_together() -> None:
    onnx = {"inference.yml": FILES["inference.yml"], "inference.onnx": b"onnx"}
    card = card_of(NAME, "paddle", "onnx", sources={"huggingface": at(REPOSITORY) | at(REPOSITORY, "onnx")})
    index = MadeMirror().add(card, "paddle", FILES).add(card, "onnx", onnx).index()
    tree = tree_of(index)
    together = {file.path: file for model in index.models for file in model.files}
    assert {one["path"] for one in tree[f"api/models/{REPOSITORY}/tree/main"]} == together.keys()
    commit = tree[f"api/models/{REPOSITORY}/revision/main"]["sha"]
    assert commit == revision_of(together.values())
    assert tree[f"{REPOSITORY}/resolve/{commit}/inference.onnx"] == together["inference.onnx"]


def test_two_models_with_conflicting_bytes_are_both_named() -> None:
    sources = {"huggingface": at(REPOSITORY)}
    mirror = one_model(sources=sources).add(
        card_of("other_det", "paddle", sources=sources), "paddle", {"inference.yml": b"b"}
    )
    with pytest.raises(UsageError, match=r"inference\.yml .*other_det \(paddle\).*seaside_det \(paddle\)") as caught:
        tree_of(mirror.index())
    assert "\n" not in str(caught.value)


def test_a_file_of_one_model_is_not_a_folder_of_another() -> None:
    sources = {"aistudio": at(REPOSITORY)}
    mirror = one_model(sources=sources).add(card_of("other_det", "paddle", sources=sources), "paddle", {"deep": b"b"})
    with pytest.raises(UsageError, match="deep is a file and a folder"):
        tree_of(mirror.index())


@pytest.mark.parametrize(
    "name", ["api/models", "blobs/x", "Index.json/x", "openapi/v1", "nginx.conf/x", "index.json.sig/x"]
)
def test_repositories_cannot_use_paths_of_the_mirror(name: str) -> None:
    with pytest.raises(UsageError, match=r"seaside_det \(paddle\): a mirror cannot serve"):
        tree_of(one_model(sources={"huggingface": at(name)}).index())


@pytest.mark.parametrize("layout", layouts.LAYOUTS, ids=lambda layout: layout.hub)
def test_paths_that_begin_with_no_repository_are_reserved(layout: Layout) -> None:
    first = {route.pattern.split("/")[1] for route in layout.routes} - {base.REPOSITORY.split("/")[0]}
    assert {name for names in first for name in names.strip("()").split("|")} <= RESERVED


def test_an_archive_cannot_take_the_place_of_a_repository() -> None:
    index = one_model().index()
    taken = f"{REPOSITORY}/resolve/{index.models[0].revision}/deep/x.tar"
    both = {
        "huggingface": at(REPOSITORY),
        "bos": {"paddle": {"url": f"https://x.bcebos.com/{taken.replace('/x.tar', '.tar')}"}},
    }
    assert len(tree_of(one_model(sources=both).index())) == 8
    both["bos"] = {"paddle": {"url": "https://x.bcebos.com/PaddlePaddle.tar"}}
    both["huggingface"] = at("PaddlePaddle.tar/x")
    with pytest.raises(UsageError, match=r"two models need PaddlePaddle\.tar"):
        tree_of(one_model(sources=both).index())


@pytest.mark.parametrize("path", ["a/../b.tar", "a%2Fb.tar", ".nginx/x.tar", "x.zip", "x.tar?version=1", "", "[x.tar"])
def test_an_archive_with_an_unservable_url_is_left_out(path: str) -> None:
    assert tree_of(one_model(sources={"bos": {"paddle": {"url": f"https://x.bcebos.com/{path}"}}}).index()) == {}


def test_archives_are_the_same_bytes_for_the_same_files(tmp_path: Path) -> None:
    first, second = (one_model().lay(tmp_path / name) for name in "ab")
    path = f"{BOS}/{NAME}_infer.tar"
    assert (first / path).read_bytes() == (second / path).read_bytes()
    made = archives.parse((first / "archives.json").read_bytes(), origin="here").archives[path]
    assert (made.size, made.sha256) == ((first / path).stat().st_size, sha256((first / path).read_bytes()))
    with tarfile.open(first / path) as tar:
        assert {member.name.partition("/")[0] for member in tar} == {f"{NAME}_infer"}
    stored = unpack(first / path, tmp_path / "unpacked", FILES.keys(), "a test")
    assert {one.path: one.sha256 for one in stored} == {name: sha256(content) for name, content in FILES.items()}


def test_the_key_of_an_archive_identifies_its_bytes() -> None:
    def archive(mirror: MadeMirror) -> Archive:
        return next(content for _, content in layouts.tree(mirror.index()) if isinstance(content, Archive))

    assert archive(one_model()).key == archive(one_model()).key
    other = MadeMirror().add(card_of(NAME, "paddle"), "paddle", {**FILES, "inference.yml": b"a: 2\n"})
    assert archive(other).key != archive(one_model()).key


def test_an_archive_with_a_very_long_name_can_be_read(tmp_path: Path) -> None:
    path = f"{'long' * 40}/{'name' * 30}.txt"
    root = MadeMirror().add(card_of(NAME, "paddle"), "paddle", {path: b"x"}).lay(tmp_path / "release")
    assert unpack(root / BOS / f"{NAME}_infer.tar", tmp_path / "unpacked", {path}, "a test")[0].path == path


@pytest.mark.parametrize("content", [None, b"short"])
def test_an_archive_of_broken_blobs_is_refused(content: bytes | None, tmp_path: Path) -> None:
    archive = next(content for _, content in layouts.tree(one_model().index()) if isinstance(content, Archive))
    if content is not None:
        (tmp_path / archive.files[0].sha256).write_bytes(content)
    with pytest.raises(IntegrityError, match="run 'ocrzoo mirror build' again"):
        archives.write(tmp_path / "x.tar", archive, tmp_path)


def test_an_invalid_list_of_archives_is_refused(tmp_path: Path) -> None:
    with pytest.raises(IntegrityError, match=r"archives\.json is not a list"):
        archives.parse(b'{"archives": {"../x.tar": {}}}', origin="archives.json")


def test_an_earlier_state_is_served_by_its_commit_only() -> None:
    before = one_model().index()
    mirror = MadeMirror().add(card_of(NAME, "paddle"), "paddle", {**FILES, "inference.yml": b"a: 2\n"})
    mirror.earlier = earlier(before, mirror.index().models)
    assert mirror.earlier == before.models
    tree, old = tree_of(mirror.index()), before.models[0].revision
    assert {path for path in tree if old in path} == {
        f"api/models/{REPOSITORY}/revision/{old}",
        f"api/models/{REPOSITORY}/tree/{old}",
        *(f"{REPOSITORY}/resolve/{old}/{path}" for path in FILES),
    }
    assert tree[f"api/models/{REPOSITORY}/revision/main"]["sha"] == mirror.index().models[0].revision


def test_unchanged_models_are_not_kept_twice() -> None:
    index = one_model().index()
    assert earlier(index, index.models) == ()
    assert earlier(index, ()) == index.models


def test_all_models_of_a_repository_that_changed_are_kept() -> None:
    card = card_of(NAME, "paddle", "onnx", sources={"huggingface": at(REPOSITORY) | at(REPOSITORY, "onnx")})
    mirror = MadeMirror().add(card, "paddle", FILES).add(card, "onnx", {"inference.onnx": b"old"})
    before, old = mirror.index(), tree_of(mirror.index())
    mirror.add(card, "onnx", {"inference.onnx": b"new"})
    mirror.earlier = earlier(before, mirror.index().models)
    assert len(mirror.earlier) == 2
    commit = old[f"api/models/{REPOSITORY}/revision/main"]["sha"]
    assert {path for path in old if commit in path} <= tree_of(mirror.index()).keys()


def test_a_commit_of_a_hub_stays_the_commit_of_its_repository() -> None:
    card = card_of(NAME, "paddle")
    index = Index(schema_version=1, made_by="a test", models=(indexed(card, "paddle", FILES, "c" * 40),))
    found = {path: what for path, what in layouts.tree(index) if path.startswith(f"{REPOSITORY}/resolve/{'c' * 40}/")}
    assert all(isinstance(what, StoredFile) for what in found.values())
    assert len(found) == len(FILES)
