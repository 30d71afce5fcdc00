"""Few images to train on; drawings that a training has generated are used by the next one, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from support.training import Splits, part
from torch import Tensor

from mnist_core.data.allographs import pool
from mnist_core.data.allographs.frame_cache import cached_frames

_made: dict[tuple[bytes, int], Tensor] = {}


def _frames(labels: np.ndarray, seed: int, **options: Any) -> Tensor:
    key = (labels.tobytes(), seed)
    if key not in _made:
        _made[key] = cached_frames(labels, seed, **options)
    return _made[key].clone()


@pytest.fixture(autouse=True, scope="module")
def _drawings_are_generated_once() -> Iterator[None]:
    """Each trainer that resumes would generate its drawings again, which takes most of its time.

    That equal seeds give equal drawings is tested in tests/data.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "cached_frames", _frames)
        yield


@pytest.fixture(scope="module")
def fewer(small_splits: Splits) -> Splits:
    """100 training and 50 validation images: two steps."""
    return part(small_splits, 100, 50)


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """400 training and 200 validation images."""
    return part(small_splits, 400, 200)
