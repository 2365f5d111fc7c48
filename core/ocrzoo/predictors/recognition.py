"""Text recognition by connectionist temporal classification (CTC): crops of lines in, text out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache, partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from ocrzoo.decoding import PLAIN, Decoding
from ocrzoo.decoding.decoder import Decoder
from ocrzoo.engines.base import Reduced, ReducingSession, Session
from ocrzoo.predictors.base import transform
from ocrzoo.predictors.network_checks import (
    check_image_input,
    check_output_axes,
    check_probabilities,
    check_range,
    refuse_line_shape,
    warn_of_blank,
)
from ocrzoo.processing import long_lines, recognition
from ocrzoo.processing.long_lines import Piece
from ocrzoo.processing.recognition import CALL_COLUMNS, BestClasses, Call, Line, LineShape
from ocrzoo.scheduling.shared_calls import SharedCalls
from ocrzoo.scheduling.together import run_all
from ocrzoo.text import bidi
from ocrzoo.types import Batching, Image
from ocrzoo_registry.cards.schema import ModelCard
from ocrzoo_registry.errors import IntegrityError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

InputShape = tuple[int, int, int]
"""Channels, height and width, in pixels."""

LINES = 64
"""Lines of one width that share a call where nothing else bounds it: on a GPU."""

DECODERS = 4
"""Decoders that are kept: a pattern takes up to 30 MB, a long lexicon more."""

_MOST_HEIGHT = 480
"""Pixels: ten times the height of published models. A line of that height is 18 MB of input."""

_LONGEST_ENTRY = 64
"""Characters of a charset entry: an emoji of a family has a dozen."""


class TextRecognizer:
    """Reads the crops of lines."""

    squeezes = True
    """Whether ``predict`` takes ``squeeze``."""
    decodes = True
    """Whether ``predict`` takes ``decoding``."""

    def __init__(self, card: ModelCard, config: Mapping[str, Any], session: Session) -> None:
        """``config`` is the model's ``inference.yml``; its ``character_dict`` is the charset.

        Raises:
            IntegrityError: It has no charset, or one of another length than the network states.
        """
        charset = charset_of(card.name, config)
        self.name = card.name
        self.batching: Batching = "exact"
        """Which lines share a call where a pipeline does not say; the loader sets it by the model's figures."""
        self.scripts = card.scripts
        """ISO 15924; text is in logical order if one of them runs from right to left."""
        self._right_to_left = bidi.runs_right_to_left(card.scripts)
        self._characters = ["", *charset, " "]
        check_image_input(card.name, session)
        check_output_axes(card.name, session, ("N", "T", "classes"))
        self._session = session
        self._calls_at_once: int = getattr(session, "calls_at_once", 1)
        self._most_columns = _most_columns(session)
        self._output_checked = False
        self._line_shape = _line_shape(card.name, config, session)
        self._own_shape = _static_shape(card.name, session, self._line_shape)
        self._shared: SharedCalls[Image, Line] = SharedCalls(
            partial(_calls_by_width, self._line_shape, self._most_columns), _aspect, self._calls_at_once
        )
        self._check_classes(_declared_classes(session))
        made = partial(Decoder, card.name, self._characters, from_right=self._right_to_left)  # without self: no cycle
        self._decoder: Callable[[Decoding], Decoder] = lru_cache(maxsize=DECODERS)(made)

    def predict(
        self,
        crops: Sequence[Image],
        batch_size: int = 6,
        *,
        batching: Batching = "exact",
        input_shape: Sequence[int] | None = None,
        squeeze: bool = False,
        decoding: Decoding = PLAIN,
    ) -> list[Line]:
        """Read lines (H x W x 3, uint8, BGR, no side 0); results come in the order of the crops.

        ``batching`` is which lines share a call (:func:`.recognition.calls`); with ``width``, so do lines of other
        callers that wait at the same time, which changes no result. With ``input_shape``, 3 x height x width, each line
        is stretched to that size, as networks of a fixed shape need; the default is the fixed shape that the network
        states, if any. Lines much longer than networks take are read in pieces (:mod:`.long_lines`); with ``squeeze``
        they are squeezed, as in PaddleX, and lost. ``decoding`` is what is known of the lines; with patterns or a
        lexicon, none is read in pieces.

        Raises:
            IntegrityError: The network has another number of classes than the charset.
            UsageError: ``input_shape`` is not the shape of a color image, or the charset does not fit ``decoding``.
        """
        shape = self._own_shape if input_shape is None else _checked(input_shape)
        whole = squeeze or shape is not None or decoding.is_constrained
        decoder = self._decoder_for(decoding)
        cut = [[Piece(crop, 0)] if whole else long_lines.pieces(crop, self._line_shape) for crop in crops]
        short = [index for index, parts in enumerate(cut) if len(parts) == 1]
        if batching == "width" and shape is None and decoder is None:
            one_call = partial(self._in_batches, batch_size=LINES, batching="width", shape=None)
            read = self._shared.results([crops[i] for i in short], one_call)
        else:
            size = LINES if batching == "width" and shape is None else batch_size
            read = self._in_batches([crops[i] for i in short], size, batching, shape, decoder)
        lines = dict(zip(short, read, strict=True))
        for index, parts in enumerate(cut):
            if len(parts) > 1:
                joinable = self._decoder_for(replace(decoding, alternatives=0))  # pieces have none
                read = self._in_batches([part.image for part in parts], batch_size, "width", shape, joinable)
                lines[index] = long_lines.join(read, parts, self._line_shape)
        found = [lines[index] for index in range(len(crops))]
        return [bidi.in_logical_order(line) for line in found] if self._right_to_left else found

    def _decoder_for(self, decoding: Decoding) -> Decoder | None:
        return None if decoding == PLAIN else self._decoder(decoding)

    def _in_batches(
        self,
        crops: Sequence[Image],
        batch_size: int,
        batching: Batching,
        shape: InputShape | None,
        decoder: Decoder | None = None,
    ) -> list[Line]:
        """Read lines, in visual order."""
        calls = recognition.calls(crops, batch_size, batching, self._line_shape, self._most_columns)
        calls.sort(key=lambda call: -len(call.lines) * call.width)  # the largest last would keep one core busy alone
        read = run_all(
            lambda call: self._read(call, [crops[i] for i in call.lines], shape, decoder), calls, self._calls_at_once
        )
        lines = dict(zip(chain.from_iterable(call.lines for call in calls), chain(*read), strict=True))
        return [lines[index] for index in range(len(crops))]

    def _read(
        self, call: Call, crops: Sequence[Image], shape: InputShape | None, decoder: Decoder | None
    ) -> list[Line]:
        if shape is None:
            batch = recognition.preprocess(crops, self._line_shape, call.width)
            filled = recognition.shares(crops, self._line_shape, call.ratio)
        else:
            batch, filled = recognition.preprocess_fixed(crops, *shape[1:]), [1.0] * len(crops)
        rows = self._rows(batch)
        starts = range(0, len(batch), rows)
        if decoder is None:
            parts = [batch[start : start + rows] for start in starts]
            found = [self._run(part, partial(self._checked_best, count=len(part))) for part in parts]
            return recognition.decode(recognition.joined(found), self._characters, filled)
        lines: list[Line] = []
        for start in starts:
            shares = filled[start : start + rows]
            lines += self._run(batch[start : start + rows], partial(self._decoded, decoder=decoder, filled=shares))
        return lines

    def _rows(self, batch: NDArray[np.float32]) -> int:
        """How many lines of a batch share a call: all, unless the ceiling of memory is too low for them."""
        most: int | None = getattr(self._session, "most_pixels", None)
        return len(batch) if most is None else max(most // (batch.shape[2] * batch.shape[3]), 1)

    def _run(self, batch: NDArray[np.float32], reduce: Callable[[NDArray[np.float32]], Reduced]) -> Reduced:
        """Run the network; its output, 70 KB a column of 8 pixels, is not copied where the engine can show it."""
        if isinstance(self._session, ReducingSession):
            return self._session.run_reduced(batch, reduce)
        return reduce(self._session.run(batch))

    def _checked_best(self, output: NDArray[np.float32], count: int) -> BestClasses:
        """The best class of each column, once the output is what it must be."""
        if output.ndim != 3 or 0 in output.shape or (len(output), output.shape[2]) != (count, len(self._characters)):
            refuse_line_shape(self.name, output.shape, count, len(self._characters))
        best = recognition.best_classes(output)
        least, most = float(best.probabilities.min()), float(best.probabilities.max())
        check_range(self.name, least, most, "made of probabilities", "a softmax")
        if not self._output_checked:
            check_probabilities(self.name, output[0])
            warn_of_blank(self.name, best.classes, len(self._characters))
            self._output_checked = True
        return best

    def _decoded(self, output: NDArray[np.float32], decoder: Decoder, filled: Sequence[float]) -> list[Line]:
        best = self._checked_best(output, len(filled))
        return decoder.lines(output, filled, best)

    def _check_classes(self, declared: int | None) -> None:
        if declared is not None and declared != len(self._characters):
            raise IntegrityError(f"{self.name}: the network has {declared} classes, {self._expected}")

    @property
    def _expected(self) -> str:
        return f"but its charset makes {len(self._characters)} classes (blank and space included)"


def _most_columns(session: Session) -> int | None:
    """How many columns a call may have; 0: one line a call, ``None``: as many as there are lines."""
    batch = (_input_shape(session) or (None,))[0]
    if not getattr(session, "threads", 1) or batch not in {None, 1}:  # not a CPU, or so many lines whatever is asked
        return None
    return CALL_COLUMNS if getattr(session, "streams", 1) == 1 else 0


def _calls_by_width(shape: LineShape, most_columns: int | None, crops: Sequence[Image]) -> list[tuple[int, ...]]:
    return [call.lines for call in recognition.calls(crops, LINES, "width", shape, most_columns)]


def _aspect(crop: Image) -> float:
    return float(crop.shape[1] / crop.shape[0])


def charset_of(name: str, config: Mapping[str, Any]) -> list[str]:
    """Return the entries of a model's charset; YAML reads unquoted digits as numbers.

    Raises:
        IntegrityError: There is no charset, or an entry is not one.
    """
    charset = config["PostProcess"].get("character_dict")
    if not isinstance(charset, list) or not charset:
        raise IntegrityError(f"{name}: its inference.yml has no character_dict")
    for number, entry in enumerate(charset, 1):
        if not isinstance(entry, str | int | float) or not 0 < len(str(entry)) <= _LONGEST_ENTRY:
            raise IntegrityError(
                f"{name}: entry {number} of character_dict in its inference.yml is {str(entry)[:20]!r}: "
                f"1 to {_LONGEST_ENTRY} characters are needed"
            )
    return [str(entry) for entry in charset]


def _line_shape(name: str, config: Mapping[str, Any], session: Session) -> LineShape:
    """The shape of lines that the model was trained with: as its configuration says, or else the network's height."""
    shape = transform(config, "RecResizeImg").get("image_shape")
    height = (_input_shape(session) or (None,) * 4)[2]
    if shape is None:
        return LineShape() if height is None or not 0 < height <= _MOST_HEIGHT else LineShape(height)
    if not _is_shape(shape):
        raise IntegrityError(f"{name}: its inference.yml sets image_shape to {shape!r}, which is not valid")
    if height not in {None, shape[1]}:
        raise IntegrityError(
            f"{name}: the network takes lines of height {height}, but its inference.yml sets image_shape to {shape!r}"
        )
    return LineShape(shape[1], shape[2])


def _declared_classes(session: Session) -> int | None:
    """The number of classes that the network states; ``None`` if the engine does not know."""
    outputs = getattr(session, "outputs", ())
    shape = outputs[0].shape if outputs else None
    return shape[2] if shape is not None and len(shape) == 3 else None


def _static_shape(name: str, session: Session, lines: LineShape) -> InputShape | None:
    """The network's fixed input shape; ``None`` if the width varies."""
    shape = _input_shape(session)
    if shape is None or shape[3] is None:
        return None
    own = (3, lines.height if shape[2] is None else shape[2], shape[3])
    if not _is_shape(own):
        raise IntegrityError(f"{name}: the network takes lines of {own[2]} x {own[1]} pixels, which is not supported")
    return own


def _input_shape(session: Session) -> tuple[int | None, ...] | None:
    """N, channels, height and width of the network's input, as far as the engine reports them."""
    shape = session.inputs[0].shape if session.inputs else None
    return shape if shape is not None and len(shape) == 4 else None


def _checked(shape: Sequence[int]) -> InputShape:
    if not _is_shape(shape):
        raise UsageError(f"input_shape={shape!r}: 3, height and width are needed, such as (3, 48, 320)")
    return 3, shape[1], shape[2]


def _is_shape(shape: Any) -> bool:
    """Whether it is 3, height and width, all within the bounds of a line."""
    whole = isinstance(shape, list | tuple) and all(type(side) is int for side in shape)
    bounds = (3, _MOST_HEIGHT, recognition.MAX_WIDTH)
    return (
        whole
        and len(shape) == 3
        and shape[0] == 3
        and all(0 < side <= most for side, most in zip(shape, bounds, strict=True))
    )
