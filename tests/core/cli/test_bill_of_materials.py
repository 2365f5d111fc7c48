"""``ocrzoo lock --format cyclonedx``: what models consist of, valid by the schema and the same each time."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.core.cli.conftest import model
from tests.hubs.server import Hubs
from tests.registry.kit import SitePackages, card_data, sha256

Run = Callable[..., Any]
DET, REC = "PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"
LOCK = ("lock", "--format", "cyclonedx")

PLUGIN = """
from pathlib import Path
from ocrzoo_registry import hookimpl, read_cards

@hookimpl
def ocrzoo_model_cards():
    yield from read_cards(Path(__file__).parent / "cards")
"""


def written(path: str = "ocrzoo.cdx.json") -> dict[str, Any]:
    """Read a bill of materials, which must be valid."""
    text = Path(path).read_text(encoding="utf-8")
    from cyclonedx.schema import SchemaVersion  # slow to import, as it compiles grammars
    from cyclonedx.validation.json import JsonStrictValidator

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    return dict(json.loads(text))


def named(components: list[dict[str, Any]], name: str) -> dict[str, Any]:
    (found,) = (one for one in components if one["name"] == name)
    return found


def test_a_model_is_described_with_its_files_license_and_figures(run: Run, hubs: Hubs, folder: Path) -> None:
    ran = run(*LOCK, REC, "--format", "onnx", "--source", "huggingface")
    assert (ran.code, ran.out) == (0, "ocrzoo.cdx.json: models 1, files 2\n")
    model = named(written()["components"], REC)
    assert (model["type"], model["version"], model["bom-ref"]) == (
        "machine-learning-model",
        "PP-OCRv5",
        f"{REC}@onnx",
    )
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert model["supplier"] == {"name": "PaddlePaddle"}
    assert model["purl"] == f"pkg:huggingface/PaddlePaddle/{REC}_onnx@{hubs.commit(f'{REC}_onnx')}"
    content = hubs.models[f"{REC}_onnx"]["inference.onnx"]
    weights = named(model["components"], "inference.onnx")
    assert (weights["type"], weights["hashes"]) == ("file", [{"alg": "SHA-256", "content": sha256(content)}])
    links = {one["comment"]: one["url"] for one in model["externalReferences"]}
    assert links["huggingface, the source of these files"] == f"https://huggingface.co/PaddlePaddle/{REC}_onnx"
    assert links["bos"].endswith(f"{REC}_onnx_infer.tar")
    card = model["modelCard"]
    assert card["modelParameters"]["task"] == "text_recognition"
    figures = card["quantitativeAnalysis"]["performanceMetrics"]
    assert {"type": "accuracy", "value": "66 %"}.items() <= next(
        one for one in figures if "en, " in one["slice"]
    ).items()
    assert any(one["type"] == "cer, openvino, float32, exact" for one in figures)
    assert len(card["modelParameters"]["datasets"]) == 5


def test_without_names_it_describes_the_lock_file_and_asks_nobody(run: Run, hubs: Hubs, folder: Path) -> None:
    run("lock", DET, REC)
    os.utime("ocrzoo.lock", (1_700_000_000, 1_700_000_000))
    hubs.clear()
    assert run(*LOCK, "--output", "a.json").out == "a.json: models 2, files 4\n"
    found = written("a.json")
    assert sorted(one["name"] for one in found["components"]) == [DET, REC]
    assert found["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert hubs.requests == []


def test_the_same_models_give_the_same_bytes(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = []
    for path in ("a.json", "b.json"):
        run(*LOCK, REC, DET, "--output", path)
        contents.append(Path(path).read_bytes())
    assert contents[0] == contents[1]
    assert "timestamp" not in written("a.json")["metadata"]
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    run(*LOCK, REC, DET, "--output", "c.json")
    found = written("c.json")
    assert found["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert found["serialNumber"] != written("a.json")["serialNumber"]


def test_a_third_partys_model_with_base_models(run: Run, folder: Path, site: SitePackages) -> None:
    data = card_data(
        license="LicenseRef-Own OR MIT",
        links={"homepage": "https://example.org/gulls"},
        base_model=[{"name": DET, "relation": "finetune"}, {"name": "seaside/base", "relation": "merge"}],
        artifacts={
            "onnx": {"files": [{"path": "inference.onnx"}]},
            "paddle": {"files": [{"path": "inference.json"}, {"path": "inference.pdiparams"}]},
        },
        sources={"directory": {"onnx": {"path": "weights"}, "paddle": {"path": "weights"}}},
    )
    weights = {f"cards/weights/inference.{end}": b"weights" for end in ("onnx", "json", "pdiparams")}
    site.install("sea-dist", {"sea": PLUGIN}, files={"cards/a.yaml": json.dumps(data).encode(), **weights})
    assert run("lock", "seaside_det", "--format", "onnx,paddle,cyclonedx", "--source", "directory").code == 0
    model, other = written()["components"]
    assert (model["bom-ref"], other["bom-ref"]) == ("seaside_det@onnx", "seaside_det@paddle")
    assert model["supplier"] == {"name": "sea-dist"}
    assert model["licenses"] == [{"expression": "LicenseRef-Own OR MIT"}]
    assert [one["name"] for one in model["pedigree"]["ancestors"]] == [DET, "seaside/base"]
    assert model["pedigree"]["notes"] == f"{DET}: finetune; seaside/base: merge"
    assert [one["url"] for one in model["externalReferences"]] == ["https://example.org/gulls"]


def test_a_license_that_is_in_no_list_is_given_by_name(run: Run, folder: Path, site: SitePackages) -> None:
    data = card_data(license="my own", sources={"directory": {"onnx": {"path": "weights"}}})
    files = {"cards/a.yaml": json.dumps(data).encode(), "cards/weights/inference.onnx": b"weights"}
    site.install("sea-dist", {"sea": PLUGIN}, files=files)
    run(*LOCK, "seaside_det", "--source", "directory")
    assert written()["components"][0]["licenses"] == [{"license": {"name": "my own"}}]


def test_a_link_that_is_no_uri_is_left_out(run: Run, folder: Path, site: SitePackages) -> None:
    data = card_data(
        links={"homepage": "https://example.org/100%"},
        sources={"directory": {"onnx": {"path": "weights"}}, "shelf9": {"onnx": {"url": "https://example.org/#a#b"}}},
    )
    files = {"cards/a.yaml": json.dumps(data).encode(), "cards/weights/inference.onnx": b"weights"}
    site.install("sea-dist", {"sea": PLUGIN}, files=files)
    ran = run(*LOCK, "seaside_det", "--source", "directory")
    assert ran.code == 0, ran.err
    assert "externalReferences" not in written()["components"][0]


def test_a_model_in_a_folder_has_no_supplier(run: Run, folder: Path) -> None:
    Path("own").mkdir()
    for name, content in model("own", onnx=True).items():
        Path("own", name).write_bytes(content)
    ran = run(*LOCK, "./own", "--format", "onnx")
    assert ran.code == 0, ran.err
    assert "supplier" not in written()["components"][0]


def test_a_locked_model_that_no_plugin_has_is_told(run: Run, folder: Path) -> None:
    run("lock", DET)
    lock = Path("ocrzoo.lock")
    lock.write_text(lock.read_text(encoding="utf-8").replace(f'"{DET}"', '"nobodys_det"'), encoding="utf-8")
    ran = run(*LOCK)
    assert (ran.code, ran.err) == (
        0,
        "warning: nobodys_det: no plugin here has its card, so its license and figures are missing\n",
    )
    (model,) = written()["components"]
    assert "licenses" not in model
    assert "modelCard" not in model


@pytest.mark.parametrize("stated", ["soon", "-99999999999999999999"])
def test_a_time_that_is_none(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, stated: str) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    ran = run(*LOCK, DET)
    assert ran.code == 2
    assert f"SOURCE_DATE_EPOCH='{stated}': a number of seconds since 1970 is needed" in ran.err
    assert not Path("ocrzoo.cdx.json").exists()


def test_without_the_library_the_extra_is_named(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "cyclonedx.model.bom", None)
    ran = run(*LOCK, DET)
    assert ran.code == 2
    assert "pip install 'ocrzoo[sbom]'" in ran.err
