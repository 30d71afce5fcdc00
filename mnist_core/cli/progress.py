"""Progress of a run or of a command's steps: a live line on a terminal, plain lines otherwise."""

import time
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from mnist_core.cli.terminal import print_error
from mnist_core.training.events import Epoch, Event, Step
from mnist_core.utils.notes import Note
from mnist_core.utils.text import without_controls

_LINE_INTERVAL = 10.0
"""Seconds between two plain lines about steps."""


class RunProgress:
    """Shows a run's events; a context manager, and called with each event.

    By default on standard output.
    """

    def __init__(self, title: str, epochs: int, console: Console | None = None) -> None:
        self._console = console or Console(soft_wrap=True)
        self._epochs = epochs
        self._last_line = time.monotonic()
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[values]}"),
            TimeRemainingColumn(),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=None, values="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._bar.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        if not isinstance(event, Step):
            self._print(str(event))
        elif self._console.is_terminal:
            self._bar.update(
                self._task,
                completed=event.global_step,
                total=event.steps * self._epochs,
                values=f"epoch {event.epoch}/{self._epochs}  loss {event.loss:.3f}  "
                f"acc {event.accuracy:.1%}  {event.images_per_second:,.0f} images/s",
            )
        elif time.monotonic() - self._last_line > _LINE_INTERVAL:
            self._print(str(event))
        if isinstance(event, Epoch):
            self._last_line = time.monotonic()

    def _print(self, line: str) -> None:
        self._last_line = time.monotonic()
        self._console.print(line, markup=False, highlight=False)


class StepProgress:
    """Says what a command is doing; a context manager that gives the function to say it with.

    By default on standard error. On a terminal it is one line with the time that the step takes,
    which is removed at the end.
    """

    def __init__(self, console: Console | None = None) -> None:
        console = console or Console(stderr=True)
        self._line = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            redirect_stdout=False,  # it would go to the standard error
        )

    def __enter__(self) -> Note:
        if not self._line.console.is_terminal:
            return print_error
        self._line.start()
        return self._begin

    def __exit__(self, *_exception: object) -> None:
        self._line.stop()

    def _begin(self, step: str) -> None:
        for task in self._line.task_ids:
            self._line.remove_task(task)
        self._line.add_task(without_controls(step), total=None)
