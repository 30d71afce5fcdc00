"""A run with everything that must be remembered when it is stopped, and what to compare."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from mnist_core.models.weights import load_weights
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.events import Epoch, Event
from support.training import small

# everything that a run must remember: random images, a moving average, a schedule, momentum
CONFIG = small(epochs=3, batch_size=20, augment="article", ema_decay=0.5)


def tensors(run: Run) -> dict[str, Tensor]:
    """Return every weight of a run: of its best epoch, and of its last."""
    last = load_checkpoint(run.checkpoint_path)
    parts = {
        "best": load_weights(run.weights_path)[0].state_dict(),
        "last": last["model"],
        "average": last["average"],
    }
    return {f"{key} {name}": t for key, part in parts.items() for name, t in part.items()}


def check_same(run: Run, whole: Run) -> None:
    """Assert that a run ended as the uninterrupted one."""
    mine, theirs = tensors(run), tensors(whole)
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
    ignore = {"name", "created", "started", "ended", "resumed", "trained_seconds"}
    assert run.state().model_dump(exclude=ignore) == whole.state().model_dump(exclude=ignore)
    scores = [MetricReader(r.folder).read() for r in (run, whole)]
    for tag, series in scores[0].items():
        # one whole series, though it was interrupted
        assert (series.steps[1:] > series.steps[:-1]).all(), tag
        if tag.startswith(("epoch/", "validation/", "confusion/")):
            assert series.steps.tolist() == scores[1][tag].steps.tolist(), tag
            if tag != tags.EPOCH_SECONDS:
                assert series.values.tolist() == scores[1][tag].values.tolist(), tag
    assert scores[0].keys() == scores[1].keys()


def at(epoch: int, do: Callable[[], object]) -> Callable[[Event], None]:
    """Return a listener that does something at the end of an epoch."""

    def listen(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == epoch:
            do()

    return listen


def throw(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do
