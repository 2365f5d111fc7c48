"""``ocrzoo batch`` on a Ray cluster of nodes on this machine: what dies costs no page, and doubles none."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bench.batch import MODELS, write_pages
from pyarrow import parquet
from tests.cluster.nodes import Nodes, nodes
from tests.conftest import NEAR

from ocrzoo_registry.store.store import Store

PAGES, ROWS = 48, 4
RUN_S, PART_S, STOP_S = 500, 300, 60


@pytest.fixture(scope="module")
def settings(home: Path) -> dict[str, str]:
    """The variables of a driver."""
    return {**os.environ, "OCRZOO_HOME": str(home), "PADDLE_PDX_MODEL_SOURCE": ",".join(NEAR)}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("batch") / "pages"
    write_pages(folder, PAGES)
    return folder


@pytest.fixture(scope="module")
def alone(pages: Path, settings: dict[str, str]) -> dict[str, str]:
    """What one process finds."""
    dest = pages.parent / "alone"
    assert _wait(_start(pages, dest, settings))["read"] == PAGES
    return _found(dest)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Nodes]:
    with nodes(2) as running:
        yield running


def _start(pages: Path, dest: Path, variables: dict[str, str], *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "ocrzoo", "batch", str(pages), "--out", str(dest), "--json", "--threads", "1"]
    command += [word for option, model in MODELS.items() for word in (f"--{option}", model)]
    command += ["--rows", str(ROWS), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables)


def _wait(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, err = process.communicate(timeout=RUN_S)
    assert process.returncode == 0, err
    answer: dict[str, Any] = json.loads(out)
    return answer


def _found(dest: Path) -> dict[str, str]:
    """The digest of each page's result; each page must have one row."""
    rows = parquet.read_table(dest / "results", columns=["input", "result_sha256"]).to_pylist()
    found = {row["input"]: row["result_sha256"] for row in rows}
    assert len(found) == len(rows)
    return found


def _wait_for_parts(dest: Path, count: int) -> None:
    end = time.monotonic() + PART_S
    while len(list((dest / "results").glob("*.parquet"))) < count:
        assert time.monotonic() < end, "no part was written"
        time.sleep(0.2)


@pytest.mark.thorough  # as the others: Ray starts too slowly beside other tests
def test_a_node_that_dies_costs_no_page_and_doubles_none(
    cluster: Nodes, pages: Path, settings: dict[str, str], alone: dict[str, str], tmp_path: Path
) -> None:
    driver = _start(pages, tmp_path / "out", settings, "--address", cluster.address)
    _wait_for_parts(tmp_path / "out", 2)
    cluster.kill(random.Random(1))
    cluster.add()

    outcome = _wait(driver)

    assert (outcome["rows"], outcome["errors"]) == (PAGES, 0)
    assert _found(tmp_path / "out") == alone


@pytest.mark.thorough  # Ray starts a process for each thing that it does
@pytest.mark.parametrize(
    ("sent", "code", "said"),
    [
        (signal.SIGKILL, -signal.SIGKILL, ""),
        (signal.SIGTERM, 128 + signal.SIGTERM, "stopped: run the same command again, and it goes on"),
    ],
)
def test_a_driver_that_dies_is_started_again_and_goes_on(
    cluster: Nodes,
    pages: Path,
    settings: dict[str, str],
    alone: dict[str, str],
    tmp_path: Path,
    sent: signal.Signals,
    code: int,
    said: str,
) -> None:
    dest = tmp_path / "out"
    driver = _start(pages, dest, settings, "--address", cluster.address)
    _wait_for_parts(dest, 2)
    driver.send_signal(sent)
    _, err = driver.communicate(timeout=STOP_S)
    assert driver.returncode == code
    assert said in ("", *err.splitlines()[-1:])  # Ray may say before that actors were ended

    outcome = _wait(_start(pages, dest, settings, "--address", cluster.address))

    assert outcome["skipped"] >= 2 * ROWS
    assert outcome["rows"] == PAGES
    assert _found(dest) == alone


@pytest.mark.thorough  # Ray starts a process for each thing that it does
def test_a_node_without_models_gets_them_from_the_driver(
    pages: Path, settings: dict[str, str], alone: dict[str, str], tmp_path: Path
) -> None:
    empty = tmp_path / "home of the node"
    with nodes(0) as running:
        running.add(OCRZOO_HOME=str(empty), OCRZOO_OFFLINE="1")
        _wait(_start(pages, tmp_path / "out", settings, "--address", running.address))

    assert _found(tmp_path / "out") == alone
    store = Store(empty)
    for name in MODELS.values():
        files = store.find(name, "onnx")
        assert files is not None
        assert files.manifest is not None
        assert files.manifest.source == "bundle"


@pytest.mark.thorough  # Ray's own limit is a minute
def test_a_cluster_whose_head_dies_is_an_error_of_one_line(
    pages: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    with nodes(1) as running:
        driver = _start(pages, tmp_path / "out", settings, "--address", running.address, "--rows", "1")
        _wait_for_parts(tmp_path / "out", 1)
        running.kill_head()
        out, err = driver.communicate(timeout=RUN_S)

    assert driver.returncode == 4, err
    assert not out
    assert "error: the Ray cluster failed: its head " in err.splitlines()[-1]


@pytest.mark.thorough  # Ray starts a process for each thing that it does
def test_an_error_on_a_node_is_one_line(cluster: Nodes, settings: dict[str, str], tmp_path: Path) -> None:
    source, dest = tmp_path / "pages", tmp_path / "out"
    write_pages(source, 400)
    driver = _start(source, dest, settings, "--address", cluster.address)
    _wait_for_parts(dest, 2)
    source.rename(tmp_path / "elsewhere")
    out, err = driver.communicate(timeout=RUN_S)
    assert (driver.returncode, out) == (4, "")
    assert err == (
        f"error: {source} is gone (No such file or directory): bring it back, and run the same command again: "
        "it goes on\n"
    )


def test_an_address_without_a_cluster_is_an_error_of_one_line(
    pages: Path, settings: dict[str, str], tmp_path: Path
) -> None:
    driver = _start(pages, tmp_path / "out", settings, "--address", "127.0.0.1:1")

    out, err = driver.communicate(timeout=RUN_S)

    assert driver.returncode == 2
    assert not out
    assert "error: --address 127.0.0.1:1: no Ray cluster was reached" in err.splitlines()[-1]
