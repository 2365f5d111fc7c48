"""What happens around a pull in rows of the fault table where one pull under a fault does not tell it all."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from tests.hubs.evil_tars import EVIL, Make
from tests.hubs.fault_stage import FILES, HALF, Stage
from tests.hubs.faults import Fault
from tests.hubs.kit import MODEL, PATIENCE_S
from tests.hubs.pulling import PARAMS, TOKENS, contents_of, end_of, parts_of, start
from tests.hubs.server import TAR_SUFFIX

from ocrzoo_registry.store.store import Store

RIGHT_TOKEN, WRONG_TOKEN = "hf_right-0123456789", "hf_wrong-0123456789"
Play = Callable[[Stage], str]
"""Lets things go wrong on a stage; gives in a few words what came of it."""


def under(*faults: Fault) -> Play:
    """Pull once, under faults."""

    def play(stage: Stage) -> str:
        stage.inject(*faults)
        return stage.pull()

    return play


def with_a_next_source(*faults: Fault) -> Play:
    """Pull once from two sources, the first of them under faults."""

    def play(stage: Stage) -> str:
        stage.others = [stage.next_source]
        stage.inject(*faults)
        return stage.pull()

    return play


def killed_and_run_again(stage: Stage) -> str:
    """Kill a process in the middle of the file; the next one goes on where it ended."""
    stage.inject(Fault("stall", at=HALF))
    process = start(stage.settings())
    try:
        wait_for(lambda: HALF in map(len, parts_of(stage.home).values()), PATIENCE_S)
    finally:
        process.kill()
        end_of(process)
    words = stage.pull()
    assert [one.headers.get("range") for one in stage.bodies()] == [None, f"bytes={HALF}-"]
    return words


def two_processes_at_once(stage: Stage) -> str:
    """Let two processes pull the model, the second while the first is in the middle of it."""
    stage.inject(Fault("stall", at=HALF, seconds=2))
    first = start(stage.settings())
    wait_for(lambda: bool(stage.bodies()), PATIENCE_S)
    second = start(stage.settings())
    assert [end_of(process) for process in (first, second)] == [(0, "")] * 2
    assert len(stage.bodies()) == 1
    assert contents_of(stage.folder) == FILES
    return "right, one download"


def repaired(spoil: Callable[[Path], object]) -> Play:
    """Pull the model, spoil it on this machine, and pull it again."""

    def play(stage: Stage) -> str:
        assert stage.pull() == "right"
        before = len(stage.hubs.requests)
        spoil(stage.folder)
        assert stage.pull() == "right"
        asked = {one.path for one in list(stage.hubs.requests)[before:] if one.what == "file"}
        assert asked <= {stage.file}
        return "right, downloaded again" if asked else "right, nothing downloaded"

    return play


def tamper(folder: Path) -> None:
    """Change a byte, and leave size and time of modification as they were."""
    path = folder / PARAMS
    status, content = path.stat(), bytearray(path.read_bytes())
    content[HALF] ^= 1
    path.write_bytes(content)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def truncate(folder: Path) -> None:
    os.truncate(folder / PARAMS, HALF)


def delete(folder: Path) -> None:
    (folder / PARAMS).unlink()


def add(folder: Path) -> None:
    """Add a file that an engine would prefer to the right one."""
    (folder / "inference.pdmodel").write_bytes(EVIL)


def cut_off(stage: Stage) -> str:
    """Let the hub itself hold, list and serve a file cut off."""
    stage.inject(Fault("shrunk", path=stage.file, at=HALF))
    words = stage.pull()
    return f"{words}, as the hub says" if words == "right" else words


def cut_off_after_a_lock_file(stage: Stage) -> str:
    """Do that after a lock file was written: a machine that has it gets the locked bytes, or none."""
    assert stage.pull() == "right"
    found = Store(stage.home).find(MODEL, "paddle")
    assert found is not None
    stage.home = stage.home.with_name("another machine")
    stage.inject(Fault("shrunk", path=stage.file, at=HALF))
    return stage.pull(found.manifest)


def changed_between_listing_and_file(stage: Stage) -> str:
    """Change every file of the model when the first bytes are asked for."""
    old = dict(stage.hubs.models[MODEL])
    new = {path: content + b"\n" if path != PARAMS else content[::-1] for path, content in old.items()}

    def change() -> None:
        stage.hubs.models[MODEL] = new

    stage.hubs.commit(MODEL)
    stage.inject(Fault("changed", call=change))
    stage.states = [old, new]
    assert stage.pull().startswith("right")
    if contents_of(stage.folder) == old:
        return "right, as listed"
    assert contents_of(stage.folder) == new
    return "right, listed again"


def range_refused(stage: Stage) -> str:
    """Cut the connection, and answer what is asked for then with 416."""
    stage.inject(
        Fault("cut", at=HALF),
        Fault("changed", call=lambda: stage.inject(Fault("status", status=416))),
    )
    return stage.pull()


def nobody_listens(stage: Stage) -> str:
    """Lead to a port that is taken, and where nobody listens."""
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
        stage.environment = dict.fromkeys([*stage.hubs.environment(), "OCRZOO_MIRROR"], nowhere)
        return stage.pull()


def with_a_wrong_token(stage: Stage) -> str:
    stage.hubs.token = RIGHT_TOKEN
    stage.environment = dict.fromkeys(TOKENS, WRONG_TOKEN)
    words = stage.pull()
    assert WRONG_TOKEN not in stage.message
    assert not stage.message or "A token may be needed" in stage.message
    return words


def to_another_origin(stage: Stage) -> str:
    """Lead to another origin for the bytes; the token stays at the first."""
    stage.hubs.token = RIGHT_TOKEN
    stage.environment = dict.fromkeys(TOKENS, RIGHT_TOKEN)
    stage.inject(Fault("redirect", times=None))
    words = stage.pull()
    asked = stage.hubs.asked("file", "cdn")
    assert asked
    assert not any(RIGHT_TOKEN in text for one in asked for text in [one.target, *one.headers.values()])
    return words


def evil_tar(make: Make) -> Play:
    """Serve an archive; whatever is in it, nothing outside is written or read."""

    def play(stage: Stage) -> str:
        outside = stage.home.with_name("outside")
        outside.mkdir()
        (outside / "secret").write_bytes(b"of this machine")
        stage.hubs.tars[f"{MODEL}{TAR_SUFFIX}"] = make(FILES, outside)
        words = stage.pull()
        assert contents_of(outside) == {"secret": b"of this machine"}
        assert not [path for path in stage.home.parent.rglob("*") if path.is_file() and path.read_bytes() == EVIL]
        del stage.hubs.tars[f"{MODEL}{TAR_SUFFIX}"]
        assert stage.pull().startswith("right")
        return words

    return play


def wait_for(condition: Callable[[], bool], seconds: float) -> None:
    """Wait until something is so.

    Raises:
        AssertionError: It is not so within the time.
    """
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
