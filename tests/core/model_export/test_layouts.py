"""What each program finds in its folder, and which models it is not given."""

from __future__ import annotations

import io
import shutil
import tarfile
from dataclasses import replace
from pathlib import Path

import pytest
from tests.core.model_export.conftest import DET, REC

from ocrzoo.model_export.layouts import check_official
from ocrzoo.model_export.targets import TARGETS, Model, Options, Placed, manifest_of
from ocrzoo_registry.errors import UsageError
from ocrzoo_registry.mirror import archives
from ocrzoo_registry.plugins.specs import load_attribute

FILES = ("inference.onnx", "inference.yml")
FOLDERS = {
    "android": ("models/det", "models/rec"),
    "ios": ("Models/det", "Models/rec"),
    "onnx": (f"{DET}_onnx", f"{REC}_onnx"),
}


def laid_out(target: str, models: list[Model], folder: Path) -> list[Placed]:
    placed: list[Placed] = load_attribute(TARGETS[target].layout)(models, folder, Options())
    return placed


def paths(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("target", FOLDERS)
def test_each_model_is_in_the_folder_where_the_program_looks(
    tmp_path: Path, det: Model, rec: Model, target: str
) -> None:
    placed = laid_out(target, [det, rec], tmp_path)
    assert [one.folder for one in placed] == list(FOLDERS[target])
    assert paths(tmp_path) == {f"{folder}/{file}" for folder in FOLDERS[target] for file in FILES}
    for model, folder in zip((det, rec), FOLDERS[target], strict=True):
        for file in FILES:
            assert (tmp_path / folder / file).read_bytes() == (model.files.folder / file).read_bytes()


def test_paddleocr_js_gets_the_archives_that_a_mirror_serves(tmp_path: Path, det: Model, rec: Model) -> None:
    laid_out("paddleocr-js", [det, rec], tmp_path / "export")
    assert paths(tmp_path / "export") == {f"{name}_onnx_infer.tar" for name in (DET, REC)}
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    for model in (det, rec):
        for file in manifest_of(model).files:
            shutil.copyfile(model.files.folder / file.path, blobs / file.sha256)
        stem = f"{model.card.name}_onnx_infer"
        archives.write(tmp_path / f"{stem}.tar", archives.Archive(stem, manifest_of(model).files), blobs)
        assert (tmp_path / "export" / f"{stem}.tar").read_bytes() == (tmp_path / f"{stem}.tar").read_bytes()


def test_the_archives_are_of_the_one_kind_that_paddleocr_js_reads(tmp_path: Path, det: Model) -> None:
    laid_out("paddleocr-js", [det], tmp_path)
    content = (tmp_path / f"{DET}_onnx_infer.tar").read_bytes()
    assert content[257:262] == b"ustar"
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        assert [(one.name, one.isreg()) for one in archive] == [
            (f"{DET}_onnx_infer", False),
            *((f"{DET}_onnx_infer/{file}", True) for file in FILES),
        ]


RESIZE = "RecResizeImg:\n      image_shape:\n      - 3\n      - 48\n      - 320\n"


def edited(model: Model, folder: Path, old: str, new: str) -> Model:
    """A copy of a model whose ``inference.yml`` says something else."""
    shutil.copytree(model.files.folder, folder)
    config = folder / "inference.yml"
    text = config.read_text("utf-8")
    assert old in text
    config.write_text(text.replace(old, new), "utf-8")
    return replace(model, files=replace(model.files, folder=folder))


def test_characters_that_the_android_sdk_cannot_read_are_told(tmp_path: Path, rec: Model) -> None:
    escaped = edited(rec, tmp_path / "model", "  - '6'\n", '  - "\\U0002C27C"\n')
    (told,) = laid_out("android", [escaped], tmp_path / "escaped")
    assert r"writes \U0002C27C for 𬉼: so it does with 1 of the characters" in told.note
    (none,) = laid_out("android", [rec], tmp_path / "official")
    assert none.note == ""


@pytest.mark.parametrize(
    ("task", "old", "new", "said"),
    [
        ("rec", "name: CTCLabelDecode", "name: NRTRLabelDecode", "decoded by NRTRLabelDecode"),
        ("rec", "      - 48\n      - 320\n", "      - 32\n      - 320\n", "lines of 48 pixels"),
        ("rec", "RecResizeImg", "OtherResize", "lines of 48 pixels"),
        (
            "rec",
            RESIZE,
            "RecResizeImg: {a: [1]}\n",
            "lines",
        ),
        (
            "rec",
            RESIZE,
            "RecResizeImg: 48\n",
            "lines",
        ),
        ("det", "name: DBPostProcess", "name: PSEPostProcess", "decoded by PSEPostProcess"),
    ],
)
def test_models_that_paddleocrs_programs_cannot_decode_are_refused(
    tmp_path: Path, det: Model, rec: Model, task: str, old: str, new: str, said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        check_official(edited({"det": det, "rec": rec}[task], tmp_path / "model", old, new))


def test_a_model_with_a_further_file_is_refused(det: Model) -> None:
    record = manifest_of(det)
    further = record.files[0].model_copy(update={"path": "inference.onnx.data"})
    manifest = record.model_copy(update={"files": (*record.files, further)})
    with pytest.raises(UsageError, match=r"inference\.onnx\.data is not so"):
        check_official(replace(det, files=replace(det.files, manifest=manifest)))


def test_the_official_models_are_not_refused(det: Model, rec: Model) -> None:
    check_official(det)
    check_official(rec)
