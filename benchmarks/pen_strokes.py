"""Accuracy on real pen strokes that no network here was trained on.

    python -m benchmarks.pen_strokes

Every digit of the UCI pendigits file (7,494 digits, 30 people) is replayed on a 280 x 280 pad.
As strokes it goes to `classify_strokes_many`, as pictures drawn with pens 12, 20 and 28 px wide
to `classify_many`: the roads of the page. The baseline is the usual recipe, trained in the same
run: the article's network on MNIST as it is (Adam, three epochs), and the whole pad resized to
28 x 28. No network here has seen a pen stroke; all are trained on MNIST alone.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw

from mnist_core import Classifier, load_classifier
from mnist_core.data.mnist import load_train_validation
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import DigitNet
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import train
from mnist_core.utils.runtime import keep_freed_memory
from tests.support.pendigits import PENDIGITS, read_pendigits

PAD = 280
BOX = 500  # the tablet's own box
PENS = (12, 20, 28)
SUPERSAMPLING = 4


def draw_on_pad(strokes: list[np.ndarray], pen: int) -> Image.Image:
    """Return the drawing as a user's pad shows it: mode L, 280 x 280, light ink on black."""
    scale = PAD * SUPERSAMPLING / BOX
    width = pen * SUPERSAMPLING
    image = Image.new("L", (PAD * SUPERSAMPLING,) * 2)
    draw = ImageDraw.Draw(image)
    for stroke in strokes:
        points = [(float(x), float(y)) for x, y in stroke * scale]
        draw.line(points, fill=255, width=width, joint="curve")
        for x, y in points:
            radius = width / 2
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return image.resize((PAD, PAD), Image.Resampling.BOX)


def train_usual() -> DigitNet:
    """Return the article's network, trained as the usual tutorial does: no augmentation."""
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


def usual_recipe(model: DigitNet, pads: list[Image.Image]) -> np.ndarray:
    """Return that network's digits for whole pads resized to 28 x 28."""
    frames = [np.asarray(pad.resize((28, 28), Image.Resampling.BILINEAR)) for pad in pads]
    images = torch.from_numpy(np.stack(frames)).float()[:, None] / 255
    return predict_logits(model, images).argmax(1).numpy()


def accuracy(digits: list[int | None] | np.ndarray, labels: np.ndarray) -> float:
    """Return the share of right digits in percent; a drawing called blank is wrong."""
    return 100 * float(np.mean([d == label for d, label in zip(digits, labels, strict=True)]))


def main() -> None:
    """Print one row for each road and pen, one column for each network."""
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
    usual = train_usual()

    print(f"{len(labels)} pen-drawn digits, accuracy in %\n")
    print(
        f"{'road':28}"
        + "".join(f"{Path(m).stem:>12}" for m in args.models)
        + f"{'usual recipe':>14}"
    )
    read = [[p.digit for p in c.classify_strokes_many(drawings)] for c in classifiers]
    print(f"{'strokes':28}" + "".join(f"{accuracy(r, labels):12.2f}" for r in read) + f"{'':>14}")
    if args.errors:
        _print_errors(read[0], labels)
    for pen in PENS:
        pads = [draw_on_pad(strokes, pen) for strokes in drawings]
        row = [accuracy([p.digit for p in c.classify_many(pads)], labels) for c in classifiers]
        recipe = accuracy(usual_recipe(usual, pads), labels)
        print(f"picture, pen {pen} of {PAD} px".ljust(28), end="")
        print("".join(f"{value:12.2f}" for value in row) + f"{recipe:14.2f}")


def _print_errors(read: list[int | None], labels: np.ndarray) -> None:
    pairs: dict[tuple[int, int | None], int] = {}
    for label, digit in zip(labels.tolist(), read, strict=True):
        if label != digit:
            pairs[label, digit] = pairs.get((label, digit), 0) + 1
    for (label, digit), count in sorted(pairs.items(), key=lambda item: -item[1])[:12]:
        print(f"    {label} read as {digit}: {count}")


if __name__ == "__main__":
    main()
