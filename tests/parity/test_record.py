"""Recording: which pages and models are read, and that what is kept in git covers them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

# The parity tools are scripts that import each other by name; no package holds them.
sys.path.insert(0, str(Path(__file__).parent))

import record
from answers import read_recordings

RECORDED = read_recordings(record.HERE / "answers.json")


def test_the_recording_holds_every_page_and_run() -> None:
    names = [page.name for page in record.list_pages(record.PAGES)]
    runs = {record.Run(model, one.engine): list(pages) for one in RECORDED for model, pages in one.models.items()}
    assert runs == dict.fromkeys(record.RUNS, names)


def test_the_recording_was_made_with_the_settings_and_the_version_stated() -> None:
    data = json.loads((record.HERE / "answers.json").read_text(encoding="utf-8"))
    for recording in data["recordings"]:
        assert recording["settings"] == record.SETTINGS
        assert recording["versions"]["paddlex"] == "3.7.2"


def test_paddlex_reads_the_same_on_both_engines() -> None:
    answers = {one.engine: one.models["PP-OCRv4_mobile"] for one in RECORDED if "PP-OCRv4_mobile" in one.models}
    for page, lines in answers["paddle"].items():
        others = answers["onnxruntime"][page]
        assert [(line.polygon, line.text) for line in lines] == [(line.polygon, line.text) for line in others]


def test_pages_are_small() -> None:
    assert [page.name for page in record.list_pages(record.PAGES) if page.stat().st_size >= 60_000] == []


class TestListPages:
    """Folders and files become pages."""

    def test_images_only_and_by_name(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        for name in ("folder/b.PNG", "folder/a.jpg", "folder/notes.md", "c.png"):
            (tmp_path / name).touch()
        pages = record.list_pages([tmp_path / "folder", tmp_path / "c.png"])
        assert [page.name for page in pages] == ["a.jpg", "b.PNG", "c.png"]

    def test_two_pages_of_one_name_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "folder").mkdir()
        for name in ("folder/a.png", "a.png"):
            (tmp_path / name).touch()
        with pytest.raises(ValueError, match=r"two pages are called a\.png"):
            record.list_pages([tmp_path / "folder", tmp_path / "a.png"])


class TestFindModel:
    """Model folders by format."""

    @pytest.mark.parametrize(("file_format", "folder"), [("onnx", "m_det_onnx"), ("paddle", "m_det")])
    def test_a_folder_given_comes_first(self, tmp_path: Path, file_format: record.Format, folder: str) -> None:
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "inference.yml").touch()
        assert record.find_model("m_det", file_format, tmp_path) == tmp_path / folder

    def test_a_folder_without_inference_yml_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(FileNotFoundError, match=r"inference\.yml"):
            record.find_model("m_det", "onnx", tmp_path)


def test_models_of_one_peer_become_one_recording() -> None:
    merged = record.merge(
        [
            {"peer": "a", "models": {"v4": {}}},
            {"peer": "b", "models": {"v4": {}}},
            {"peer": "a", "models": {"v5": {}}},
        ]
    )
    assert merged == [{"peer": "a", "models": {"v4": {}, "v5": {}}}, {"peer": "b", "models": {"v4": {}}}]


def test_an_environment_given_is_used_and_kept(tmp_path: Path) -> None:
    with record.environment(tmp_path) as python:
        assert python.is_relative_to(tmp_path)
    assert tmp_path.is_dir()
