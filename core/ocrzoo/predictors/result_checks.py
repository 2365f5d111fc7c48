"""Results of plugins' predictors, checked where they enter: what is wrong is the plugin's, and is said in its name."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from ocrzoo.predictors.base import Classification, Detection, Unwarped
from ocrzoo.processing.recognition import Line
from ocrzoo.types import Image, Quad
from ocrzoo_registry.errors import PluginError

TOLERANCE = 0.02
"""How far beyond 0 to 1 a score may be, which then counts as 0 or 1: bfloat16 has three digits."""

_SEE = "(docs/plugins/predictors.md)"
_CORNERS = (4, 2)


def checked_line(owner: str, found: Any) -> Line:
    """Return what a recognizer found as a line; ``owner`` is who says so.

    Raises:
        PluginError: It has no text or score, its text has a line break, or its columns are not those of its entries.
    """
    text, given = _parts(owner, found, "text", "score")
    if not isinstance(text, str):
        _refuse(owner, f"a text of type {type(text).__name__}")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text):
        _refuse(owner, f"the text {text[:40]!r}, which has line breaks or other control characters")
    score = _score(owner, given)
    if not isinstance(found, Line) or not (found.columns or found.entries or found.probabilities):
        return Line(str(text), score)
    _check_places(owner, found)
    return found if found.score == score else Line(**{**vars(found), "score": score})


def _check_places(owner: str, line: Line) -> None:
    """Refuse a line whose entries, columns and probabilities do not belong together."""
    count = len(line.entries)
    if not count == len(line.columns) == len(line.probabilities):
        sizes = f"{count} entries, {len(line.columns)} columns and {len(line.probabilities)} probabilities"
        _refuse(owner, f"a line with {sizes}")
    if any(after <= before for before, after in pairwise(line.columns)) or line.columns[0] < 0:
        _refuse(owner, "a line whose columns do not ascend from 0 on")
    if not (math.isfinite(line.cells) and line.cells > line.columns[-1]):
        _refuse(owner, f"a line of {line.cells:g} cells that has a column {line.columns[-1]}")
    if not all(math.isfinite(one) for one in (*line.probabilities, line.margin)) or not all(line.entries):
        _refuse(owner, "a line with empty entries, or probabilities that are not finite")
    sources = line.sources
    if len(sources) != len(line.text) or not all(0 <= index < count for index in sources):
        _refuse(owner, "a line whose text is not made of its entries")


def checked_detection(owner: str, found: Any, page: Image) -> Detection:
    """Return what a detector found, with quads in whole pixels within the page.

    Raises:
        PluginError: It has no quads or scores, other numbers of them, or quads that are not four finite corners.
    """
    quads, scores = _parts(owner, found, "quads", "scores")
    if len(quads) != len(scores):
        _refuse(owner, f"{len(quads)} quads and {len(scores)} scores")
    placed = [_quad(owner, one, page) for one in quads]
    return Detection(placed, [_score(owner, one) for one in scores], int(getattr(found, "left_out", 0)))


def _quad(owner: str, found: Any, page: Image) -> Quad:
    try:
        corners: NDArray[np.float64] = np.asarray(found, np.float64)
    except (TypeError, ValueError):
        _refuse(owner, f"a quad of type {type(found).__name__}")
    if corners.shape != _CORNERS or not np.isfinite(corners).all():
        _refuse(owner, f"a quad of {' x '.join(map(str, corners.shape))} numbers; 4 x 2 finite ones are needed")
    quad: Quad = np.rint(corners.clip((0, 0), page.shape[1::-1])).astype(np.int16)
    return quad


def checked_class(owner: str, found: Any, labels: Sequence[str]) -> Classification:
    """Return what a classifier found.

    Raises:
        PluginError: It has no class, label or score, or they are none of the model's.
    """
    class_id, label, score = _parts(owner, found, "class_id", "label", "score")
    if not isinstance(class_id, int | np.integer) or label not in labels or labels.index(label) != class_id:
        _refuse(owner, f"the class {class_id!r} {label!r}, and the labels are {', '.join(labels) or 'none'}")
    return Classification(int(class_id), str(label), _score(owner, score))


def checked_page(owner: str, found: Any, page: Image) -> Unwarped:
    """Return what an unwarper made of a page.

    Raises:
        PluginError: It is no image of the page's size.
    """
    (image,) = _parts(owner, found, "image")
    origin = getattr(found, "origin", None)
    if getattr(image, "shape", None) != page.shape or image.dtype != np.uint8:
        _refuse(owner, f"{_described(image)} for a page of {_described(page)}")
    if origin is not None and (np.shape(origin) != (*page.shape[:2], 2) or not np.isfinite(origin).all()):
        _refuse(owner, f"an origin of {' x '.join(map(str, np.shape(origin)))} numbers, or of some that are not finite")
    return Unwarped(np.ascontiguousarray(image), None if origin is None else np.asarray(origin, np.float32))


def _described(image: Any) -> str:
    if not isinstance(image, np.ndarray):
        return f"an image of type {type(image).__name__}"
    return f"{' x '.join(map(str, image.shape))} {image.dtype}"


def _parts(owner: str, found: Any, *names: str) -> list[Any]:
    """The attributes of a result."""
    if missing := [name for name in names if not hasattr(found, name)]:
        _refuse(owner, f"{type(found).__name__}, which has no {', '.join(missing)}")
    return [getattr(found, name) for name in names]


def _score(owner: str, found: Any) -> float:
    if not isinstance(found, int | float | np.number) or isinstance(found, np.complexfloating):
        _refuse(owner, f"a score of type {type(found).__name__}")
    score = float(found)
    if not -TOLERANCE <= score <= 1 + TOLERANCE:  # NaN neither
        _refuse(owner, f"the score {score:g}; 0 to 1 is needed")
    return min(max(score, 0.0), 1.0)


def _refuse(owner: str, what: str) -> NoReturn:
    """Say what a predictor returned that it must not return."""
    raise PluginError(f"{owner} returned {what} {_SEE}")
