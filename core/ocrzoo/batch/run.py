"""A batch: what is left to read is planned, read on this machine or on a cluster, and settled to one result a page."""

from __future__ import annotations

import errno
import json
import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from ocrzoo.batch.crashes import Notes
from ocrzoo.batch.index import Index
from ocrzoo.batch.items import Part, holds_many, is_full, item_of, split
from ocrzoo.batch.job import BatchJob, Outcome, Progress, settings_of
from ocrzoo.batch.locks import MANIFEST, alone
from ocrzoo.batch.places import Place, one_line, place_of
from ocrzoo.batch.reader import PartDone, Reader
from ocrzoo.batch.rows import ERRORS, RESULTS, require_pyarrow
from ocrzoo.batch.sources import Source, source_of
from ocrzoo.pipelines.factory import create_pipeline
from ocrzoo.pipelines.ocr import OCRPipeline
from ocrzoo_registry.download.events import DownloadEvents
from ocrzoo_registry.errors import InputError, UsageError
from ocrzoo_registry.files import reason
from ocrzoo_registry.network.urls import without_credentials
from ocrzoo_registry.zoo import Zoo

_FORMAT = 1
_FULL = {errno.ENOSPC, errno.EDQUOT}
"""What the system says where there is no room. Of DEST, that is told where it is written."""
_NAMED = 3
"""Files left out that a message names."""

log = logging.getLogger("ocrzoo")


@dataclass
class _Plan:
    """What is left to read, as lines of a file."""

    path: Path
    parts: int = 0
    bytes: int = 0
    skipped: int = 0
    failed_before: int = 0
    left_out: int = 0

    def lines(self) -> Iterator[str]:
        with self.path.open(encoding="utf-8") as file:
            yield from file


def run_batch(
    job: BatchJob,
    on_progress: Callable[[Progress], object] = lambda _progress: None,
    events: DownloadEvents | None = None,
) -> Outcome:
    """Read what is not in DEST yet; ``on_progress`` is called after each part, ``events`` hears of downloads.

    Raises:
        UsageError: SOURCE is not there, DEST cannot be written or has results of other settings, or an extra is not
            installed.
        SourceError: SOURCE or DEST cannot be listed, or a model cannot be downloaded.
        OcrzooError: A model cannot be loaded.
    """
    require_pyarrow()
    began = time.monotonic()
    source, dest = source_of(job.source), place_of(job.dest)
    _check_apart(source, dest)
    with alone(dest), _temporary(), Index(dest) as index, ExitStack() as stack:
        replaced = 0
        if not job.overwrite:
            index.read_new_parts()
            replaced = index.settle()
        plan = _planned(job, source, index)
        if job.address is not None and plan.parts:
            from ocrzoo.batch.ray_cluster import joined

            stack.enter_context(joined(job.address))
        zoo = Zoo(events=events)
        pipeline = _pipeline(job, zoo, job.threads or 0)
        if job.overwrite:
            _clear(dest)
        run = _begin_run(job, source, dest, pipeline)
        counted = PartDone()

        def count(done: PartDone) -> None:
            nonlocal counted
            counted += done
            seconds = time.monotonic() - began
            on_progress(Progress(counted.pages + counted.failed, counted.failed, counted.bytes, plan.bytes, seconds))

        count(PartDone())
        if plan.parts:
            _read(job, source, pipeline, run, plan, zoo, count)
        Notes(dest).clear()
        index.read_new_parts()
        replaced += index.settle()
        rows, errors = index.counts()
    return Outcome(
        read=counted.pages,
        failed=counted.failed,
        skipped=plan.skipped,
        failed_before=plan.failed_before,
        unchanged=counted.unchanged,
        replaced=replaced,
        rows=rows,
        errors=errors,
        left_out=plan.left_out,
        seconds=time.monotonic() - began,
    )


def _read(
    job: BatchJob,
    source: Source,
    pipeline: OCRPipeline,
    run: int,
    plan: _Plan,
    zoo: Zoo,
    on_done: Callable[[PartDone], object],
) -> None:
    """Read what is planned, here or on the cluster; ``on_done`` is told of each part."""
    if job.address is not None:
        from ocrzoo.batch.on_ray import read_on_cluster

        for done in read_on_cluster(job, run, plan.lines(), pipeline, zoo):
            on_done(done)
        return
    reader = Reader(job, run, pipeline, on_done)
    parts = (Part.from_json(line) for line in plan.lines())
    reader.read(
        each for part in parts for each in split(part, source.place, job.rows, reader.input_options, job.column)
    )


def _pipeline(job: BatchJob, zoo: Zoo, threads: int) -> OCRPipeline:
    """The pipeline with its models, which are downloaded and loaded: what fails, fails before anything is read."""
    arguments: dict[str, Any] = {**job.arguments, "zoo": zoo, "threads": threads}
    made = create_pipeline("OCR", **arguments)
    if not isinstance(made, OCRPipeline):
        raise UsageError("only the pipeline OCR can be run as a batch")
    made.load()
    return made


def _begin_run(job: BatchJob, source: Source, dest: Place, pipeline: OCRPipeline) -> int:
    """Note that a run begins, and return its number, from 1.

    Raises:
        UsageError: DEST has results of other settings or of another SOURCE, or is not this command's.
    """
    settings = json.loads(json.dumps(settings_of(job, pipeline)))
    found = _manifest(dest)
    if found is None and next(dest.files(), None) is not None:
        raise UsageError(f"{dest.name} is not empty, and has no {MANIFEST} of an earlier run: name another folder")
    if job.overwrite:
        found = None
    runs: list[Any] = [] if found is None else found["runs"]
    if found is not None and found["settings"] != settings:
        raise UsageError(
            f"{dest.name} has results of other settings ({_difference(found['settings'], settings)}): give the same, "
            "name another DEST, or delete them with --overwrite"
        )
    began = datetime.now(UTC).isoformat(timespec="seconds")
    place = source.place.absolute
    if runs and runs[-1]["source"] != place and not job.moved:
        raise UsageError(
            f"{dest.name} has results of {runs[-1]['source']}, and files are known by their paths below it: name "
            "another DEST, or say --moved if they are the same files"
        )
    runs.append({"began": began, "source": place, "ocrzoo": metadata.version("ocrzoo")})
    text = json.dumps({"format": _FORMAT, "settings": settings, "runs": runs}, indent=1)
    dest.write(MANIFEST, text.encode())
    return len(runs)


def _manifest(dest: Place) -> dict[str, Any] | None:
    if dest.find(MANIFEST) is None:
        return None
    try:
        data = json.loads(dest.read(MANIFEST))
        if data["format"] != _FORMAT:
            raise UsageError(f"{dest.name}/{MANIFEST}: written by a newer ocrzoo: update it, or name another DEST")
        return {"settings": dict(data["settings"]), "runs": list(data["runs"])}
    except (InputError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"{dest.name}/{MANIFEST} is not of 'ocrzoo batch': name another DEST") from error


def _difference(then: Mapping[str, Any], now: Mapping[str, Any], path: str = "") -> str:
    """The first difference between two settings."""
    for key in dict.fromkeys([*then, *now]):
        old, new = then.get(key), now.get(key)
        if old == new:
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            return _difference(old, new, f"{path}{key}.")
        if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
            return _difference(dict(enumerate(old)), dict(enumerate(new)), f"{path}{key}.")  # type: ignore[arg-type]
        return f"{path}{key}: {str(old)[:60]}, and now {str(new)[:60]}"
    return path


def _planned(job: BatchJob, source: Source, index: Index) -> _Plan:
    """Write down what is left to read."""
    plan = _Plan(index.folder / "plan.jsonl")
    left: list[str] = []
    with plan.path.open("w", encoding="utf-8") as file:
        for part in _parts(job, source, index, plan, left):
            file.write(part.to_json() + "\n")
            plan.parts += 1
            plan.bytes += sum(item.size for item in part.items)
    plan.left_out = len(left)
    if left:
        names = ", ".join(map(one_line, left[:_NAMED])) + (", ..." if len(left) > _NAMED else "")
        log.warning("%d left out, of no type that is read: %s", len(left), names)
    if not plan.parts and not plan.skipped and not plan.failed_before:
        raise UsageError(
            f"{without_credentials(job.source)}: there is nothing to read"
            + (f" ({left[0]} is of no type that is read)" if left else "")
        )
    return plan


def _parts(job: BatchJob, source: Source, index: Index, plan: _Plan, left: list[str]) -> Iterator[Part]:
    number, together = 0, []
    for file in source.files(left.append):
        item = item_of(file)
        known = index.known(file.path, with_failed=not job.retry_failed)
        if known is not None and known.stamp == file.stamp:
            plan.failed_before += known.failed and not job.retry_failed
            if known.is_whole:
                plan.skipped += not known.failed
                continue
            if known.done:
                number += 1
                yield Part(f"{number:07}", (item,), known.done)
                continue
        elif known is not None and known.is_whole and not known.failed and not holds_many(file.path):
            item = replace(item, sha256=known.sha256)
        together.append(item)
        if is_full(together, job.rows) or holds_many(file.path):
            number += 1
            yield Part(f"{number:07}", tuple(together))
            together = []
    if together:
        yield Part(f"{number + 1:07}", tuple(together))


@contextmanager
def _temporary() -> Iterator[None]:
    """Name the folder of temporary files if there is no room in it.

    Raises:
        UsageError: There is none.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        if isinstance(error, OSError) and error.errno not in _FULL:
            raise
        text = reason(error) if isinstance(error, OSError) else str(error)
        raise UsageError(
            f"{gettempdir()}: temporary files cannot be kept there: {text}: make room, or set TMPDIR to another folder"
        ) from error


def _check_apart(source: Source, dest: Place) -> None:
    """Refuse a DEST in SOURCE: results would be inputs."""
    inside = dest.below(source.place)
    if inside is not None and source.may_have(inside):
        raise UsageError(f"{dest.name} is inside {source.place.name}, whose files are read: name one outside of it")


def _clear(dest: Place) -> None:
    """Delete earlier results; other files are none of ours."""
    from ocrzoo.batch.exports import FOLDER

    if _manifest(dest) is None:
        return
    Notes(dest).clear()
    for folder in (RESULTS, ERRORS, FOLDER):
        for file in list(dest.files(folder)):
            if folder == FOLDER or file.path.startswith(f"{folder}/part-"):
                dest.delete(file.path)
