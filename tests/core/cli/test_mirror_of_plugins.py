"""A mirror with a third party's model, and readers without the plugin that has its card."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.core.cli.conftest import Ran, model
from tests.core.cli.mirrors import index_of
from tests.hubs.server import Hubs
from tests.registry.kit import SitePackages, card_data
from tests.registry.mirror.serving.web_servers import run_serve

Run = Callable[..., Ran]
NAME = "seaside_rec"
PLUGIN = """
from pathlib import Path
from ocrzoo_registry import hookimpl, read_cards

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""


@pytest.fixture
def mirror(run: Run, site: SitePackages, folder: Path, hubs: Hubs, tmp_path: Path) -> Path:
    """Build a mirror where the plugin is installed, which it is no longer then."""
    files = model(NAME, onnx=True)
    hubs.models[NAME] = files
    card = card_data(
        name=NAME,
        task="text_recognition",
        inference={"predictor": "text_recognition"},
        charset="letters.txt",
        languages=["vi"],
        sources={"huggingface": {"onnx": {"repository": f"PaddlePaddle/{NAME}"}}},
        artifacts={"onnx": {"files": [{"path": "inference.onnx"}, {"path": "inference.yml"}]}},
    )
    packed = {"cards/card.yaml": json.dumps(card).encode(), "cards/letters.txt": b"a\nb\n"}
    site.install("seaside-ocr", {"seaside": PLUGIN}, version="2.1", files=packed)
    ran = run("mirror", "build", tmp_path / "mirror", NAME, "--format", "onnx")
    assert ran.code == 0, ran.err
    for path in site.folder.rglob("entry_points.txt"):
        path.unlink()
    return tmp_path / "mirror"


@pytest.fixture(params=["folder", "server"])
def reader(
    request: pytest.FixtureRequest, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Go to a machine that has only the mirror; gives its address."""
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror,")
    if request.param == "folder":
        monkeypatch.setenv("OCRZOO_MIRROR", str(mirror))
        yield str(mirror)
        return
    with run_serve(mirror) as (address, _):
        monkeypatch.setenv("OCRZOO_MIRROR", address)
        yield address


def test_the_index_names_the_distribution(mirror: Path) -> None:
    assert index_of(mirror)[f"{NAME} onnx"]["distribution"] == "seaside-ocr==2.1"


def test_a_model_by_address_is_of_no_distribution(run: Run, folder: Path, hubs: Hubs, tmp_path: Path) -> None:
    hubs.models["ocean/signs"] = model("signs", onnx=True)
    ran = run("mirror", "build", tmp_path / "mirror", "hf://ocean/signs", "--format", "onnx")
    assert ran.code == 0, ran.err
    [entry] = index_of(tmp_path / "mirror").values()
    assert entry.get("distribution") is None


def test_the_error_names_the_plugin_that_is_missing(run: Run, reader: str) -> None:
    ran = run("models", "pull", NAME)
    assert ran.code == 3
    assert ran.error == (
        f"error: no model is called {NAME!r} here; the mirror {reader} has it, but no plugin here has its card: "
        "install the plugin seaside-ocr 2.1 from where its publisher offers it, or trust the mirror's cards with "
        "OCRZOO_MIRROR_CARDS=1"
    )


def test_a_name_that_the_mirror_lacks_too_gets_a_suggestion(run: Run, reader: str) -> None:
    ran = run("models", "pull", "PP-OCRv5_mobile_det2")
    assert ran.code == 3
    assert "did you mean PP-OCRv5_mobile_det" in ran.error


def test_the_cards_of_a_trusted_mirror_are_used(
    run: Run, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRZOO_MIRROR_CARDS", "1")
    ran = run("models", "pull", NAME, "--json")
    assert ran.code == 0, ran.err
    (pulled,) = json.loads(ran.out)
    assert pulled["source"] == "mirror"
    content = {path.name: path.read_bytes() for path in Path(pulled["path"]).glob("inference.*")}
    assert content == {name: data for name, data in model(NAME, onnx=True).items() if name != "README.md"}
    assert run("models", "select", "--lang", "vi").out == f"{NAME}\n"
    assert "sources: none" not in run("models", "show", NAME).out
    assert run("models", "verify", "--deep").code == 0


@pytest.mark.parametrize("command", [["plugins", "list"], ["models", "list", "-v"]])
def test_the_cards_of_a_trusted_mirror_are_of_no_plugin(
    run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("OCRZOO_MIRROR_CARDS", "1")
    monkeypatch.setenv("OCRZOO_MIRROR", str(mirror))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror,")
    ran = run(*command)
    assert ran.code == 0, ran.err
    assert "plugin 'mirror'" not in ran.out


def test_a_mirror_cannot_take_the_folder_of_a_model_that_is_known(
    run: Run, mirror: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a disk ignores case, ``PP-OCRV5_mobile_rec`` is the folder of ``PP-OCRv5_mobile_rec``."""
    index = mirror / "current" / "index.json"
    index.write_text(index.read_text(encoding="utf-8").replace(NAME, "PP-OCRV5_mobile_rec"), encoding="utf-8")
    monkeypatch.setenv("OCRZOO_MIRROR_CARDS", "1")
    monkeypatch.setenv("OCRZOO_MIRROR", str(mirror))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror,")
    ran = run("models", "pull", "PP-OCRV5_mobile_rec")
    assert ran.code == 3
    assert "the mirror's card of PP-OCRV5_mobile_rec is not used: there is PP-OCRv5_mobile_rec" in ran.err


def test_a_mirror_that_does_not_answer_costs_a_warning(
    run: Run, mirror: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCRZOO_MIRROR_CARDS", "1")
    monkeypatch.setenv("OCRZOO_MIRROR", str(tmp_path / "nothing"))
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "mirror,")
    ran = run("models", "list")
    assert ran.code == 0
    assert "warning: no cards from mirror: " in ran.err
    assert "PP-OCRv5_mobile_det" in ran.out
