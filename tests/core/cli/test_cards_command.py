"""``ocrzoo cards``: drafted from weights, and in the form of Hugging Face's hub, whose own client reads it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.core.cli.test_plugins_new import others
from tests.registry.kit import sha256
from tests.thorough import cases

from ocrzoo_registry.errors import ExitCode
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]
NAME = "PP-OCRv5_mobile_rec"


def test_the_hubs_own_client_reads_what_is_exported(run: Run) -> None:
    import huggingface_hub

    ran = run("cards", "export", NAME, "--huggingface")
    card: Any = huggingface_hub.ModelCard(ran.out)
    ours = Zoo().models.get(NAME)
    assert (card.data.library_name, card.data.pipeline_tag, card.data.license) == (
        "ocrzoo",
        "image-to-text",
        "apache-2.0",
    )
    assert card.data.language == ["zh", "en", "ja"]
    assert card.data.get("language_bcp47") == ["zh-Hans", "zh-Hant", "en", "ja"]
    figures = [(one.metric_type, one.metric_value, one.dataset_name) for one in card.data.eval_results or []]
    assert figures == [(one.name, one.value, one.dataset) for one in ours.metrics]
    assert ours.summary in card.text


@pytest.mark.parametrize("name", cases(Zoo().models.names, "UVDoc", "arabic_PP-OCRv5_mobile_rec", NAME))
def test_every_official_card_comes_back_as_it_was(run: Run, tmp_path: Path, name: str) -> None:
    """Through the front matter: license, languages and published figures."""
    ours = Zoo().models.get(name)
    (tmp_path / "README.md").write_text(run("cards", "export", name, "--huggingface").out, encoding="utf-8")
    ran = run("card", "import", tmp_path, "--task", ours.task, "--name", name)
    assert ran.code == ExitCode.DONE, ran.err
    back = yaml.safe_load(ran.out)
    assert (back["task"], back["license"]) == (ours.task, ours.license)
    assert tuple(back.get("languages", ())) == ours.languages
    assert back["summary"] == ours.summary or len(ours.summary) > 300
    figures = [one.model_dump(exclude_none=True) for one in ours.metrics if one.value is not None]
    assert back.get("metrics", []) == figures


@pytest.mark.weights
def test_a_card_is_drafted_to_standard_output_or_a_file_with_its_charset(run: Run, tmp_path: Path) -> None:
    printed = run("cards", "new", others("ppocrv6/tiny/rec"), "--name", "own_rec")
    assert (printed.code, printed.err.strip()) == (
        ExitCode.DONE,
        "charsets/own_rec.txt: 6904 entries; with --output, it is written beside the card",
    )
    path = tmp_path / "own.yaml"
    assert run("cards", "new", others("ppocrv6/tiny/rec"), "--name", "own_rec", "--output", path).code == ExitCode.DONE
    assert path.read_text(encoding="utf-8") == printed.out
    assert len((tmp_path / "charsets/own_rec.txt").read_text(encoding="utf-8").split("\n")) == 6904 + 1
    again = run("cards", "new", others("ppocrv6/tiny/rec"), "--name", "own_rec", "--output", path)
    assert (again.code, "nothing is overwritten" in again.error) == (ExitCode.USAGE, True)


def test_of_several_weights_the_user_names_one(run: Run, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    for name in ("first.onnx", "second.onnx"):
        (tmp_path / name).write_bytes(name.encode())
    ran = run("cards", "import", tmp_path)
    assert (ran.code, "(first.onnx, second.onnx): name one file" in ran.error) == (ExitCode.USAGE, True)
    card = yaml.safe_load(run("cards", "import", tmp_path / "second.onnx").out)
    [file] = card["artifacts"]["onnx"]["files"]
    assert (card["license"], file["sha256"]) == ("MIT", sha256(b"second.onnx"))


@pytest.mark.weights
def test_a_published_model_is_run_by_its_address(run: Run, sample: Path, tmp_path: Path) -> None:
    """The folder that is to be uploaded has everything: weights, README.md, and inference.yml with the charset."""
    hub = tmp_path / "hub"
    ran = run("cards", "export", NAME, "--huggingface", "--output", hub)
    assert (ran.code, ran.out) == (ExitCode.DONE, f"{hub}: README.md, inference.onnx, inference.yml\n")
    assert "`inference.yml`" in (hub / "README.md").read_text(encoding="utf-8")
    back = run("cards", "import", hub)
    assert "charset: charsets/" in back.out
    assert "TO-FILL" not in back.out
    for option in ("--text_recognition_model_name", "--text_recognition_model_dir"):
        assert "Reading a page" in run("ocr", sample, option, hub).out
    again = run("cards", "export", NAME, "--huggingface", "--output", hub)
    assert (again.code, "nothing is overwritten" in again.error) == (ExitCode.USAGE, True)


def test_a_readme_alone_says_what_belongs_beside_it(run: Run, sample: Path, tmp_path: Path) -> None:
    ran = run("cards", "export", NAME, "--huggingface")
    assert "inference.yml" in ran.out
    assert "--output FOLDER writes all of them" in ran.error
    (tmp_path / "inference.onnx").write_bytes(b"\x08\x01")
    ran = run("ocr", sample, "--text_recognition_model_dir", tmp_path)
    assert f"{tmp_path}: there is no inference.yml, which has the charset" in ran.err


HOSTILE = {
    "no front matter": "# Signs\n",
    "not YAML": "---\na: [\n---\n",
    "not a mapping": "---\n- a\n---\n",
    "more than plain data": "---\na: !!python/name:os.system\n---\n",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_front_matter_is_refused_in_one_line(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "README.md").write_text(text, encoding="utf-8")
    ran = run("cards", "import", tmp_path)
    assert (ran.code, "README.md" in ran.error) == (ExitCode.USAGE, True)


def test_what_the_hub_does_not_document_is_left_out(run: Run, tmp_path: Path) -> None:
    data = {
        "license": ["mit"],
        "language": [7, "nowhere", "vi"],
        "model-index": [
            {"name": "../x", "results": [5, {"metrics": [{"type": "accuracy", "value": "high"}, {"type": "bleu"}]}]}
        ],
    }
    (tmp_path / "README.md").write_text(f"---\n{json.dumps(data)}\n---\n# x\n\nReads.\n", encoding="utf-8")
    card = yaml.safe_load(run("cards", "import", tmp_path, "--task", "text_detection").out)
    assert (card["name"], card["languages"], card["summary"]) == ("x", ["vi"], "Reads.")
    assert card["license"].startswith("TO-FILL")
    assert "metrics" not in card
