"""Progress of a run: a live bar on a terminal, plain lines otherwise."""

import time
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mnist_core.training.events import Epoch, Event, Step

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
