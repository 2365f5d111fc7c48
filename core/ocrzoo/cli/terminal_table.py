"""Tables for a terminal of any width: no short word is broken, and no cell becomes a tall tower."""

from __future__ import annotations

from collections.abc import Sequence

_WORD = 32
"""Columns up to which a word stays in one piece; paths and digests are longer, and may be broken."""
_BROKEN = 16
"""Columns for words that may be broken."""
_LINES = 8
"""Lines that a long cell should not exceed, if 24 columns are enough for that."""


def print_fitted(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows as a table, or as a paragraph each where the terminal is too narrow for that."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    columns = [(heading, *(row[index] for row in rows)) for index, heading in enumerate(headings)]
    widths = _widths(columns, console.width - 3 * len(columns) - 1)
    if widths is None:
        for row in rows:
            _print_paragraph(headings, row)
        return
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(Text(heading), overflow="fold", width=width)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


def _widths(columns: Sequence[Sequence[str]], available: int) -> list[int] | None:
    """Return a width for each column, or ``None`` if they do not fit; the first column is never wrapped."""
    from rich.cells import cell_len

    wanted = [max(cell_len(cell) for cell in cells) for cells in columns]
    widths = [min(-(-width // _LINES), 24) for width in wanted]
    for index, cells in enumerate(columns):
        words = [cell_len(word) for cell in cells for word in cell.split()]
        widths[index] = max(widths[index], *(word if word <= _WORD else _BROKEN for word in words))
    widths[0] = wanted[0]
    spare = available - sum(widths)
    if spare < 0:
        return None
    ordered = sorted(range(len(columns)), key=lambda index: wanted[index] - widths[index])
    for position, index in enumerate(ordered):
        given = min(wanted[index] - widths[index], spare // (len(ordered) - position))
        widths[index] += given
        spare -= given
    return widths


def _print_paragraph(headings: Sequence[str], row: Sequence[str]) -> None:
    """Print the first cell as a line, and the others below it, as many on a line as fit."""
    from rich.cells import cell_len
    from rich.console import Console
    from rich.padding import Padding
    from rich.text import Text

    console = Console()
    console.print(Text(row[0], style="bold", overflow="fold"))
    text, used = Text(overflow="fold"), 0
    for heading, cell in zip(headings[1:], row[1:], strict=True):
        if not cell:
            continue
        needed = cell_len(f"{heading}: {cell}")
        starts = not used or used + 2 + needed > console.width - 4
        text.append("" if not text else "\n" if starts else "  ")
        text.append(f"{heading}: ", style="dim").append(cell)
        used = needed if starts else used + 2 + needed
    console.print(Padding(text, (0, 0, 0, 4), expand=False))
