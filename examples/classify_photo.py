"""Classify a picture of a digit, or of a row of digits: `python examples/classify_photo.py FILE`.

Needs no torch: the exported graph runs in onnxruntime, as in the pad.
"""

from __future__ import annotations

import sys

from mnist_core import MnistCoreError
from mnist_core.imaging.images import open_picture
from mnist_core.inference.onnx_classifier import load_onnx_classifier


def main(path: str) -> int:
    """Print each digit of the picture with its place and probability; return the exit status."""
    try:
        classifier = load_onnx_classifier("default")
        picture = open_picture(path)
        prediction = classifier.classify(picture)
        digits = classifier.read_digits(picture)
    except MnistCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    if prediction.is_digit:
        print(f"{prediction.digit}, {prediction.confidence:.1%} sure")
        return 0
    print(f"not a single digit: {prediction.reason}")
    for found in digits:
        left, top, right, bottom = (round(side) for side in found.box)
        print(f"{found.prediction.digit} in the box ({left}, {top}) to ({right}, {bottom})")
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    raise SystemExit(main(sys.argv[1]))
