"""The execution of pages: an error is its page's, whatever led to it."""

from __future__ import annotations

import numpy as np
import pytest

from ocrzoo.inputs import Page
from ocrzoo.pipelines.executor import run_pages
from ocrzoo.results.output_files import PageSource
from ocrzoo.types import Image
from ocrzoo_registry.errors import InputError


def shape(_source: PageSource, image: Image) -> tuple[int, ...]:
    return image.shape


@pytest.mark.parametrize("length", [1, 2, 5])
def test_causes_that_lead_in_a_circle_do_not_hold_up_the_others(length: int) -> None:
    def unreadable() -> Image:
        errors = [InputError(f"damaged {i}") for i in range(length)]
        for i, error in enumerate(errors):
            error.__cause__ = errors[i - 1]
        raise errors[0]

    found = [Page("bad.png", unreadable), Page("good.png", lambda: np.zeros((2, 3, 3), np.uint8))]
    failed: list[InputError] = []
    assert list(run_pages(iter(found), [shape], failed.append)) == [(2, 3, 3)]
    assert [str(error) for error in failed] == ["bad.png: damaged 0"]
