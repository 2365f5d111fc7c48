"""The simulation of a cluster: where one limit decides, it gives what can be worked out on paper."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from bench.cluster_model import Cluster, bottlenecks, simulate, spread

IDEAL = Cluster(
    nodes=10,
    pages=100_000,
    page_spread=0.0,
    driver_s=0.0,
    weights_bytes=0.0,
    load_s=0.0,
    gets_per_s=math.inf,
    puts_per_s=math.inf,
    list_s=0.0,
    get_s=0.0,
    link_bytes_per_s=math.inf,
    slow_nodes=0.0,
    part_pages=50,
)
"""Nothing but reading."""
AT_ONCE = IDEAL.nodes * IDEAL.actors_per_node / IDEAL.page_s
"""Pages a second of all its actors."""


def test_with_no_limit_all_actors_work_all_the_time() -> None:
    run = simulate(IDEAL)
    assert run.pages_per_s == pytest.approx(AT_ONCE, rel=1e-6)
    assert run.efficiency == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("limit", "pages_per_s"),
    [
        ({"driver_s": 2.0}, 50 / 2.0),
        ({"gets_per_s": 20.0}, 20.0),
        ({"puts_per_s": 1.0}, 50 / 2),
        ({"link_bytes_per_s": 300e3}, 10.0),
    ],
    ids=["driver", "GET", "PUT", "links"],
)
def test_what_is_scarcest_decides(limit: dict[str, float], pages_per_s: float) -> None:
    run = simulate(replace(IDEAL, **limit))  # type: ignore[arg-type]  # its fields
    assert pages_per_s < AT_ONCE
    assert run.pages_per_s == pytest.approx(pages_per_s, rel=0.05)


def test_listing_comes_first() -> None:
    run = simulate(replace(IDEAL, list_s=3.0))
    assert run.listing_s == pytest.approx(300.0)
    assert run.seconds == pytest.approx(300.0 + IDEAL.pages / AT_ONCE, rel=1e-3)


def test_weights_reach_twice_as_many_nodes_each_time() -> None:
    arrived = spread(replace(IDEAL, nodes=7, weights_bytes=1e9, link_bytes_per_s=1e9))
    assert arrived == [1, 2, 2, 3, 3, 3, 3]


def test_the_first_bottleneck_is_the_one_without_which_the_work_ends_soonest() -> None:
    both = replace(IDEAL, driver_s=2.0, list_s=1.0)
    first, second, *others = bottlenecks(both).items()
    assert (first[0], second[0]) == ("driver", "listing")
    assert first[1] > second[1] > 0
    assert all(share == pytest.approx(0.0, abs=1e-9) for _, share in others)


def test_larger_parts_help_a_busy_driver_and_lengthen_the_end() -> None:
    busy = replace(Cluster(), nodes=200, pages=200_000)
    small, large = (simulate(replace(busy, part_pages=count)) for count in (16, 512))
    assert small.driver_busy > large.driver_busy
    assert small.tail_s < large.tail_s
