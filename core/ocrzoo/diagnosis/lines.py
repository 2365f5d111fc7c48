"""Trials of a recognition network: lines in, texts out, with any choice of its input and of what its output means."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ocrzoo.diagnosis import dictionaries
from ocrzoo.diagnosis.columns import Columns, Decoded, decode
from ocrzoo.diagnosis.dictionaries import FACTOR, UNKNOWN, Pair
from ocrzoo.diagnosis.hypotheses import LAYOUTS, OF_LINES, Choices, Hypothesis, Normalization, named, of_factor
from ocrzoo.diagnosis.samples import Sample
from ocrzoo.diagnosis.search import Trial
from ocrzoo.engines.base import Session
from ocrzoo.processing import recognition
from ocrzoo.processing.recognition import Line, LineShape
from ocrzoo.text import bidi
from ocrzoo.types import Image
from ocrzoo_registry.errors import IntegrityError

INPUTS = tuple(
    one
    for factor in ("line height", "color order", "mean and scale")
    for one in of_factor(OF_LINES, factor)
    if one.value != "gray"
)
_GRAY = np.array([0.114, 0.587, 0.299], np.float32)[:, None, None]
"""Weights of blue, green and red in gray (ITU-R BT.601)."""


_NO_SPACE = 0.01
"""What a reading loses that has a class for the space, and no space where some are written."""


@dataclass
class LineTrials:
    """Runs a recognition network on lines, and reads its output in every way that fits its shape."""

    session: Session
    samples: Sequence[Sample]
    charset: Sequence[str]
    others: Mapping[str, Sequence[str]]
    """Charsets of other models, by name."""
    place: str
    """Where the dictionary is, in words."""
    scripts: Sequence[str] = ()
    _seen: dict[int, list[Hypothesis]] = field(default_factory=dict)
    """Hypotheses about the dictionary, by the number of classes."""

    def attempt(self, choices: Choices) -> Iterator[Trial]:
        """Run the lines with the choices of the input, and yield a trial for each reading of the output.

        Raises:
            OcrzooError: The network cannot take such an input, or outputs nothing that a line could be.
        """
        outputs = [self._output(sample.image, choices) for sample in self.samples]
        for axes in self._axes(outputs[0].shape):
            lines = [Columns.of(_first(output, axes.value)) for output in outputs]
            kind = lines[0].kind
            if not kind:
                raise IntegrityError("its output has values that are not finite")
            values = named(OF_LINES, "output values", kind)
            fixed = {**choices, axes.factor: axes, values.factor: values}
            yield from self._readings(fixed, lines)

    def _readings(self, choices: Choices, lines: Sequence[Columns]) -> Iterator[Trial]:
        classes = lines[0].count
        found = self._dictionaries(classes)
        decoded = {blank: [decode(line, blank) for line in lines] for blank in (0, classes - 1)}
        pairs = [*product(LAYOUTS, found)]
        for layout in LAYOUTS[:2]:
            blank = 0 if layout.value[0] == "blank" else classes - 1
            if located := self._located(layout, decoded[blank], classes):
                pairs.append((layout, located))
        for layout, dictionary in pairs:
            entries = characters(layout, dictionary.value)
            if len(entries) == classes and ("space" in layout.value or " " not in dictionary.value):
                yield self._trial({**choices, layout.factor: layout, FACTOR: dictionary}, entries, decoded)

    def _trial(self, choices: Choices, entries: Sequence[str], decoded: Mapping[int, Sequence[Decoded]]) -> Trial:
        blank = 0 if choices["class layout"].value[0] == "blank" else max(decoded)
        read = [self._text(line, entries) for line in decoded[blank]]
        right = [similarity(text, sample.text) for text, sample in zip(read, self.samples, strict=True)]
        score = float(np.mean([line.score for line in decoded[blank]]))
        known = [share for share in right if share is not None]
        share = float(np.mean(known)) if known else score
        spaced = any(" " in (sample.text or "") for sample in self.samples)
        if spaced and " " in entries and not any(" " in text for text in read):
            share -= _NO_SPACE  # the class that the space would have has another meaning
        return Trial(choices, share, score, tuple(read))

    def _text(self, line: Decoded, entries: Sequence[str]) -> str:
        found = tuple(entries[number] if number < len(entries) else UNKNOWN for number in line.classes)
        if not bidi.runs_right_to_left(self.scripts):
            return "".join(found)
        return bidi.in_logical_order(Line("".join(found), line.score, found)).text

    def _dictionaries(self, classes: int) -> list[Hypothesis]:
        if classes not in self._seen:
            self._seen[classes] = [*dictionaries.hypotheses(self.charset, classes, self.others, self.place)]
        return self._seen[classes]

    def _located(self, layout: Hypothesis, decoded: Sequence[Decoded], classes: int) -> Hypothesis | None:
        """The dictionary as the classes of lines show it that have as many classes as their text has characters."""
        if not self.charset or bidi.runs_right_to_left(self.scripts):
            return None
        offset = layout.value.index("entries")
        pairs = [
            Pair(number - offset, char)
            for line, sample in zip(decoded, self.samples, strict=True)
            if sample.text and len(sample.text) == len(line.classes)
            for number, char in zip(line.classes, sample.text, strict=True)
            if char != " "
        ]
        found = dictionaries.located(self.charset, pairs, self.place)
        room = classes - len(layout.value) + 1
        return found and replace(found, value=(*found.value, *[UNKNOWN] * room)[:room])

    def _axes(self, shape: Sequence[int]) -> list[Hypothesis]:
        """The orders of the axes that an output may have; the first place of a batch of one is known."""
        if len(shape) != 3 or 0 in shape:
            found = " x ".join(map(str, shape)) or "a single number"
            raise IntegrityError(f"its output has the shape {found}: three axes are needed (docs/networks.md)")
        choices = of_factor(OF_LINES, "output axes")
        return [axes for axes in choices if shape[axes.value.index(0)] == 1] or choices[:2]

    def _output(self, image: Image, choices: Choices) -> NDArray[np.float32]:
        return self.session.run(line_input(image, choices, sides(self.session)))


def line_input(image: Image, choices: Choices, own: Sequence[int | None]) -> NDArray[np.float32]:
    """Return a network's input for a line, 1 x channels x height x W float32.

    ``own`` are the sides that the network states, N x C x H x W.
    """
    height: int = choices["line height"].value
    if own[3] is None:
        batch = recognition.preprocess([image], LineShape(height))
    else:
        batch = recognition.preprocess_fixed([image], height, own[3])
    filled = batch != 0  # no pixel is 127.5
    normalized = normalize((batch[0] + 1) / 2, choices["mean and scale"].value, choices["color order"].value)
    return np.where(filled[:, : len(normalized)], normalized, 0).astype(np.float32)


def normalize(pixels: NDArray[np.float32], how: Normalization, color: str) -> NDArray[np.float32]:
    """Return pixels (3 x H x W, BGR, 0 to 1) as a network takes them."""
    if color == "gray":
        pixels = (pixels * _GRAY).sum(axis=0, keepdims=True)
    planes = pixels[::-1] if color == "RGB" else pixels
    mean, std = (np.array(one, np.float32)[: len(planes), None, None] for one in (how.mean, how.std))
    result: NDArray[np.float32] = (planes * np.float32(how.scale) - mean) / std
    return result


def characters(layout: Hypothesis, entries: Sequence[str]) -> list[str]:
    """Return the character of each class, by a layout of classes; that of the blank is empty."""
    parts: Mapping[str, Sequence[str]] = {"blank": [""], "space": [" "], "entries": entries}
    return [one for part in layout.value for one in parts[part]]


def similarity(read: str, written: str | None) -> float | None:
    """Return the share of the characters of two texts that are the same in both, in their order; 0 to 1."""
    if written is None:
        return None
    ours, theirs = (" ".join(unicodedata.normalize("NFKC", text).split()) for text in (read, written))
    return SequenceMatcher(a=ours, b=theirs, autojunk=False).ratio()


def _first(output: NDArray[np.float32], axes: Any) -> NDArray[np.float32]:
    """The first line of an output, T x classes."""
    line: NDArray[np.float32] = output.transpose(axes)[0]
    return line


def sides(session: Session) -> tuple[int | None, ...]:
    """N, channels, height and width of the input, as far as the engine reports them."""
    shape = session.inputs[0].shape if session.inputs else None
    return shape if shape is not None and len(shape) == 4 else (None, 3, None, None)
