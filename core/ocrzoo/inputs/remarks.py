"""What is odd about a page that was decoded all the same: logged, and kept for who asks."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_kept: ContextVar[list[str] | None] = ContextVar("remarks", default=None)

log = logging.getLogger("ocrzoo")


@contextmanager
def kept() -> Iterator[list[str]]:
    """Keep what is remarked inside, without the names of the files."""
    remarks: list[str] = []
    token = _kept.set(remarks)
    try:
        yield remarks
    finally:
        _kept.reset(token)


def remark(name: str, text: str) -> None:
    """Warn of the file ``name``."""
    log.warning("%s: %s", name, text)
    remarks = _kept.get()
    if remarks is not None:
        remarks.append(text)
