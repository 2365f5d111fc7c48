"""A worker of the server: ``python -m ocrzoo.serving.workers.worker`` reads files, several at a time.

It gets messages on standard input and sends messages on standard output (:mod:`ocrzoo.serving.workers.messages`):

============  =====================================================================================
``start``     to it, first: the settings of the pipeline
``read``      to it: ``job`` and ``request`` (:class:`~ocrzoo.serving.reading.ReadRequest`); the content is its part
``cancel``    to it: ``job``, which nobody waits for any more
``ready``     from it: the models are loaded; ``models`` describes them
``refused``   from it: the models cannot be loaded; ``error`` (its type) and ``message``
``page``      from it: ``job`` and one page; the pictures are its parts
``done``      from it: ``job`` was read; its parts are the document, if one was asked for
``failed``    from it: ``job``, ``code`` and ``message``; also once it stopped after ``cancel``
``beat``      from it, every second: ``memory`` in bytes, ``pages`` so far, ``stuck`` in seconds: how long work goes on
              that should have stopped
============  =====================================================================================

It ends when standard input does.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, Thread
from typing import IO, Any

from ocrzoo.inputs.limits import TooLarge
from ocrzoo.inputs.pdfs import HOW_PASSWORD
from ocrzoo.memory.process import resident
from ocrzoo.scheduling import turns
from ocrzoo.scheduling.in_order import overdue
from ocrzoo.scheduling.turns import Stopped, Turn
from ocrzoo.serving.logs import log_as_json
from ocrzoo.serving.reading import PageAnswer, ReadRequest
from ocrzoo.serving.workers import messages
from ocrzoo.serving.workers.messages import Message
from ocrzoo.serving.workers.pipelines import Pipelines, without_name
from ocrzoo_registry.errors import InputError, OcrzooError, SourceError, UnknownLanguage, UsageError, causes

BEAT_S = 1.0

log = logging.getLogger("ocrzoo")


class Worker:
    """Reads the files of requests."""

    def __init__(self, requests: IO[bytes], answers: IO[bytes]) -> None:
        self._requests = requests
        self._answers = answers
        self._sending = Lock()
        self._stops: dict[int, Event] = {}
        self._pages = 0

    def run(self) -> None:
        """Load the models, and read until the stream of requests ends."""
        start = messages.read(self._requests)
        if start is None:
            return
        if start.data["json_logs"]:
            log_as_json(worker=os.getpid())
        Thread(target=self._beat, daemon=True).start()
        try:
            self._pipelines = Pipelines(start.data)
            self._send("ready", {"models": self._pipelines.models()})
        except OcrzooError as error:
            self._send("refused", {"error": type(error).__name__, "message": str(error)})
            return
        with ThreadPoolExecutor(start.data["jobs"], thread_name_prefix="ocrzoo-job") as pool:
            while (message := messages.read(self._requests)) is not None:
                job = int(message.data["job"])
                if message.kind == "cancel":
                    if stop := self._stops.get(job):
                        stop.set()
                    continue
                self._stops[job] = Event()
                pool.submit(self._answer, job, ReadRequest.from_data(message.data["request"], message.parts[0]))
            os._exit(0)  # a thread that is stuck in native code must not keep the process

    def _answer(self, job: int, request: ReadRequest) -> None:
        """Read one file; whatever it fails with is the answer."""
        stop, began = self._stops[job], time.monotonic()
        try:
            with turns.taking(Turn(stop.is_set)):
                done, document = self._pipelines.read(request, lambda page: self._send_page(job, page))
            self._send("done", {"job": job, "work_s": time.monotonic() - began, **done}, [document])
        except Stopped:
            self._fail(job, "cancelled", "cancelled")
        except OcrzooError as error:
            self._fail(job, code_of(error), message_of(error))
        except BrokenPipeError:
            os._exit(0)  # the server is gone
        except BaseException as error:  # one request must not end the others
            log.error("a request failed by a bug in ocrzoo", exc_info=error)
            self._fail(job, "internal", f"a bug in ocrzoo: {type(error).__name__}")
        finally:
            del self._stops[job]

    def _send_page(self, job: int, page: PageAnswer) -> None:
        self._pages += 1
        names = list(page.pictures)
        data = {name: value for name, value in vars(page).items() if name != "pictures"}
        self._send("page", {"job": job, "page": data, "pictures": names}, [page.pictures[name] for name in names])

    def _fail(self, job: int, code: str, message: str) -> None:
        self._send("failed", {"job": job, "code": code, "message": message})

    def _send(self, kind: str, data: Mapping[str, Any], parts: list[bytes] | None = None) -> None:
        with self._sending:
            for piece in Message(kind, dict(data), parts or []).encode():
                self._answers.write(piece)
            self._answers.flush()

    def _beat(self) -> None:
        while True:
            time.sleep(BEAT_S)
            try:
                self._send("beat", {"memory": resident() or 0, "pages": self._pages, "stuck": overdue()})
            except OSError:
                os._exit(0)  # the server is gone


def message_of(error: OcrzooError) -> str:
    """Return an error's line, without the name that the file of a request has here, and with what a client may do."""
    return without_name(error).replace(HOW_PASSWORD, "the key password")


def code_of(error: OcrzooError) -> str:
    """Return the code of :data:`~ocrzoo.serving.problems.STATUSES` for an error."""
    if any(isinstance(cause, TooLarge) for cause in causes(error)):
        return "too_many_pixels"
    kinds: tuple[tuple[type[OcrzooError], str], ...] = (
        (UnknownLanguage, "unknown_language"),
        (InputError, "invalid_input"),
        (SourceError, "model_unavailable"),
        (UsageError, "invalid_request"),
    )
    return next((code for kind, code in kinds if isinstance(error, kind)), "internal")


def main() -> None:
    """Run a worker on standard input and output."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # keeps what libraries print out of the answers
    for number in (signal.SIGINT, signal.SIGTERM):  # the server decides; the worker ends with it
        signal.signal(number, signal.SIG_IGN)
    try:
        Worker(sys.stdin.buffer, answers).run()
    except (BrokenPipeError, EOFError):
        os._exit(0)


if __name__ == "__main__":
    main()
