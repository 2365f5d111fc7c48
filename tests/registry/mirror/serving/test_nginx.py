"""The configuration of nginx: alone, inside another, for a new release, and for awkward names."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path

import pytest
from tests.hubs.kit import ask
from tests.registry.mirror.made_mirrors import MadeMirror, card_of, put, sha256
from tests.registry.mirror.serving.web_servers import free_port, program, run_nginx, run_serve

from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.index.schema import Index
from ocrzoo_registry.mirror import layouts
from ocrzoo_registry.mirror.archives import ArchiveList
from ocrzoo_registry.mirror.known_files import KnownFiles
from ocrzoo_registry.mirror.layouts import earlier
from ocrzoo_registry.mirror.layouts.base import REPOSITORY, Layout, Route
from ocrzoo_registry.mirror.publish import publish
from ocrzoo_registry.mirror.release import MirrorFolder, read
from ocrzoo_registry.mirror.serving import nginx, routes, tables

NAME = "seaside_det"
FILE = f"/PaddlePaddle/{NAME}/resolve/main/inference.yml"
RELOAD_S = 20.0


def mirror_of(content: bytes) -> MadeMirror:
    return MadeMirror().add(card_of(NAME, "paddle"), "paddle", {"inference.yml": content})


def check(config: Path, prefix: Path) -> str:
    """Let nginx read a configuration; gives what it says, which is two lines where all is well."""
    prefix.mkdir(exist_ok=True)
    command = [program(), "-t", "-e", "stderr", "-p", str(prefix), "-c", str(config)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60).stderr


def test_nginx_accepts_the_configuration_without_warnings(tmp_path: Path) -> None:
    root = mirror_of(b"a").lay(tmp_path / "release", listen="127.0.0.1:8000")
    said = check(root / "nginx.conf", tmp_path / "prefix")
    assert "test is successful" in said
    assert said.count("\n") == 2, said


@pytest.mark.parametrize(
    "name", ["a space", "日本語", "semi;colon", "curly{brace}", "#comment", "list[1]", "all*", "why?"]
)
def test_a_release_can_be_in_any_folder(name: str, tmp_path: Path) -> None:
    port = free_port()
    root = mirror_of(b"a").lay(tmp_path / name, listen=f"127.0.0.1:{port}")
    with run_nginx(root / "nginx.conf", tmp_path / "prefix", port) as url:
        assert ask(url, FILE).body == b"a"


@pytest.mark.parametrize("name", ["a$b", 'a"b', "a\nb", "a\\b"])
def test_a_folder_that_nginx_cannot_serve_is_refused(name: str) -> None:
    empty = Index(schema_version=1, made_by="a test"), ArchiveList(schema_version=1, archives={})
    with pytest.raises(UsageError, match="nginx needs an absolute path") as caught:
        nginx.nginx(empty[0], Path("/srv") / name, empty[1])
    assert "\n" not in str(caught.value).replace("a\nb", "")


def test_a_mirror_without_models_is_served(tmp_path: Path) -> None:
    port = free_port()
    root = MadeMirror().lay(tmp_path / "release", listen=f"127.0.0.1:{port}")
    with run_nginx(root / "nginx.conf", tmp_path / "prefix", port) as url:
        assert ask(url, "/", "HEAD").status == 200
        assert ask(url, FILE).headers["x-error-code"] == "RepoNotFound"


@pytest.mark.parametrize("how", ["site", "own server"])
def test_the_configuration_can_be_included_beside_other_sites(how: str, tmp_path: Path) -> None:
    """With compression, ETags and headers of its own for all other sites."""
    port, other = free_port(), free_port()
    listen = f"127.0.0.1:{port}"
    root = mirror_of(b"a: 1\n" * 1000).lay(tmp_path / "release", listen=listen if how == "site" else "1.2.3.4:5")
    apart = f'include "{root}/http.conf"; server {{ listen {listen}; server_name x; include "{root}/server.conf"; }}'
    own = f"""
    pid nginx.pid; events {{}}
    http {{
        client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        gzip on; gzip_types *; gzip_min_length 1; etag on; access_log access.log; add_header X-Of-All yes;
        server {{ listen 127.0.0.1:{other}; location / {{ return 200 other; }} }}
        {f'include "{root}/site.conf";' if how == "site" else apart}
    }}"""
    put(tmp_path / "own.conf", own.encode())
    with run_nginx(tmp_path / "own.conf", tmp_path / "prefix", port) as url:
        assert ask(f"http://127.0.0.1:{other}", "/").body == b"other"
        answer = ask(url, FILE, Accept_Encoding="gzip")
        assert answer.body == b"a: 1\n" * 1000
        assert answer.headers["etag"] == f'"{sha256(answer.body)}"'


@pytest.mark.parametrize(("value", "allowed"), [("https://site.example", "https://site.example"), ('""', None)])
def test_ones_own_server_says_which_sites_may_read(value: str, allowed: str | None, tmp_path: Path) -> None:
    port = free_port()
    root = mirror_of(b"a: 1").lay(tmp_path / "release")
    config = f"""
    pid nginx.pid; events {{}}
    http {{
        client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        include "{root}/http.conf";
        server {{ listen 127.0.0.1:{port}; include "{root}/server.conf"; set $ocrzoo_origin {value}; }}
    }}"""
    put(tmp_path / "own.conf", config.encode())
    with run_nginx(tmp_path / "own.conf", tmp_path / "prefix", port) as url:
        answer = ask(url, FILE, Origin="https://site.example")
        assert (answer.status, answer.headers.get("access-control-allow-origin")) == (200, allowed)


@pytest.mark.parametrize(
    ("options", "allowed"),
    [(["https://site.example"], "https://site.example"), (["https://other.example"], None), (["none"], None)],
)
def test_the_built_in_server_says_which_sites_may_read(options: list[str], allowed: str | None, tmp_path: Path) -> None:
    mirror_of(b"a: 1").lay(tmp_path / "release")
    arguments = [part for option in options for part in ("--allow_origin", option)]
    with run_serve(tmp_path / "release", *arguments) as (url, _):
        answer = ask(url, FILE, Origin="https://site.example")
        assert (answer.status, answer.headers.get("access-control-allow-origin")) == (200, allowed)


def test_a_new_release_is_served_completely_after_a_reload(tmp_path: Path) -> None:
    port = free_port()
    listen = f"127.0.0.1:{port}"
    releases = [
        mirror_of(content).lay(tmp_path / "releases" / content.decode(), listen=listen) for content in (b"one", b"two")
    ]
    (tmp_path / "current").symlink_to(releases[0])
    config, prefix = tmp_path / "current" / "nginx.conf", tmp_path / "prefix"
    with run_nginx(config, prefix, port) as url:
        assert ask(url, FILE).body == b"one"
        (tmp_path / "next").symlink_to(releases[1])
        (tmp_path / "next").replace(tmp_path / "current")
        answer = ask(url, FILE)
        assert (answer.body, answer.headers["etag"]) == (
            b"one",
            f'"{sha256(b"one")}"',
        )  # tables and files of one release
        reload(config, prefix)
        answer = ask(url, FILE)
        assert (answer.body, answer.headers["etag"]) == (b"two", f'"{sha256(b"two")}"')


def test_a_published_release_is_served_by_ones_own_nginx(tmp_path: Path) -> None:
    """Named by the link ``current``, once and for all; the embedded server needs not even that reload."""
    port, folder = free_port(), MirrorFolder(tmp_path / "mirror")
    first, second = mirror_of(b"one"), mirror_of(b"two")
    for name, content in (first.blobs | second.blobs).items():
        put(folder.blobs / name, content)
    folder.releases.mkdir()
    release = publish(folder, first.index(), None, KnownFiles(folder.known))
    second.earlier = earlier(first.index(), second.index().models)
    config, prefix = tmp_path / "own.conf", tmp_path / "prefix"
    put(
        config,
        f"""
    pid nginx.pid; events {{}}
    http {{
        client_body_temp_path b; proxy_temp_path p; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
        include "{folder.current}/http.conf";
        server {{ listen 127.0.0.1:{port}; include "{folder.current}/server.conf"; }}
    }}""".encode(),
    )
    old = FILE.replace("main", first.index().models[0].revision)
    with run_nginx(config, prefix, port) as nginx, run_serve(folder.root) as (serve, _):
        assert [ask(url, FILE).body for url in (nginx, serve)] == [b"one", b"one"]
        publish(folder, second.index(), release, KnownFiles(folder.known))
        assert [ask(url, FILE).body for url in (nginx, serve)] == [b"one", b"two"]
        reload(config, prefix)
        for target, content in ((FILE, b"two"), (old, b"one")):
            assert [ask(url, target).body for url in (nginx, serve)] == [content, content]


def reload(config: Path, prefix: Path) -> None:
    """Let nginx read its configuration again, and wait until no process answers by the one before."""
    master = (prefix / "nginx.pid").read_text().strip()
    before = workers(master)
    subprocess.run(
        [program(), "-e", "stderr", "-s", "reload", "-p", str(prefix), "-c", str(config)], check=True, timeout=RELOAD_S
    )
    end = time.monotonic() + RELOAD_S
    while before & workers(master) and time.monotonic() < end:
        time.sleep(0.02)


def workers(master: str) -> set[str]:
    """Give the processes that a process started."""
    return set(Path("/proc", master, "task", master, "children").read_text().split())


def test_names_that_differ_in_case_only_are_not_confused(tmp_path: Path) -> None:
    """Because nginx compares without regard to case."""
    port = free_port()
    files = {"model.txt": b"small", "Model.txt": b"large", "MODEL+txt": b"plus"}
    mirror = (
        MadeMirror()
        .add(card_of("net", "paddle"), "paddle", files)
        .add(card_of("Net", "paddle"), "paddle", {"model.txt": b"other"})
    )
    root = mirror.lay(tmp_path / "release", listen=f"127.0.0.1:{port}")
    with run_nginx(root / "nginx.conf", tmp_path / "prefix", port) as url:
        for name, content in files.items():
            assert ask(url, f"/PaddlePaddle/net/resolve/main/{name}").body == content
        assert ask(url, "/PaddlePaddle/Net/resolve/main/model.txt").body == b"other"


def test_very_long_names_are_served(tmp_path: Path) -> None:
    port = free_port()
    path = "/".join(["long" * 40] * 8)
    root = (
        MadeMirror()
        .add(card_of("n" * 128, "paddle"), "paddle", {path: b"x"})
        .lay(tmp_path / "release", listen=f"127.0.0.1:{port}")
    )
    with run_nginx(root / "nginx.conf", tmp_path / "prefix", port) as url:
        assert ask(url, f"/PaddlePaddle/{'n' * 128}/resolve/main/{path}").body == b"x"
        assert (
            ask(url, f"/api/v1/models/PaddlePaddle/{'n' * 128}/repo?FilePath={path.replace('/', '%2F')}").body == b"x"
        )


def test_one_layout_adds_a_hub_to_both_servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depot = Layout(
        hub="depot",
        title="Depot",
        place=lambda card, _format: (f"team/{card.name}", None),
        tree=lambda _repositories: iter(()),
        branch="trunk",
        routes=(Route(rf"/depot/{REPOSITORY}/get", values={"revision": "trunk", "path": "?file"}),),
    )
    hubs = (*layouts.LAYOUTS, depot)
    for module in (layouts, nginx, routes, tables):
        monkeypatch.setattr(module, "LAYOUTS", hubs)
    monkeypatch.setattr(routes, "_ROUTES", [(re.compile(pattern), answer) for pattern, answer in routes._routes()])
    port = free_port()
    root = mirror_of(b"a").lay(tmp_path / "release", listen=f"127.0.0.1:{port}")
    path = f"/depot/team/{NAME}/get"
    with run_nginx(root / "nginx.conf", tmp_path / "prefix", port) as url:
        assert ask(url, f"{path}?file=inference.yml").body == b"a"
        assert ask(url, f"{path}?file=other").status == 404
    found = tables.tables_of(read(root))
    assert routes.find(found, path, {"file": "inference.yml"}).sha256 == sha256(b"a")
    assert routes.find(found, path, {"file": "other"}).path is None
