"""The plot of a benchmark: seconds a page and memory, a bar a configuration."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ocrzoo_registry.errors import UsageError

SUFFIXES = (".svg", ".png")


def check_plot(path: Path) -> None:
    """Refuse a plot that could not be written, before anything is measured.

    Raises:
        UsageError: Its suffix is unknown, its folder does not exist, or matplotlib is not installed.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"--plot {path}: unknown suffix, use one of {', '.join(SUFFIXES)}")
    if not path.parent.is_dir():
        raise UsageError(f"--plot {path}: there is no folder {path.parent}")
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise UsageError("--plot needs matplotlib: run pip install 'ocrzoo[bench]'") from error
    mpl.use("agg", force=False)


def draw(rows: Sequence[dict[str, Any]], path: Path) -> bytes:
    """Draw the rows of :func:`ocrzoo.benchmark.figures.row`; return the picture in the format of the path's suffix."""
    from io import BytesIO

    from matplotlib.figure import Figure

    names = [one["configuration"] for one in rows]
    seconds = [one["seconds_per_page"] for one in rows]
    figure = Figure(figsize=(10, 1.6 + 0.4 * len(rows)), layout="constrained")
    times, memory = figure.subplots(1, 2, sharey=True)
    below = [value - one["seconds_per_page_least"] for value, one in zip(seconds, rows, strict=True)]
    above = [one["seconds_per_page_most"] - value for value, one in zip(seconds, rows, strict=True)]
    times.barh(names, seconds, xerr=(below, above), capsize=3)
    times.set_xlabel("seconds a page (median, fastest and slowest repeat)")
    times.invert_yaxis()
    memory.barh(names, [one["peak_memory_mb"] or 0 for one in rows], label="peak", color="lightgray")
    memory.barh(names, [one["mean_memory_mb"] or 0 for one in rows], label="average", height=0.4)
    memory.set_xlabel("host memory (MB)")
    memory.legend()
    figure.suptitle(rows[0]["hardware"])
    content = BytesIO()
    figure.savefig(content, format=path.suffix[1:].lower())
    return content.getvalue()
