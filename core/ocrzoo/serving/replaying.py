"""Make an answer again, as its receipt says, and compare."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ocrzoo.inputs.limits import read_content
from ocrzoo.pipelines.factory import create_pipeline
from ocrzoo.pipelines.receipts import Receipt, digest
from ocrzoo.serving.reading import PageAnswer, ReadRequest
from ocrzoo.serving.workers.pipelines import read_pages


@dataclass(frozen=True)
class Replay:
    """What came of it."""

    results: Sequence[Any]
    """The result of each page, plain data."""
    differences: Sequence[str]
    """In what this installation differs from the one that made the receipt."""
    outcome: str
    """What differs, or ``the same``."""

    @property
    def is_same(self) -> bool:
        """Whether the results are those of the receipt."""
        return self.outcome == "the same"


def replay(receipt: Receipt, path: Path, lexicon: Sequence[str] | None = None) -> Replay:
    """Read a file as a receipt says; ``lexicon`` are the entries, where the receipt only has their digest.

    Raises:
        InputError: The file cannot be read.
        UsageError: The receipt needs a lexicon, another one, or none.
        OcrzooError: A model cannot be loaded.
    """
    receipt = receipt.with_lexicon(lexicon)
    content = read_content(path)
    pages: list[PageAnswer] = []
    pipeline = create_pipeline("OCR", config=receipt.configuration, threads=receipt.threads)
    asked = ReadRequest(
        content, options=receipt.options, max_pages=receipt.max_pages, page_numbers=receipt.page_numbers
    )
    read_pages(pipeline, asked, pages.append)
    differences = list(receipt.differences(pipeline.loaded_models()))
    results = [page.result for page in sorted(pages, key=lambda page: page.index)]
    if hashlib.sha256(content).hexdigest() != receipt.input_sha256:
        return Replay(results, differences, "the receipt is of another file")
    digests = tuple(map(digest, results))
    pairs = enumerate(zip(digests, receipt.pages, strict=False), 1)
    changed = [str(number) for number, (now, then) in pairs if now != then]
    if changed:
        return Replay(results, differences, f"the results of page {', '.join(changed)} differ from the receipt")
    same = "the same" if len(digests) == len(receipt.pages) else f"{len(digests)} pages, and then {len(receipt.pages)}"
    return Replay(results, differences, same)
