"""The folder that a command writes: whole or not there, and never over files of others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ocrzoo.results.output_folder import FolderKind, staged, write_list
from ocrzoo_registry.errors import UsageError

RECORD = "catalog.json"
KIND = FolderKind("catalog", RECORD)

MOUNTED = Path("/dev/shm")


def publish(target: Path, **files: str) -> None:
    with staged(target, KIND) as folder:
        for name, content in files.items():
            (folder / f"{name}.html").write_text(content)
        write_list(folder, KIND)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_is_made_with_the_folders_above(tmp_path: Path) -> None:
    publish(tmp_path / "a" / "b", index="1")
    assert names(tmp_path / "a") == ["b"]
    assert json.loads((tmp_path / "a" / "b" / RECORD).read_text()) == {"files": ["index.html"]}


def test_an_older_one_is_replaced_as_a_whole(tmp_path: Path) -> None:
    publish(tmp_path / "site", index="1", gone="1")
    publish(tmp_path / "site", index="2")
    assert names(tmp_path / "site") == [RECORD, "index.html"]
    assert names(tmp_path) == ["site"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    publish(tmp_path / "site", index="1")
    assert "index.html" in names(tmp_path / "site")


@pytest.mark.parametrize("target", [".", "", "..", "../site"])
def test_a_folder_that_a_shell_is_in_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    (tmp_path / "site").mkdir()
    monkeypatch.chdir(tmp_path / "site")
    with pytest.raises(
        UsageError, match=r"^\.\S* is the current directory or above it.+: name a folder in it, such as"
    ):
        publish(Path(target), index="1")
    publish(Path("catalog"), index="1")
    assert names(tmp_path / "site" / "catalog") == [RECORD, "index.html"]


@pytest.mark.skipif(not MOUNTED.is_mount(), reason="needs a mount point")
def test_a_mount_point_is_refused_before_the_work() -> None:
    """As volumes of containers are: they cannot be renamed."""
    with (
        pytest.raises(UsageError, match="is a mount point, which cannot be replaced as a whole: name a folder in it"),
        staged(MOUNTED, KIND),
    ):
        pytest.fail("the work began")


@pytest.mark.parametrize("below", ["inner", "some/where/inner"])
def test_a_folder_inside_of_another_one_is_refused(tmp_path: Path, below: str) -> None:
    """With it, the outer one would have files of others, and would not be replaced any more."""
    publish(tmp_path / "site", index="1")
    with pytest.raises(UsageError, match="site, which is a catalog: name a folder outside of it"):
        publish(tmp_path / "site" / below, index="1")
    publish(tmp_path / "site", index="2")


def test_files_of_others_with_the_name_of_the_record_refuse_nothing_below(tmp_path: Path) -> None:
    (tmp_path / RECORD).write_text('{"cats": 9}')
    publish(tmp_path / "site", index="1")


def test_a_build_that_fails_leaves_the_older_one(tmp_path: Path) -> None:
    publish(tmp_path / "site", index="1")
    with pytest.raises(UsageError, match="could not be written"), staged(tmp_path / "site", KIND) as folder:
        folder.write_text("a build that fails")
    assert (tmp_path / "site" / "index.html").read_text() == "1"
    assert names(tmp_path) == ["site"]


def test_through_a_link(tmp_path: Path) -> None:
    publish(tmp_path / "real", index="1")
    (tmp_path / "site").symlink_to(tmp_path / "real")
    publish(tmp_path / "site", index="2")
    assert (tmp_path / "site").is_symlink()
    assert (tmp_path / "real" / "index.html").read_text() == "2"


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ({"thesis.txt": "mine"}, "has files and is not a catalog"),
        ({"thesis.txt": "mine", RECORD: '{"files": []}'}, "has thesis.txt, which no catalog wrote"),
        ({"a/b/thesis.txt": "mine", RECORD: '{"files": []}'}, "has a/b/thesis.txt, which no catalog wrote"),
        ({RECORD: "[]"}, "is not the record of a catalog"),
        ({RECORD: '{"files": 1}'}, "is not the record of a catalog"),
        ({RECORD: "[" * 100_000}, "is not the record of a catalog"),
        ({RECORD: "{"}, "is not the record of a catalog"),
    ],
)
def test_files_of_others_stay(tmp_path: Path, found: dict[str, str], said: str) -> None:
    for name, content in found.items():
        (tmp_path / "site" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "site" / name).write_text(content)
    with pytest.raises(UsageError, match=said):
        publish(tmp_path / "site", index="1")
    assert all((tmp_path / "site" / name).read_text() == content for name, content in found.items())
    assert names(tmp_path) == ["site"]


def test_a_link_that_was_put_there_is_of_others(tmp_path: Path) -> None:
    publish(tmp_path / "site", index="1")
    (tmp_path / "site" / "models").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="has models, which no catalog wrote"):
        publish(tmp_path / "site", index="2")


def test_a_file_that_came_during_the_build_stays(tmp_path: Path) -> None:
    publish(tmp_path / "site", index="1")
    with pytest.raises(UsageError, match=r"has late\.txt"), staged(tmp_path / "site", KIND):
        (tmp_path / "site" / "late.txt").write_text("mine")
    assert (tmp_path / "site" / "late.txt").read_text() == "mine"


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("mine")
    with pytest.raises(UsageError, match="is not a folder"):
        publish(tmp_path / "site", index="1")
    with pytest.raises(UsageError, match="could not be written"):
        publish(tmp_path / "site" / "below", index="1")
