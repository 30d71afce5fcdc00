"""Small files of drawings in the formats of pendigits and UNIPEN."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np

from mnist_core.data.allographs import draw_digit


def write_drawing_sets(folder: Path, count: int = 20) -> Path:
    """Write pendigits/ and unipen/ with generated digits, and letters that are triangles."""
    rng = np.random.default_rng(0)
    for name in ("pendigits", "unipen"):
        (folder / name).mkdir(parents=True)
    labels = [number % 10 for number in range(count)]
    with gzip.open(folder / "pendigits/pendigits-orig.tra.gz", "wt") as file:
        for label in labels:
            file.write(f'.SEGMENT DIGIT 0 ? "{label}"\n')
            for stroke in draw_digit(rng, label):
                file.write(".PEN_DOWN\n")
                for x, y in np.rint(250 + 100 * stroke).astype(int):
                    file.write(f" {x} {500 - y}\n")
                file.write(".PEN_UP\n")
    with gzip.open(folder / "unipen/digits.jsonl.gz", "wt") as file:
        for label in labels:
            strokes = [s.ravel().round(3).tolist() for s in draw_digit(rng, label)]
            file.write(json.dumps({"writer": 1, "label": str(label), "strokes": strokes}) + "\n")
    with gzip.open(folder / "unipen/letters.jsonl.gz", "wt") as file:
        for _ in labels:
            strokes = [[0, 1, 0.5, rng.random() / 2, 1, 1, 0, 1]]
            file.write(json.dumps({"writer": 1, "label": "A", "strokes": strokes}) + "\n")
    return folder
