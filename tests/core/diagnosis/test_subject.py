"""What is examined at all: folders that name something else, models that others run, and lines that no font draws."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.standins.of_others import Export, write_reader

from ocrzoo.diagnosis import samples
from ocrzoo.diagnosis.diagnosis import examine
from ocrzoo.diagnosis.subject import opened
from ocrzoo.testing.targets import installed_for_now, read_project
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

ATTENTION = Path(__file__).parents[3] / "examples" / "ocrzoo-attention"


@pytest.fixture
def reader(tmp_path: Path) -> Path:
    """The folder of a small recognition network, whose ``inference.yml`` names an address."""
    stated = "Global: {model_name: hf://org/name}\nPostProcess: {name: CTCLabelDecode, character_dict: [a, b, c]}\n"
    (tmp_path / "inference.yml").write_text(stated)
    write_reader(tmp_path / "inference.onnx", Export())
    return tmp_path


def test_an_address_that_a_folder_names_is_not_followed(zoo: Zoo, reader: Path) -> None:
    with opened(zoo, str(reader), engine="onnxruntime") as subject:
        assert (subject.task, subject.charset) == ("text_recognition", ["a", "b", "c"])


def test_without_a_font_for_its_characters_a_line_is_asked_for(
    zoo: Zoo, reader: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "_is_drawable", lambda _text: False)
    with opened(zoo, str(reader), engine="onnxruntime") as subject, pytest.raises(UsageError, match="no font here has"):
        examine(zoo, subject, 1)


def test_a_model_with_a_predictor_of_its_own_is_run_and_not_examined(tmp_path: Path) -> None:
    """Its two networks are loaded as pipelines load them."""
    with installed_for_now(read_project(ATTENTION), tmp_path / "site"):
        zoo = Zoo(Settings(home=tmp_path / "home", sources=("directory",), sources_exact=True))
        with opened(zoo, "attention_numbers_rec", engine="onnxruntime") as subject:
            found = examine(zoo, subject, 1)

    assert (found.verdict, found.findings) == ("not examined", ())
    assert found.summary.startswith("it has a predictor of its own, attention")
    assert found.now.startswith("reads ")
