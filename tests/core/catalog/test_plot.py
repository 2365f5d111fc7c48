"""Charts of accuracy against cost: what is drawn together, where, and what is the best."""

from __future__ import annotations

import itertools

import pytest
from tests.core.catalog.conftest import STRANGER
from tests.registry.kit import offer_card

from ocrzoo.catalog.entries import Entry
from ocrzoo.catalog.plot import HEIGHT, LEFT, WIDTH, Chart, comparable_figures


def entry(
    name: str,
    value: float,
    size: float | None,
    dataset: str = "beach signs",
    metric: str = "hmean",
    unit: str = "percent",
    **changes: object,
) -> Entry:
    """A synthetic model with a figure."""
    figure = {"name": metric, "value": value, "unit": unit, "dataset": dataset, "source": "a test"}
    return Entry(offer_card(name=name, metrics=[figure], size_mb=size, **changes), STRANGER)


def chart_of(*entries: Entry) -> Chart:
    (group,) = comparable_figures(entries)
    (chart,) = group.charts
    return chart


def test_only_figures_of_one_data_set_compare() -> None:
    groups = comparable_figures([entry("a", 50, 1), entry("b", 60, 2), entry("c", 70, 3, "postcards")])
    assert [[one.entry.card.name for one in group.figures] for group in groups] == [["b", "a"], ["c"]]
    assert list(groups[1].charts) == []


def test_a_ratio_is_percent() -> None:
    (group,) = comparable_figures([entry("a", 0.5, 1, unit="ratio")])
    assert group.figures[0].percent == 50


def test_the_larger_is_further_right_and_the_better_higher() -> None:
    chart = chart_of(entry("small", 50, 1), entry("large", 90, 100))
    places = {point.entry.card.name: point for point in chart.points}
    assert places["small"].x < places["large"].x
    assert places["small"].y > places["large"].y


def test_the_best_are_those_that_no_other_beats() -> None:
    chart = chart_of(entry("tiny", 50, 1), entry("good", 70, 5), entry("worse", 60, 6), entry("best", 71, 100))
    assert {point.entry.card.name for point in chart.points if point.best} == {"tiny", "good", "best"}


def test_a_model_that_is_too_small_to_have_a_size_is_in_no_chart_of_sizes() -> None:
    """Sizes are rounded to 0.1 MB, and an axis of powers of ten has no zero."""
    files = [{"path": "inference.onnx", "size": 40_000}]
    tiny = entry("tiny", 60, None, artifacts={"onnx": {"files": files}})
    chart = chart_of(tiny, entry("small", 50, 1), entry("large", 90, 100))
    assert {point.entry.card.name for point in chart.points} == {"small", "large"}


def test_of_errors_fewer_are_better() -> None:
    chart = chart_of(entry("few", 2, 5, metric="cer"), entry("many", 9, 6, metric="cer"))
    assert {point.entry.card.name for point in chart.points if point.best} == {"few"}


@pytest.mark.parametrize("values", [(50, 50), (0, 100), (99.9, 99.95), (12.3456, 12.3457)])
@pytest.mark.parametrize("sizes", [(1, 1), (0.1, 5000), (9, 11)])
def test_axes_have_ticks_around_all_points(values: tuple[float, float], sizes: tuple[float, float]) -> None:
    chart = chart_of(entry("a", values[0], sizes[0]), entry("b", values[1], sizes[1]))
    for point in chart.points:
        assert LEFT <= point.x <= WIDTH
        assert 0 <= point.y <= HEIGHT
    assert 2 <= len(chart.y_ticks) <= 12
    assert len(chart.x_ticks) >= 2
    assert len({text for _, text in chart.y_ticks}) == len(chart.y_ticks)


def test_names_cover_neither_each_other_nor_dots() -> None:
    crowd = [entry(f"model_{number}", 70 + number % 3 * 0.1, 10 + number * 0.2) for number in range(12)]
    chart = chart_of(*crowd)
    boxes = []
    for point in chart.points:
        if point.label:
            x, y, anchor = point.label
            width = len(point.entry.card.name) * 6.9
            left = x - {"start": 0.0, "middle": width / 2, "end": width}[anchor]
            boxes.append((left, y - 10, left + width, y + 2))
    assert boxes
    for one, other in itertools.combinations(boxes, 2):
        assert one[0] >= other[2] or other[0] >= one[2] or one[1] >= other[3] or other[1] >= one[3]


def test_of_many_models_the_table_has_the_names() -> None:
    chart = chart_of(*(entry(f"model_{number}", number / 2, 1 + number) for number in range(200)))
    assert len(chart.points) == 200
    assert all(point.label is None for point in chart.points)
