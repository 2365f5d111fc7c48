"""The examination of a model, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ocrzoo.diagnosis import dictionaries, lines, pages
from ocrzoo.diagnosis.hypotheses import HALF, IMAGENET, OF_LINES, OF_PAGES, Choices, Hypothesis, named, stated
from ocrzoo.diagnosis.samples import LOOKS, Sample, render, rendered_lines
from ocrzoo.diagnosis.search import CLEAR, Search, search
from ocrzoo.diagnosis.subject import DETECTION, RECOGNITION, Subject
from ocrzoo.predictors.base import transform
from ocrzoo.processing.detection import DetectionParams
from ocrzoo.types import Image
from ocrzoo_registry.cards.charsets import read_charset
from ocrzoo_registry.errors import CardError, OcrzooError, UsageError
from ocrzoo_registry.zoo import Zoo

Verdict = Literal["sound", "cause found", "refused", "nothing reads", "not examined"]
NOTHING = 0.5
"""Share of the text that is right below which nothing reads."""
_SURE = 0.2
"""Share of the text that is lost without the changes, from which they are sure."""
_MOST_TRIALS = 8
"""Trials that a report has."""
_NO_DICTIONARY = "no dictionary is known: give it with --dictionary"


@dataclass(frozen=True)
class Finding:
    """One thing to change."""

    factor: str
    stated: str
    reads: str
    change: str


@dataclass(frozen=True)
class Diagnosis:
    """What came of an examination."""

    model: str
    task: str | None
    where: str
    engine: str
    verdict: Verdict
    summary: str
    certainty: Literal["sure", "likely", "unsure"]
    now: str
    """What ocrzoo does with the model as it is: the text that it reads, or why it refuses it."""
    right_now: float | None
    """Share of the text that is right as stated, 0 to 1; ``None`` if the model does not run so.

    Unless :attr:`is_text_known`, this and what follows from it are mean probabilities.
    """
    right_best: float | None
    findings: Sequence[Finding] = ()
    alike: Sequence[str] = ()
    """What reads as well as what is stated, so that it cannot be the cause."""
    trials: Sequence[Mapping[str, Any]] = ()
    """The best trials, each with another set of changes, the best first."""
    next_steps: Sequence[str] = ()
    complete: bool = True
    """Whether everything was tried in time."""
    is_text_known: bool = True
    """Whether it is known what the picture has, so that shares of it can be right."""

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def examine(
    zoo: Zoo, subject: Subject, seconds: float, page: Image | None = None, text: str | None = None
) -> Diagnosis:
    """Try a model in every way of the tables; on a line or page of the user, if one is given.

    ``page`` is H x W x 3, uint8, BGR: a single line for recognition; ``text`` is what is written there.

    Raises:
        UsageError: The picture for a recognition model is not of a line, or there is none and no font to draw lines.
    """
    if subject.own_predictor is not None:
        return _unexamined(zoo, subject, page)
    if subject.task == RECOGNITION:
        if page is not None and page.shape[1] < page.shape[0]:
            raise UsageError(f"{subject.name} reads lines: --page must be a picture of one line, wider than high")
        return _of_lines(zoo, subject, seconds, page, text)
    if subject.task == DETECTION:
        return _of_page(zoo, subject, seconds, page)
    return _unexamined(zoo, subject, page)


def _of_lines(zoo: Zoo, subject: Subject, seconds: float, page: Image | None, text: str | None) -> Diagnosis:
    charset = subject.charset
    samples = rendered_lines(charset, subject.scripts) if page is None else [Sample(page, text)]
    if not samples:
        raise UsageError(
            f"{subject.name}: no font here has its characters: give --page and --text, or install fonts with them"
        )
    sides = lines.sides(subject.session)
    states = _stated_line(subject, sides)
    trials = lines.LineTrials(subject.session, samples, charset, _charsets(zoo), subject.dictionary, subject.scripts)
    found = search(states, _fitting(lines.INPUTS, sides), trials.attempt, seconds)
    now, refused = _now(zoo, subject, samples[0].image) if charset else (f"{subject.name}: {_NO_DICTIONARY}", True)
    return _judged(subject, found, now, refused, known=page is None or text is not None)


def _of_page(zoo: Zoo, subject: Subject, seconds: float, image: Image | None) -> Diagnosis:
    page = pages.rendered_page() if image is None else pages.Page(image, None)
    sides = lines.sides(subject.session)
    states, params = _stated_page(subject, sides)
    trials = pages.PageTrials(subject.session, page, params)
    found = search(states, _fitting(pages.INPUTS, sides), trials.attempt, seconds)
    now, refused = _now(zoo, subject, page.image)
    return _judged(subject, found, now, refused, known=image is None)


def _fitting(table: Sequence[Hypothesis], sides: Sequence[int | None]) -> list[Hypothesis]:
    """The hypotheses about the input that the shape of the network's input allows."""
    fixed = {
        "line height": sides[2] is not None,
        "page size": sides[2] is not None and sides[3] is not None,
        "color order": sides[1] == 1,
    }
    return [one for one in table if not fixed.get(one.factor)]


def _stated_line(subject: Subject, sides: Sequence[int | None]) -> Choices:
    shape = transform(subject.config, "RecResizeImg").get("image_shape")
    given = shape[1] if isinstance(shape, list) and len(shape) == 3 and isinstance(shape[1], int) else 48
    height = sides[2] or given
    return _by_factor(
        stated(OF_LINES, "line height", height, str(height)),
        named(OF_LINES, "color order", "gray" if sides[1] == 1 else "BGR"),
        stated(OF_LINES, "mean and scale", HALF, ""),
        named(OF_LINES, "output axes", "N x T x classes"),
        named(OF_LINES, "output values", "probabilities"),
        named(OF_LINES, "class layout", "blank, dictionary, space"),
        dictionaries.of_stated(subject.charset),
    )


def _stated_page(subject: Subject, sides: Sequence[int | None]) -> tuple[Choices, DetectionParams]:
    own = subject.config["PostProcess"]
    usual = DetectionParams()
    thresh, box, unclip = (_number(own, key, getattr(usual, key)) for key in ("thresh", "box_thresh", "unclip_ratio"))
    fixed = None if sides[2] is None or sides[3] is None else (3, sides[2], sides[3])
    choices = _by_factor(
        named(OF_PAGES, "page size", f"{usual.limit_type} {usual.limit_side_len}"),
        named(OF_PAGES, "color order", "gray" if sides[1] == 1 else "BGR"),
        stated(OF_PAGES, "mean and scale", IMAGENET, ""),
        named(OF_PAGES, "output axes", "N x 1 x H x W"),
        named(OF_PAGES, "output values", "probabilities"),
        stated(OF_PAGES, "thresholds", (thresh, box), f"thresh {thresh}, box_thresh {box}"),
        stated(OF_PAGES, "unclip ratio", unclip, str(unclip)),
    )
    return choices, DetectionParams(input_shape=fixed)


def _by_factor(*choices: Hypothesis) -> Choices:
    return {one.factor: one for one in choices}


def _number(settings: Mapping[str, Any], key: str, usual: float) -> float:
    value = settings.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else usual


def _charsets(zoo: Zoo) -> dict[str, Sequence[str]]:
    """The charsets of the registered models, each once, by the first model that has it."""
    found: dict[Any, tuple[str, Sequence[str]]] = {}
    for card in zoo.models:
        if card.charset is not None and (path := card.folder / card.charset) not in found:
            try:
                found[path] = (card.name, read_charset(path))
            except CardError:
                continue
    return dict(found.values())


def _now(zoo: Zoo, subject: Subject, image: Image) -> tuple[str, bool]:
    """What ocrzoo does with the model as it is, and whether it refuses it."""
    try:
        (found,) = subject.predictor(zoo).predict([image])
    except OcrzooError as error:
        return str(error), True
    if hasattr(found, "text"):
        return f"reads {found.text!r}", False
    if hasattr(found, "quads"):
        return f"finds {len(found.quads)} lines", False
    return f"finds the class {found.label!r}" if hasattr(found, "label") else "runs", False


def _judged(subject: Subject, found: Search, now: str, refused: bool, *, known: bool) -> Diagnosis:
    """Turn the trials into a verdict; without ``known`` text, no verdict is sure."""
    best, baseline = found.best, found.baseline
    changes = [] if best is None else best.changes(found.stated)
    right_now = None if baseline is None or refused else baseline.right
    findings = [_finding(one, found) for one in changes]
    verdict: Verdict
    if best is None or best.right < NOTHING:
        verdict, findings = "nothing reads", []
        summary = "in none of the ways that were tried does it read"
    elif not changes and refused:
        verdict, summary = "refused", f"the network reads, but the configuration is refused: {now}"
    elif not changes:
        verdict, summary = "sound", "nothing else reads better than what is stated"
    else:
        verdict = "cause found"
        summary = "; ".join(f"{one.factor} is {one.reads}, not {one.stated}" for one in findings)
    return Diagnosis(
        subject.name,
        subject.task,
        str(subject.where),
        subject.engine,
        verdict,
        summary,
        _certainty(found, verdict, known=known),
        now,
        right_now,
        None if best is None else best.right,
        findings,
        [str(one) for one in _near(found)] if verdict != "nothing reads" else (),
        _rows(found),
        _next_steps(verdict, subject, found, known=known),
        found.complete,
        known,
    )


def _finding(one: Hypothesis, found: Search) -> Finding:
    """What to change; where entries of a dictionary are missing, also a whole one that reads as well."""
    change = one.change
    if one.factor == dictionaries.FACTOR and dictionaries.UNKNOWN in one.value:
        alike = (other for other in _near(found) if other.factor == one.factor)
        whole = next((other.change for other in alike if dictionaries.UNKNOWN not in other.value), "")
        change += f"; or {whole}, which reads as well" if whole else ""
    return Finding(one.factor, found.stated[one.factor].name, one.name, change)


def _certainty(found: Search, verdict: Verdict, *, known: bool) -> Literal["sure", "likely", "unsure"]:
    """How sure it is: by how much less is right without the changes; nothing is sure without a known text."""
    best = found.best
    if best is None or not known or verdict == "nothing reads":
        return "unsure"
    changed = {one.factor for one in best.changes(found.stated)}
    if not changed:
        return "sure" if best.right >= 1 - _SURE else "likely"
    others = [one for one in found.trials if not changed <= {change.factor for change in one.changes(found.stated)}]
    without = max((one.right for one in others), default=0.0)
    return "sure" if best.right - without >= _SURE else "likely" if best.right - without >= CLEAR else "unsure"


def _near(found: Search) -> list[Hypothesis]:
    """Single changes to the best trial that make no difference."""
    best = found.best
    assert best is not None, "something reads"  # noqa: S101
    near = [trial.changes(best.choices) for trial in found.trials if abs(trial.right - best.right) < CLEAR]
    return list({str(other[0]): other[0] for other in near if len(other) == 1}.values())


def _rows(found: Search) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = []
    for trial in found.trials[:_MOST_TRIALS]:
        changes = [str(one) for one in trial.changes(found.stated)]
        rows.append({"changes": changes, "right": trial.right, "score": trial.score, "texts": [*trial.texts]})
    return rows


def _next_steps(verdict: Verdict, subject: Subject, found: Search, *, known: bool) -> list[str]:
    steps: list[str] = []
    if verdict == "nothing reads":
        steps.append("run the network before its export on the same line: if it reads there, compare the two outputs")
        if not subject.charset and subject.task == RECOGNITION:
            steps.append(_NO_DICTIONARY)
        steps.append("check that the weights were loaded before the export, and the network was in evaluation mode")
        steps += [f"{what}: {why}" for what, why in [*found.refusals.items()][:1]]
    if not known:
        steps.append("give the text with --text: without it, only the network's own probabilities were compared")
    if not found.complete:
        steps.append("not everything was tried in time: allow more with --budget")
    return steps


def _unexamined(zoo: Zoo, subject: Subject, page: Image | None) -> Diagnosis:
    """Say of another task, or of a predictor that no hypothesis is about, only what the predictor says."""
    now, refused = _now(zoo, subject, render("Total 128 boxes, 45 lines", LOOKS[0]) if page is None else page)
    summary = f"hypotheses are known for {RECOGNITION} and {DETECTION} only, not for {subject.task or 'this task'}"
    if subject.task in {RECOGNITION, DETECTION}:
        summary = f"it has a predictor of its own, {subject.own_predictor}, about which no hypotheses are known"
    steps = [] if subject.task else ["name the task with --task, such as text_recognition"]
    verdict: Verdict = "refused" if refused and subject.task is not None else "not examined"
    return Diagnosis(
        *(subject.name, subject.task, str(subject.where), subject.engine, verdict, summary, "unsure", now, None, None),
        next_steps=steps,
    )
