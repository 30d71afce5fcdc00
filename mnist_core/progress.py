"""Show a training run on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from tqdm import tqdm

from mnist_core.train import Epoch, Finished, Step, TrainConfig


def follow(events: Iterable[Step | Epoch | Finished], config: TrainConfig) -> Finished:
    """Print a run's events (bar with loss, accuracy, images/s, time left); return its end."""
    bar = tqdm(desc=config.model, unit="step", dynamic_ncols=True)
    finished = None
    for event in events:
        if isinstance(event, Step):
            bar.total = event.steps * config.epochs
            bar.set_postfix(
                epoch=f"{event.epoch}/{config.epochs}",
                loss=f"{event.loss:.3f}",
                acc=f"{event.accuracy:.1%}",
                img_s=f"{event.images_per_second:,.0f}",
                refresh=False,
            )
            bar.update((event.epoch - 1) * event.steps + event.step - bar.n)
        elif isinstance(event, Epoch):
            bar.write(
                f"epoch {event.epoch:3d}  train loss {event.train_loss:.4f} "
                f"acc {event.train_accuracy:.2%}  validation loss {event.validation_loss:.4f} "
                f"acc {event.validation_accuracy:.2%}  {event.seconds:.1f} s"
                + ("  best" if event.best else "")
            )
        else:
            finished = event
    bar.close()
    assert finished is not None, "train() always ends with Finished"
    return finished
