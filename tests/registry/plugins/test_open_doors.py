"""One plugin adds a task, a format with its engine, and a hub with its own references; nothing else changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.registry.kit import SitePackages

from ocrzoo.cli import main
from ocrzoo.model_loader import ModelLoader
from ocrzoo_registry.cards import formats
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.store.maintenance import stored_models
from ocrzoo_registry.zoo import Zoo

PLUGIN = """
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from ocrzoo_registry import (
    EngineSpec, FormatSpec, Listing, PredictorSpec, RemoteFile, SourceSpec, Stream,
    build_card, hookimpl, read_reference,
)

STORE = {{"tables/7": {{"model.tflite": b"weights", "notes.txt": b"not needed"}}}}


class Place(BaseModel, extra="forbid"):
    bucket: str
    build: int


class ArtifactStore:
    def __init__(self, settings):
        self.token = settings.environ.get("ACME_TOKEN")

    def list(self, card, file_format):
        place = read_reference(card, "acme", file_format, Place)
        if place is None:
            return None
        key = f"{{place.bucket}}/{{place.build}}"
        return Listing(key, tuple(RemoteFile(path) for path in STORE[key] if path.startswith("model")))

    @contextmanager
    def open(self, listing, file, offset=0, validator=None):
        yield Stream(iter([STORE[listing.revision][file.path][offset:]]), offset)


class Engine:
    def load(self, folder, file_format, options):
        assert (folder.name, file_format) == ("acme_table_tflite", "tflite")
        return Session((folder / "model.tflite").read_bytes())


class Session:
    inputs = outputs = ()

    def __init__(self, weights):
        self.weights = weights


class TableRecognizer:
    def __init__(self, card, model_config, session):
        self.weights = session._session.weights

    def predict(self, images):
        return [f"<table>{{self.weights.decode()}}</table>" for image in images]


@hookimpl
def ocrzoo_formats():
    yield FormatSpec("tflite", files=(frozenset({{"model.tflite"}}),))


@hookimpl
def ocrzoo_engines():
    yield EngineSpec("lite", f"{{__name__}}:Engine", ("tflite",), module="json", install="acme", rank=90)


@hookimpl
def ocrzoo_sources():
    yield SourceSpec("acme", f"{{__name__}}:ArtifactStore", rank=5, network=False, reference=f"{{__name__}}:Place")


@hookimpl
def ocrzoo_predictors():
    yield PredictorSpec("acme_table", f"{{__name__}}:TableRecognizer", tasks=("table_recognition",))


@hookimpl
def ocrzoo_model_cards():
    yield build_card(
        {{
            "name": "acme_table",
            "family": "acme",
            "task": "{task}",
            "version": "7",
            "summary": "Reads tables.",
            "license": "Apache-2.0",
            "artifacts": {{"{format}": {{"files": [{{"path": "model.tflite"}}]}}}},
            "sources": {{"{source}": {{"{format}": {reference}}}}},
            "inference": {{"predictor": "acme_table"}},
        }},
        origin=__file__,
        folder=Path(__file__).parent,
    )
"""

RIGHT = {
    "task": "table_recognition",
    "format": "tflite",
    "source": "acme",
    "reference": {"bucket": "tables", "build": 7},
}


@pytest.fixture(autouse=True)
def _own_formats(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the formats that a test registers."""
    monkeypatch.setattr(formats, "_FORMATS", dict(formats._FORMATS))


@pytest.fixture
def acme(site: SitePackages, settings: Settings) -> Zoo:
    site.install("acme-ocr", {"acme_ocr": PLUGIN.format(**RIGHT)})
    zoo = Zoo(Settings(home=settings.home, offline=True))
    assert not any(plugin.failures for plugin in zoo.plugins.plugins)
    return zoo


def test_the_new_task_is_listed_and_a_misspelled_one_is_suggested(
    acme: Zoo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "list", "--task", "table_recognition", "--json"]) == 0
    (model,) = json.loads(capsys.readouterr().out)
    assert (model["name"], model["task"]) == ("acme_table", "table_recognition")
    assert main(["models", "list", "--task", "table_recogniton"]) == 2
    assert "did you mean table_recognition" in capsys.readouterr().err


def test_the_new_format_is_pulled_from_the_new_hub(
    acme: Zoo, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["models", "pull", "acme_table", "--format", "tflite", "--json"]) == 0
    (pulled,) = json.loads(capsys.readouterr().out)
    folder = settings.home / "official_models" / "acme_table_tflite"
    assert (pulled["source"], pulled["revision"], Path(pulled["path"])) == ("acme", "tables/7", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["inference.yml", "model.tflite", "ocrzoo.json"]
    (stored,) = stored_models(acme.store)
    assert (stored.name, stored.file_format, stored.status) == ("acme_table", "tflite", "verified")
    assert main(["models", "path", "acme_table", "--format", "tflite"]) == 0
    assert capsys.readouterr().out.strip() == str(folder)
    (folder / "model.tflite").unlink()
    assert acme.store.find("acme_table", "tflite") is None


def test_the_new_engine_runs_it(acme: Zoo) -> None:
    predictor = ModelLoader(acme).predictor("acme_table", "table_recognition")
    assert predictor.predict([np.zeros((4, 4, 3), np.uint8)]) == ["<table>weights</table>"]


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"task": "table_recogniton"}, "task: predictor 'acme_table' does table_recognition, not 'table_recogniton' "),
        ({"format": "tflit"}, "artifacts: unknown format 'tflit' (did you mean tflite"),
        ({"source": "acmee"}, "sources.acmee: unknown source (did you mean acme?)"),
        ({"reference": {"bucket": "tables"}}, "sources.acme.tflite.build: Field required"),
        ({"reference": {"bucket": "tables", "build": 7, "x": 1}}, "sources.acme.tflite.x: unknown key"),
    ],
)
def test_a_wrong_card_is_one_line_of_its_plugin(
    site: SitePackages, settings: Settings, changes: dict[str, object], complaint: str
) -> None:
    site.install("acme-ocr", {"acme_ocr": PLUGIN.format(**RIGHT | changes)})
    zoo = Zoo(settings)
    assert "acme_table" not in zoo.models
    (plugin,) = (one for one in zoo.plugins.plugins if one.origin.plugin == "acme_ocr")
    (failure,) = plugin.failures
    assert complaint in failure.message
    assert "\n" not in failure.message


def test_two_plugins_may_register_the_same_format_but_not_a_different_one(
    site: SitePackages, settings: Settings
) -> None:
    source = (
        "from ocrzoo_registry import FormatSpec, hookimpl\n"
        "@hookimpl\n"
        "def ocrzoo_formats():\n"
        "    yield FormatSpec('tflite', files=(frozenset({{'{}'}}),))\n"
    )
    site.install("acme-ocr", {"acme_ocr": PLUGIN.format(**RIGHT)})
    site.install("same-dist", {"same_format": source.format("model.tflite")})
    site.install("other-dist", {"ztother_format": source.format("other.tflite")})
    failures = {plugin.origin.plugin: plugin.failures for plugin in Zoo(settings).plugins.plugins if plugin.failures}
    assert list(failures) == ["ztother_format"]
    assert "format 'tflite' is already registered with other files" in failures["ztother_format"][0].message
