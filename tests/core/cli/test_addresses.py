"""Models by address: a repository of the hubs' server, a folder and a tar, wherever a model's name is."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.hubs.server import Hubs
from tests.registry.kit import SitePackages, sha256

from ocrzoo_registry.cards.address import parse_address
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.errors import ExitCode
from ocrzoo_registry.zoo import Zoo

Run = Callable[..., Any]

ADDRESS = "hf://ocean/signs"
README = """---
license: apache-2.0
language: [en, zh]
language_bcp47: [en, zh-Hans]
summary: Reads signs on the beach.
---
# Signs
"""
FIRST_LINE = "Reading a page with a model zoo"


@pytest.fixture(scope="session")
def weights(zoo: Zoo) -> dict[str, bytes]:
    """Real weights, as a repository has them: those of an official model, whose name is in their inference.yml."""
    files = zoo.resolver.get(DownloadRequest(zoo.models.get("PP-OCRv5_mobile_rec"), ["onnx"]))
    return {name: (files.folder / name).read_bytes() for name in ("inference.onnx", "inference.yml")}


@pytest.fixture
def own_home(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store with the detector only."""
    own = tmp_path / "home"
    name = "PP-OCRv5_mobile_det_onnx"
    if (home / "official_models" / name).is_dir():
        shutil.copytree(home / "official_models" / name, own / "official_models" / name)
    monkeypatch.setenv("OCRZOO_HOME", str(own))
    return own


@pytest.fixture
def hubs(weights: dict[str, bytes], own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hubs]:
    """A hub with that repository; nothing else leads there."""
    monkeypatch.setenv("NO_PROXY", "*")
    with Hubs({"ocean/signs": {**weights, "README.md": README.encode()}}) as hubs:
        for name, value in hubs.environment().items():
            monkeypatch.setenv(name, value)
        yield hubs


@pytest.fixture
def folder(tmp_path: Path, weights: dict[str, bytes], own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the model, in the current one."""
    own = tmp_path / "own"
    own.mkdir()
    for name, content in weights.items():
        (own / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return own


def pulled(run: Run, *arguments: str) -> dict[str, Any]:
    ran = run("models", "pull", *arguments, "--json")
    assert ran.code == ExitCode.DONE, ran.err
    [one] = json.loads(ran.out)
    return dict(one)


@pytest.mark.weights
def test_a_page_is_read_with_a_repository_and_read_again_offline(
    run: Run, hubs: Hubs, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("ocr", str(sample), "--text_recognition_model_name", ADDRESS)
    assert (ran.code, ran.out.splitlines()[0]) == (ExitCode.DONE, FIRST_LINE)
    hubs.clear()
    monkeypatch.setenv("OCRZOO_OFFLINE", "1")
    again = run("ocr", str(sample), "--text_recognition_model_name", ADDRESS)
    assert (again.out, hubs.requests) == (ran.out, [])


@pytest.mark.weights
def test_create_model_and_a_configuration_take_an_address(folder: Path, sample: Path) -> None:
    from ocrzoo import create_model, create_pipeline

    off = dict.fromkeys(("use_doc_orientation_classify", "use_doc_unwarping", "use_textline_orientation"), False)
    config = create_pipeline("OCR").config.model_dump()
    config["SubModules"]["TextRecognition"]["model_name"] = "./own"
    [page] = create_pipeline(config=config).predict(str(sample), **off)
    assert page["rec_texts"][0] == FIRST_LINE
    assert create_model("./own", device="cpu").task == "text_recognition"


@pytest.mark.weights
def test_the_card_says_what_the_repository_says(run: Run, hubs: Hubs) -> None:
    shown = json.loads(run("models", "show", ADDRESS, "--json").out)
    commit = hubs.commit("ocean/signs")
    assert (shown["task"], shown["license"]) == ("text_recognition", "Apache-2.0")
    assert (shown["languages"], shown["scripts"]) == (["en", "zh-Hans"], ["Latn", "Hans"])
    assert shown["sources"] == {"huggingface": {"onnx": {"repository": "ocean/signs", "revision": commit}}}
    assert shown["inference"]["postprocess"] == {"name": "CTCLabelDecode"}
    pinned = {file["path"]: file.get("sha256") for file in shown["artifacts"]["onnx"]["files"]}
    assert pinned["inference.onnx"] == sha256(hubs.models["ocean/signs"]["inference.onnx"])
    assert commit in shown["plugin"]


@pytest.mark.weights
def test_the_revision_is_pinned_until_an_update_and_in_the_lock_file(
    run: Run, hubs: Hubs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = pulled(run, ADDRESS)
    assert (first["source"], first["revision"]) == ("huggingface", hubs.commit("ocean/signs"))
    lock = tmp_path / "ocrzoo.lock"
    assert run("lock", ADDRESS, "--output", lock).code == ExitCode.DONE
    hubs.models["ocean/signs"] = {**hubs.models["ocean/signs"], "README.md": README.encode() + b"newer\n"}
    assert pulled(run, ADDRESS) == first
    newer = pulled(run, ADDRESS, "--update")
    assert newer["revision"] == hubs.commit("ocean/signs") != first["revision"]

    monkeypatch.setenv("OCRZOO_HOME", str(tmp_path / "another machine"))
    ran = run("models", "pull", "--lock_file", lock, "--json")
    [locked] = json.loads(ran.out)
    assert (locked["name"], locked["revision"]) == (first["name"], first["revision"])
    sums = {file["path"]: file["sha256"] for file in first["files"]}
    assert {file["path"]: file["sha256"] for file in locked["files"]} == sums


@pytest.mark.weights
def test_modelscope_and_a_named_revision(run: Run, hubs: Hubs) -> None:
    found = pulled(run, "modelscope://ocean/signs")
    assert (found["source"], found["name"][:25]) == ("modelscope", "modelscope--ocean--signs-")
    commit = hubs.commit("ocean/signs")
    assert pulled(run, f"hf://ocean/signs@{commit}")["revision"] == commit


@pytest.mark.weights
def test_commands_of_the_store_take_an_address(run: Run, hubs: Hubs, own_home: Path) -> None:
    stored = pulled(run, ADDRESS)
    assert run("models", "path", ADDRESS).out.strip() == stored["path"]
    assert run("models", "show", stored["name"]).code == ExitCode.DONE  # the name in the store works too
    assert "verified" in run("models", "verify", ADDRESS, "--deep").out
    weights = Path(stored["path"]) / "inference.onnx"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    assert run("models", "verify", ADDRESS).code == ExitCode.INTEGRITY
    assert run("models", "repair", ADDRESS).code == ExitCode.DONE
    assert run("models", "remove", ADDRESS).code == ExitCode.DONE
    kept = own_home / "official_models" / ".ocrzoo" / "cards"
    assert (Path(stored["path"]).exists(), list(kept.iterdir())) == (False, [])


@pytest.mark.weights
def test_the_folder_of_another_card_is_not_that_of_an_address(run: Run, hubs: Hubs) -> None:
    manifest = Path(pulled(run, ADDRESS)["path"]) / "ocrzoo.json"
    stated = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps({**stated, "address": None}), encoding="utf-8")
    ran = run("models", "path", ADDRESS)
    assert (ran.code, ran.out) == (ExitCode.NOT_FOUND, "")
    assert "is of another card: run 'ocrzoo models pull hf--ocean" in ran.err


@pytest.mark.weights
def test_a_tar_is_as_good_as_a_folder(run: Run, folder: Path) -> None:
    with tarfile.open("own.tar", "w") as archive:
        archive.add("own")
    of_tar, of_folder = pulled(run, "./own.tar"), pulled(run, "./own")
    assert of_tar["name"] != of_folder["name"]
    sums = {file["path"]: file["sha256"] for file in of_folder["files"]}
    assert {file["path"]: file["sha256"] for file in of_tar["files"]} == sums


@pytest.mark.weights
def test_a_changed_folder_is_copied_again_and_a_removed_one_still_works(run: Run, folder: Path) -> None:
    before = pulled(run, "./own")
    text = (folder / "inference.yml").read_text(encoding="utf-8")
    (folder / "inference.yml").write_text(text.replace("model_name:", "own_name:"), encoding="utf-8")
    assert pulled(run, "./own")["files"] != before["files"]
    shutil.rmtree(folder)
    assert run("models", "path", "./own").out.strip() == before["path"]


@pytest.mark.weights
def test_an_official_name_inside_overrides_nothing(run: Run, hubs: Hubs) -> None:
    """The repository's inference.yml names an official model; that model is what it was."""
    name = pulled(run, ADDRESS)["name"]
    assert name == parse_address(ADDRESS).name
    shown = json.loads(run("models", "show", "PP-OCRv5_mobile_rec", "--json").out)
    assert (shown["installed"], "ocrzoo" in shown["plugin"]) == ({}, True)
    assert name not in run("models", "list").out


@pytest.mark.weights
def test_a_plugin_cannot_take_the_name_of_an_address(run: Run, hubs: Hubs, site: SitePackages) -> None:
    """Its weights would be stored under that name."""
    name = parse_address(ADDRESS).name
    card = {
        "name": name,
        "family": "false",
        "task": "text_recognition",
        "version": "1",
        "summary": "Takes a name.",
        "license": "MIT",
        "charset": "a.txt",
        "artifacts": {"onnx": {"files": [{"path": "inference.onnx"}]}},
        "sources": {"directory": {"onnx": {"path": "weights"}}},
        "inference": {"predictor": "text_recognition"},
    }
    module = (
        "from pathlib import Path\nfrom ocrzoo_registry import build_card, hookimpl\n@hookimpl\n"
        f"def ocrzoo_model_cards():\n    yield build_card({card!r}, origin='it', folder=Path(__file__).parent)\n"
    )
    site.install("false", {"false_one": module}, files={"a.txt": b"a\n", "weights/inference.onnx": b"\x08\x01"})
    assert "models by address are stored under such names" in run("models", "pull", name).err
    assert pulled(run, ADDRESS)["source"] == "huggingface"


@pytest.mark.parametrize(
    ("address", "code", "said"),
    [
        ("hf://ocean", ExitCode.USAGE, "write it as hf://org/name or hf://org/name@revision"),
        ("hf://../..", ExitCode.USAGE, "write it as hf://org/name"),
        ("hf://a/b/../c", ExitCode.USAGE, "write it as hf://org/name"),
        ("hf://a/b@../x", ExitCode.USAGE, "write it as hf://org/name"),
        ("ftp://a/b", ExitCode.USAGE, "an address begins with hf://"),
        ("https://user:secret@host/x", ExitCode.USAGE, "an address begins with hf://"),
        ("./nothing", ExitCode.NOT_FOUND, "could not be read"),
        ("ocean/signs", ExitCode.NOT_FOUND, "write hf://ocean/signs for a repository, or ./ocean/signs for a folder"),
        ("hf--ocean--signs--000000000000", ExitCode.NOT_FOUND, "no model is called"),
        ("hf--..--..--000000000000", ExitCode.NOT_FOUND, "no model is called"),
    ],
)
def test_what_is_no_model_is_one_line(run: Run, tmp_path: Path, address: str, code: int, said: str) -> None:
    ran = run("models", "show", address)
    assert (ran.code, said in ran.error, "secret" in ran.error) == (code, True, False), ran.error


def test_what_a_hub_lacks_and_offline_mode_are_one_line(
    run: Run, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    with Hubs({"ocean/empty": {"README.md": b"# nothing"}}) as hubs:
        for name, value in hubs.environment().items():
            monkeypatch.setenv(name, value)
        assert run("models", "pull", "hf://ocean/gone").code == ExitCode.SOURCE
        assert "has no model (paddle: inference.json" in run("models", "pull", "hf://ocean/empty").error
        monkeypatch.setenv("OCRZOO_OFFLINE", "1")
        ran = run("models", "show", "hf://ocean/gone")
        assert ran.code == ExitCode.SOURCE
        assert "run 'OCRZOO_OFFLINE=0 ocrzoo models pull hf://ocean/gone'" in ran.error


HOSTILE = {
    "not YAML": b"Global: [",
    "more than plain data": b"PostProcess: !!python/object/apply:os.system ['true']\n",
    "a section that is none": b"PostProcess: 7\n",
    "a charset that is none": b"PostProcess: {name: CTCLabelDecode, character_dict: 5}\n",
    "an entry with a line break": b'PostProcess: {name: CTCLabelDecode, character_dict: ["a\\nb"]}\n',
    "an empty entry": b'PostProcess: {name: CTCLabelDecode, character_dict: [""]}\n',
    "steps that are none": b"PreProcess: {transform_ops: [5]}\nPostProcess: {}\n",
    "shapes that are none": b"Hpi: {backend_configs: {paddle_infer: {trt_dynamic_shapes: {x: [1]}}}}\n",
    "an alias bomb": b"a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 10)) for n in range(9)),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_configuration_is_refused_in_one_line(
    run: Run, own_home: Path, tmp_path: Path, content: bytes
) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "inference.onnx").write_bytes(b"\x08\x01")
    (own / "inference.yml").write_bytes(content)
    ran = run("models", "show", own)
    assert ran.code in {ExitCode.USAGE, ExitCode.INTEGRITY}
    assert not (own_home / "official_models" / ".ocrzoo" / "cards").exists()
    assert ran.error


def test_a_hostile_archive_is_refused_in_one_line(run: Run, own_home: Path, tmp_path: Path) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as archive:
        member = tarfile.TarInfo("own/../../inference.yml")
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))
    ran = run("models", "show", path)
    assert (ran.code, "archive refused" in ran.error) == (ExitCode.INTEGRITY, True)
