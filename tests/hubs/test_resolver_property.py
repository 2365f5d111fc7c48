"""Whatever breaks wherever: what is published is one state of the model to the byte, or there is an error."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.hubs.fault_plays import wait_for
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL, PATIENCE_S
from tests.hubs.pulling import (
    PARAMS,
    SOURCES,
    asked_of,
    contents_of,
    end_of,
    folder_of,
    half_done,
    parts_of,
    pull,
    size_of,
    start,
    variables,
)
from tests.hubs.server import Hubs

from ocrzoo_registry.errors import IntegrityError, OcrzooError
from ocrzoo_registry.network import retry

pytestmark = pytest.mark.slow

OLD = {
    "inference.yml": f"Global:\n  model_name: {MODEL}\n".encode(),
    "inference.json": b'{"program": {}}\n' * 20,
    PARAMS: bytes(range(256)) * 400,
}
NEW = {**OLD, "inference.json": b'{"program": 1}\n' * 20, PARAMS: OLD[PARAMS][::-1]}
"""The same sizes, and other bytes in all but the configuration."""
SIZE = len(OLD[PARAMS])
OFFSETS = st.integers(0, SIZE - 1)
few = settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait hardly at all between tries: here only the bytes matter."""
    monkeypatch.setattr(retry, "FIRST_WAIT_S", 0.001)
    monkeypatch.setattr(retry, "LONGEST_WAIT_S", 0.002)


@contextmanager
def scene() -> Iterator[tuple[Hubs, Path]]:
    """Give the hubs with the model in its old state, and an empty home."""
    with tempfile.TemporaryDirectory() as folder, Hubs({MODEL: dict(OLD)}) as hubs:
        yield hubs, Path(folder) / "home"


def pulled(hubs: Hubs, home: Path, source: str) -> dict[str, bytes] | None:
    """Pull the model; gives what is published, or None where there was an error that left nothing."""
    try:
        files = pull(variables(home, [source], hubs))
    except OcrzooError as error:
        event(type(error).__name__)
        assert half_done(home) == []
        return None
    assert files.folder == folder_of(home)
    assert parts_of(home) == {}
    return contents_of(files.folder)


@few
@given(source=st.sampled_from(SOURCES), cuts=st.lists(OFFSETS, max_size=6), kind=st.sampled_from(["cut", "reset"]))
def test_cuts_anywhere_cost_only_what_was_on_its_way(source: str, cuts: list[int], kind: str) -> None:
    with scene() as (hubs, home):
        for at in sorted(set(cuts)):
            hubs.inject(Fault(kind, path=asked_of(source), at=at))
        came = pulled(hubs, home, source)
        assert came == OLD or (came is None and kind == "reset")  # a reset takes back what was sent: no progress
        sent = sum(request.sent for request in hubs.asked("file", path=asked_of(source)))
        assert came is None or kind == "reset" or sent == size_of(source, hubs)


@few
@given(
    source=st.sampled_from(SOURCES),
    length=st.integers(0, SIZE + 2000),
    wrong_byte=st.none() | OFFSETS,
    validator=st.sampled_from(["its own", "none", '"another"', "", "no\nheader", "W/weak", "\x00", "é"]),
    honours_range=st.booleans(),
)
def test_a_part_file_with_anything_in_it_does_no_harm(
    source: str, length: int, wrong_byte: int | None, validator: str, honours_range: bool
) -> None:
    with scene() as (hubs, home):
        (part,) = [path for path in begun(hubs, home, source) if path.stat().st_size > SIZE // 4]
        content = bytearray((hubs.tar(asked_of(source)) if source == "bos" else OLD[PARAMS])[:length])
        content += b"x" * (length - len(content))
        if wrong_byte is not None and wrong_byte < len(content):
            content[wrong_byte] ^= 1
        part.write_bytes(content)
        said = part.with_suffix(".validator")
        if validator == "none":
            said.unlink(missing_ok=True)
        elif validator != "its own":
            said.write_text(validator, "utf-8")
        if not honours_range:
            hubs.inject(Fault("no_range", times=None))
        assert pulled(hubs, home, source) == OLD


def begun(hubs: Hubs, home: Path, source: str) -> list[Path]:
    """Break a pull off for good in the middle of the heavy file; gives the parts."""
    fault = hubs.inject(Fault("cut", path=asked_of(source), at=SIZE // 2, times=None))
    assert pulled(hubs, home, source) is None
    hubs.faults.remove(fault)
    return list((home / "official_models" / ".ocrzoo" / "parts" / MODEL).glob("*.part"))


@settings(few, max_examples=40)
@given(
    source=st.sampled_from(SOURCES),
    when=st.sampled_from(["first file", "heavy file", "after a break", "between two pulls"]),
    at=OFFSETS,
    states_digests=st.booleans(),
)
def test_states_are_never_mixed(source: str, when: str, at: int, states_digests: bool) -> None:
    with scene() as (hubs, home):
        hubs.bos_md5 = hubs.aistudio_sha256 = states_digests
        heavy = Fault("cut", path=asked_of(source), at=at, times=1 if when == "after a break" else None)
        change = Fault("changed", call=lambda: hubs.models.update({MODEL: dict(NEW)}))
        hubs.commit(MODEL)
        if when == "between two pulls":
            hubs.inject(heavy)
            assert pulled(hubs, home, source) is None
            hubs.clear()
            hubs.models[MODEL] = dict(NEW)
            assert pulled(hubs, home, source) == NEW
            return
        if when == "after a break":
            hubs.inject(heavy)
            hubs.inject(Fault("changed", path=asked_of(source), call=lambda: hubs.faults.append(change)))
        else:
            hubs.inject(replace(change, path=asked_of(source) if when == "heavy file" else None))
        came = pulled(hubs, home, source)
        event(f"{source}: {'error' if came is None else 'old' if came == OLD else 'new'}")
        assert came in [None, OLD, NEW]
        assert pulled(hubs, home, source) in ([OLD] if came == OLD else [NEW])


@settings(few, max_examples=6)
@given(source=st.sampled_from(SOURCES), offsets=st.lists(OFFSETS, min_size=1, max_size=3, unique=True))
def test_killed_anywhere_it_goes_on_from_there(source: str, offsets: list[int]) -> None:
    with scene() as (hubs, home):
        for at in sorted(offsets):
            hubs.clear()
            hubs.inject(Fault("stall", path=asked_of(source), at=at))
            process = start(variables(home, [source], hubs))
            try:
                wait_for(partial(arrived, hubs, home, source, at), PATIENCE_S)
            finally:
                process.kill()
                end_of(process)
        hubs.clear()
        assert pulled(hubs, home, source) == OLD
        sent = sum(request.sent for request in hubs.asked("file", path=asked_of(source)))
        assert sent == size_of(source, hubs) - max(offsets)


def arrived(hubs: Hubs, home: Path, source: str, at: int) -> bool:
    """Whether all that is sent before the stall lies in the part."""
    return bool(hubs.asked("file", path=asked_of(source))) and (at in map(len, parts_of(home).values()))


@pytest.mark.parametrize("source", SOURCES)
def test_wrong_bytes_leave_no_part_behind(source: str, hubs: Hubs, tmp_path: Path) -> None:
    """Or the next pull would begin with them."""
    hubs.inject(Fault("corrupt", path=asked_of(source), at=1000, times=None))
    with pytest.raises(IntegrityError):
        pull(variables(tmp_path, [source], hubs))
    assert not [part for part in parts_of(tmp_path).values() if len(part) >= SIZE]
