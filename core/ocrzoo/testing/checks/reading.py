"""Checks of what a model reads, finds or tells on drawn pictures whose content is known."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from ocrzoo.processing import detection
from ocrzoo.testing import pictures
from ocrzoo.testing.checks.card import unknown_letters
from ocrzoo.testing.comparing import share_read
from ocrzoo.testing.findings import Finding, Severity
from ocrzoo.testing.sessions import Altered
from ocrzoo.testing.subjects import ModelSubject
from ocrzoo.visualize.fonts.book import font_book
from ocrzoo_registry.errors import OcrzooError
from ocrzoo_registry.languages.support import claimed_support
from ocrzoo_registry.languages.tags import Language, language_of_tag

READABLE, READ_WELL = 0.5, 0.7
"""Share of drawn letters below which a language is not read, and from which it is read well."""
OWN_READABLE, OWN_READ_WELL = 0.25, 0.5
"""The same of those letters of a language that are not in ASCII: in made words they are hard to tell apart."""
FOUND = 0.75
"""Share of drawn lines, or of pictures, from which a model finds or tells them."""
CLEARLY_BETTER = 0.25
"""By how much more of the letters another form of the input must be read."""
_SHOWN = 3
"""Languages that a finding has examples of."""
_OVERLAP = 0.5
"""Intersection over union from which a quad is that of a line."""


def reading(subject: ModelSubject) -> Iterator[Finding]:
    """Claimed languages that are not read; lines that are not found; turned pictures that are not told."""
    look = _BY_TASK.get(subject.card.task)
    if look is not None:
        yield from look(subject)


def _languages(subject: ModelSubject) -> Iterator[Finding]:
    """What is read of drawn letters, in each claimed language."""
    drawn: dict[Language, list[str]] = {}
    undrawn = []
    claimed = claimed_support(subject.card)
    for one in claimed:
        texts = pictures.samples(one.language, one.coverage.covered if one.coverage is not None else ())
        if font_book().can_draw("".join(texts)):
            drawn[one.language] = texts
        else:
            undrawn.append(str(one.language))
    lines = iter(subject.predictor.predict([pictures.line(text) for texts in drawn.values() for text in texts]))
    unread: dict[Severity, list[str]] = {}
    for language, texts in drawn.items():
        written, read = "".join(texts), "".join(next(lines).text for _ in texts)
        share = share_read(written, read)
        severity = _judged(share, share_read(written, read, own=True))
        if severity is not None:
            example = f"{language}, {share:.0%} of its letters: {written[:16]!r} as {read[:16]!r}"
            unread.setdefault(severity, []).append(example)
    for severity, examples in unread.items():
        what = "does not read" if severity == "error" else "reads poorly"
        shown = "; ".join(examples[:_SHOWN]) + (f" and {len(examples) - _SHOWN} more" * (len(examples) > _SHOWN))
        yield Finding(severity, f"{what} {shown}", "languages", _UNREAD)
    yield from unknown_letters([one.language for one in claimed])
    if undrawn:
        step = "install fonts with their letters (Debian: fonts-noto-core, fonts-noto-cjk)"
        yield Finding("skipped", f"no font here has the letters of {', '.join(undrawn)}", "languages", step)


_UNREAD = (
    "compare the charset with the order of the classes, and the input with docs/networks.md ('ocrzoo models doctor'); "
    "do not claim what it was not trained on"
)


def _judged(share: float, of_own: float) -> Severity | None:
    if share < READABLE or of_own < OWN_READABLE:
        return "error"
    return "warning" if share < READ_WELL or of_own < OWN_READ_WELL else None


def _lines(subject: ModelSubject) -> Iterator[Finding]:
    """Lines of a drawn page that are not found."""
    share = _share_found(subject.answer)
    if share < FOUND:
        count = len(pictures.line_boxes())
        message = f"finds {round(share * count)} of {count} lines of a drawn page"
        yield Finding("error", message, "drawn page", "compare input and output with docs/networks.md")


def _share_found(found: Any) -> float:
    bounds = [np.asarray(quad).reshape(-1, 2) for quad in found.quads]
    boxes = [(*quad.min(axis=0).tolist(), *quad.max(axis=0).tolist()) for quad in bounds]
    due = pictures.line_boxes()
    return sum(any(_overlap(box, one) >= _OVERLAP for one in boxes) for box in due) / len(due)


def _overlap(one: Sequence[int], other: Sequence[int]) -> float:
    """Intersection over union of two boxes."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    common = max(wide, 0) * max(high, 0)
    union = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)) - common
    return float(common / union) if union else 0.0


def _turned(subject: ModelSubject) -> Iterator[Finding]:
    """Turned pictures whose class is another one than that of the angle."""
    degrees = [re.match(r"\d+", label) for label in subject.predictor.labels]
    angles = [int(one[0]) for one in degrees if one is not None]
    if len(angles) < len(degrees) or any(angle % 90 for angle in angles):
        labels = ", ".join(subject.predictor.labels)
        yield Finding("skipped", f"the labels are no angles: {labels}", "labels", "name the classes 0, 90, 180 and 270")
        return
    right = _share_told(subject.predictor, subject, angles)
    if right < FOUND:
        message = f"tells the angle of {right:.0%} of drawn pictures that are turned"
        yield Finding("error", message, "turned pictures", "compare labels and preprocess of the card with training")


def _share_told(predictor: Any, subject: ModelSubject, angles: Sequence[int]) -> float:
    told: list[bool] = []
    for number, angle in enumerate(angles):
        turned = [np.ascontiguousarray(np.rot90(picture, -(angle // 90))) for picture in subject.pictures]
        told += [found.class_id == number for found in predictor.predict(turned)]
    return sum(told) / len(told)


def _flat(subject: ModelSubject) -> Iterator[Finding]:
    """A page that has another size after unwarping."""
    due, found = subject.pictures[0].shape, np.asarray(subject.answer.image).shape
    if found != due:
        yield Finding("error", f"returns a page of {found} for one of {due}", "page", "return a page of the same size")


_BY_TASK: dict[str, Callable[[ModelSubject], Iterator[Finding]]] = {
    "text_recognition": _languages,
    "text_detection": _lines,
    "doc_text_orientation": _turned,
    "textline_orientation": _turned,
    "image_unwarping": _flat,
}


class _Form(NamedTuple):
    """Another form of a network's input."""

    name: str
    alter: Callable[[Any], Any]
    colored: bool = False
    """Whether it is tried on colored text, on which the order of the channels matters most."""


_MEAN, _STD = (np.array(values, np.float32).reshape(3, 1, 1) for values in (detection.MEAN, detection.STD))


def _unit(pixels: Any) -> Any:
    """The values of pixels, 0 to 1, from -1 to 1."""
    return (pixels + np.float32(1)) / np.float32(2)


_FORMS = (
    _Form("the channels in the order red, green, blue", lambda pixels: np.ascontiguousarray(pixels[:, ::-1]), True),
    _Form("values from 0 to 1: (x / 255)", _unit),
    _Form("values from 0 to 255", lambda pixels: _unit(pixels) * np.float32(255)),
    _Form("ImageNet's mean and deviation", lambda pixels: (_unit(pixels) - _MEAN) / _STD),
    _Form("dark and light exchanged", np.negative),
)
"""What networks were trained with that read worse here; tried from what recognition is given, -1 to 1, BGR."""


def alternatives(subject: ModelSubject) -> Iterator[Finding]:
    """Another form of the input that is read clearly better than the one that the network is given."""
    if subject.card.task != "text_recognition":
        return
    texts = [text for text in pictures.TEXTS[:2] if font_book().can_draw(text)]
    if not _writes_latin(subject) or not texts:
        return
    plain = [pictures.line(text) for text in texts]
    colored = [pictures.line(text, ink=pictures.BLUE, paper=pictures.ORANGE) for text in texts]
    first = subject.first
    usual = {
        colored_one: _read(subject.predictor, shown, texts) for colored_one, shown in ((False, plain), (True, colored))
    }
    best, share = None, 0.0
    for form in _FORMS:
        try:
            predictor = subject.plan.make(first.candidate, Altered(first.session, form.alter))
            found = _read(predictor, colored if form.colored else plain, texts)
        except OcrzooError:  # its output is not one of such an input
            continue
        if found >= usual[form.colored] + CLEARLY_BETTER and found > share:
            best, share = form, found
    if best is not None:
        color = "colored " if best.colored else ""
        message = f"reads {share:.0%} of {color}letters with {best.name}, and {usual[best.colored]:.0%} as it is"
        step = "export the network with its own normalization inside, for the input of docs/networks.md"
        yield Finding("error", message, "input", step)


def _read(predictor: Any, shown: Sequence[Any], texts: Sequence[str]) -> float:
    """The share of the letters that are read."""
    return share_read("".join(texts), "".join(found.text for found in predictor.predict(list(shown))))


def _writes_latin(subject: ModelSubject) -> bool:
    """Whether the model claims a language in Latin letters, whose drawn lines tell forms of the input apart."""
    return any(language_of_tag(tag).script == "Latn" for tag in subject.card.languages)


def self_check(subject: ModelSubject) -> Iterator[Finding]:
    """What engines find otherwise than the card's self-check states."""
    from ocrzoo.loading.self_check import found_differently, read_picture

    stated = subject.card.self_check
    if stated is None:
        return
    try:
        picture = read_picture(subject.card, stated)
    except OcrzooError as error:
        yield Finding("error", str(error), "self_check.picture", "put the picture there")
        return
    for way in subject.loaded.ways:
        if fault := found_differently(stated, way.predictor, picture):
            step = "state what the published weights find, or correct them"
            yield Finding("error", fault, f"self_check, {way}", step)
