"""Text on the terminal: single lines and tables, without control characters."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal

from mnist_core.utils.text import without_controls

if TYPE_CHECKING:
    from rich.console import Console

_PIPE_WIDTH = 10_000


def prepare_output() -> None:
    """Let text be printed in every encoding, and also where a stream was closed at the start."""
    if sys.stdout is None:  # else the next file that is opened becomes the standard output
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="backslashreplace")


def discard_output() -> None:
    """Discard what is still to be printed: Python writes it at exit, and would fail once more."""
    try:
        descriptor = sys.stdout.fileno()
    except (OSError, ValueError):  # not a file: there is nothing to write at exit
        return
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, descriptor)
    os.close(null)


def print_line(text: object) -> None:
    """Print one line to standard output."""
    print(without_controls(str(text)), flush=True)


def print_error(text: object) -> None:
    """Print one line to standard error; nothing if it cannot be written."""
    with contextlib.suppress(OSError):
        print(without_controls(str(text)), file=sys.stderr, flush=True)


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, align: str, title: str = ""
) -> None:
    """Print a table; in a pipe, each row is one line.

    Parameters
    ----------
    columns : sequence of str
    rows : iterable of sequences
        A cell for each column; None is shown as an empty cell.
    align : str
        A letter for each column, "l" (left) or "r" (right).
    title : str
        Printed above the table, after an empty line.
    """
    from rich.table import Table
    from rich.text import Text

    sides: dict[str, Literal["left", "right"]] = {"l": "left", "r": "right"}
    # no box: columns of plain text are easily read by people and by other programs
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    for column, side in zip(columns, align, strict=True):
        # the first one names the row: commands are given it, so a narrow terminal does not cut it
        table.add_column(column, justify=sides[side], no_wrap=not table.columns)
    for row in rows:
        cells = ("" if cell is None else without_controls(str(cell)) for cell in row)
        table.add_row(*map(Text, cells))  # Text: no markup in names and reasons
    if title:
        print(f"\n{without_controls(title)}", flush=True)
    console().print(table)


def console(pipe_width: int = _PIPE_WIDTH) -> Console:
    """Return a console on standard output; a pipe has no width, so it gets `pipe_width`."""
    from rich.console import Console

    return Console(width=None if sys.stdout.isatty() else pipe_width, highlight=False)
