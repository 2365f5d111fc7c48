"""Being in a Ray cluster: joining it or starting one here, its head watched, and signals as they were."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ocrzoo.inputs import decoder_messages
from ocrzoo_registry.errors import ExitCode, UsageError
from ocrzoo_registry.files import reason

_OF_DRIVER = {"RAY_BACKEND_LOG_LEVEL": "fatal", "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0"}
"""Read when Ray is imported: nodes write logs of their own, and have ocrzoo, even where ``uv run`` starts it."""
CONNECT_S = 10
"""Seconds in which a cluster must answer."""
ASK_S, LOST_S = 5, 45
"""The head is asked so often, and given up after so long: after 60 s, Ray ends the process."""
_FOR_LOCAL = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_agent_register_timeout_ms": "120000"}
"""A cluster that is started here reports to nobody, and may start slowly."""

log = logging.getLogger("ocrzoo")


@contextmanager
def joined(address: str) -> Iterator[None]:
    """Be in a cluster while the block runs; a process that is in one already stays there.

    Raises:
        UsageError: Ray is not installed, or the cluster cannot be reached.
    """
    for name, value in _OF_DRIVER.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ImportError as error:
        raise UsageError(f"Ray is not installed ({error}): run pip install 'ocrzoo[ray]'") from error
    if ray.is_initialized():
        yield
        return
    local = address == "local"
    for name, value in _FOR_LOCAL.items() if local else ():
        os.environ.setdefault(name, value)
    on_sigterm = signal.getsignal(signal.SIGTERM)
    try:
        _check_listens(address)
        with decoder_messages.kept("Ray", warn=False):  # it prints which level its log has
            ray.init(
                address=None if local else address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                include_dashboard=False if local else None,
            )
    except SystemExit as stop:
        if stop.code == signal.SIGTERM and on_sigterm is not None:  # Ray's answer to it; ours is another
            signal.signal(signal.SIGTERM, on_sigterm)
            signal.raise_signal(signal.SIGTERM)
        raise
    except Exception as error:
        text = " ".join(str(error).split())[:200]
        raise UsageError(
            f"--address {address}: no Ray cluster was reached ({text}): start one with 'ray start --head', or leave "
            "--address away to use this machine alone"
        ) from error
    if on_sigterm is not None and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, on_sigterm)  # Ray's handler walks the stack, and may fault there for ever
    try:
        with _watched(ray.get_runtime_context().gcs_address):
            yield
    finally:
        ray.shutdown()


@contextmanager
def _watched(head: str) -> Iterator[None]:
    """End the process where the cluster's head is gone: Ray would do so 15 seconds later, and say nothing."""
    stopped = threading.Event()

    def watch() -> None:
        answered = time.monotonic()
        while not stopped.wait(ASK_S):
            try:
                _check_listens(head)
                answered = time.monotonic()
            except OSError as error:
                if time.monotonic() - answered > LOST_S:
                    log.error(
                        "the Ray cluster failed: its head %s has not answered for %d s (%s). "
                        "Look at Ray's logs, and run the command again: it goes on",
                        head,
                        LOST_S,
                        reason(error),
                    )
                    os._exit(ExitCode.SOURCE)

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        stopped.set()


def _check_listens(address: str) -> None:
    """Connect to a cluster's address, if it is one: Ray itself tries for minutes.

    Raises:
        OSError: Nothing listens there.
        ValueError: It is no address.
    """
    host, separator, port = address.rpartition(":")
    if separator and "://" not in address:
        socket.create_connection((host.strip("[]"), int(port)), CONNECT_S).close()
