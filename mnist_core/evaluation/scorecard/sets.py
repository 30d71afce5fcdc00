"""The sets of drawings and pictures that the scorecard measures on."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import numpy as np

from mnist_core.data.mnist import Split, load_test, load_validation
from mnist_core.data.pendigits import read_pendigits
from mnist_core.data.unipen import read_unipen, read_unipen_digits
from mnist_core.errors import MnistCoreError

PENDIGITS = "pendigits/pendigits-orig.tra.gz"
UNIPEN_DIGITS = "unipen/digits.jsonl.gz"
UNIPEN_LETTERS = "unipen/letters.jsonl.gz"

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class StrokeSet:
    """Labelled pen drawings.

    Attributes
    ----------
    name : str
    labels : list of str
        "0" to "9", or letters.
    drawings : list of drawings
        Each a list of (N, 2) arrays, y downwards.
    box : float or None
        Side of the square that the drawings were written in; None if each tablet's is its own.
    """

    name: str
    labels: list[str]
    drawings: list[list[np.ndarray]]
    box: float | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def digits(self) -> np.ndarray:
        """The labels as int64 (N,)."""
        return np.array([int(label) for label in self.labels], np.int64)

    def spread(self, count: int) -> StrokeSet:
        """Return at most `count` drawings, evenly over the set: of as many writers as possible."""
        index = np.unique(np.linspace(0, len(self) - 1, min(count, len(self))).astype(int))
        return StrokeSet(
            self.name,
            [self.labels[i] for i in index],
            [self.drawings[i] for i in index],
            self.box,
        )


def drawings_root(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of the pen drawings: argument, DRAWINGS_ROOT, or ./data."""
    return Path(folder or os.environ.get("DRAWINGS_ROOT") or "data")


class Sets:
    """The sets, each read when it is first used.

    Parameters
    ----------
    folder : path
        Holds pendigits/ and unipen/.
    limit : int or None
        Only the first drawings of each set.
    mnist : path, optional
        See `data_root`.

    Raises
    ------
    MnistCoreError
        By each property if its file is missing or damaged; the message says how to give it.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        limit: int | None = None,
        mnist: str | os.PathLike[str] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.limit = limit
        self._mnist = mnist

    @property
    def available(self) -> list[str]:
        """The files of drawings that are there."""
        return [
            name
            for name in (PENDIGITS, UNIPEN_DIGITS, UNIPEN_LETTERS)
            if (self.folder / name).is_file()
        ]

    @cached_property
    def unipen(self) -> StrokeSet:
        """UNIPEN's digits."""
        rows = self._read(UNIPEN_DIGITS, read_unipen_digits)
        return StrokeSet("UNIPEN", [str(label) for label, _ in rows], [s for _, s in rows])

    @cached_property
    def pendigits(self) -> StrokeSet:
        """UCI's pendigits."""
        rows = self._read(PENDIGITS, read_pendigits)
        return StrokeSet(
            "pendigits", [str(label) for label, _ in rows], [s for _, s in rows], box=500
        )

    @cached_property
    def letters(self) -> StrokeSet:
        """UNIPEN's letters."""
        rows = self._read(UNIPEN_LETTERS, read_unipen)
        return StrokeSet("letters", [row.label for row in rows], [row.strokes for row in rows])

    @cached_property
    def digits_8x8(self) -> tuple[list[np.ndarray], np.ndarray]:
        """scikit-learn's digits: uint8 pictures (8, 8), cut to their ink, and labels."""
        from sklearn.datasets import load_digits  # slow to import

        data = load_digits()
        pictures = np.rint(data.images * (255 / 16)).astype(np.uint8)[: self.limit]
        return list(pictures), data.target[: self.limit].astype(np.int64)

    @cached_property
    def mnist_validation(self) -> Split:
        """MNIST's 5,000 held-out training images."""
        return self._first(load_validation("cpu", self._mnist))

    @cached_property
    def mnist_test(self) -> Split:
        """MNIST's 10,000 test images."""
        return self._first(load_test("cpu", self._mnist))

    def _first(self, split: Split) -> Split:
        return Split(split.images[: self.limit], split.labels[: self.limit])

    def _read(self, name: str, read: Callable[[Path], list[T]]) -> list[T]:
        path = self.folder / name
        if not path.is_file():
            raise MnistCoreError(
                f"{path}: there is no such file; --data, or DRAWINGS_ROOT, names the folder that "
                "holds pendigits/ and unipen/"
            )
        rows = read(path)[: self.limit]
        if not rows:
            raise MnistCoreError(f"{path}: no drawings in this file; copy it again")
        return rows
