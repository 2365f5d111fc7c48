"""Python's garbage collector, kept from going through thousands of cards again and again.

Ten thousand cards are a million objects: while they are made, the collector takes three times as long as making them.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_FROZEN_BY_PYTHON = 1000
"""More than Python freezes when it starts: 375 objects in 3.12, none in 3.11 and 3.13."""


@contextmanager
def at_rest(*, made_to_stay: bool = False) -> Iterator[None]:
    """Let the collector rest while many objects are made; also a decorator.

    Objects that are ``made_to_stay`` are counted as old ones, which are seldom gone through: to freeze and unfreeze
    does that. What the program froze itself stays frozen.
    """
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if made_to_stay and gc.get_freeze_count() < _FROZEN_BY_PYTHON:
            gc.freeze()
            gc.unfreeze()
        if running:
            gc.enable()
