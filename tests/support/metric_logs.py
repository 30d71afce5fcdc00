"""Events of a short run, written to a metric log and read again."""

from __future__ import annotations

from pathlib import Path

from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs.metric_log import MetricReader, Series
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.training.events import Epoch, Step

STEPS = 40
STEP_TAGS = {
    "train/loss",
    "train/accuracy",
    "learning_rate",
    "images_per_second",
    "gradient_norm/head.0",
}
EPOCH_TAGS = {
    "epoch/seconds",
    "epoch/train_loss",
    "epoch/train_accuracy",
    "validation/loss",
    "validation/accuracy",
} | {f"confusion/{a}_as_{b}" for pair in CLASSIC_PAIRS for a, b in (pair, pair[::-1])}


def step(global_step: int, loss: float = 0.5) -> Step:
    epoch, step = divmod(global_step - 1, STEPS)
    norms = {"head.0": 0.25}
    return Step(epoch + 1, step + 1, STEPS, loss, 0.875, 1e-3, 4321.0, norms)


def epoch(number: int) -> Epoch:
    confusion = [[0] * 10 for _ in range(10)]
    confusion[4][4], confusion[4][9] = 60, 20
    confusion[9][9], confusion[9][4] = 90, 10
    return Epoch(number, STEPS, 0.5, 0.75, 0.25, 0.9375, confusion, 1.0, True)


def write(folder: Path, events: list[Step | Epoch], after_step: int = 0) -> None:
    writer = MetricWriter(folder, after_step)
    for event in events:
        writer.write(event)
    writer.close()


def read(folder: Path) -> dict[str, Series]:
    return MetricReader(folder).read()


def event_files(folder: Path) -> set[Path]:
    return set(folder.glob("events.out.tfevents.*"))
