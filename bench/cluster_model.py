"""Simulate ``ocrzoo batch`` on 1 to 1,000 nodes: ``python -m bench.cluster_model [--json FILE]``.

A discrete-event simulation of what the command does on a Ray cluster: the driver lists the inputs, then hands parts to
actors and takes a line for each; the weights spread from node to node through Ray's object store; an actor reads the
files of its part from an object store, a page at a time, and writes the part's results there. What is shared is served
in the order in which it is asked for: the driver, the requests of one prefix of the object store, the link of a node.

``Cluster`` has every parameter with its origin: measured (``python -m bench.cluster_costs``), published, or assumed.
What limits a cluster is found by taking one limit away after the other: the first bottleneck is that without which the
same work ends soonest. ``docs/scaling.md`` explains the tables that this prints.
"""

from __future__ import annotations

import argparse
import heapq
import json
import math
import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

NODES = (1, 10, 100, 1000)
PART_SIZES = (16, 64, 256, 1024)
FREE = {
    "listing": {"list_s": 0.0},
    "driver": {"driver_s": 0.0},
    "requests to the object store": {"gets_per_s": math.inf, "puts_per_s": math.inf},
    "links of the nodes": {"link_bytes_per_s": math.inf},
    "weights": {"weights_bytes": 0.0, "load_s": 0.0},
    "uneven pages": {"page_spread": 0.0, "slow_nodes": 0.0},
}
"""What is taken away to find what limits a cluster."""


@dataclass(frozen=True)
class Cluster:
    """Parameters; the comments say where they are from."""

    nodes: int = 100
    pages: int = 1_000_000
    part_pages: int = 64  # the default of --rows
    # Measured: see docs/scaling.md for the machine.
    # Of an actor of one core, for a page: 0.32 s on two (docs/performance.md, labelled pages), and 1.4 times as long
    # (nine pages of tests/data/pages, the default models: 16.0 and 11.5 pages a second).
    page_s: float = 0.45
    page_spread: float = 0.85  # its standard deviation, as a share of the mean: bench.cluster_costs
    driver_s: float = 0.046  # of the driver's process, for a part: bench.cluster_costs
    result_bytes: float = 560.0  # of a page's row in Parquet, of a part of 9: bench.cluster_costs
    weights_bytes: float = 21e6  # of PP-OCRv5_mobile: docs/deployment.md
    load_s: float = 8.0  # of an actor, until its networks are ready, on a busy machine: bench.cluster_costs
    # Published: S3 serves at least 5,500 GET and 3,500 PUT a second for each prefix, and lists 1,000 keys a request
    # (Amazon S3 user guide, "Best practices design patterns" and "ListObjectsV2").
    gets_per_s: float = 5_500.0
    puts_per_s: float = 3_500.0
    keys_per_list: int = 1_000
    # Assumed.
    list_s: float = 0.1  # of one such request; the next one begins where it ended
    get_s: float = 0.05  # until the first byte
    page_bytes: float = 300e3
    link_bytes_per_s: float = 1.25e9  # 10 Gbit/s
    actors_per_node: int = 8  # 8 cores, and an actor each
    slow_nodes: float = 0.02  # the share of nodes that are slower, by
    slow_factor: float = 1.5
    requests_per_part: int = 2  # PUT: the results, and the part's entry in the index
    seed: int = 1


@dataclass(frozen=True)
class Run:
    """What a simulation came to."""

    nodes: int
    seconds: float
    efficiency: float
    """The share of the time of all actors in which they read pages."""
    pages_per_s: float
    driver_busy: float
    """The share of the time after listing in which the driver works."""
    requests_busy: float
    link_busy: float
    """Of the busiest node."""
    listing_s: float
    first_page_s: float
    """Until the first part is begun."""
    tail_s: float
    """From when no part was left to begin until the end."""


class Server:
    """Serves one after the other, in the order in which it is asked."""

    def __init__(self) -> None:
        self.free_at = 0.0
        self.busy_s = 0.0

    def serve(self, now: float, seconds: float) -> float:
        """Return when something is done that was asked for now."""
        self.free_at = max(now, self.free_at) + seconds
        self.busy_s += seconds
        return self.free_at


def simulate(cluster: Cluster) -> Run:
    """Simulate one batch."""
    chance = random.Random(cluster.seed)
    driver, gets, puts = Server(), Server(), Server()
    links = [Server() for _ in range(cluster.nodes)]
    links_out = [Server() for _ in range(cluster.nodes)]
    listing_s = math.ceil(cluster.pages / cluster.keys_per_list) * cluster.list_s
    slow = [1.0 + (cluster.slow_factor - 1.0) * (chance.random() < cluster.slow_nodes) for _ in links]
    arrived = spread(cluster)
    # Events, in the order of their times: an actor asks for a part (0 pages), or has read one.
    events = [
        (listing_s + arrived[number % cluster.nodes] + cluster.load_s, number, 0)
        for number in range(cluster.nodes * cluster.actors_per_node)
    ]
    heapq.heapify(events)
    left, reading_s, end, first, last_begun = cluster.pages, 0.0, 0.0, math.inf, 0.0
    while events:
        now, actor, read_pages = heapq.heappop(events)
        node = actor % cluster.nodes
        if read_pages:
            written = links_out[node].serve(now, read_pages * cluster.result_bytes / cluster.link_bytes_per_s)
            end = puts.serve(written, cluster.requests_per_part / cluster.puts_per_s) + cluster.get_s
            heapq.heappush(events, (end, actor, 0))
            continue
        count = min(cluster.part_pages, left)
        if not count:
            continue
        left -= count
        given = driver.serve(now, cluster.driver_s)
        first, last_begun = min(first, given), max(last_begun, given)
        asked = gets.serve(given, count / cluster.gets_per_s) + cluster.get_s
        loaded = links[node].serve(asked, count * cluster.page_bytes / cluster.link_bytes_per_s)
        work_s = part_s(cluster, count, chance) * slow[node]
        one = (loaded - given) / count  # pages are read as they come; the last one cannot be before it is here
        read = max(given + one + work_s, loaded + work_s / count)
        reading_s += work_s
        heapq.heappush(events, (read, actor, count))
    span = end - listing_s
    return Run(
        nodes=cluster.nodes,
        seconds=end,
        efficiency=reading_s / (end * cluster.nodes * cluster.actors_per_node),
        pages_per_s=cluster.pages / end,
        driver_busy=driver.busy_s / span,
        requests_busy=gets.busy_s / span,
        link_busy=max(link.busy_s for link in links) / span,
        listing_s=listing_s,
        first_page_s=first,
        tail_s=end - last_begun,
    )


def spread(cluster: Cluster) -> list[float]:
    """Return when each node has the weights: whoever has them sends them to one other at a time."""
    seconds = cluster.weights_bytes / cluster.link_bytes_per_s
    return [seconds * math.ceil(math.log2(number + 1)) for number in range(1, cluster.nodes + 1)]


def part_s(cluster: Cluster, count: int, chance: random.Random) -> float:
    """Return the seconds that a part's pages take: a sum of lognormal ones, as a normal one beyond a few."""
    deviation = cluster.page_s * cluster.page_spread
    if not deviation:
        return count * cluster.page_s
    if count < 16:
        sigma = math.sqrt(math.log(1 + cluster.page_spread**2))
        mu = math.log(cluster.page_s) - sigma**2 / 2
        return sum(chance.lognormvariate(mu, sigma) for _ in range(count))
    return max(count * cluster.page_s / 4, chance.gauss(count * cluster.page_s, deviation * math.sqrt(count)))


def bottlenecks(cluster: Cluster) -> dict[str, float]:
    """Return how much sooner the work would end without each limit, as a share; the largest first."""
    whole = simulate(cluster).seconds
    shares = {name: 1 - simulate(replace(cluster, **without)).seconds / whole for name, without in FREE.items()}  # type: ignore[arg-type]  # of its fields
    return dict(sorted(shares.items(), key=lambda item: -item[1]))


# Tables


def scaling(cluster: Cluster, nodes: Sequence[int] = NODES) -> str:
    """Return a table: the same work on more and more nodes."""
    names = ["nodes", "time", "pages/s", "actors at work", "driver at work", "requests, of what is allowed"]
    names += ["last part", "first bottleneck, and how much sooner without it"]
    lines = [f"| {' | '.join(names)} |", "|---" * len(names) + "|"]
    for count in nodes:
        one = replace(cluster, nodes=count)
        run = simulate(one)
        name, share = next(iter(bottlenecks(one).items()))
        limit = f"{name}, {share:.0%}" if share >= 0.005 else "none"
        shares_of_time = f"{run.efficiency:.1%} | {run.driver_busy:.0%} | {run.requests_busy:.0%}"
        figures = f"{hours(run.seconds)} | {run.pages_per_s:,.0f} | {shares_of_time} | {run.tail_s:.0f} s"
        lines.append(f"| {count:,} | {figures} | {limit} |")
    return "\n".join(lines)


def part_sizes(cluster: Cluster, nodes: Sequence[int] = NODES[1:], sizes: Sequence[int] = PART_SIZES) -> str:
    """Return a table: the share of the actors' time that is work, by pages a part and nodes."""
    lines = [f"| pages a part | {' | '.join(f'{count:,} nodes' for count in nodes)} |", "|---" * (len(nodes) + 1) + "|"]
    for size in sizes:
        runs = [simulate(replace(cluster, nodes=count, part_pages=size)) for count in nodes]
        lines.append(f"| {size:,} | {' | '.join(f'{run.efficiency:.1%}' for run in runs)} |")
    return "\n".join(lines)


def hours(seconds: float) -> str:
    """Return a time in words."""
    return f"{seconds / 3600:.1f} h" if seconds >= 3600 else f"{seconds / 60:.1f} min"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    for field in fields(Cluster):
        parser.add_argument(f"--{field.name}", type=type(field.default), default=field.default)
    options = vars(parser.parse_args())
    path = options.pop("json")
    cluster = Cluster(**options)
    larger = replace(cluster, part_pages=8 * cluster.part_pages, pages=10 * cluster.pages)
    spread_out = replace(larger, gets_per_s=16 * cluster.gets_per_s, list_s=cluster.list_s / 16)
    tables = {
        f"parts of {cluster.part_pages}": cluster,
        f"parts of {larger.part_pages}": larger,
        f"parts of {larger.part_pages}, 16 prefixes, all listed at once": spread_out,
    }
    for title, one in tables.items():
        print(f"{one.pages:,} pages, {title}\n\n{scaling(one)}\n")
    print(f"Actors at work, by pages a part; {larger.pages:,} pages\n\n{part_sizes(larger)}")
    if path is not None:
        found = {
            "parameters": asdict(cluster),
            "runs": [
                {"pages": one.pages, "title": title, **asdict(simulate(replace(one, nodes=count))),
                 "sooner_without": bottlenecks(replace(one, nodes=count))}
                for title, one in tables.items()
                for count in NODES
            ],
        }  # fmt: skip
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
