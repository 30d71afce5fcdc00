"""A run's events in words, one line each: for the terminal and the log."""

from __future__ import annotations

from mnist_core.training.events import Epoch, Event, Step, Stopped


def describe(event: Event) -> str:
    """Return one line of text."""
    if isinstance(event, Step):
        return (
            f"epoch {event.epoch:3d}  step {event.step}/{event.steps}  loss {event.loss:.4f}  "
            f"acc {event.accuracy:.2%}  {event.images_per_second:,.0f} images/s"
        )
    if isinstance(event, Epoch):
        return (
            f"epoch {event.epoch:3d}  train loss {event.train_loss:.4f} "
            f"acc {event.train_accuracy:.2%}  validation loss {event.validation_loss:.4f} "
            f"acc {event.validation_accuracy:.2%}  {event.seconds:.1f} s"
            + ("  best" if event.best else "")
        )
    if isinstance(event, Stopped):
        return f"stopped in epoch {event.epoch}, after step {event.step} of {event.steps}"
    early = " (ended early: nothing got better)" if event.early else ""
    return (
        f"best epoch {event.epoch}: validation accuracy {event.validation_accuracy:.2%}, "
        f"loss {event.validation_loss:.4f}{early}"
    )
