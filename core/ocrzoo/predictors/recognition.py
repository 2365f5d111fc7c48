"""Text recognition: pictures of lines in, text out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ocrzoo.engines import Session
from ocrzoo.tasks import recognition
from ocrzoo.tasks.quads import Image
from ocrzoo.tasks.recognition import Line
from ocrzoo_registry.cards import ModelCard
from ocrzoo_registry.errors import IntegrityError


class TextRecogniser:
    """Reads lines by connectionist temporal classification (CTC)."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``; its ``character_dict`` is the charset.

        Raises:
            IntegrityError: There is no charset in it.
        """
        charset = config["PostProcess"].get("character_dict")
        if not isinstance(charset, list) or not charset:
            raise IntegrityError(f"{card.name}: its inference.yml holds no character_dict")
        self.name = card.name
        self._characters = ["", *map(str, charset), " "]
        self._session = session

    def predict(self, crops: Sequence[Image], batch_size: int = 6) -> list[Line]:
        """Read lines (H x W x 3, uint8, BGR, no side 0); results come in the order of the crops.

        Lines of like shape share a batch, because each is padded to the widest of its batch, and the
        padding has a say in what is read: sorted by width / height, ``batch_size`` a time (PaddleX's way).

        Raises:
            IntegrityError: The network has another number of classes than the charset.
        """
        order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
        lines: list[Line] = [Line("", 0.0)] * len(crops)
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            for index, line in zip(batch, self._read([crops[i] for i in batch]), strict=True):
                lines[index] = line
        return lines

    def _read(self, crops: Sequence[Image]) -> list[Line]:
        output = self._session.run(recognition.preprocess(crops))
        if output.ndim != 3 or output.shape[2] != len(self._characters):
            raise IntegrityError(
                f"{self.name}: the network's output has the shape {output.shape}, "
                f"but its charset makes {len(self._characters)} classes"
            )
        return recognition.decode(output, self._characters)
