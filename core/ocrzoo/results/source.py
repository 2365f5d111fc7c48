"""Which page a result is of, and what its files are called."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ocrzoo.results.saving import Names


@dataclass(frozen=True)
class PageSource:
    """Where a page came from."""

    input_path: str | None
    """As the user wrote it; ``None`` for an array."""
    page_index: int | None
    """0-based, for a page of several."""
    name: str
    """What files are named after; no other input of the run has it."""
    names: Names
    """Keeps the files of one run apart."""

    @property
    def label(self) -> str:
        """The name, with the page's number where there is one."""
        return self.name if self.page_index is None else f"{self.name}_{self.page_index}"

    @property
    def suffix(self) -> str:
        """The suffix of the input's name, in small letters."""
        return Path(self.input_path or "").suffix.lower()
