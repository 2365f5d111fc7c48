"""What a mirror answers: nginx with the generated configuration and the embedded server, alike."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.hubs.kit import Reply, ask
from tests.registry.mirror.made_mirrors import BOS, MadeMirror, card_of, sha256
from tests.registry.mirror.serving.web_servers import free_port, run_nginx, run_serve

from ocrzoo_registry.mirror.layouts import earlier

NAME = "seaside_det"
HF, MS, AIS = f"PaddlePaddle/{NAME}", f"api/v1/models/PaddlePaddle/{NAME}", f"api/v1/repos/PaddleX/{NAME}"
FILES = {
    "inference.yml": b"a: 1\n",
    "inference.pdiparams": bytes(range(256)) * 999,
    "deep/a+b.txt": b"deep",
    "Case": b"upper",
    "case": b"lower",
    "same_1": b"1" * 100,
    "same_2": b"2" * 100,
    "empty": b"",
}
OLD = {**FILES, "inference.yml": b"a: 0\n"}
SERVERS = ["nginx", "serve"]


@dataclass(frozen=True)
class Served:
    """A mirror that is being served, by both servers."""

    urls: dict[str, str]
    root: Path
    commit: str
    old: str

    def ask(self, server: str, target: str, method: str = "GET", **headers: str) -> Reply:
        return ask(self.urls[server], f"/{target}", method, **headers)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("mirror with a space")
    before = MadeMirror().add(card_of(NAME, "paddle"), "paddle", OLD)
    mirror = MadeMirror().add(card_of(NAME, "paddle"), "paddle", FILES)
    mirror.earlier = earlier(before.index(), mirror.index().models)
    port = free_port()
    root = mirror.lay(folder / "releases" / "one", before.blobs, listen=f"127.0.0.1:{port}")
    for path in root.rglob("*"):  # files of one model may well be of one time
        os.utime(path, (1_700_000_000, 1_700_000_000))
    (folder / "current").symlink_to("releases/one")
    (folder / "secret").write_text("secret")
    (root / ".hidden").write_text("secret")
    with run_nginx(root / "nginx.conf", folder / "nginx", port) as nginx, run_serve(folder) as (serve, _):
        commits = mirror.index().models[0].revision, before.index().models[0].revision
        yield Served({"nginx": nginx, "serve": serve}, root, *commits)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("path", FILES)
def test_every_name_of_a_file_leads_to_its_bytes(server: str, path: str, served: Served) -> None:
    encoded = path.replace("/", "%2F").replace("+", "%2B")
    for target in (
        f"{HF}/resolve/main/{path}",
        f"{HF}/resolve/{served.commit}/{encoded}",
        f"{MS}/repo?Revision=master&FilePath={encoded}",
        f"{MS}/repo?FilePath={path}&Revision={served.commit}",
        f"{AIS}/media/{encoded}",
        f"{AIS}/media/{path}?ref={served.commit}",
        f"blobs/{sha256(FILES[path])}",
    ):
        for method, body in (("GET", FILES[path]), ("HEAD", b"")):
            answer = served.ask(server, target, method)
            assert (answer.status, answer.body) == (200, body), target
            assert answer.headers["etag"] == answer.headers["x-linked-etag"] == f'"{sha256(FILES[path])}"'
            assert answer.headers["content-length"] == answer.headers["x-linked-size"] == str(len(FILES[path]))
            assert "last-modified" not in answer.headers
            assert answer.headers.get("x-repo-commit") == (served.commit if target.startswith(HF) else None)


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("index.json", 200),
        (f"{HF}/resolve/main/inference.yml", 200),
        (f"{HF}/tree/main", 404),
        (f"{HF}/resolve/main/missing", 404),
    ],
)
def test_scripts_of_other_sites_see_answers_and_their_headers(
    server: str, target: str, status: int, served: Served
) -> None:
    for method in ("GET", "HEAD"):
        answer = served.ask(server, target, method, Origin="https://site.example")
        assert answer.status == status
        assert answer.headers["access-control-allow-origin"] == "*"
        exposed = {name.strip().lower() for name in answer.headers["access-control-expose-headers"].split(",")}
        seen = {name for name in answer.headers if name in {"etag", "content-length", "x-repo-commit", "x-error-code"}}
        assert seen <= exposed


@pytest.mark.parametrize("server", SERVERS)
def test_scripts_of_other_sites_may_ask_for_a_range(server: str, served: Served) -> None:
    target = f"{HF}/resolve/main/inference.pdiparams"
    asked = {"Access_Control_Request_Method": "GET", "Access_Control_Request_Headers": "range,if-range"}
    answer = served.ask(server, target, "OPTIONS", Origin="https://site.example", **asked)
    assert answer.status in {200, 204}
    assert answer.headers["access-control-allow-origin"] == "*"
    assert {"GET", "HEAD"} <= {name.strip() for name in answer.headers["access-control-allow-methods"].split(",")}
    allowed = {name.strip().lower() for name in answer.headers["access-control-allow-headers"].split(",")}
    assert {"range", "if-range", "if-none-match", "authorization"} <= allowed
    part = served.ask(server, target, Origin="https://site.example", Range="bytes=10-19")
    assert (part.status, part.headers["access-control-allow-origin"]) == (206, "*")
    assert "content-range" in part.headers["access-control-expose-headers"].lower()


@pytest.mark.parametrize("server", SERVERS)
def test_two_files_of_one_size_and_time_have_different_etags(server: str, served: Served) -> None:
    first, second = ((served.root / HF / "resolve" / served.commit / name).stat() for name in ("same_1", "same_2"))
    assert (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)
    tags = {served.ask(server, f"{HF}/resolve/main/{name}").headers["etag"] for name in ("same_1", "same_2")}
    assert len(tags) == 2


@pytest.mark.parametrize("server", SERVERS)
def test_a_range_is_sent(server: str, served: Served) -> None:
    content, target = FILES["inference.pdiparams"], f"{HF}/resolve/main/inference.pdiparams"
    for told, part in (("10-19", content[10:20]), ("100-", content[100:]), ("-7", content[-7:])):
        answer = served.ask(server, target, Range=f"bytes={told}")
        assert (answer.status, answer.body) == (206, part)
        assert answer.headers["content-range"].endswith(f"/{len(content)}")
        assert answer.headers["etag"] == f'"{sha256(content)}"'
    assert served.ask(server, target, Range=f"bytes={len(content)}-").status == 416
    several = served.ask(server, target, Range="bytes=0-1,10-11")
    assert several.status == 206
    assert several.headers["content-type"].startswith("multipart/byteranges")


@pytest.mark.parametrize("server", SERVERS)
def test_a_download_resumes_only_with_the_same_bytes(server: str, served: Served) -> None:
    target, tag = f"{HF}/resolve/main/inference.yml", f'"{sha256(FILES["inference.yml"])}"'
    for condition, status in (
        (tag, 206),
        (f'"{sha256(b"other")}"', 200),
        ("W/" + tag, 200),
        ("Tue, 14 Nov 2023 22:13:20 GMT", 200),  # the file's own time: it says nothing of its bytes
        ("Tue, 14 Nov 2033 22:13:20 GMT", 200),
    ):
        answer = served.ask(server, target, Range="bytes=1-2", If_Range=condition)
        assert answer.status == status, condition
        assert answer.body == (FILES["inference.yml"][1:3] if status == 206 else FILES["inference.yml"])


@pytest.mark.parametrize("server", SERVERS)
def test_unchanged_files_are_not_sent_again(server: str, served: Served) -> None:
    target, tag = f"{HF}/resolve/main/inference.yml", f'"{sha256(FILES["inference.yml"])}"'
    for condition in (tag, f"W/{tag}", f'"x", {tag}, "y"'):
        answer = served.ask(server, target, If_None_Match=condition)
        assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", tag)
        assert answer.headers["x-repo-commit"] == served.commit
    assert served.ask(server, target, If_None_Match=f'"{sha256(b"other")}"').status == 200
    assert served.ask(server, target, If_Modified_Since="Tue, 14 Nov 2033 22:13:20 GMT").status == 200


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("no/thing/resolve/main/inference.yml", "RepoNotFound"),
        (f"PaddleX/{NAME}/resolve/main/inference.yml", "RepoNotFound"),
        ("api/models/no/thing/revision/main", "RepoNotFound"),
        ("api/models/no/thing", "RepoNotFound"),
        (f"{HF}/resolve/v9/inference.yml", "RevisionNotFound"),
        (f"{HF}/resolve/x/COMMIT/inference.yml", "RevisionNotFound"),
        (f"api/models/{HF}/tree/v9?recursive=true", "RevisionNotFound"),
        (f"{HF}/resolve/main/nothing", "EntryNotFound"),
        (f"{HF}/resolve/COMMIT/deep", "EntryNotFound"),
        (f"{MS}/repo?Revision=v9&FilePath=inference.yml", None),
        (f"{MS}/repo?Revision=master&FilePath=nothing", None),
        (f"{MS}/repo?Revision=master&FilePath=..%2Finference.yml", None),
        (f"{MS}/repo?Revision=master", None),
        (f"{MS}/repo/files?Revision=v9", None),
        (f"{AIS}/media/inference.yml?ref=v9", None),
        (f"{AIS}/media/nothing", None),
        (f"{AIS}/contents/inference.yml?ref=v9", None),
        (f"{AIS}/git/trees/v9", None),
        (f"{AIS}/tags/master", None),
        ("api/v1/repos/internalAccelerationInfo", None),
        (f"{BOS}/nothing.tar", None),
        (f"blobs/{'0' * 64}", None),
        ("blobs/", None),
        ("api", None),
    ],
)
def test_missing_files_are_reported_as_the_hub_does(server: str, target: str, code: str | None, served: Served) -> None:
    answer = served.ask(server, target.replace("COMMIT", served.commit))
    assert (answer.status, answer.headers.get("x-error-code")) == (404, code)
    assert "x-repo-commit" not in answer.headers


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize(
    "target",
    [
        ".hidden",
        ".nginx/files.map",
        "nginx.conf",
        "site.conf",
        "http.conf",
        "server.conf",
        "../../secret",
        "..%2f..%2fsecret",
        "%2e%2e/%2e%2e/secret",
        f"{AIS}/contents/../../../../../../../secret",
        f"{AIS}/contents/..%2f..%2f..%2f..%2f..%2f..%2f..%2f.hidden",
        f"{HF}/resolve/COMMIT/..%2f..%2f..%2f..%2f.hidden",
        f"api/models/{HF}/revision/..%2f..%2f..%2f..%2f..%2f.hidden",
        f"{MS}/repo?Revision=master&FilePath=..%2F..%2F.hidden",
        "blobs/..%2f.hidden",
        "index.json.%2e%2e",
        "x/../.hidden",
        "x.tar/../.hidden",
    ],
)
def test_nothing_hidden_or_outside_is_served(server: str, target: str, served: Served) -> None:
    answer = served.ask(server, target.replace("COMMIT", served.commit))
    assert answer.status in {400, 404}
    assert b"secret" not in answer.body
    assert b'"' not in answer.body


@pytest.mark.parametrize("server", SERVERS)
def test_the_root_answers(server: str, served: Served) -> None:
    """PaddleX takes no source whose front door does not."""
    assert served.ask(server, "", "HEAD").status == 200
    assert b"made by ocrzoo" in served.ask(server, "").body


@pytest.mark.parametrize("server", SERVERS)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_can_be_written(server: str, method: str, served: Served) -> None:
    assert served.ask(server, f"{HF}/resolve/main/inference.yml", method).status == 405


@pytest.mark.parametrize("server", SERVERS)
def test_index_and_archives_are_served_with_their_digests(server: str, served: Served) -> None:
    for path in ("index.json", "archives.json", f"{BOS}/{NAME}_infer.tar"):
        content = (served.root / path).read_bytes()
        answer = served.ask(server, path)
        assert answer.body == content
        assert answer.headers["etag"] == f'"{sha256(content)}"'


@pytest.mark.parametrize("server", SERVERS)
def test_listings_are_the_documents_of_the_release(server: str, served: Served) -> None:
    for target, path in (
        (f"api/models/{HF}", f"api/models/{HF}/revision/main"),
        (f"api/models/{HF}/revision/main", f"api/models/{HF}/revision/{served.commit}"),
        (f"api/models/{HF}/tree/{served.commit}?recursive=true&expand=false", f"api/models/{HF}/tree/main"),
        (MS, f"{MS}/about"),
        (f"openapi/v1/models/{HF}", f"{MS}/about"),
        (f"{MS}/revisions", f"{MS}/revisions"),
        (f"{MS}/repo/files?Revision=master&Recursive=True", f"{MS}/repo/files"),
        (f"{AIS}/git/trees/master?recursive=true&page=1", f"{AIS}/git/trees/{served.commit}"),
        (f"{AIS}/contents/deep%2Fa%2Bb.txt", f"{AIS}/contents/deep/a+b.txt"),
    ):
        answer = served.ask(server, target)
        assert (answer.status, answer.body) == (200, (served.root / path).read_bytes()), target
        assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("server", SERVERS)
def test_a_client_finishes_with_the_commit_it_started_with(server: str, served: Served) -> None:
    answer = served.ask(server, f"{HF}/resolve/{served.old}/inference.yml")
    assert (answer.body, answer.headers["x-repo-commit"]) == (OLD["inference.yml"], served.old)
    assert served.ask(server, f"api/models/{HF}/tree/{served.old}").status == 200
    assert served.ask(server, f"{MS}/repo?Revision={served.old}&FilePath=inference.yml").status == 404
