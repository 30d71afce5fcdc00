"""Metrics over epochs, images and time."""

from __future__ import annotations

import numpy as np
import pytest
from support.training import small

from mnist_core.runs import metric_tags as tags
from mnist_core.runs.axes import Axis, on_axis
from mnist_core.runs.metric_log import Series

CONFIG = small(batch_size=50, training_size=1000)
METRICS = {
    tags.IMAGES_PER_SECOND: Series(np.array([10, 20]), np.array([100.0, 250.0])),
    tags.VALIDATION_LOSS: Series(np.array([15, 20]), np.array([0.5, 0.4])),
}


@pytest.mark.parametrize(
    ("axis", "expected"),
    [
        (Axis.STEP, [15, 20]),
        (Axis.EPOCH, [0.75, 1]),
        (Axis.IMAGES, [750, 1000]),
        (Axis.TIME, [6, 7]),  # 500 images at 100 images/s, then 500 at 250
    ],
)
def test_the_axis_of_a_curve(axis: Axis, expected: list[float]) -> None:
    loss = on_axis(METRICS, CONFIG, axis)[tags.VALIDATION_LOSS]
    np.testing.assert_allclose(loss.steps, expected)
    np.testing.assert_array_equal(loss.values, [0.5, 0.4])


def test_without_speeds_there_is_no_time() -> None:
    only_loss = {tags.VALIDATION_LOSS: METRICS[tags.VALIDATION_LOSS]}
    assert on_axis(only_loss, CONFIG, Axis.TIME) == {}
    assert on_axis({}, CONFIG, Axis.TIME) == {}
