"""A batch on a Ray cluster, by Ray Data: actors read parts, each writes its own, and the driver gets a line a part."""

from __future__ import annotations

import gc
import json
import logging
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from queue import Empty, SimpleQueue
from typing import Any

from ocrzoo.batch.items import Part, must_be_split, split
from ocrzoo.batch.job import BatchJob, settings_of
from ocrzoo.batch.reader import PartDone, Reader
from ocrzoo.batch.sources import source_of
from ocrzoo.batch.weights import packed, unpack
from ocrzoo.engines.limits import use_at_most
from ocrzoo.inputs.options import InputOptions
from ocrzoo.pipelines.factory import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.errors import IntegrityError, OcrzooError, SourceError, causes
from ocrzoo_registry.zoo import Zoo

PARTS_AT_ONCE = 2
"""Parts that an actor reads at once: while the last pages of one are read, those of the next keep its cores busy."""
COLLECT_AFTER = 50_000
"""Objects, as in the command, between two garbage collections."""
GPU_THREADS = 4
"""Cores of an actor that has a GPU, unless the user says otherwise: they prepare what it reads.

Others have one: Python runs one thread of a process at a time, so that several processes read more (docs/scaling.md).
"""
MEMORY = 1 << 30
"""Bytes that an actor reserves, so that a node starts no more of them than it has memory for; most take less."""
START_S = 900
"""Seconds in which the first actor must be ready: a cluster may add a node for it."""
WAIT_S = 0.2
"""Seconds after which an actor that waits for a part looks whether any call still does."""
_LINE = "line"


def read_on_cluster(
    job: BatchJob, run: int, plan: Iterator[str], pipeline: OCRPipeline, zoo: Zoo
) -> Iterator[PartDone]:
    """Read the parts of a plan on a cluster, and say what came of each, in any order.

    A part whose actor, node or process dies is read again by another one, into the same file.

    Raises:
        SourceError: The cluster failed, or starts no actor.
        OcrzooError: An actor cannot load its models.
    """
    import ray
    from ray.data import ActorPoolStrategy, DataContext
    from ray.exceptions import RayError

    nodes = ray.nodes()  # type: ignore[no-untyped-call]
    threads = threads_of(job, nodes)
    job = replace(job, threads=threads)
    models = settings_of(job, pipeline)["models"]
    bundle = ray.put(packed(pipeline.loaded_models(), zoo))
    lines = [{_LINE: line} for line in plan]
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)  # what it logs of an error, it also raises
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.wait_for_min_actors_s = START_S
    context.log_internal_stack_trace_to_stdout = False
    dataset: Any = ray.data.from_items(lines, override_num_blocks=len(lines))
    if any(must_be_split(Part.from_json(one[_LINE]), pipeline.config.input_options) for one in lines):
        # No core is asked for, as actors may have them all; each of these tasks at once is a process.
        dataset = dataset.flat_map(_Split(job), num_cpus=0, concurrency=len(nodes))
    dataset = dataset.map_batches(
        _Actor,
        fn_constructor_args=(job, run, models, bundle),
        batch_size=1,
        compute=ActorPoolStrategy(min_size=1, max_size=job.workers, max_concurrent_calls_per_actor=PARTS_AT_ONCE),
        num_cpus=threads,
        num_gpus=job.gpus,
        memory=memory_of(nodes),
    )
    try:
        for row in dataset.iter_rows():
            yield PartDone(**json.loads(row[_LINE]))
    except RayError as error:
        raise _own_error(error) from error


def threads_of(job: BatchJob, nodes: Sequence[Mapping[str, Any]]) -> int:
    """Return the cores of an actor on ``nodes``, as Ray describes them.

    They are those that the user says, or one; beside a GPU those of the smallest node, :data:`GPU_THREADS` at most.
    """
    if job.threads or not job.gpus:
        return job.threads or 1
    cores = [int(node["Resources"].get("CPU", 0)) for node in nodes if node["Alive"]]
    return max(1, min([GPU_THREADS, *(count for count in cores if count > 0)]))


def memory_of(nodes: Sequence[Mapping[str, Any]]) -> int:
    """Return the bytes that an actor reserves: all that there are, where no node of ``nodes`` has so many."""
    alive = [node["Resources"] for node in nodes if node["Alive"] and node["Resources"].get("CPU")]
    return min(MEMORY, max((int(one.get("memory", MEMORY)) for one in alive), default=MEMORY))


def _own_error(error: Exception) -> OcrzooError:
    """The error of ocrzoo's that an actor raised, or one that names Ray's."""
    for one in causes(error):
        for each in (getattr(one, "cause", None), one):  # Ray's errors have the actor's
            if isinstance(each, OcrzooError):
                each.args = (str(each).partition("\n")[0], *each.args[1:])  # Ray appends how often it tried
                return each
    text = str(error).strip().splitlines()
    said = text[-1][:300] if text else type(error).__name__
    return SourceError(
        f"the Ray cluster failed: {said.rstrip('.')}. Look at Ray's logs, and run the command again: it goes on"
    )


class _Split:
    """Splits a line of the plan into the parts that actors read."""

    def __init__(self, job: BatchJob) -> None:
        self._job = job

    def __call__(self, row: dict[str, Any]) -> list[dict[str, Any]]:
        job = self._job
        options = InputOptions(frames=job.arguments.get("frames") or "first", passwords=job.password, report=False)
        found = split(Part.from_json(row[_LINE]), source_of(job.source).place, job.rows, options, job.column)
        return [{_LINE: part.to_json()} for part in found]


class _Actor:
    """A pipeline on a node."""

    def __init__(self, job: BatchJob, run: int, models: list[dict[str, Any]], bundle: Any) -> None:
        import ray
        from ray.util.metrics import Counter

        threads = job.threads or 1
        use_at_most(threads)
        zoo = Zoo()
        content = ray.get(bundle) if isinstance(bundle, ray.ObjectRef) else bundle
        unpack(content, zoo)
        del content
        arguments: dict[str, Any] = {**job.arguments, "zoo": zoo, "threads": threads}
        pipeline = create_pipeline("OCR", **arguments)
        pipeline.load()
        if settings_of(job, pipeline)["models"] != models:
            node = ray.get_runtime_context().get_node_id()
            raise IntegrityError(
                f"node {node[:12]} ({platform.node()}) has other models than the driver: install the same ocrzoo "
                "and plugins on all nodes"
            )
        self._calls: dict[str, Future[PartDone]] = {}
        self._parts: SimpleQueue[Part] = SimpleQueue()
        self._reader = Reader(job, run, pipeline, self._end)
        threading.Thread(target=self._read, daemon=True).start()
        gc.freeze()  # what Ray has imported stays: no collection need look at it again
        gc.set_threshold(COLLECT_AFTER)
        self._pages = Counter("ocrzoo_batch_pages", "Pages read, by outcome.", tag_keys=("outcome",))

    def __call__(self, batch: dict[str, Any]) -> Iterator[dict[str, Any]]:
        for line in batch[_LINE]:
            part = Part.from_json(line)
            call: Future[PartDone] = Future()
            self._calls[part.name] = call
            self._parts.put(part)
            done = call.result()
            for outcome, count in (("read", done.pages), ("failed", done.failed)):
                if count:
                    self._pages.inc(count, tags={"outcome": outcome})
            yield {_LINE: [done.to_json()]}

    def _read(self) -> None:
        """Read the parts of all calls, one after the other without a break between them."""
        while True:
            first = self._parts.get()
            try:
                self._reader.read(chain([first], self._next_parts()))
            except BaseException as error:  # noqa: BLE001  # the calls raise it
                while self._calls:
                    self._calls.popitem()[1].set_exception(error)

    def _next_parts(self) -> Iterator[Part]:
        """Yield parts as calls bring them, until none waits for the end of its own."""
        while self._calls:
            with suppress(Empty):
                yield self._parts.get(timeout=WAIT_S)

    def _end(self, done: PartDone) -> None:
        if (call := self._calls.pop(done.name, None)) is not None:  # none after an error
            call.set_result(done)
