"""The parity report: what laid out files read in sample pictures, beside what ocrzoo reads in them.

The exported files are loaded from the export alone, by ONNX Runtime in float32 and by the rules of their own
``inference.yml``; ocrzoo's answer is that of its own store and its fastest engine, in float32 too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ocrzoo import sample_pages
from ocrzoo.inputs.images import read_image
from ocrzoo.model_export.targets import DETECTION, RECOGNITION, Placed
from ocrzoo.model_loader import ModelLoader
from ocrzoo.pipelines.factory import OPTIONAL_STAGES, create_pipeline
from ocrzoo.precision.wanted import Wanted
from ocrzoo.tuning.samples import samples

if TYPE_CHECKING:
    from ocrzoo.types import Image
    from ocrzoo_registry.cards.schema import ModelCard
    from ocrzoo_registry.zoo import Zoo

Found = tuple[Placed, Path]
"""A placed model, and the folder that it is read back from."""

_TOLERANCE = 1
"""Pixels that a corner of a detected line may differ: engines round sums in another order."""


@dataclass(frozen=True)
class Difference:
    """Lines of a picture that were read differently."""

    ocrzoo: list[str]
    exported: list[str]


@dataclass(frozen=True)
class Compared:
    """One picture, or one set of pictures, read twice."""

    models: list[str]
    picture: str
    """A page that comes with ocrzoo; of a model alone ``self-check``, for the picture of its card, or without such a
    picture ``sample pages`` of a detection model, and ``synthetic`` of others."""
    lines: int
    """That ocrzoo found or read."""
    differences: list[Difference] = field(default_factory=list)


@dataclass(frozen=True)
class Parity:
    """What was compared; nothing, where no file of the export can be read here, or a mirror has them."""

    engine: str
    compared: list[Compared] = field(default_factory=list)
    equal: bool | None = None
    """Whether all lines were read equally; ``None`` if there were none to compare."""


def compare(zoo: Zoo, found: Sequence[Found], engine: str, advance: Callable[[], object]) -> Parity:
    """Read pictures with the placed models and with ocrzoo's own; ``advance`` is called after each.

    A model for detection and one for recognition read the sample pages together: each recognition model with the first
    detection model. Every model without a partner is asked alone, about the picture of its card's self-check; where the
    card has none, a detection model is asked about the sample pages, and another about a synthetic picture.
    """
    if not found:
        return Parity(engine)
    detectors = [one for one in found if one[0].model.card.task == DETECTION]
    recognizers = [one for one in found if one[0].model.card.task == RECOGNITION]
    paired = [*detectors[:1], *recognizers] if detectors and recognizers else []
    compared = [] if not paired else _pages(zoo, detectors[0], recognizers, engine, advance)
    for one in found:
        if one not in paired:
            compared.append(_alone(zoo, one, engine))
            advance()
    unlike = any(one.differences for one in compared)
    return Parity(engine, compared, equal=not unlike if unlike or any(one.lines for one in compared) else None)


def _pages(
    zoo: Zoo, detector: Found, recognizers: Sequence[Found], engine: str, advance: Callable[[], object]
) -> list[Compared]:
    found = []
    for recognizer in recognizers:
        names = [one[0].model.asked_by for one in (detector, recognizer)]
        roles = ("text_detection", "text_recognition")
        own = {f"{role}_model_name": name for role, name in zip(roles, names, strict=True)}
        laid_out = {f"{role}_model_dir": one[1] for role, one in zip(roles, (detector, recognizer), strict=True)}
        pipelines = [_pipeline(zoo, **own), _pipeline(zoo, engine=engine, **laid_out)]
        for page in _sample_pages():
            texts = [_texts(pipeline, page) for pipeline in pipelines]
            found.append(Compared(names, page.name, len(texts[0]), differences(*texts)))
            advance()
    return found


def _pipeline(zoo: Zoo, **options: Any) -> Any:
    given: dict[str, Any] = {**dict.fromkeys(OPTIONAL_STAGES, False), **options}
    return create_pipeline("OCR", zoo=zoo, precision="float32", **given)


def _texts(pipeline: Any, page: Path) -> list[str]:
    return [text for result in pipeline.predict(str(page)) for text in result["rec_texts"]]


def _alone(zoo: Zoo, one: Found, engine: str) -> Compared:
    """A model alone: lines, quads, labels or sizes of pages."""
    placed, folder = one
    card = placed.model.card
    wanted = Wanted("float32", "exact")
    picture, pictures = _pictures(card)
    own = ModelLoader(zoo, wanted=wanted).predictor(placed.model.asked_by, card.task)
    laid_out = ModelLoader(zoo, engine=engine, wanted=wanted).predictor(None, card.task, folder)
    answers = [predictor.predict(pictures) for predictor in (own, laid_out)]
    texts = [[_described(found) for found in answer] for answer in answers]
    if card.task == DETECTION:
        texts = _rounded(*answers)
    return Compared([card.name], picture, len(texts[0]), differences(*texts))


def _pictures(card: ModelCard) -> tuple[str, list[Image]]:
    """What a model alone is asked about, and the name of that."""
    if card.self_check is None and card.task == DETECTION:  # there are no lines in a synthetic picture
        return "sample pages", [read_image(page) for page in _sample_pages()]
    return "synthetic" if card.self_check is None else "self-check", samples(card)


def _sample_pages() -> list[Path]:
    return sorted(sample_pages.FOLDER.iterdir())


def _described(found: Any) -> str:
    """An answer as text: what was read, the class, or the size of an unwarped page."""
    if hasattr(found, "text"):
        return str(found.text)
    if hasattr(found, "label"):
        return str(found.label)
    if hasattr(found, "image"):
        return "x".join(str(side) for side in found.image.shape)
    return ""


def _rounded(own: Sequence[Any], laid_out: Sequence[Any]) -> list[list[str]]:
    """The quads of detected lines as text; those that differ by a pixel are written alike."""
    texts: list[list[str]] = [[], []]
    for first, second in zip(own, laid_out, strict=True):
        for mine, other in zip_longest(first.quads, second.quads):
            alike = mine is not None and other is not None and abs(mine - other).max() <= _TOLERANCE
            for number, quad in enumerate((mine, mine if alike else other)):
                if quad is not None:
                    texts[number].append(" ".join(f"{x:.0f},{y:.0f}" for x, y in quad))
    return texts


def differences(own: Sequence[str], exported: Sequence[str]) -> list[Difference]:
    """Return where two readings of a page differ, line by line; a line more or less moves no other."""
    steps = SequenceMatcher(None, own, exported, autojunk=False).get_opcodes()
    return [Difference(list(own[a:b]), list(exported[c:d])) for kind, a, b, c, d in steps if kind != "equal"]
