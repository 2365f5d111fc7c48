"""``list_models`` and ``download``: models by timm's patterns, and their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ocrzoo_registry.catalog import Catalog
from ocrzoo_registry.errors import SourceError, UnknownModel, UsageError
from ocrzoo_registry.models import download, list_models
from ocrzoo_registry.settings import Settings
from ocrzoo_registry.zoo import Zoo

DET, REC = "PP-OCRv5_mobile_det", "PP-OCRv5_mobile_rec"


@pytest.fixture
def small_zoo(tmp_path: Path) -> Zoo:
    """A zoo with two models in a folder, and no other source."""
    for name in (DET, REC):
        folder = tmp_path / "weights" / f"{name}_onnx"
        folder.mkdir(parents=True)
        (folder / "inference.onnx").write_bytes(b"o" * 5000)
        (folder / "inference.yml").write_text(f"Global:\n  model_name: {name}\n", encoding="utf-8")
    settings = Settings(home=tmp_path / "home", sources=("directory",), sources_exact=True)
    return Zoo(Settings(**{**vars(settings), "model_path": (tmp_path / "weights",)}))


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        ({"pattern": "PP-OCRv6*_det"}, ["PP-OCRv6_medium_det", "PP-OCRv6_small_det", "PP-OCRv6_tiny_det"]),
        ({"pattern": "pp-ocrv6_tiny_*"}, ["PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"]),
        ({"pattern": ["UVDoc", "*v5_mobile_det"]}, ["PP-OCRv5_mobile_det", "UVDoc"]),
        ({"pattern": "PP-OCRv5_mobile_rec"}, ["PP-OCRv5_mobile_rec"]),
        ({"pattern": "mobile"}, []),
        (
            {"pattern": "PP-OCRv6*", "exclude": "*_rec"},
            ["PP-OCRv6_medium_det", "PP-OCRv6_small_det", "PP-OCRv6_tiny_det"],
        ),
        ({"pattern": "PP-OCRv6*", "exclude": ["*_rec", "*small*"]}, ["PP-OCRv6_medium_det", "PP-OCRv6_tiny_det"]),
        ({"task": "image_unwarping"}, ["UVDoc"]),
        ({"family": "ppocrv6", "tier": "tiny"}, ["PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"]),
        ({"lang": "th"}, ["th_PP-OCRv5_mobile_rec"]),
    ],
)
def test_models_are_listed_by_pattern_and_property(zoo: Zoo, arguments: dict[str, Any], names: list[str]) -> None:
    assert list_models(**arguments, zoo=zoo) == names


def test_without_conditions_all_models_are_listed_in_natural_order(zoo: Zoo) -> None:
    names = list_models(zoo=zoo)
    assert sorted(names) == sorted(zoo.models.names)
    assert names.index("PP-OCRv4_mobile_det") < names.index("PP-OCRv5_mobile_det")


@pytest.mark.parametrize("condition", [{"task": "text_detektion"}, {"family": "ppocr"}, {"tier": "tiniest"}])
def test_an_unknown_property_is_an_error_with_the_known_ones(zoo: Zoo, condition: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"is unknown: choose .+"):
        list_models(**condition, zoo=zoo)


def test_a_task_without_a_card_has_no_models() -> None:
    assert Catalog([], ["layout_detection"]).search(task="layout_detection") == []


def test_a_downloaded_model_is_installed(small_zoo: Zoo) -> None:
    assert list_models(installed=True, zoo=small_zoo) == []
    files = download(DET, format="onnx", zoo=small_zoo)
    assert (files.name, files.file_format) == (DET, "onnx")
    assert (files.folder / "inference.onnx").read_bytes() == b"o" * 5000
    assert list_models(installed=True, zoo=small_zoo) == [DET]


def test_several_models_are_downloaded_and_a_failure_leaves_the_others(small_zoo: Zoo) -> None:
    assert [files.name for files in download([REC, DET], zoo=small_zoo)] == [REC, DET]
    assert download([], zoo=small_zoo) == []
    with pytest.raises(SourceError, match="UVDoc"):
        download(["UVDoc", DET], zoo=small_zoo)
    assert list_models(installed=True, zoo=small_zoo) == [DET, REC]


def test_a_wrong_name_or_source_is_an_error(small_zoo: Zoo) -> None:
    with pytest.raises(UnknownModel, match="did you mean PP-OCRv5_mobile_det"):
        download("PP-OCRv5_mobile_dett", zoo=small_zoo)
    with pytest.raises(UnknownModel, match=r"Run 'ocrzoo models list' to see the names\.$"):
        download("xyzzy", zoo=small_zoo)
    with pytest.raises(UsageError, match="a zoo or a source, not both"):
        download(DET, source="pip", zoo=small_zoo)
    with pytest.raises(UsageError, match="did you mean huggingface"):
        download(DET, source="huggingfase")
