"""PaddleX 3.7.2 downloads a model from the server, from each of its four sources, under their real names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.hubs.environments import Environments
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL, contents, run_python
from tests.hubs.proxy import HostProxy
from tests.hubs.server import Hubs

pytestmark = [pytest.mark.slow, pytest.mark.environments]

SOURCES = ["huggingface", "aistudio", "modelscope", "bos"]
PARAMS = "inference.pdiparams"
DOWNLOAD = f"""
from paddlex.inference.utils.official_models import official_models
print(official_models[{MODEL!r}])
"""


@pytest.fixture
def proxy(hubs: Hubs) -> Iterator[HostProxy]:
    with HostProxy(hubs) as proxy:
        yield proxy


@pytest.fixture
def paddlex(environments: Environments, proxy: HostProxy, tmp_path: Path) -> PaddleX:
    return PaddleX(environments.python("paddlex"), proxy, tmp_path)


class PaddleX:
    """PaddleX in a process of its own, with an empty cache."""

    def __init__(self, python: str, proxy: HostProxy, home: Path) -> None:
        self._python, self._proxy, self._home = python, proxy, home

    def download(self, source: str) -> dict[str, bytes]:
        """Download the model; gives what is published in the cache."""
        cache = self._home / "cache"
        variables = {"PADDLE_PDX_MODEL_SOURCE": source, "PADDLE_PDX_CACHE_HOME": str(cache)}
        run_python(DOWNLOAD, self._home, {**self._proxy.environment(), **variables}, self._python)
        return contents(cache / "official_models" / MODEL)


@pytest.mark.parametrize("source", SOURCES)
def test_it_downloads(source: str, paddlex: PaddleX, hubs: Hubs, files: dict[str, bytes]) -> None:
    assert paddlex.download(source) == files
    assert {request.source for request in hubs.asked("file")} == {source}
    assert [request.source for request in hubs.asked("check")] == SOURCES


def test_it_takes_the_next_source_for_one_that_is_out_of_reach(
    paddlex: PaddleX, hubs: Hubs, proxy: HostProxy, files: dict[str, bytes]
) -> None:
    proxy.blocked |= {"huggingface.co", "aistudio.baidu.com"}
    assert paddlex.download("huggingface") == files
    assert {request.source for request in hubs.asked("file")} == {"modelscope"}


def test_it_publishes_what_aistudio_left_incomplete(paddlex: PaddleX, hubs: Hubs, files: dict[str, bytes]) -> None:
    hubs.inject(Fault("cut", path=PARAMS, at=100_000))
    assert paddlex.download("aistudio").keys() == files.keys() - {PARAMS}
    hubs.clear()
    assert PARAMS not in paddlex.download("aistudio")
    assert hubs.requests == []
