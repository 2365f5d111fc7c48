"""Real models to export: the smallest that there are."""

from __future__ import annotations

import pytest

from ocrzoo.model_export.targets import Model
from ocrzoo_registry.download.request import DownloadRequest
from ocrzoo_registry.zoo import Zoo

DET, REC = "PP-OCRv6_tiny_det", "PP-OCRv6_tiny_rec"


def stored(zoo: Zoo, name: str, file_format: str = "onnx") -> Model:
    """Give a model with its files, from the packages that have weights."""
    card = zoo.models.get(name)
    return Model(card, zoo.resolver.get(DownloadRequest(card, (file_format,))))


@pytest.fixture(scope="session")
def det(zoo: Zoo) -> Model:
    return stored(zoo, DET)


@pytest.fixture(scope="session")
def rec(zoo: Zoo) -> Model:
    return stored(zoo, REC)
