"""What each hub answers, held against git and against the hubs' documents."""

from __future__ import annotations

import base64
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from tests.hubs.contents import git_sha1, lfs_pointer
from tests.hubs.kit import MODEL, ask
from tests.hubs.server import Hubs

HF = f"/api/models/PaddlePaddle/{MODEL}"
MS = f"/api/v1/models/PaddlePaddle/{MODEL}"
AIS = f"/api/v1/repos/PaddleX/{MODEL}"
BOS = "/paddlex/official_inference_model/paddle3.0.0"
PARAMS = "inference.pdiparams"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_blob_ids_are_those_of_git(tmp_path: Path, files: dict[str, bytes]) -> None:
    for content in (*files.values(), b""):
        (tmp_path / "content").write_bytes(content)
        command = ["git", "hash-object", "--no-filters", "content"]
        told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=10, check=True)
        assert git_sha1(content) == told.stdout.strip()


def test_pointers_are_those_of_lfs() -> None:
    assert lfs_pointer(b"abc").decode().splitlines() == [
        "version https://git-lfs.github.com/spec/v1",
        f"oid sha256:{sha256(b'abc')}",
        "size 3",
    ]


def test_huggingface_names_the_commit_and_the_files(hubs: Hubs, files: dict[str, bytes]) -> None:
    answer = ask(hubs.url, f"{HF}/revision/main").data
    assert answer["sha"] == hubs.commit(MODEL)
    assert [sibling["rfilename"] for sibling in answer["siblings"]] == sorted(files)
    assert ask(hubs.url, f"{HF}/revision/{answer['sha']}").data == answer


def test_huggingface_lists_digests(hubs: Hubs, files: dict[str, bytes]) -> None:
    tree = {entry["path"]: entry for entry in ask(hubs.url, f"{HF}/tree/main?recursive=true").data}
    plain, large = tree["inference.yml"], tree[PARAMS]
    assert plain == {
        "type": "file",
        "oid": git_sha1(files["inference.yml"]),
        "size": len(files["inference.yml"]),
        "path": "inference.yml",
    }
    pointer = lfs_pointer(files[PARAMS])
    assert large["oid"] == git_sha1(pointer)
    assert large["size"] == len(files[PARAMS])
    assert large["lfs"] == {"oid": sha256(files[PARAMS]), "size": large["size"], "pointerSize": len(pointer)}


def test_huggingface_lists_page_by_page(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.page_size = 2
    first = ask(hubs.url, f"{HF}/tree/main?recursive=true")
    link, _, relation = first.headers["link"].partition("; ")
    assert relation == 'rel="next"'
    assert link.startswith(f"<{hubs.url}/")
    second = ask(hubs.url, link.strip("<>").removeprefix(hubs.url))
    assert "link" not in second.headers
    assert [entry["path"] for entry in first.data + second.data] == sorted(files)


def test_huggingface_describes_files_in_headers(hubs: Hubs, files: dict[str, bytes]) -> None:
    large = ask(hubs.url, f"/PaddlePaddle/{MODEL}/resolve/main/{PARAMS}", "HEAD").headers
    assert large["x-repo-commit"] == hubs.commit(MODEL)
    assert large["etag"] == large["x-linked-etag"] == f'"{sha256(files[PARAMS])}"'
    assert large["x-linked-size"] == large["content-length"] == str(len(files[PARAMS]))
    plain = ask(hubs.url, f"/PaddlePaddle/{MODEL}/resolve/main/inference.yml", "HEAD").headers
    assert plain["etag"] == f'"{git_sha1(files["inference.yml"])}"'
    assert "x-linked-etag" not in plain


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("/api/models/PaddlePaddle/none/revision/main", "RepoNotFound"),
        (f"/api/models/Other/{MODEL}/revision/main", "RepoNotFound"),
        (f"{HF}/revision/{'0' * 40}", "RevisionNotFound"),
        (f"{HF}/tree/master", "RevisionNotFound"),
        (f"/PaddlePaddle/{MODEL}/resolve/main/none.yml", "EntryNotFound"),
    ],
)
def test_huggingface_says_what_is_missing(hubs: Hubs, target: str, code: str) -> None:
    answer = ask(hubs.url, target)
    assert (answer.status, answer.headers["x-error-code"]) == (404, code)


def test_modelscope_lists_digests(hubs: Hubs, files: dict[str, bytes]) -> None:
    answer = ask(hubs.url, f"{MS}/repo/files?Revision=master&Recursive=True").data
    assert (answer["Code"], answer["Success"]) == (200, True)
    listed = {entry["Path"]: entry for entry in answer["Data"]["Files"]}
    assert {path: (entry["Sha256"], entry["Size"]) for path, entry in listed.items()} == {
        path: (sha256(content), len(content)) for path, content in files.items()
    }
    assert {entry["Revision"] for entry in listed.values()} == {hubs.commit(MODEL)}


def test_modelscope_serves_files(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.models[MODEL] = {**files, "sub/a b+c.txt": b"spaced"}
    assert ask(hubs.url, f"{MS}/repo?Revision=master&FilePath={PARAMS}").body == files[PARAMS]
    assert ask(hubs.url, f"{MS}/repo?Revision=master&FilePath=sub%2Fa+b%2Bc.txt").body == b"spaced"
    for target in (f"{MS}/repo?FilePath=none", f"{MS}/repo/files?Revision=v9", "/api/v1/models/A/b/repo/files"):
        missing = ask(hubs.url, target)
        assert (missing.status, missing.data["Success"]) == (404, False)


def test_aistudio_lists_as_git_does(hubs: Hubs, files: dict[str, bytes]) -> None:
    answer = ask(hubs.url, f"{AIS}/git/trees/master?recursive=true&page=1&per_page=1000").data
    assert answer["url"].endswith(f"/{hubs.commit(MODEL)}")
    assert (answer["total_count"], answer["truncated"]) == (3, False)
    listed = {entry["path"]: (entry["sha"], entry["size"]) for entry in answer["tree"]}
    pointer = lfs_pointer(files[PARAMS])
    assert listed[PARAMS] == (git_sha1(pointer), len(pointer))
    assert listed["inference.yml"] == (git_sha1(files["inference.yml"]), len(files["inference.yml"]))


def test_aistudio_lists_page_by_page(hubs: Hubs, files: dict[str, bytes]) -> None:
    pages = [ask(hubs.url, f"{AIS}/git/trees/master?page={page}&per_page=2").data for page in (1, 2)]
    assert [page["truncated"] for page in pages] == [True, False]
    assert [entry["path"] for page in pages for entry in page["tree"]] == sorted(files)


def test_aistudio_describes_files(hubs: Hubs, files: dict[str, bytes]) -> None:
    described = ask(hubs.url, f"{AIS}/contents/{PARAMS}").data
    assert (described["size"], described["sha"]) == (len(files[PARAMS]), git_sha1(lfs_pointer(files[PARAMS])))
    assert described["last_commit_sha"] == hubs.commit(MODEL)
    assert "Sha256" not in described
    hubs.aistudio_sha256 = True
    assert ask(hubs.url, f"{AIS}/contents/{PARAMS}").data["Sha256"] == sha256(files[PARAMS])


def test_aistudio_serves_files_of_branch_commit_and_tag(hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.models[MODEL] = {**files, "sub/a b.txt": b"spaced"}
    hubs.tags["v1"] = hubs.commit(MODEL)
    for ref in ("", "?ref=master", f"?ref={hubs.commit(MODEL)}", "?ref=v1"):
        assert ask(hubs.url, f"{AIS}/media/{PARAMS}{ref}").body == files[PARAMS]
    assert ask(hubs.url, f"{AIS}/media/sub%2Fa%20b.txt").body == b"spaced"
    assert ask(hubs.url, f"{AIS}/tags/v1").data["commit"]["sha"] == hubs.commit(MODEL)
    assert ask(hubs.url, f"{AIS}/tags/master").status == 404
    assert ask(hubs.url, f"/api/v1/repos/PaddlePaddle/{MODEL}/media/{PARAMS}").status == 404


def test_aistudio_takes_statistics(hubs: Hubs) -> None:
    assert ask(hubs.url, "/modelcenter/v2/statistic/repo", "POST").status == 200
    assert hubs.requests[-1].what == "other"


def test_repositories_of_other_owners_are_named_in_full(hubs: Hubs) -> None:
    hubs.models["Seaside/model"] = {"a.txt": b"a"}
    hubs.models["PaddleOCR-VL"] = {"b.txt": b"b"}
    assert ask(hubs.url, "/Seaside/model/resolve/main/a.txt").body == b"a"
    assert ask(hubs.url, "/api/v1/repos/Seaside/model/media/a.txt").body == b"a"
    assert ask(hubs.url, "/api/v1/repos/PaddlePaddle/PaddleOCR-VL/media/b.txt").body == b"b"


def test_bos_serves_tars(hubs: Hubs, files: dict[str, bytes]) -> None:
    answer = ask(hubs.url, f"{BOS}/{MODEL}_infer.tar")
    digest = hashlib.md5(answer.body, usedforsecurity=False)
    assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
    assert base64.b64decode(answer.headers["content-md5"]) == digest.digest()
    assert "x-bce-request-id" in answer.headers
    with tarfile.open(fileobj=io.BytesIO(answer.body), mode="r:") as archive:
        members = archive.getmembers()
        assert members[0].isdir()
        assert members[0].name == f"{MODEL}_infer"
        read = {
            member.name.partition("/")[2]: stream.read()
            for member in members
            if (stream := archive.extractfile(member)) is not None
        }
    assert read == files


def test_bos_serves_what_a_test_puts_there(hubs: Hubs) -> None:
    hubs.tars["odd_infer.tar"] = b"no tar"
    hubs.bos_md5 = False
    answer = ask(hubs.url, f"{BOS}/odd_infer.tar")
    assert answer.body == b"no tar"
    assert "content-md5" not in answer.headers
    missing = ask(hubs.url, f"{BOS}/none_infer.tar")
    assert (missing.status, b"NoSuchKey" in missing.body) == (404, True)
