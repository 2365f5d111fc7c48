"""What the exported folder has, which models are refused, and how the npm packages get there."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from filelock import FileLock
from tests.core.model_export.web.conftest import SMALL, Made, models_of

from ocrzoo.cli import main
from ocrzoo.model_export.targets import Options
from ocrzoo.model_export.web import toolchain
from ocrzoo.model_export.web.layout import lay_out
from ocrzoo_registry.errors import OfflineError, SourceError, UsageError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

pytestmark = [pytest.mark.weights, pytest.mark.slow]

ADDRESS = re.compile(r"https?:|resolved|git\+", re.IGNORECASE)
EXACT = re.compile(r"\d[\w.-]*")
INSTALL_S = 600.0


class TestFolder:
    def test_files(self, exported: Made) -> None:
        files = {path.relative_to(exported.folder).as_posix() for path in exported.folder.rglob("*") if path.is_file()}
        scripts = {name for name in files if re.fullmatch(r"(chunk|ort\.\w+\.min)-\w+\.js", name)}
        assert files - scripts == {
            *("index.html", "app.js", "worker.js", "style.css", "theme.css", "icon.svg", "reader.json", "licenses.txt"),
            *(f"models/{role}/inference.{kind}" for role in ("det", "rec") for kind in ("onnx", "yml")),
            *(f"runtime/ort-wasm-simd-threaded{kind}.{end}" for kind in ("", ".asyncify") for end in ("mjs", "wasm")),
        }

    def test_settings(self, exported: Made, zoo: Zoo) -> None:
        found = json.loads((exported.folder / "reader.json").read_text(encoding="utf-8"))
        characters = found["settings"].pop("characters")
        assert (characters[0], characters[-1]) == ("", " ")
        assert len(characters) == 6906
        assert found["settings"] == {
            "detection": {
                "limitSideLen": 64,
                "limitType": "min",
                "maxSideLimit": 4000,
                "thresh": 0.3,
                "boxThresh": 0.6,
                "unclipRatio": 1.5,
            },
            "lines": {"height": 48, "minWidth": 320},
            "batching": "exact",
            "batchSize": 6,
            "scoreThresh": 0.0,
        }
        (file,) = [one for one in models_of(zoo, SMALL[0])[0].files.manifest.files if one.path == "inference.onnx"]  # type: ignore[union-attr]
        weights = {"url": "models/det/inference.onnx", "sha256": file.sha256, "size": file.size}
        assert found["models"]["detection"] == {"name": SMALL[0], "weights": weights}

    def test_licenses(self, exported: Made) -> None:
        text = (exported.folder / "licenses.txt").read_text(encoding="utf-8")
        assert re.findall(r"^\S+ \S+, license: (\S+)$", text, re.MULTILINE) == ["MIT", "Apache-2.0", "BSL"]

    def test_the_policy_names_no_mirror(self, exported: Made) -> None:
        text = (exported.folder / "index.html").read_text(encoding="utf-8")
        assert "connect-src 'self' data:;" in text
        assert "%MIRROR%" not in text

    @pytest.mark.parametrize(
        ("mirror", "allowed"),
        [
            ("https://mirror.example/models/", "https://mirror.example"),
            ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
            ("http://[::1]:8000", "http://[::1]:8000"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
        ],
    )
    def test_the_policy_allows_the_mirror(self, make: Callable[..., Made], mirror: str, allowed: str) -> None:
        text = (make(*SMALL, mirror=mirror).folder / "index.html").read_text(encoding="utf-8")
        assert f"connect-src 'self' data: {allowed};" in text


class TestRefused:
    @pytest.mark.parametrize(
        "mirror",
        [
            *("ftp://mirror.example", "mirror", "https://mirror.example/?key=1", "https://a\\b"),
            *("https://m.example;default-src/x", "https://m.example,*/", "https://*", "https://m.example'", "https://"),
        ],
    )
    def test_no_mirror(self, zoo: Zoo, tmp_path: Path, mirror: str) -> None:
        with pytest.raises(UsageError, match=r"^--mirror: "):
            lay_out(models_of(zoo, *SMALL), tmp_path, Options(mirror=mirror))
        assert [*tmp_path.iterdir()] == []

    @pytest.mark.parametrize("mirror", ["https://reader:secret@mirror.example", "https://token@mirror.example:8443/"])
    def test_a_mirror_with_a_password(self, zoo: Zoo, tmp_path: Path, mirror: str) -> None:
        """Whoever opens the page could read it; without it, the mirror would refuse the page."""
        with pytest.raises(UsageError, match=r"^--mirror: the page would show user and password to everybody"):
            lay_out(models_of(zoo, *SMALL), tmp_path, Options(mirror=mirror))
        assert [*tmp_path.iterdir()] == []

    def test_text_from_the_right(self, zoo: Zoo, tmp_path: Path) -> None:
        detector, recognizer = models_of(zoo, *SMALL)
        arabic = replace(recognizer, card=recognizer.card.model_copy(update={"scripts": ("Arab", "Latn")}))
        with pytest.raises(UsageError, match="reads text that runs from right to left, which the page cannot order"):
            lay_out([detector, arabic], tmp_path, Options())


class TestPackages:
    """What npm fetches."""

    def test_the_lock_file_has_digests_and_no_addresses(self) -> None:
        text = (toolchain.SITE / "package-lock.json").read_text(encoding="utf-8")
        assert ADDRESS.search(text) is None
        locked = {path: one for path, one in json.loads(text)["packages"].items() if path}
        assert [path for path, one in locked.items() if not one["integrity"].startswith("sha512-")] == []

    def test_versions_are_exact(self) -> None:
        stated = json.loads((toolchain.SITE / "package.json").read_text(encoding="utf-8"))
        versions = {**stated["dependencies"], **stated["devDependencies"]}
        assert [name for name, version in versions.items() if not EXACT.fullmatch(version)] == []

    def test_without_npm(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        with pytest.raises(
            UsageError, match=r"^export --for web needs Node\.js 20 or newer, and there is no npm: install"
        ):
            toolchain.packages(Settings(home=tmp_path))

    def test_offline(self, tmp_path: Path) -> None:
        with pytest.raises(OfflineError, match="OCRZOO_OFFLINE is on: export once with a network"):
            toolchain.packages(Settings(home=tmp_path, offline=True))

    def test_no_network(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Npm's own reason, in one line, and nothing half-installed."""
        monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9/")
        monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
        monkeypatch.setenv("npm_config_fetch_retries", "0")
        with pytest.raises(
            SourceError, match=r"^npm could not fetch the page's packages: npm .+ 'npm ping' tells"
        ) as raised:
            toolchain.packages(Settings(home=tmp_path / "home"))
        assert "\n" not in str(raised.value)
        assert [path for path in (tmp_path / "home" / "web").iterdir() if path.is_dir()] == []

    def test_no_end(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(toolchain, "INSTALL_S", 0.01)
        with pytest.raises(SourceError, match="no end after 0 s"):
            toolchain.packages(Settings(home=tmp_path))

    def test_none_for_this_platform(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="npm has no esbuild for this platform"):
            toolchain.bundle(tmp_path, tmp_path)


def writing(folder: Path) -> list[list[str]]:
    """The esbuild processes that write below a folder: their command lines."""
    commands = [one.info["cmdline"] or [""] for one in psutil.process_iter(["cmdline"])]
    return [one for one in commands if Path(one[0]).name == "esbuild" and f"--outdir={folder}" in " ".join(one)]


@pytest.mark.skipif(sys.platform == "win32", reason="another process cannot be sent Ctrl-C alone")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM])
def test_nothing_is_left_of_an_interrupted_export(home: Path, tmp_path: Path, sent: signal.Signals) -> None:
    """No folder, and no program that goes on and writes into it."""
    ocrzoo = Path(sys.executable).with_name("ocrzoo")
    environment = {**os.environ, "OCRZOO_HOME": str(home)}
    running = subprocess.Popen([ocrzoo, "export", "--for", "web", *SMALL, tmp_path / "page"], env=environment)
    while running.poll() is None and not writing(tmp_path):
        time.sleep(0.01)
    running.send_signal(sent)
    assert running.wait(60) == 128 + sent
    assert writing(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


@pytest.fixture(scope="module")
def sources(home: Path, exported: Made, pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page's sources beside all their packages, those for development too."""
    stated = json.loads((toolchain.SITE / "package.json").read_text(encoding="utf-8"))["devDependencies"]
    wanted = [f"{name}@{version}" for name, version in stated.items()]
    cache = home / "web-development"
    cache.mkdir(exist_ok=True)
    with FileLock(cache / "lock", timeout=INSTALL_S):
        if not (cache / "node_modules" / "typescript").exists():
            npm = shutil.which("npm")
            assert npm is not None
            flags = ("--prefix", str(cache), "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock")
            subprocess.run([npm, "install", *flags, *wanted], check=True, capture_output=True, timeout=INSTALL_S)
    folder = tmp_path_factory.mktemp("sources")
    shutil.copytree(toolchain.SITE, folder, dirs_exist_ok=True)
    modules = folder / "node_modules"
    modules.mkdir()
    for place in (cache / "node_modules", toolchain.packages(Settings(home=home))):
        for package in place.iterdir():
            if not (modules / package.name).exists():
                (modules / package.name).symlink_to(package)
    return folder


def test_types(sources: Path) -> None:
    """The sources pass TypeScript's strict checks."""
    tsc = sources / "node_modules" / "typescript" / "bin" / "tsc"
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, str(tsc), "--noEmit", "-p", str(sources)], capture_output=True, text=True, timeout=INSTALL_S, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_weights_of_a_mirror_are_not_compared(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page"
    assert main(["export", "--for", "web", *SMALL, str(page), "--mirror", "https://mirror.example"]) == 0
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.endswith("page: not compared with ocrzoo, as the weights are left to the mirror")


@pytest.mark.thorough
def test_the_command(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Twice into one folder, whose weights read as ocrzoo's; then not into a folder of something else."""
    page = tmp_path / "page"
    for _ in range(2):
        assert main(["export", "--for", "web", *SMALL, str(page)]) == 0
        assert f"{page}: " in capsys.readouterr().err
        assert (page / "index.html").is_file()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").touch()
    assert main(["export", "--for", "web", *SMALL, str(tmp_path / "other")]) == 2
    assert [path.name for path in (tmp_path / "other").iterdir()] == ["mine.txt"]
