"""Many inputs as Parquet, on one machine or on a Ray cluster; what was read is not read again."""

from __future__ import annotations

from ocrzoo.batch.job import BatchJob, Outcome
from ocrzoo.batch.run import run_batch

__all__ = ["BatchJob", "Outcome", "run_batch"]
