"""A batch that reads with the smallest models, which are loaded once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.core.batch.kit import TINY, Batch, load_once, loaded

from ocrzoo.batch import BatchJob, Outcome, run_batch
from ocrzoo.pipelines.ocr import OCRPipeline


@pytest.fixture
def pipeline() -> OCRPipeline:
    """The pipeline that the batches here read with."""
    made: OCRPipeline = loaded(**TINY)
    return made


@pytest.fixture(autouse=True)
def one_pipeline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Load models once for all tests, not for each batch."""
    load_once(monkeypatch)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """An empty folder for inputs."""
    folder = tmp_path / "in"
    folder.mkdir()
    return folder


@pytest.fixture
def dest(tmp_path: Path) -> Path:
    """Where the results go; it is not there yet."""
    return tmp_path / "out"


@pytest.fixture
def batch(source: Path, dest: Path) -> Batch:
    """Run a batch from ``source`` to ``dest``, or of another job."""

    def call(**job: Any) -> Outcome:
        return run_batch(BatchJob(**{"source": str(source), "dest": str(dest), "arguments": TINY, "rows": 4, **job}))

    return call


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a pipeline is given, in their order: input, and a number from 0 in documents."""
    read = OCRPipeline._read
    seen: list[str] = []

    def noted(self: OCRPipeline, params: Any, device: Any, page: Any, image: Any) -> Any:
        seen.append(page.input_path + ("" if page.page_index is None else f":{page.page_index}"))
        return read(self, params, device, page, image)

    monkeypatch.setattr(OCRPipeline, "_read", noted)
    return seen
