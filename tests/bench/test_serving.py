"""The figures of servers under load, what is sent to them, and whether answers are equal."""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import cv2
import numpy as np
import psutil
import pytest
from bench.serving import arguments, large_page
from bench.serving_figures import Figures, growth, percentile, ratios, rows, summarize
from bench.serving_identity import comparable
from bench.serving_programs import OURS, Running, command, configuration


def figures(per_second: float, **statuses: int) -> Figures:
    counted = {int(status.removeprefix("s")): count for status, count in statuses.items()} or {200: 1}
    return Figures(per_second, 0.1, 0.2, counted, 1 << 20, 0.5, 10, 20)


def test_requests_a_second_are_those_answered_between_the_first_beginning_and_the_last_end() -> None:
    found = summarize([(11, 1, 200), (12, 1, 200), (14, 2, 503)], 7)
    assert found.per_second == 2 / 4
    assert found.statuses == {200: 2, 503: 1}
    assert found.errors == {503: 1}


def test_refused_requests_do_not_count_as_fast_ones() -> None:
    found = summarize([(1, 0.001, 503), (2, 1.0, 200)], 0)
    assert (found.p50, found.p99) == (1.0, 1.0)


@pytest.mark.parametrize(("percent", "value"), [(50, 50), (99, 99), (100, 100), (0.5, 1)])
def test_a_percentile_is_a_value_that_was_measured(percent: float, value: int) -> None:
    assert percentile(range(1, 101), percent) == value


def test_what_was_used_is_that_of_a_request() -> None:
    found = summarize([(1, 1, 200), (2, 1, 200)], 0, cpu_s=3, voluntary=8, involuntary=2)
    assert (found.cpu_s, found.voluntary, found.involuntary) == (1.5, 4, 1)


def test_ratios_are_taken_round_by_round_so_that_a_slow_round_slows_both() -> None:
    found = ratios([figures(30), figures(3), figures(40)], [figures(10), figures(1), figures(10)])
    assert (found.median, found.least, found.most) == (3, 3, 4)


def test_the_table_has_a_row_for_each_server_with_its_ratio_and_its_errors() -> None:
    measured = {"large": {"ocrzoo": [figures(3, s200=9, s503=2), figures(3)], "paddlex": [figures(1), figures(2)]}}
    _, ours, theirs = rows(measured, "paddlex")
    assert "2.25 (1.50-3.00)" in ours
    assert ours.endswith("2 x 503")
    assert "1.00 (1.00-1.00)" in theirs
    assert " x " not in theirs


def test_memory_that_grows_is_told_from_memory_that_is_taken_once() -> None:
    flat = [(count, 100 + min(count, 400)) for count in range(0, 2000, 100)]
    leaking = [(count, 100 + 2 * count) for count in range(0, 2000, 100)]
    assert growth(flat).per_thousand == pytest.approx(0)
    assert growth(leaking).per_thousand == pytest.approx(2000)
    assert (growth(flat).peak, growth(flat).last) == (500, 500)


def test_answers_are_compared_without_what_names_the_request() -> None:
    one = comparable((200, {"logId": "a", "result": {"ocrResults": [1]}}))
    assert one == comparable((200, {"logId": "b", "result": {"ocrResults": [1]}}))
    assert one != comparable((200, {"logId": "a", "result": {"ocrResults": [2]}}))
    assert one != comparable((503, {"logId": "a", "result": {"ocrResults": [1]}}))


@pytest.fixture
def load(tmp_path: Path, sample: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The file that locust runs, without locust."""
    locust = ModuleType("locust")
    listener = type("Listener", (), {"add_listener": staticmethod(lambda function: function)})
    vars(locust).update(FastHttpUser=object, constant=float, task=lambda function: function)
    vars(locust)["events"] = type("Events", (), {"quit": listener})
    job = tmp_path / "load.json"
    asked = {"pages": [str(sample)], "images": False, "requests": 0, "output": str(tmp_path / "out.json")}
    job.write_text(json.dumps(asked), encoding="utf-8")
    gevent, errors = ModuleType("gevent"), ModuleType("locust.exception")
    vars(gevent)["spawn"] = vars(errors)["StopUser"] = Exception
    for module in (locust, gevent, errors):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setenv("BENCH_LOAD", str(job))
    import bench.serving_load

    yield bench.serving_load
    del sys.modules["bench.serving_load"]


def test_no_two_requests_send_the_same_file_and_all_send_the_same_page(load: ModuleType, sample: Path) -> None:
    sent = [json.loads(load.BODIES[0].numbered(number)) for number in (0, 1, 12345)]
    files = [base64.b64decode(one["file"], validate=True) for one in sent]
    assert len(set(files)) == 3
    page = cv2.imread(str(sample))
    for file in files:
        assert np.array_equal(cv2.imdecode(np.frombuffer(file, np.uint8), cv2.IMREAD_COLOR), page)
    assert sent[0] | {"file": ""} == {"file": "", "fileType": 1, "visualize": False}


def test_a_large_page_is_full_of_small_ones(pages: dict[str, Path], tmp_path: Path) -> None:
    image = cv2.imread(str(large_page(list(pages.values()), tmp_path)), cv2.IMREAD_GRAYSCALE)
    assert image is not None
    assert image.shape == (3508, 2480)
    assert (image[-300:] < 128).any()


def test_both_servers_get_the_same_networks_and_threads(home: Path) -> None:
    ours, theirs = (configuration("PP-OCRv5_mobile", 2, program) for program in (OURS, "paddlex"))
    assert theirs.pop("engine_config") == {"intra_op_num_threads": 2}
    folders = [module.pop("model_dir") for module in theirs["SubModules"].values()]
    assert Path(folders[0]).is_dir()
    assert {module.pop("model_dir") for module in ours["SubModules"].values()} == {None}  # by name, as users do
    assert ours == theirs
    started = command(OURS, "python", home, 1, 2, ["--precision", "float32"])
    assert started[started.index("--threads") + 1] == "2"
    assert started[-2:] == ["--precision", "float32"]


def test_what_a_process_uses_is_measured_with_its_children() -> None:
    running = Running("tests", "", psutil.Process())
    assert running.memory() > 1 << 20
    assert running.use().cpu_s > 0
    with running.watched() as memory:
        pass
    assert memory[0] > 0


def test_one_thing_is_measured_at_a_time(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        arguments(["--soak", "10", "--identity"])
    assert "not allowed with" in capsys.readouterr().err
