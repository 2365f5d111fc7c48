"""What a case runs: the command line, with networks that only see ink, or a reader that no command calls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.core.stand_ins import StandInLoader, stand_in_config

from ocrzoo.cli import main
from ocrzoo.custom_weights import custom_card, custom_files
from ocrzoo.inputs import download, pdf_pool
from ocrzoo.pipelines import factory
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.cards.loader import read_cards
from ocrzoo_registry.download.tar import unpack
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.network import http
from ocrzoo_registry.zoo import Zoo

PATIENCE_S = 4.0
"""Seconds for an answer, a download and a page of a PDF; the program's own limits are up to 60 s."""

PIPELINE = OCRPipeline(stand_in_config(), StandInLoader(Zoo()))
create_pipeline = factory.create_pipeline


def _cards(folder: str) -> None:
    for _ in read_cards(Path(folder)):
        pass


def _weights(folder: str) -> None:
    custom_files(folder, "text_detection")
    custom_card(Zoo(), None, "text_detection", Path(folder))


def _pipeline(path: str) -> None:
    create_pipeline(path)


def _archive(path: str) -> None:
    unpack(Path(path), Path("unpacked"), {"inference.onnx", "inference.yml"}, "the archive")


READERS: dict[str, Callable[[str], None]] = {
    "read-cards": _cards,
    "read-weights": _weights,
    "read-pipeline": _pipeline,
    "unpack": _archive,
}


def run(arguments: Sequence[str]) -> int:
    """Run a case and return its exit code."""
    if arguments[0] not in READERS:
        return main(arguments)
    try:
        READERS[arguments[0]](arguments[1])
    except OcrzooError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def prepare() -> None:
    """Put stand-ins for networks in place, and shorten the limits of time."""
    factory.create_pipeline = lambda *_, **__: PIPELINE  # type: ignore[assignment]
    download.ANSWER_TIMEOUT_S = download.DOWNLOAD_TIMEOUT_S = pdf_pool.PAGE_S = PATIENCE_S
    http.IDLE_S = http.CONNECT_S = PATIENCE_S / 2
