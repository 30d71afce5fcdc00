"""Accuracy on real pen strokes, which are in no training set.

    python -m benchmarks.pen_strokes

Every digit of the UCI pendigits file (7,494 digits, 30 people) is replayed on a 280 x 280 pad.
Its strokes are classified with `classify_strokes_many`, and pictures drawn with pens 12, 20 and
28 px wide with `classify_many`. The baseline, trained in the same run, is the usual recipe: the
article's network on unchanged MNIST (Adam, three epochs), and the whole pad resized to 28 x 28. All
networks are trained on MNIST alone.
"""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from mnist_core import Classifier, load_classifier
from mnist_core.data.mnist import load_train_validation
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import DigitNet
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import train
from mnist_core.utils.runtime import keep_freed_memory
from tests.support.drawings import paint
from tests.support.pendigits import PENDIGITS, read_pendigits

PENS = (12, 20, 28)


def train_baseline() -> DigitNet:
    """Return the article's network, trained without augmentation."""
    config = TrainConfig(
        model="mnist_cnn",
        epochs=3,
        batch_size=64,
        learning_rate=1e-3,
        optimizer="adam",
        weight_decay=0.0,
        augment="none",
        ema_decay=0.0,
    )
    *_, finished = train(config, *load_train_validation())
    return finished.model


def predict_resized(model: DigitNet, pads: list[Image.Image]) -> np.ndarray:
    """Return the predicted digits for whole pads resized to 28 x 28."""
    frames = [np.asarray(pad.resize((28, 28), Image.Resampling.BILINEAR)) for pad in pads]
    images = torch.from_numpy(np.stack(frames)).float()[:, None] / 255
    return predict_logits(model, images).argmax(1).numpy()


def accuracy(digits: list[int | None] | np.ndarray, labels: np.ndarray) -> float:
    """Return the accuracy in percent; blank (None) counts as wrong."""
    return 100 * float(np.mean([d == label for d, label in zip(digits, labels, strict=True)]))


def main() -> None:
    """Print one row per kind of input and pen, one column per network."""
    keep_freed_memory()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=PENDIGITS, help="pendigits-orig.tra.gz")
    parser.add_argument("--limit", type=int, help="only the first N digits")
    parser.add_argument("--models", nargs="+", default=["default", "mnist_cnn"])
    parser.add_argument("--errors", action="store_true", help="print the most frequent confusions")
    args = parser.parse_args()
    digits = read_pendigits(args.data)[: args.limit]
    labels = np.array([label for label, _ in digits])
    drawings = [strokes for _, strokes in digits]
    classifiers: list[Classifier] = [load_classifier(name) for name in args.models]
    baseline = train_baseline()

    print(f"{len(labels)} pen-drawn digits, accuracy in %\n")
    print(
        f"{'input':28}"
        + "".join(f"{Path(m).stem:>12}" for m in args.models)
        + f"{'usual recipe':>14}"
    )
    predicted = [[p.digit for p in c.classify_strokes_many(drawings)] for c in classifiers]
    print(
        f"{'strokes':28}" + "".join(f"{accuracy(d, labels):12.2f}" for d in predicted) + f"{'':>14}"
    )
    if args.errors:
        _print_errors(predicted[0], labels)
    for pen in PENS:
        pads = [paint(strokes, pen) for strokes in drawings]
        row = [accuracy([p.digit for p in c.classify_many(pads)], labels) for c in classifiers]
        resized = accuracy(predict_resized(baseline, pads), labels)
        print(f"picture, pen {pen} of 280 px".ljust(28), end="")
        print("".join(f"{value:12.2f}" for value in row) + f"{resized:14.2f}")


def _print_errors(predicted: list[int | None], labels: np.ndarray) -> None:
    pairs = Counter(zip(labels.tolist(), predicted, strict=True))
    errors = [(pair, count) for pair, count in pairs.most_common() if pair[0] != pair[1]]
    for (label, digit), count in errors[:12]:
        print(f"    {label} classified as {digit}: {count}")


if __name__ == "__main__":
    main()
