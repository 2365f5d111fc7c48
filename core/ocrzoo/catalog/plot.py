"""Accuracy against cost as charts: only figures of one data set share a chart, because others do not compare."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ocrzoo.catalog.entries import Entry, language_words
from ocrzoo_registry.cards.figures import Metric

WIDTH, HEIGHT = 440, 320
LEFT, RIGHT, TOP, BOTTOM = 40, 12, 12, 44
_NAMED = 24
"""Up to this many models have their names in a chart; a table below it has all."""
_LETTER = 6.9
"""Usual width of a letter of a label."""
_LINE = 14.0
_DOT = 5.0
_FEWEST_TICKS = 2
_LOWER_IS_BETTER = frozenset({"cer"})
_NAMES = {
    "hmean": "Hmean",
    "accuracy": "Line accuracy",
    "weighted_accuracy": "Weighted line accuracy",
    "top1_accuracy": "Top-1 accuracy",
    "cer": "Character error rate",
}
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Figure:
    """A model's published figure on one data set."""

    entry: Entry
    percent: float


@dataclass(frozen=True)
class Figures:
    """The figures that compare: of one task, metric, language and data set."""

    task: str
    metric: str
    language: str | None
    dataset: str
    source: str
    figures: tuple[Figure, ...]
    """The best first."""

    @property
    def heading(self) -> str:
        """Metric and language."""
        return _NAMES[self.metric] + (f", {language_words(self.language)}" if self.language else "")

    @property
    def label(self) -> str:
        """What the vertical axis has."""
        return f"{_NAMES[self.metric]}, %" + (", lower is better" if self.lower_is_better else "")

    @property
    def lower_is_better(self) -> bool:
        """Whether the metric counts errors."""
        return self.metric in _LOWER_IS_BETTER

    @property
    def charts(self) -> Iterator[Chart]:
        """Accuracy against size, and against the time on a CPU, as far as two models have figures."""
        costs: tuple[tuple[str, Callable[[Entry], float | None]], ...] = (
            ("size, MB", lambda entry: entry.size_mb),
            ("time of an image on a CPU, ms", lambda entry: entry.cpu_ms),
        )
        for cost, measure in costs:  # a size that was rounded to 0 has no place on a logarithmic axis
            points = [(one, x) for one in self.figures if (x := measure(one.entry))]
            if len(points) > 1:
                yield _chart(self, cost, points)


@dataclass(frozen=True)
class Point:
    """A model in a chart; places are in units of the chart."""

    entry: Entry
    x: float
    y: float
    words: str
    best: bool
    """Whether no other model is both better and cheaper."""
    label: tuple[float, float, str] | None
    """Left or right end of its name, baseline, and SVG's ``text-anchor``."""


@dataclass(frozen=True)
class Chart:
    """One chart."""

    cost: str
    label: str
    description: str
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    points: tuple[Point, ...]


def comparable_figures(entries: Iterable[Entry]) -> list[Figures]:
    """Return all published figures, those that compare together; the tasks with most figures first."""
    groups: dict[tuple[str, str, str, str], list[tuple[Figure, Metric]]] = {}
    for entry in entries:
        for metric in entry.card.metrics:
            if metric.value is not None and metric.dataset is not None:
                key = (entry.card.task, metric.name, metric.language or "", metric.dataset)
                percent = metric.value * 100 if metric.unit == "ratio" else metric.value
                groups.setdefault(key, []).append((Figure(entry, percent), metric))
    found = []
    for (task, name, language, dataset), figures in groups.items():
        sign = 1 if name in _LOWER_IS_BETTER else -1
        ranked = sorted((one for one, _ in figures), key=lambda one: (sign * one.percent, one.entry.card.name))
        found.append(Figures(task, name, language or None, dataset, figures[0][1].source, tuple(ranked)))
    weight = Counter(one.task for one in found for _ in one.figures)
    return sorted(
        found,
        key=lambda one: (-weight[one.task], one.task, -len(one.figures), one.metric, one.language or "", one.dataset),
    )


def _chart(group: Figures, cost: str, points: Sequence[tuple[Figure, float]]) -> Chart:
    costs, values = [x for _, x in points], [one.percent for one, _ in points]
    left, right = math.log10(min(costs) / 1.6), math.log10(max(costs) * 1.6)
    bottom, top, step = _scale(min(values), max(values))

    def place_x(value: float) -> float:
        return round(LEFT + (math.log10(value) - left) / (right - left) * (WIDTH - LEFT - RIGHT), 1)

    def place_y(value: float) -> float:
        return round(HEIGHT - BOTTOM - (value - bottom) / (top - bottom) * (HEIGHT - TOP - BOTTOM), 1)

    ticks = [bottom + step * number for number in range(round((top - bottom) / step) + 1)]
    digits = max(0, -math.floor(math.log10(step)))
    places = [(place_x(x), place_y(one.percent)) for one, x in points]
    labels = _labels([one.entry.card.name for one, _ in points], places)
    return Chart(
        cost,
        group.label,
        f"{len(points)} models. {'; '.join(_words(one, x, cost) for one, x in points[:_NAMED])}",
        tuple((place_x(tick), f"{tick:g}") for tick in _decades(10**left, 10**right)),
        tuple((place_y(tick), f"{tick:.{digits}f}") for tick in ticks),
        tuple(
            Point(one.entry, *place, _words(one, x, cost), _is_best(one, x, points, group), label)
            for (one, x), place, label in zip(points, places, labels, strict=True)
        ),
    )


def _words(figure: Figure, cost: float, unit: str) -> str:
    return f"{figure.entry.card.name}: {figure.percent:g} %, {cost:g} {unit.rpartition(', ')[2]}"


def _is_best(one: Figure, cost: float, points: Sequence[tuple[Figure, float]], group: Figures) -> bool:
    sign = -1 if group.lower_is_better else 1
    return not any(
        other_cost <= cost
        and sign * other.percent >= sign * one.percent
        and (other_cost, other.percent) != (cost, one.percent)
        for other, other_cost in points
    )


def _scale(low: float, high: float) -> tuple[float, float, float]:
    """The ends and the step of an axis with four to eight round steps."""
    span = max(high - low, 1.0) * 1.15
    raw = span / 5
    power = 10 ** math.floor(math.log10(raw))
    step = next(one * power for one in (1, 2, 5, 10) if one * power >= raw)
    return math.floor(low / step - 0.2) * step, math.ceil(high / step + 0.2) * step, step


def _decades(low: float, high: float) -> list[float]:
    """The round values on a logarithmic axis, closer where it is short."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    for factors in ((1,), (1, 2, 5), (1, 1.5, 2, 3, 4, 5, 6, 8)):
        values = [factor * 10.0**power for power in range(first, last + 1) for factor in factors]
        inside = [value for value in values if low <= value <= high]
        if len(inside) > _FEWEST_TICKS:
            break
    return inside


def _labels(names: Sequence[str], places: Sequence[tuple[float, float]]) -> list[tuple[float, float, str] | None]:
    """The place of each name: right, left, above or below its dot, where it covers nothing."""
    if len(names) > _NAMED:
        return [None] * len(names)
    taken: list[Box] = [(x - _DOT, y - _DOT, x + _DOT, y + _DOT) for x, y in places]
    found: list[tuple[float, float, str] | None] = []
    for number, (name, (x, y)) in enumerate(zip(names, places, strict=True)):
        width, others = len(name) * _LETTER, taken[:number] + taken[number + 1 :]
        spots = [(x + 9, y + 4, "start"), (x - 9, y + 4, "end"), (x, y - 10, "middle"), (x, y + 18, "middle")]
        spots += [(x + 6, y - 8, "start"), (x - 6, y - 8, "end"), (x + 6, y + 16, "start"), (x - 6, y + 16, "end")]
        free = next((spot for spot in spots if _is_free(_box(spot, width), others)), None)
        found.append(free and (round(free[0], 1), round(free[1], 1), free[2]))
        if free:
            taken.append(_box(free, width))
    return found


def _box(spot: tuple[float, float, str], width: float) -> Box:
    x, baseline, anchor = spot
    left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
    return left, baseline - _LINE + 3, left + width, baseline + 3


def _is_free(box: Box, taken: Iterable[Box]) -> bool:
    left, top, right, bottom = box
    inside = left >= LEFT and right <= WIDTH and top >= 0 and bottom <= HEIGHT - BOTTOM
    return inside and not any(left < r and right > lft and top < b and bottom > t for lft, t, r, b in taken)
