"""The columns of ``ocrzoo bench``, and what they are computed from."""

from __future__ import annotations

import pytest

from ocrzoo.benchmark.figures import COLUMNS, Measured, row, table
from ocrzoo.benchmark.samples import Samples

TUTORIAL = (
    *("Pipeline configuration", "Hardware", "Avg. inference time (s)", "Peak CPU utilization (%)"),
    *("Avg. CPU utilization (%)", "Peak host memory (MB)", "Avg. host memory (MB)", "Peak GPU utilization (%)"),
    *("Avg. GPU utilization (%)", "Peak device memory (MB)", "Avg. device memory (MB)"),
)
"""The headings of the tutorial's section 1.2."""


def measured(samples: Samples | None = None) -> Measured:
    """Two repeats of three pages: 6 s and 3 s."""
    return Measured("OCR", "a machine", samples or Samples(None), [6.0, 3.0], pages=6, lines=12, characters=90)


def test_the_columns_are_the_tutorials_in_its_order() -> None:
    headings = [column.heading for column in COLUMNS]
    assert [heading for heading in headings if heading in TUTORIAL] == list(TUTORIAL)


def test_times_are_of_a_page_and_the_spread_is_that_of_the_repeats() -> None:
    found = row(measured())
    assert found["seconds_per_page"] == 1.5
    assert (found["seconds_per_page_least"], found["seconds_per_page_most"]) == (1, 2)
    assert found["characters_per_second"] == 10
    assert (found["pages"], found["lines"], found["repeats"]) == (3, 6, 2)


def test_memory_has_its_peak_and_its_average() -> None:
    found = row(measured(Samples(None, memory_mb=[100, 300, 200])))
    assert (found["peak_memory_mb"], found["mean_memory_mb"]) == (300, 200)


def test_a_row_has_a_figure_or_null_for_each_column() -> None:
    found = row(measured())
    assert {column.key for column in COLUMNS} <= set(found)
    assert found["peak_gpu_percent"] is None


def test_the_table_leaves_out_what_this_machine_does_not_have() -> None:
    without, (cells,) = table([row(measured(Samples(None, memory_mb=[100])))])
    assert not any("GPU" in heading or "device" in heading for heading in without)
    assert cells[:3] == ["OCR", "a machine", "1.500"]
    rows = [row(measured(Samples(None, gpu_percent=[40], gpu_memory_mb=[900]))), row(measured())]
    with_card, (first, second) = table(rows)
    at = with_card.index("Peak GPU utilization (%)")
    assert (first[at], second[at]) == ("40.0", "N/A")


def test_the_processors_use_is_that_of_windows_and_on_average_of_all_time() -> None:
    samples = Samples(None)
    for now, used in ((0.0, 0.0), (0.1, 0.2), (1.0, 0.5), (2.0, 2.5)):
        samples._add_cpu(now, used)
    assert samples.cpu_percent == [50, pytest.approx(200)]
    assert samples.mean_cpu_percent == 125


def test_without_a_whole_window_there_is_no_figure_of_the_processor() -> None:
    samples = Samples(None)
    samples._add_cpu(0.0, 0.0)
    assert samples.mean_cpu_percent is None
