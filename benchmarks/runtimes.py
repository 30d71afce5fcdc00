"""Time from ink to a prediction with every stage's maps: exported graphs against torch.

    python -m benchmarks.runtimes

Both run in one process and take turns, on the same generated drawings.
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image

from mnist_core import load_classifier
from mnist_core.data.allographs import draw_digit
from mnist_core.imaging.rasterize import rasterize_strokes
from mnist_core.inference.base_classifier import BaseClassifier
from mnist_core.inference.onnx_classifier import load_onnx_classifier

DRAWINGS = 200
THREADS = 32
_WARM_UP = 10
_ENLARGED = 5  # pictures of 280 px


def milliseconds(classifier: BaseClassifier, ink: np.ndarray) -> tuple[float, float]:
    """Return the time for a canvas, and for a picture of it."""
    began = time.perf_counter()
    classifier.classify_ink_with_maps(ink, classifier.stages)
    between = time.perf_counter()
    classifier.classify(Image.fromarray(255 - np.kron(ink, np.ones((_ENLARGED,) * 2, np.uint8))))
    return 1e3 * (between - began), 1e3 * (time.perf_counter() - between)


def answers_per_second(classifier: BaseClassifier, inks: np.ndarray) -> float:
    """Return how many canvases are answered in a second, asked for by many threads."""
    with ThreadPoolExecutor(THREADS) as pool:
        began = time.perf_counter()
        list(pool.map(lambda ink: classifier.classify_ink_with_maps(ink, classifier.stages), inks))
        return len(inks) / (time.perf_counter() - began)


def main() -> None:
    """Print medians, and answers per second, of both runtimes."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("model", nargs="?", default="default")
    name = parser.parse_args().model
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    canvases = rasterize_strokes([draw_digit(rng, number % 10) for number in range(DRAWINGS)])
    inks = (255 * canvases).round().astype(np.uint8)
    classifiers = load_classifier(name), load_onnx_classifier(name)
    for classifier in classifiers:
        for ink in inks[:_WARM_UP]:
            milliseconds(classifier, ink)
    times = [[milliseconds(classifier, ink) for classifier in classifiers] for ink in inks]
    in_torch, exported = (
        [statistics.median(column) for column in zip(*times_of_one, strict=True)]
        for times_of_one in zip(*times, strict=True)
    )
    many = [answers_per_second(classifier, inks) for classifier in classifiers]
    print(f"{name}, one thread\n\n{'':32}{'torch':>10}{'onnxruntime':>14}{'ratio':>8}")
    rows = [("canvas with all maps, ms", 0), ("picture of 280 px, ms", 1)]
    for label, index in rows:
        one, other = in_torch[index], exported[index]
        print(f"{label:32}{one:10.2f}{other:14.2f}{other / one:8.2f}")
    label = f"answers a second, {THREADS} threads"
    print(f"{label:32}{many[0]:10.0f}{many[1]:14.0f}{many[1] / many[0]:8.2f}")


if __name__ == "__main__":
    main()
