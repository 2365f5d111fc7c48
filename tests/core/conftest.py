"""Pipelines without weights, and a page for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.core.stand_ins import StandInLoader, stand_in_config

from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.zoo import Zoo

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The installed Chromium; not of the session, as asyncio cannot be used meanwhile."""
    from tests.browser import chromium

    with chromium() as started:
        yield started


@pytest.fixture
def stand_in_loader(zoo: Zoo) -> StandInLoader:
    """A loader without weights."""
    return StandInLoader(zoo)


@pytest.fixture
def stand_in_pipeline(stand_in_loader: StandInLoader) -> OCRPipeline:
    """A pipeline without weights, its optional stages off."""
    return OCRPipeline(stand_in_config(use_doc_preprocessor=False, use_textline_orientation=False), stand_in_loader)


@pytest.fixture
def paper() -> NDArray[np.uint8]:
    """A light page, 200 x 300, with three dark lines: two beside each other, a longer one below."""
    page = np.full((200, 300, 3), 255, np.uint8)
    page[41:60, 180:260] = page[40:60, 30:130] = page[120:140, 30:260] = 0
    return page
