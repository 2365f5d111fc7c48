"""``docs/plugins/tutorial.md``: every command on the page is run, word for word, from a folder with somebody's weights.

The environment is a new one beside that of the tests, so that what is installed there is gone afterwards; pip builds
without a network.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hubs.server import Hubs

import ocrzoo_cards
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

PAGE = Path(__file__).parents[2] / "docs" / "plugins" / "tutorial.md"
FENCED = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SETTINGS = ("OCRZOO_", "PADDLE_PDX_", "HF_", "PIP_")
LONGEST_S = 600.0
"""Of machine time, all commands together."""
PROGRAMS = {"pip": "pip._internal.cli.main:main", "ocrzoo": "ocrzoo.cli:main"}
README = "---\nlicense: apache-2.0\nlanguage: [en, zh]\n---\n# Signs\n\nReads signs on piers.\n"


def blocks(kind: str) -> list[str]:
    """Give the page's blocks of a kind, in their order."""
    return [match[2] for match in FENCED.finditer(PAGE.read_text("utf-8")) if match[1] == kind]


@pytest.fixture(scope="module")
def environment_of_a_reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that sees what is installed here; what is installed into it is nowhere else."""
    folder = tmp_path_factory.mktemp("reader") / "env"
    venv.create(folder, symlinks=True)
    [site] = folder.glob("lib/python*/site-packages")
    (site / "here.pth").write_text(f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n")
    for name, entry in PROGRAMS.items():
        module, _, attribute = entry.partition(":")
        program = folder / "bin" / name
        lines = (
            f"#!{folder / 'bin' / 'python'}",
            "import sys",
            f"from {module} import {attribute}",
            f"sys.exit({attribute}())",
        )
        program.write_text("\n".join(lines) + "\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def reader(tmp_path: Path, zoo: Zoo, home: Path, sample: Path) -> Path:
    """What the tutorial's reader has: two exports with their dictionaries, and a picture."""
    work = tmp_path / "work"
    charsets = ocrzoo_cards.ROOT / "charsets"
    for folder, model, kind, own, dictionary in (
        ("exported", "PP-OCRv5_mobile_rec", "onnx", "dict.txt", "ppocrv5_dict.txt"),
        ("export", "PP-OCRv4_mobile_rec", "paddle", "keys.txt", "ppocr_keys_v1.txt"),
    ):
        files = zoo.resolver.get(DownloadRequest(zoo.models.get(model), [kind]))
        (work / folder).mkdir(parents=True)
        for file in files.folder.glob("inference.*"):
            if file.suffix != ".yml":
                (work / folder / file.name).write_bytes(file.read_bytes())
        (work / own).write_bytes((charsets / dictionary).read_bytes())
    (work / "sign.png").write_bytes(sample.read_bytes())
    return work


@pytest.fixture
def hubs(zoo: Zoo) -> Iterator[Hubs]:
    files = zoo.resolver.get(DownloadRequest(zoo.models.get("PP-OCRv5_mobile_rec"), ["onnx"]))
    content = {name: (files.folder / name).read_bytes() for name in ("inference.onnx", "inference.yml")}
    with Hubs({"ocean/signs": {**content, "README.md": README.encode()}}) as hubs:
        yield hubs


@pytest.mark.weights
@pytest.mark.skipif(sys.platform == "win32", reason="the page's commands are for a POSIX shell")
def test_every_command_of_the_tutorial_works_as_it_is_written(
    environment_of_a_reader: Path, reader: Path, hubs: Hubs, home: Path
) -> None:
    """From weights to a recognized page, three times: from a folder, from a PaddleOCR export, from a repository."""
    variables = {name: text for name, text in os.environ.items() if not name.startswith(SETTINGS)}
    settings = {
        **hubs.environment(),
        "NO_PROXY": "*",
        "OCRZOO_HOME": str(home),
        "PADDLE_PDX_MODEL_SOURCE": "directory,wheel,huggingface",
        "PATH": f"{environment_of_a_reader / 'bin'}{os.pathsep}{os.environ['PATH']}",
        "PIP_NO_BUILD_ISOLATION": "0",  # pip's way to say that there is none: hatchling is here
        "PIP_NO_INDEX": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    start, printed = time.monotonic(), []
    for block in blocks("bash"):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", block],
            cwd=reader,
            env={**variables, **settings},
            capture_output=True,
            text=True,
            timeout=LONGEST_S,
            check=False,
        )
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        printed.append(done.stdout)
    assert time.monotonic() - start < LONGEST_S

    [new, installed, harbor, pier, hub] = printed
    assert new == blocks("text")[0]
    assert "incomplete" not in installed
    for text in (installed, harbor, pier, hub):
        assert "Reading a page with a model zoo" in text
    written = [line.split()[0] for line in blocks("text")[1].splitlines()]
    assert [path for path in written if not (reader / path).is_file()] == []
    assert not list((reader / "pier").rglob("*.onnx"))


@pytest.mark.weights
@pytest.mark.parametrize("check", ["check --select E,F,I,UP,D --ignore D203,D213", "format --check"])
def test_what_is_written_passes_ruff(reader: Path, check: str) -> None:
    written = [sys.executable, "-m", "ocrzoo", "plugins", "new", "a-quite-long-name-of-a-plugin", "--from", "exported"]
    subprocess.run(written, cwd=reader, check=True, capture_output=True, timeout=120)
    done = subprocess.run(
        [sys.executable, "-m", "ruff", *check.split(), "--isolated", "."],
        cwd=reader / "a-quite-long-name-of-a-plugin",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
