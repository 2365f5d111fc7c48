"""What the parity tests share: PaddleX, in an environment of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.hubs.environments import Environments


@pytest.fixture(scope="session")
def paddlex(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Path]:
    """Give the Python of an environment with PaddleX, made when it is first asked for and kept from run to run."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)  # none under -p no:cacheprovider
    folder = tmp_path_factory.mktemp("environments") if cache is None else cache.mkdir("environments")
    environments = Environments(folder, Path(__file__).parent)
    return lambda: Path(environments.python("paddlex-ocr"))
