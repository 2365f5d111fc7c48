"""Progress on standard error: bars on a terminal, one line a model elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

from ocrzoo.cli.output import one_line, print_note, stderr_is_terminal, stdout_is_terminal

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from ocrzoo.batch.job import Progress as BatchProgress
    from ocrzoo_registry.download.events import DownloadEvents


def download_events(*, messages: bool = True) -> DownloadEvents:
    """Return what shows the progress of downloads and, if wanted, their messages."""
    from ocrzoo_registry.download.events import DownloadEvents, no_messages

    return DownloadEvents(
        _DownloadBars().watch if stderr_is_terminal() else _announce,
        (lambda message: print_note(one_line(message))) if messages else no_messages,
    )


@contextmanager
def page_progress(total: int | None, what: str = "pages", *, printed: bool = True) -> Iterator[Any]:
    """Yield a function to call after each page; a bar is shown unless pages are ``printed`` to the terminal."""
    if (total is not None and total < 2) or not stderr_is_terminal() or (printed and stdout_is_terminal()):
        yield lambda: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn(what, markup=False), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("pages", total=total)
        yield lambda: progress.advance(task)


def packing_progress(what: str, total: int) -> AbstractContextManager[Callable[[int], object]]:
    """Yield a function that counts packed bytes; a bar shows them on a terminal."""
    return _DownloadBars().watch(what, total, 0) if stderr_is_terminal() else nullcontext(lambda _count: None)


def format_size(size: int) -> str:
    """Format a number of bytes in decimal units, as file managers and hubs do."""
    value = float(size)
    for unit in ("B", "kB", "MB"):
        if value < 1000:
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.1f} {unit}"
        value /= 1000
    return f"{value:.1f} GB"


@contextmanager
def _announce(what: str, total: int | None, _done: int) -> Iterator[Callable[[int], object]]:
    size = "" if total is None else f" ({format_size(total)})"
    print_note(one_line(f"{what}{size}"))
    yield lambda _count: None


class _DownloadBars:
    """One display for all running downloads: bar, bytes, rate and time left of each."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._progress: Progress | None = None

    @contextmanager
    def watch(self, what: str, total: int | None, done: int) -> Iterator[Callable[[int], object]]:
        """Show one download."""
        with self._lock:
            progress = self._progress = self._progress or _new_bars()
            if not progress.tasks:
                progress.start()
            task = progress.add_task(one_line(what), total=total, completed=done)
        try:
            yield lambda count: progress.advance(task, count)
        finally:
            with self._lock:
                progress.remove_task(task)
                if not progress.tasks:
                    progress.stop()


def _new_bars() -> Progress:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.table import Column

    columns = (
        TextColumn("{task.description}", table_column=Column(overflow="ellipsis", no_wrap=True)),
        BarColumn(bar_width=12),
        DownloadColumn(table_column=Column(no_wrap=True)),
        TransferSpeedColumn(table_column=Column(no_wrap=True)),
        TimeRemainingColumn(compact=True, table_column=Column(no_wrap=True)),
    )
    return Progress(*columns, console=_console(), transient=True)


@cache
def _console() -> Console:
    """One console for all bars: displays of one console make room for each other."""
    from rich.console import Console

    return Console(stderr=True)


@contextmanager
def share_progress(what: str, names: Sequence[str]) -> Iterator[Callable[[str, float], object]]:
    """Yield a function that is told which name is worked on, and the share done, 0 to 1; a bar on a terminal."""
    if not stderr_is_terminal():
        yield lambda _name, _share: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn(f"{what} {{task.description}}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("", total=len(names))
        yield lambda name, share: progress.update(task, description=name, completed=names.index(name) + share)


@contextmanager
def activity() -> Iterator[Callable[[str], object]]:
    """Yield a function that is given what is done now; shown on a terminal."""
    if not stderr_is_terminal():
        yield lambda _what: None
        return
    from rich.markup import escape

    with _console().status("") as status:
        yield lambda what: status.update(escape(one_line(what)))


@contextmanager
def batch_progress() -> Iterator[Callable[[BatchProgress], object]]:
    """Yield a function that is told how far a batch is: a bar on a terminal, a line now and then elsewhere."""
    if not stderr_is_terminal():
        yield _BatchLines().show
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_console(), transient=True) as progress:
        task = progress.add_task("reading", total=None)
        yield lambda now: progress.update(task, description=_pages_so_far(now), completed=now.done, total=now.total)


def _pages_so_far(now: BatchProgress) -> str:
    failed = f", {now.failed:,} failed" if now.failed else ""
    return f"{now.pages:,} pages, {now.pages / max(now.seconds, 1e-9):.1f} a second{failed}"


class _BatchLines:
    """A line a minute."""

    EVERY_S = 60.0

    def __init__(self) -> None:
        self._shown = 0.0

    def show(self, now: BatchProgress) -> None:
        if now.seconds - self._shown < self.EVERY_S:
            return
        self._shown = now.seconds
        share = now.done / now.total if now.total else 1.0
        left = now.seconds / share - now.seconds if share else 0.0
        print_note(f"{_pages_so_far(now)}, {share:.0%}, {left / 60:.0f} min left")
