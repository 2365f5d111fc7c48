"""Saved results of the pages that the tests of the server's page have recorded, and the command in a process."""

from __future__ import annotations

import json
import os
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.core.serving.ui_stub import PAGES, RECORDED

SAMPLE = PAGES["sample.png"]
FIRST = "Reading a page with a model zoo"
DOUBTFUL = 4
"""The line of the sample that is given a doubtful character."""
STARTED_S = 60


def recorded(name: str = "sample.png", **changes: Any) -> dict[str, Any]:
    """Return the result of a page as the pipeline saves it, with the scores of characters and alternatives.

    One character of one line of the sample has a low score.
    """
    found = json.loads(RECORDED.read_text(encoding="utf-8"))[name]["prunedResult"]
    texts, scores = found["rec_texts"], found["rec_scores"]
    characters = [
        [{"text": letter, "score": score, "box": [0, 0, 1, 1]} for letter in text]
        for text, score in zip(texts, scores, strict=True)
    ]
    alternatives = [[{"text": text, "probability": 0.9}] for text in texts]
    if name == "sample.png":
        characters[DOUBTFUL][2]["score"] = 0.31
        alternatives[DOUBTFUL] += [
            {"text": "<b>first</b> & other", "probability": 0.2},
            {"text": "", "probability": 0.1},
        ]
    whole = {
        "input_path": str(PAGES[name]),
        "page_index": None,
        "model_settings": {"use_doc_preprocessor": False, "use_textline_orientation": False},
        "dt_polys": found["rec_polys"],
        "textline_orientation_angles": [-1] * len(texts),
        **found,
        "rec_chars": characters,
        "rec_alternatives": alternatives,
    }
    return {key: value for key, value in {**whole, **changes}.items() if value is not ...}


def saved(folder: Path, name: str = "sample.png", file: str = "sample_res.json", **changes: Any) -> Path:
    """Save such a result; a key whose new value is ``...`` is left out."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    path.write_text(json.dumps(recorded(name, **changes), ensure_ascii=False), encoding="utf-8")
    return path


def decisions(folder: Path) -> list[dict[str, Any]]:
    """Return what is in ``corrections.jsonl``."""
    return [json.loads(line) for line in (folder / "corrections.jsonl").read_text(encoding="utf-8").splitlines()]


@dataclass
class Reviewing:
    """``ocrzoo review`` in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    """The address of the page, token included."""
    said: list[str]
    """Lines of standard error."""

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.kill()
        self.process.wait(30)


@contextmanager
def reviewing(*arguments: str | Path) -> Iterator[Reviewing]:
    """Run ``ocrzoo review`` until the end of the block."""
    command = [sys.executable, "-m", "ocrzoo", "review", "--no-browser", *map(str, arguments)]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment)
    lines: queue.Queue[str | None] = queue.Queue()

    def listen() -> None:
        assert process.stderr is not None
        for line in process.stderr:
            lines.put(line)
        lines.put(None)

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    said: list[str] = []
    try:
        while True:
            line = lines.get(timeout=STARTED_S)
            assert line is not None, said
            said.append(line.strip())
            if found := re.search(r"http://\S+/", line):
                break
        yield Reviewing(process, found[0], said)
    finally:
        process.terminate()
        try:
            process.wait(30)
        finally:
            process.kill()
            process.wait(30)
        thread.join(10)
        if process.stderr is not None:
            process.stderr.close()
