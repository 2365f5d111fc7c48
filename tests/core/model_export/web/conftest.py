"""The exported page in Debian's Chromium, served by nginx as the manual says, and by Python without headers."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

# The helpers are imported by their path in the repository, from whichever folder pytest was started.
sys.path.append(str(Path(__file__).parents[4]))

from tests.registry.mirror.serving.web_servers import free_port, run_nginx

from ocrzoo.model_export.targets import Model, Options
from ocrzoo.model_export.web.layout import lay_out
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

SMALL = ("PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec")
"""The smallest networks."""
READ_MS = 240_000
"""How long a page may take on a busy machine."""
USER = {"username": "reader", "password": "open sesame"}
"""Whom :class:`WithPassword` lets in."""
DRAWN = re.compile(r"^```nginx\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All tests here need programs of the system."""
    here = Path(__file__).parent
    missing = [name for name in ("chromium", "node", "npm") if shutil.which(name) is None]
    for item in items:
        if missing and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=f"needs {' and '.join(missing)}"))


def models_of(zoo: Zoo, *names: str) -> list[Model]:
    """Give models with their verified ONNX files."""
    cards = [zoo.models.get(name) for name in names]
    return [Model(card, zoo.resolver.get(DownloadRequest(card, ("onnx",)).published())) for card in cards]


@dataclass(frozen=True)
class Made:
    """An exported page."""

    folder: Path
    models: tuple[str, ...]


@pytest.fixture(scope="session")
def make(zoo: Zoo, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Made]:
    """Export a page of two models, into a folder of its own; the npm packages are kept in the tests' home."""

    def call(*models: str, mirror: str | None = None) -> Made:
        folder = tmp_path_factory.mktemp("page")
        with pytest.MonkeyPatch.context() as patched:
            patched.setenv("OCRZOO_HOME", str(home))
            lay_out(models_of(zoo, *models), folder, Options(mirror=mirror))
        return Made(folder, models)

    return call


@pytest.fixture(scope="session")
def exported(make: Callable[..., Made]) -> Made:
    """The page that most tests look at; do not change it."""
    return make(*SMALL)


@pytest.fixture
def copied(exported: Made, tmp_path: Path) -> Made:
    """The same, to be changed."""
    return Made(shutil.copytree(exported.folder, tmp_path / "copied"), exported.models)


@pytest.fixture(scope="session")
def isolated(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Serve a folder by nginx, with the manual's configuration, whose headers allow threads."""
    server = DRAWN.findall((repository / "docs" / "browser.md").read_text(encoding="utf-8"))[0]

    def call(folder: Path) -> Any:
        prefix, port = tmp_path_factory.mktemp("nginx"), free_port()
        site = server.replace("/srv/ocrzoo-page", str(folder)).replace("listen 8080", f"listen 127.0.0.1:{port}")
        paths = "".join(f"{name}_temp_path {prefix}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = prefix / "nginx.conf"
        config.write_text(f"pid {prefix}/pid; events {{ }} http {{ access_log off; {paths}\n{site}\n}}")
        return run_nginx(config, prefix, port)

    return call


@pytest.fixture(scope="session")
def site(isolated: Callable[..., Any], exported: Made) -> Iterator[str]:
    """The address of the page."""
    with isolated(exported.folder) as address:
        yield address


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


class WithPassword(_Quiet):
    """The same behind a password: HTTP Basic authentication."""

    def do_GET(self) -> None:
        given = base64.b64encode(f"{USER['username']}:{USER['password']}".encode()).decode()
        if self.headers["Authorization"] == f"Basic {given}":
            return super().do_GET()
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="pages"')
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None


@pytest.fixture
def plain() -> Iterator[Callable[..., str]]:
    """Serve folders by Python's server, as ``python -m http.server`` does: without headers."""
    servers: list[http.server.ThreadingHTTPServer] = []

    def call(folder: Path, kind: type[_Quiet] = _Quiet) -> str:
        handler = functools.partial(kind, directory=str(folder))
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"

    yield call
    for server in servers:
        server.shutdown()
        server.server_close()


Opener = Callable[..., Page]


@pytest.fixture(scope="module")
def reader(site: str, browser: Browser) -> Iterator[Page]:
    """A page that tests share, because starting the networks takes long; each finds what the one before has read."""
    opening = _opening(browser)
    yield next(opening)(site)
    next(opening, None)


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opener]:
    """Opens a page in a window of its own."""
    yield from _opening(browser)


def _opening(browser: Browser) -> Iterator[Opener]:
    """Opens pages; afterwards, they may have asked their own server and ``mirror`` alone, and nothing went wrong."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def call(address: str, *, mirror: str = "", query: str = "", faulty: bool = False, **options: Any) -> Page:
        own = tuple(f"{begin}{one}/" for one in (address, mirror) if one for begin in ("", "blob:"))

        def asked(url: str) -> None:
            if not url.startswith((*own, "data:")):
                faults.append(url)

        context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **options})
        context.set_default_timeout(READ_MS)
        contexts.append(context)
        context.on("request", lambda request: asked(request.url))
        page = context.new_page()
        if not faulty:
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if said.type in ("error", "warning") else None)
        page.goto(f"{address}/{query}")
        return page

    yield call
    for context in contexts:
        context.close()
    assert faults == []


def choose(page: Page, picture: Path | dict[str, Any]) -> None:
    """Choose a picture to read."""
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Choose a picture").click()
    chooser.value.set_files(picture)  # type: ignore[arg-type]


def read(page: Page, picture: Path) -> dict[str, Any]:
    """Read a picture; give what the page saves as JSON."""
    choose(page, picture)
    expect(page.get_by_role("heading", level=1)).to_have_text(picture.name)
    expect(page.locator("body")).to_have_attribute("data-state", "done", timeout=READ_MS)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save JSON").click()
    found: dict[str, Any] = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    return found
