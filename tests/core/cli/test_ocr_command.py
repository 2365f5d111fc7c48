"""``ocrzoo ocr``, and PaddleX's command line as a drop-in."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import PIL.Image
import pytest

from ocrzoo.cli.ocr_runner import _print
from ocrzoo_registry.download.request import DownloadRequest

pytestmark = pytest.mark.weights

Run = Callable[..., Any]
FIRST_LINE = "Reading a page with a model zoo"
DROP_IN = [
    *("--use_doc_orientation_classify", "False", "--use_doc_unwarping", "False"),
    *("--use_textline_orientation", "False", "--device", "cpu"),
]


@pytest.fixture(autouse=True)
def fetched(zoo: Any) -> None:
    """What is fetched before is not told during a test."""
    for name in ("PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"):
        zoo.resolver.get(DownloadRequest(zoo.models.get(name), ["onnx"]))


def test_one_page_prints_its_text(run: Run, sample: Path) -> None:
    ran = run("ocr", sample)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[0] == FIRST_LINE


def test_each_line_has_its_language_with_one_model(run: Run, sample: Path) -> None:
    page = json.loads(run("ocr", sample, "--lang", "en,zh", "--json").out)
    assert page["rec_texts"] == json.loads(run("ocr", sample, "--json").out)["rec_texts"]
    written_in = {"zh" if any(letter > "\u3000" for letter in text) else "en" for text in page["rec_texts"]}
    assert written_in == {"en", "zh"}
    assert page["rec_languages"] == [
        "zh" if any(letter > "\u3000" for letter in text) else "en" for text in page["rec_texts"]
    ]
    assert set(page["rec_models"]) == {"PP-OCRv5_mobile_rec"}


def test_the_readme_shows_what_the_sample_reads(run: Run, repository: Path, sample: Path) -> None:
    readme = (repository / "README.md").read_text(encoding="utf-8")
    _, reading_command, after = readme.partition("ocrzoo ocr docs/sample.png")
    assert reading_command, "the README does not read the sample"
    shown = after.partition("```text\n")[2].partition("```")[0]
    assert shown == run("ocr", sample).out


def test_several_pages_have_headings(run: Run, sample: Path, pages: dict[str, Path]) -> None:
    ran = run("ocr", pages["no_text.png"], sample)
    assert ran.code == 0
    assert ran.out.splitlines()[:3] == [f"==> {pages['no_text.png']} <==", f"==> {sample} <==", FIRST_LINE]


def test_json_is_one_line_per_page(run: Run, sample: Path, pages: dict[str, Path]) -> None:
    ran = run("ocr", "--json", sample, pages["no_text.png"])
    first, second = map(json.loads, ran.out.splitlines())
    assert first["input_path"] == str(sample)
    assert first["rec_texts"][0] == FIRST_LINE
    assert second["rec_texts"] == []
    assert "模型库" in ran.out


def test_an_unreadable_input_is_reported_and_the_others_are_read(run: Run, sample: Path, tmp_path: Path) -> None:
    letter = tmp_path / "letter.png"
    letter.write_text("Dear reader")
    ran = run("ocr", "--json", letter, sample, tmp_path / "no.png", sample)
    assert ran.code == 6
    assert [json.loads(line)["input_path"] for line in ran.out.splitlines()] == [str(sample), str(sample)]
    errors = ran.err.splitlines()
    assert len(errors) == 2
    assert errors[0].startswith(f"error: {letter}: not an image")
    assert errors[1] == f"error: {tmp_path / 'no.png'}: No such file or directory"


def test_standard_input(run: Run, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(sample.read_bytes())))
    ran = run("ocr", "-", "--json")
    assert ran.code == 0
    assert json.loads(ran.out)["input_path"] == "-"


def test_standard_input_of_the_installed_command(start: Run, sample: Path) -> None:
    with sample.open("rb") as page:
        done = start("ocr", "-", stdin=page)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(FIRST_LINE)
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("option", ["--save_path", "--save-path"])
def test_results_are_saved(run: Run, sample: Path, tmp_path: Path, option: str) -> None:
    assert run("ocr", sample, option, tmp_path / "out").code == 0
    assert sorted(path.name for path in (tmp_path / "out").glob("[!.]*")) == [
        "sample_ocr_res_img.png",
        "sample_res.json",
    ]
    saved = json.loads((tmp_path / "out" / "sample_res.json").read_text(encoding="utf-8"))
    assert saved["rec_texts"][0] == FIRST_LINE


def test_an_unwritable_folder(run: Run, sample: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ran = run("ocr", sample, "--save_path", tmp_path / "file")
    assert ran.code == 2
    assert "cannot hold the results" in ran.error


def test_the_named_models_and_engine_are_used(run: Run, sample: Path, zoo: Any) -> None:
    models = {"detection": "PP-OCRv6_tiny_det", "recognition": "PP-OCRv6_tiny_rec"}
    for name in models.values():
        zoo.resolver.get(DownloadRequest(zoo.models.get(name), ["onnx"]))
    named = [part for task, name in models.items() for part in (f"--text_{task}_model_name", name)]
    ran = run("ocr", sample, *named, "--engine", "onnxruntime", "--debug")
    assert ran.code == 0
    assert "PP-OCRv6_tiny_det: onnx on onnxruntime" in ran.err
    assert "PP-OCRv6_tiny_rec: onnx on onnxruntime" in ran.err


def test_a_model_of_another_task(run: Run, sample: Path) -> None:
    ran = run("ocr", sample, "--text_detection_model_name", "PP-OCRv5_mobile_rec")
    assert ran.code == 2
    assert "PP-OCRv5_mobile_rec does text_recognition" in ran.error


def test_parameters_reach_the_pipeline(run: Run, sample: Path) -> None:
    ran = run(
        *("ocr", sample, "--json", "--text_det_thresh", "0.2", "--text_det_box_thresh", "0", "--text_det_unclip_ratio"),
        *("1.6", "--text_det_limit_side_len", "960", "--text_det_limit_type", "max", "--text_rec_score_thresh", "0.5"),
    )
    result = json.loads(ran.out)
    assert result["text_det_params"] == {
        "limit_side_len": 960,
        "limit_type": "max",
        "thresh": 0.2,
        "max_side_limit": 4000,
        "box_thresh": 0.0,
        "unclip_ratio": 1.6,
    }
    assert result["text_rec_score_thresh"] == 0.5


def test_the_drop_in(run: Run, sample: Path, tmp_path: Path) -> None:
    ran = run("--pipeline", "OCR", "--input", sample, *DROP_IN, "--save_path", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("{'res': {'input_path': ")
    assert FIRST_LINE in ran.out
    assert sorted(path.name for path in tmp_path.glob("[!.]*")) == ["sample_ocr_res_img.png", "sample_res.json"]


def test_the_drop_in_of_the_installed_command(start: Run, sample: Path, tmp_path: Path) -> None:
    done = start("--pipeline", "OCR", "--input", sample, *DROP_IN, "--save_path", tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    with PIL.Image.open(tmp_path / "sample_ocr_res_img.png") as picture, PIL.Image.open(sample) as page:
        assert picture.size == (2 * page.width, page.height)


@pytest.fixture
def two_pages(sample: Path, pages: dict[str, Path], tmp_path: Path) -> Path:
    """A PDF of two pages."""
    path = tmp_path / "two.pdf"
    first, second = (PIL.Image.open(page).convert("RGB") for page in (sample, pages["number_table.png"]))
    first.save(path, save_all=True, append_images=[second], resolution=144)
    return path


def test_pages_of_a_pdf_are_numbered(run: Run, two_pages: Path, tmp_path: Path) -> None:
    ran = run("ocr", two_pages, "--save_path", tmp_path / "out", "--save_as", "json,txt")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if line.startswith("==>")] == [
        f"==> {two_pages}, page 1 <==",
        f"==> {two_pages}, page 2 <==",
    ]
    names = ["two_0_res.json", "two_0_res.txt", "two_1_res.json", "two_1_res.txt"]
    assert sorted(path.name for path in (tmp_path / "out").glob("[!.]*")) == names
    assert FIRST_LINE in (tmp_path / "out" / "two_0_res.txt").read_text(encoding="utf-8")


def test_all_pages_in_one_document(run: Run, two_pages: Path, tmp_path: Path) -> None:
    import pypdfium2

    assert run("ocr", two_pages, "--output", tmp_path / "new" / "text.pdf").code == 0
    document = pypdfium2.PdfDocument(tmp_path / "new" / "text.pdf")
    try:
        assert len(document) == 2
        page = document[0]
        text = page.get_textpage()
        assert "Reading a page" in text.get_text_range()
        text.close()
        page.close()
    finally:
        document.close()


def test_markdown_of_all_pages_and_of_each(run: Run, two_pages: Path, tmp_path: Path) -> None:
    path = tmp_path / "text.md"
    assert run("ocr", two_pages, "--output", path, "--save_path", tmp_path / "out", "--save_as", "md").code == 0
    first, second = (path.read_text(encoding="utf-8") for path in sorted((tmp_path / "out").glob("*.md")))
    assert first.startswith("Reading a page")
    assert path.read_text(encoding="utf-8") == f"{first}\n---\n\n{second}"


def test_several_documents_are_written_from_one_reading(run: Run, two_pages: Path, tmp_path: Path) -> None:
    """Each is the file that it is alone."""

    def written(folder: str, *names: str) -> list[bytes]:
        paths = [tmp_path / folder / name for name in names]
        ran = run("ocr", two_pages, *(part for path in paths for part in ("--output", path)), "--json")
        assert (ran.code, len(ran.out.splitlines())) == (0, 2)
        return [path.read_bytes() for path in paths]

    together = written("together", "text.md", "text.pdf", "text.hocr")
    assert together == [*written("alone", "text.md"), *written("alone", "text.pdf"), *written("alone", "text.hocr")]
    assert together[0].startswith(b"Reading a page")


def test_two_documents_of_one_format_are_refused_before_reading(run: Run, sample: Path, tmp_path: Path) -> None:
    ran = run("ocr", sample, "--output", tmp_path / "a.md", "--output", tmp_path / "b.MD")
    assert (ran.code, ran.out) == (2, "")
    assert ran.error.endswith(f"--output {tmp_path / 'a.md'} and {tmp_path / 'b.MD'}: name one file of each format")
    assert list(tmp_path.iterdir()) == []


def test_a_document_with_an_unknown_suffix(run: Run, sample: Path, tmp_path: Path) -> None:
    ran = run("ocr", sample, "--output", tmp_path / "text.doc")
    assert ran.code == 2
    assert "unknown suffix, use one of .hocr, .md, .pdf, .tsv, .txt, .xml" in ran.error


def test_an_unknown_kind_of_file(run: Run, sample: Path, tmp_path: Path) -> None:
    ran = run("ocr", sample, "--save_path", tmp_path, "--save_as", "json,doc")
    assert ran.code == 2
    assert "'doc' is not one of 'json', 'img', 'txt', 'md', 'tsv', 'hocr', 'alto', 'pdf'" in ran.error


def test_words(run: Run, sample: Path) -> None:
    result = json.loads(run("ocr", sample, "--json", "--return_word_box", "True").out)
    assert result["text_word"][0] == FIRST_LINE.split()
    assert len(result["text_word_boxes"][0]) == len(result["text_word"][0])


def test_optional_stages_are_off_by_default(run: Run, sample: Path) -> None:
    """The drop-in has them on, as PaddleX does: their weights cannot be had here, and that is told."""
    assert json.loads(run("ocr", sample, "--json").out)["model_settings"] == {
        "use_doc_preprocessor": False,
        "use_textline_orientation": False,
    }
    for ran in (
        run("--pipeline", "OCR", "--input", sample),
        run("ocr", sample, "--use_doc_orientation_classify", "True"),
    ):
        assert ran.code == 4
        assert ran.error.startswith("error: PP-LCNet_x1_0_doc_ori could not be downloaded: no source has it")
        assert ran.error.endswith("use_doc_orientation_classify=False. --debug shows each source.")


def test_an_hpi_config(run: Run, sample: Path) -> None:
    ran = run("ocr", sample, "--hpi_config", "{'backend': 'onnxruntime'}", "--debug")
    assert ran.code == 0
    assert "onnx on onnxruntime" in ran.err
    assert "is not a mapping" in run("ocr", sample, "--hpi_config", "openvino").error


def test_an_existing_configuration_is_not_overwritten(run: Run, tmp_path: Path) -> None:
    for name in ("OCR", "doc_preprocessor"):
        assert run("--get_pipeline_config", name, "--save_path", tmp_path).code == 0
        assert run("--get_pipeline_config", name, "--save_path", tmp_path).code == 0
    (tmp_path / "OCR.yaml").write_text("mine")
    assert "exists and differs" in run("--get_pipeline_config", "OCR", "--save_path", tmp_path).error
    assert (tmp_path / "OCR.yaml").read_text() == "mine"
    (tmp_path / "OCR.yaml").unlink()
    (tmp_path / "OCR.yaml").mkdir()
    assert "exists and differs" in run("--get_pipeline_config", "OCR", "--save_path", tmp_path).error
    assert "no pipeline is called 'OCRR'" in run("--get_pipeline_config", "OCRR").error


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
def test_a_named_pipe_is_not_overwritten_by_a_configuration(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "OCR.yaml")
    assert "exists and differs" in run("--get_pipeline_config", "OCR", "--save_path", tmp_path).error
    assert (tmp_path / "OCR.yaml").is_fifo()


def test_characters_that_the_encoding_lacks_are_escaped(command: Path, pages: dict[str, Path], home: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "cp1252", "OCRZOO_HOME": str(home)}
    line = [str(command), "ocr", str(pages["chinese_mixed.png"])]
    ran = subprocess.run(line, env=environment, capture_output=True, timeout=120, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert rb"\u" in ran.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="closed by a shell")
def test_an_error_with_standard_error_closed(command: Path, tmp_path: Path, home: Path) -> None:
    line = ["sh", "-c", '"$0" ocr nowhere.png 2>&-', str(command)]
    environment = {**os.environ, "OCRZOO_HOME": str(home)}
    assert subprocess.run(line, cwd=tmp_path, env=environment, timeout=120, check=False).returncode == 6


def test_terminal_escapes_in_text_are_removed(capsys: pytest.CaptureFixture[str]) -> None:
    result: Any = {"rec_texts": ["red \x1b[31m", "two\nlines", ""]}
    _print(result, "text", heading=False)
    assert capsys.readouterr().out == "red \ufffd[31m\ntwo lines\n"


@pytest.mark.weights
def test_installed_models_read_if_no_hub_answers(run: Run, sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PADDLE_PDX_HUGGING_FACE_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("PADDLE_PDX_MODEL_SOURCE", "wheel,huggingface")
    ran = run("ocr", sample, "--lang", "fr,de", "--json")
    assert ran.code == 0
    (warning,) = [line for line in ran.err.splitlines() if line.startswith("warning: ")]
    assert "PP-OCRv6_medium_rec" in warning, "what was passed over"
    assert "127.0.0.1:9" in warning, "and why"
    assert "PP-OCRv6_small_rec, on this machine, reads fr,de (--prefer installed asks no source)" in warning
    assert set(json.loads(ran.out)["rec_models"]) == {"PP-OCRv6_small_rec"}
    for how in (["--prefer", "installed"], []):
        ran = run("ocr", sample, "--lang", "fr,de", *how)
        assert (ran.code, ran.err) == (0, "")
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")


@pytest.mark.weights
def test_letters_that_the_model_lacks_are_a_warning_and_in_the_result(run: Run, sample: Path) -> None:
    ran = run("ocr", sample, "--lang", "ja", "--json")
    said = "PP-OCRv5_mobile_rec cannot write ゐ (HIRAGANA LETTER WI), ヱ (KATAKANA LETTER WE), 2 of the 2311 letters"
    assert said in ran.err
    assert json.loads(ran.out)["warnings"] == [f"{said} of Japanese (ja)"]


def test_a_preference_needs_a_language(run: Run, sample: Path) -> None:
    ran = run("ocr", sample, "--prefer", "small")
    assert (ran.code, ran.error) == (2, "error: prefer and accept_missing choose a model by language: give lang too")


@pytest.mark.weights
def test_installed_weights_are_read_without_a_writable_home(
    start: Callable[..., Any], sample: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    ran = start("ocr", sample)
    assert ran.returncode == 0
    assert "Reading a page with a model zoo" in ran.stdout
    assert ran.stderr.count("warning") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_pages_that_are_hard_to_read_are_enlarged_and_enhanced(run: Run, sample: Path, tmp_path: Path) -> None:
    small = tmp_path / "small.png"
    with PIL.Image.open(sample) as page:
        page.convert("RGB").resize((page.width // 4, page.height // 4), PIL.Image.Resampling.BOX).save(small)
    usual, automatic, given = (
        json.loads(run("ocr", small, "--json", *options).out)
        for options in ((), ("--upscale", "auto"), ("--upscale", "2.0"))
    )
    assert automatic["rec_polys"] == given["rec_polys"] != usual["rec_polys"]
    told = json.loads(run("ocr", sample, "--json", "--enhance", "True", "--return_scripts", "True").out)
    assert {*told["rec_scripts"]} == {"Latn", "Hani"}
    for wrong in ("9", "much"):
        refused = run("ocr", sample, "--upscale", wrong)
        assert refused.code == 2
        assert "--upscale" in refused.err


def test_what_is_known_of_lines_and_what_is_returned_of_them(run: Run, sample: Path, tmp_path: Path) -> None:
    usual = json.loads(run("ocr", sample, "--json").out)
    lexicon = tmp_path / "lines.txt"
    lexicon.write_text("\n".join([*usual["rec_texts"], "and another"]), encoding="utf-8")
    assert json.loads(run("ocr", sample, "--json", "--lexicon", lexicon).out)["rec_texts"] == usual["rec_texts"]
    told = json.loads(run("ocr", sample, "--json", "--alternatives", 2, "--return_chars", "True").out)
    assert [len(others) for others in told["rec_alternatives"]] == [2] * len(usual["rec_texts"])
    assert ["".join(one["text"] for one in line) for line in told["rec_chars"]] == told["rec_texts"]
    digits = json.loads(run("ocr", sample, "--json", "--allow", "digits", "--allow", "-", "--deny", " ").out)
    assert set("".join(digits["rec_texts"])) <= set("0123456789-")
    dated = json.loads(
        run("ocr", sample, "--json", "--pattern", r"Updated on \d{4}-\d\d-\d\d.*", "--pattern", ".*").out
    )
    assert dated["rec_texts"] == usual["rec_texts"]
    spaced = json.loads(run("ocr", sample, "--json", "--restore_spaces", "True").out)
    assert spaced["rec_scores"] == usual["rec_scores"]


def test_what_text_does_not_show_is_said_to_be_elsewhere(run: Run, sample: Path, tmp_path: Path) -> None:
    ran = run("ocr", sample, "--alternatives", 2, "--return_chars", "True")
    note = "note: --return_chars, --alternatives: what is returned besides is in the results of --json or --save_path"
    assert note in ran.err.splitlines()
    assert "note:" not in run("ocr", sample, "--alternatives", 2, "--json").err
    assert "note:" not in run("ocr", sample, "--alternatives", 2, "--output", tmp_path / "page.xml").err
    assert "note:" not in run("ocr", sample).err


def test_lines_of_one_column_are_the_same_when_columns_are_split(run: Run, sample: Path) -> None:
    usual = run("ocr", sample, "--json")
    assert run("ocr", sample, "--json", "--split_columns", "True").out == usual.out
    refused = run("ocr", sample, "--split_columns", "much")
    assert (refused.code, refused.out) == (2, "")
    assert "--split_columns" in refused.err


def test_paragraphs_are_printed_and_written_a_line_each(run: Run, sample: Path, tmp_path: Path) -> None:
    lines = run("ocr", sample, "--return_paragraphs", "True").out.splitlines()
    assert lines[0] == "Reading a page with a model zoo"
    assert lines[1] == ""
    assert lines[2].startswith("A model zoo keeps many small readers in one place. First a detector finds every line")
    run("ocr", sample, "--dehyphenate", "True", "--output", tmp_path / "page.md")
    assert (tmp_path / "page.md").read_text(encoding="utf-8").splitlines()[0] == "# Reading a page with a model zoo"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--pattern", "("), "pattern '(' is not valid"),
        (("--allow", r"\p{No such}"), r"allow: \p{No such} is no class of Unicode"),
        (("--lexicon", "nowhere.txt"), "nowhere.txt: No such file"),
        (("--alternatives", "21"), "--alternatives"),
    ],
)
def test_a_mistake_in_what_is_known_is_one_line(
    run: Run, sample: Path, arguments: tuple[str, str], message: str
) -> None:
    ran = run("ocr", sample, *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err
    assert "Traceback" not in ran.err
