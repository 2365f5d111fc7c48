"""Checks of networks that nobody here trained: what they take, and that what they output is what a task needs.

Inputs are checked when a model is loaded. Outputs are checked on every run where that is cheap (shape and range), and
with the first run otherwise. docs/networks.md has what each task needs.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from ocrzoo.engines.base import Session
from ocrzoo_registry.errors import IntegrityError

log = logging.getLogger("ocrzoo")

TOLERANCE = 0.02
"""How far beyond 0 to 1 a probability may be; bfloat16 has three digits."""
SUM_TOLERANCE = 0.1
"""How far above 1 the probabilities of all classes may add up: thousands of rounded numbers."""

_SEEN_COLUMNS = 40
"""Columns of lines from which a network is judged by where its blank is: those of one line of usual length."""
_MOSTLY = 0.5
"""Share of columns that the last class has where it is the blank; a space has a few of a hundred."""

_SEE = "(docs/networks.md)"
_AXES = 4


def check_image_input(name: str, session: Session) -> None:
    """Refuse a network that does not take N x 3 x H x W of floating-point numbers, as far as the engine reports it.

    Raises:
        IntegrityError: It takes something else; the message says what.
    """
    if len(session.inputs) > 1:
        names = ", ".join(one.name for one in session.inputs)
        raise IntegrityError(f"{name}: its network has {len(session.inputs)} inputs ({names}); one is needed {_SEE}")
    for one in session.inputs:
        sides = "" if one.shape is None else " x ".join("?" if side is None else str(side) for side in one.shape)
        if one.dtype is not None and not one.dtype.endswith(("float16", "float32", "float64")):
            raise IntegrityError(f"{name}: its network takes {one.dtype} numbers; float32 is needed {_SEE}")
        if one.shape is not None and len(one.shape) == _AXES and one.shape[1] not in {None, 3}:
            raise IntegrityError(
                f"{name}: its network takes an input of {sides}; 3 channels are needed (N x 3 x H x W, BGR) {_SEE}"
            )


def check_output_axes(name: str, session: Session, axes: Sequence[str]) -> None:
    """Refuse a network whose output cannot be that of its task, as far as the engine reports it.

    ``axes`` are the names of those that are needed. Only three axes are told from four: some exports state too few.

    Raises:
        IntegrityError: The output has as many axes as that of another task.
    """
    outputs = getattr(session, "outputs", ())
    shape = outputs[0].shape if outputs else None
    if shape is not None and len(shape) in {3, _AXES} and len(shape) != len(axes):
        found = " x ".join("?" if side is None else str(side) for side in shape)
        needed = " x ".join(axes)
        raise IntegrityError(f"{name}: its network's output has the shape {found}; {needed} is needed {_SEE}")


def refuse_line_shape(name: str, shape: Sequence[int], count: int, classes: int) -> NoReturn:
    """Raise for an output that is not N x T x classes; where another order of the axes fits, the message says which.

    Raises:
        IntegrityError: Always.
    """
    found = " x ".join(map(str, shape)) or "a single number"
    expected = f"but its charset makes {classes} classes (blank and space included)"
    given = tuple(shape)
    if len(given) == 3:
        if given[:2] == (count, classes):
            expected = "which is N x classes x T: transpose it to N x T x classes"
        elif given[1:] == (count, classes):
            expected = "which is T x N x classes: transpose it to N x T x classes"
        elif given[2] == classes:
            expected = f"but {count} lines were given: N x T x classes is needed"
    raise IntegrityError(f"{name}: the network's output has the shape {found}, {expected} {_SEE}")


def check_range(name: str, low: float, high: float, whole: str, end: str) -> None:
    """Refuse an output that leaves 0 to 1; logarithms and raw scores are told apart by their signs.

    ``whole`` is what it must be, and ``end`` the function that such a network ends with.

    Raises:
        IntegrityError: It does.
    """
    if low >= -TOLERANCE and high <= 1 + TOLERANCE:
        return
    if not np.isfinite([low, high]).all():
        kind = "values that are not finite"
    elif high <= TOLERANCE:
        kind = f"values from {low:.3g} to {high:.3g}, as logarithms of probabilities are"
    else:
        kind = f"values from {low:.3g} to {high:.3g}, as scores without {end} are"
    raise IntegrityError(
        f"{name}: the network's output is not {whole}: it has {kind}; 0 to 1 is needed, so end it with {end} {_SEE}"
    )


def check_probabilities(name: str, rows: NDArray[np.float32]) -> None:
    """Refuse an output (rows x classes) that is not made of probabilities of classes, as a softmax gives them.

    Raises:
        IntegrityError: It is not; the message says what it looks like.
    """
    check_range(name, float(rows.min()), float(rows.max()), "made of probabilities", "a softmax")
    most = float(rows.sum(axis=1, dtype=np.float32).max())
    if most > 1 + SUM_TOLERANCE:
        raise IntegrityError(
            f"{name}: the network's output is not made of probabilities: its classes add up to {most:.3g}, not to 1; "
            f"end it with a softmax {_SEE}"
        )


def warn_of_blank(name: str, best: NDArray[np.intp], classes: int) -> None:
    """Warn where the last class looks like the CTC blank: ``best`` (of any shape) mostly is that, and never class 0."""
    columns = best.size
    if columns < _SEEN_COLUMNS or (best == 0).any():
        return
    share = float((best == classes - 1).mean())
    if share >= _MOSTLY:
        log.warning(
            "%s: the last class is the best of %.0f %% of the columns, and class 0 of none: the blank must be class 0, "
            "and the space the last one %s",
            name,
            share * 100,
            _SEE,
        )
