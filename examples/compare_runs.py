"""Train the article's network with and without BatchNorm, and compare the two runs.

`python examples/compare_runs.py [IMAGES]`: training images of each run, 5,000 by default.
"""

from __future__ import annotations

import argparse

from mnist_core import MnistCoreError, TrainConfig, load_train_validation, train
from mnist_core.training.events import Epoch


def accuracies(config: TrainConfig, images: int) -> list[float]:
    """Return the validation accuracy after each epoch."""
    splits = load_train_validation("cpu", training_size=images)
    events = train(config, *splits)
    return [event.validation_accuracy for event in events if isinstance(event, Epoch)]


def main(images: int) -> None:
    """Print both runs, epoch by epoch."""
    common = {"epochs": 2, "augment": "none", "device": "cpu", "ema_decay": 0.0}
    plain = accuracies(TrainConfig(model="mnist_cnn_fixed", **common), images)
    normalised = accuracies(TrainConfig(model="mnist_cnn_bn", **common), images)
    print(f"{'epoch':>5}  {'mnist_cnn_fixed':>15}  {'mnist_cnn_bn':>12}")
    for epoch, (first, second) in enumerate(zip(plain, normalised, strict=True), 1):
        print(f"{epoch:>5}  {first:>15.2%}  {second:>12.2%}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("images", type=int, nargs="?", default=5000, help="of each run")
    try:
        main(parser.parse_args().images)
    except MnistCoreError as error:  # such as MNIST, where it cannot be downloaded
        raise SystemExit(f"error: {error}") from None
