"""Drawings that a training has generated are used by the next one, too."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from mnist_core.data.allographs import pool
from mnist_core.data.allographs.frames import cached_frames

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
