"""Text recognition in reduced precision, and once more in float32 where that may change the text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

from ocrzoo.predictors.base import Recognizer
from ocrzoo.processing.recognition import Line
from ocrzoo.types import Batching, Image

DOUBTFUL = 0.3
"""Lines with a narrower margin are read again (docs/pipeline.md has what other values cost and give)."""


class CheckedRecognizer:
    """Reads lines with a quick network, and those with a narrow margin again with an exact one."""

    def __init__(self, quick: Recognizer, exact: Callable[[], Recognizer]) -> None:
        """``exact`` loads the float32 network; it is called once, when a line is first doubtful."""
        self.name = quick.name
        self.scripts = quick.scripts
        self.batching: Batching = getattr(quick, "batching", "exact")
        self.squeezes: bool = getattr(quick, "squeezes", False)
        self._quick = quick
        self._load_exact = exact
        self._exact: Recognizer | None = None
        self._lock = Lock()

    def predict(self, crops: Sequence[Image], batch_size: int = 6, **more: Any) -> list[Line]:
        """Read lines; the arguments are those of :meth:`.recognition.TextRecognizer.predict`.

        Raises:
            OcrzooError: As there, or as the float32 network is loaded.
        """
        lines = self._quick.predict(crops, batch_size, **more)
        doubtful = [index for index, line in enumerate(lines) if line.margin < DOUBTFUL]
        if doubtful:
            again = self._exact_reader().predict([crops[index] for index in doubtful], batch_size, **more)
            for index, line in zip(doubtful, again, strict=True):
                lines[index] = line
        return lines

    def _exact_reader(self) -> Recognizer:
        with self._lock:
            if self._exact is None:
                self._exact = self._load_exact()
            return self._exact
