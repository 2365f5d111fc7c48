"""What a batch is asked for, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ocrzoo.pipelines.ocr import OCRPipeline


@dataclass(frozen=True)
class BatchJob:
    """What is read, where the results go, and how."""

    source: str
    """A folder, glob or file, here or in an object store."""
    dest: str
    """A folder, here or in an object store; a new one, or that of an earlier run."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    """Those of :func:`ocrzoo.create_pipeline`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Those of :meth:`ocrzoo.OCRPipeline.predict`, without the password."""
    save_as: tuple[str, ...] = ()
    """Formats of which each page gets a file: keys of :data:`ocrzoo.batch.exports.KINDS`."""
    rows: int | None = None
    """Pages whose results are one file: as many are read again after a crash; ``None``: :func:`.items.is_full`."""
    column: str | None = None
    """The column of images in tables; ``None``: found by its name."""
    password: tuple[str, ...] = field(default=(), repr=False)
    retry_failed: bool = False
    """Whether what failed in earlier runs is read again."""
    moved: bool = False
    """Whether SOURCE has the files of earlier runs at another place."""
    overwrite: bool = False
    """Whether earlier results are deleted first."""
    address: str | None = None
    """Of a Ray cluster, or ``auto``; ``None``: this machine alone."""
    workers: int | None = None
    """Most actors on the cluster; ``None``: as many as fit."""
    threads: int | None = None
    """CPU cores of each actor; ``None``: chosen. On this machine alone: all."""
    gpus: float = 0
    """GPUs of each actor."""


@dataclass(frozen=True)
class Progress:
    """How far a batch is."""

    pages: int
    """Read in this run, failed ones included."""
    failed: int
    done: float
    """Of :attr:`total`."""
    total: int
    """Bytes of the files that are left to read."""
    seconds: float
    """Since the first part was begun."""


@dataclass(frozen=True)
class Outcome:
    """What a batch came to."""

    read: int
    """Pages read in this run."""
    failed: int
    """Pages and inputs that could not be read in this run."""
    skipped: int
    """Files that were read in earlier runs."""
    failed_before: int
    """Files of SOURCE that could not be read in earlier runs, or not all of their pages."""
    unchanged: int
    """Files with a newer date and the same content as before."""
    replaced: int
    """Results of earlier runs, or of workers that were believed dead, that others replaced."""
    rows: int
    """Pages in the results of DEST."""
    errors: int
    """Rows in the errors of DEST."""
    left_out: int
    """Files of SOURCE of no type that is read."""
    seconds: float


def settings_of(job: BatchJob, pipeline: OCRPipeline) -> dict[str, Any]:
    """Return what the results of all runs in one DEST must have been made with."""
    models = [
        {name: model[name] for name in ("module", "name", "format", "sha256")} for model in pipeline.loaded_models()
    ]
    return {
        "configuration": pipeline.config.model_dump(mode="json", exclude_none=True),
        "options": dict(job.options),
        "save_as": sorted(job.save_as),
        "column": job.column,
        "models": models,
    }
