"""The examples of PaddleX's OCR tutorial: only the import and the command's name are changed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import PIL.Image
import pytest

pytestmark = pytest.mark.weights

COMMAND = """
ocrzoo --pipeline OCR \
        --input general_ocr_002.png \
        --use_doc_orientation_classify False \
        --use_doc_unwarping False \
        --use_textline_orientation False \
        --save_path ./output \
        --device gpu:0
"""

PYTHON = """
from ocrzoo import create_pipeline

pipeline = create_pipeline(pipeline="OCR")

output = pipeline.predict(
    input="./general_ocr_002.png",
    use_doc_orientation_classify=False,
    use_doc_unwarping=False,
    use_textline_orientation=False,
)
for res in output:
    res.print()
    res.save_to_img(save_path="./output/")
    res.save_to_json(save_path="./output/")
"""

FROM_A_FILE = """
from ocrzoo import create_pipeline

pipeline = create_pipeline(pipeline="./my_path/OCR.yaml")

output = pipeline.predict(
    input="./general_ocr_002.png",
    use_doc_orientation_classify=False,
    use_doc_unwarping=False,
    use_textline_orientation=False,
)
for res in output:
    res.print()
    res.save_to_img("./output/")
    res.save_to_json("./output/")
"""

FILES = {"general_ocr_002_res.json", "general_ocr_002_ocr_res_img.png"}
FIRST_LINE = "Reading a page with a model zoo"


@pytest.fixture
def folder(tmp_path: Path, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a page under the name of the tutorial's."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "general_ocr_002.png").write_bytes(sample.read_bytes())
    return tmp_path


def check_output(folder: Path) -> None:
    assert {path.name for path in (folder / "output").glob("[!.]*")} == FILES
    saved = json.loads((folder / "output" / "general_ocr_002_res.json").read_text(encoding="utf-8"))
    assert saved["rec_texts"][0] == FIRST_LINE
    page = cv2.imread(str(folder / "general_ocr_002.png"))
    assert page is not None
    with PIL.Image.open(folder / "output" / "general_ocr_002_ocr_res_img.png") as picture:
        assert picture.size == (2 * page.shape[1], page.shape[0])


def test_the_command(run: Callable[..., Any], folder: Path) -> None:
    """There is no such card on this machine: the CPU is used instead, and that is told."""
    ran = run(*shlex.split(COMMAND)[1:])
    assert ran.code == 0
    assert ran.out.startswith("{'res': {'input_path': 'general_ocr_002.png', 'page_index': None, 'model_settings': ")
    assert f"'rec_texts': ['{FIRST_LINE}'" in ran.out
    assert all("the CPU is used instead" in line for line in ran.err.splitlines())
    check_output(folder)


def test_python(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    exec(PYTHON, {})
    assert json.loads(capsys.readouterr().out)["res"]["rec_texts"][0] == FIRST_LINE
    check_output(folder)


def test_a_configuration_is_written_and_read(
    run: Callable[..., Any], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ran = run("--get_pipeline_config", "OCR", "--save_path", "./my_path")
    assert (ran.code, ran.out.strip()) == (0, "my_path/OCR.yaml")
    exec(FROM_A_FILE, {})
    assert json.loads(capsys.readouterr().out)["res"]["rec_texts"][0] == FIRST_LINE
    check_output(folder)


def test_the_command_takes_the_file_too(run: Callable[..., Any], folder: Path) -> None:
    run("--get_pipeline_config", "OCR", "--save_path", "my_path")
    path = folder / "my_path" / "OCR.yaml"
    path.write_text(path.read_text().replace("score_thresh: 0.0", "score_thresh: 0.99"))
    command = COMMAND.replace("OCR ", "my_path/OCR.yaml ", 1)
    ran = run(*shlex.split(command)[1:])
    assert ran.code == 0
    assert "'text_rec_score_thresh': 0.99" in ran.out


def test_custom_weights(folder: Path, zoo: Any) -> None:
    """Section 4.2: a folder in the place of ``model_dir``; the model may have a name of its own."""
    from ocrzoo import create_pipeline
    from ocrzoo_registry.download.request import DownloadRequest

    own = folder / "fine_tuned"
    own.mkdir()
    for path in zoo.resolver.get(DownloadRequest(zoo.models.get("PP-OCRv5_mobile_rec"), ["onnx"])).folder.iterdir():
        (own / path.name).write_bytes(path.read_bytes())
    text = (own / "inference.yml").read_text(encoding="utf-8")
    (own / "inference.yml").write_text(text.replace("PP-OCRv5_mobile_rec", "my_own_rec"), encoding="utf-8")
    config = create_pipeline("OCR").config.model_dump()
    config["SubModules"]["TextRecognition"]["model_dir"] = str(own)
    off = dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False)
    for name in ("PP-OCRv5_mobile_rec", "my_own_rec", None):
        config["SubModules"]["TextRecognition"]["model_name"] = name
        (result,) = create_pipeline(config=config).predict("general_ocr_002.png", **off)
        assert result["rec_texts"][0] == FIRST_LINE
