"""Histograms of a run's layers."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from support.metric_logs import EPOCH_TAGS, epoch, write

from mnist_core.runs.metric_log import MetricReader
from mnist_core.training.events import Epoch
from mnist_core.training.layer_statistics import Histogram


def with_histograms(number: int, *values: int) -> Epoch:
    weights = {"head.0": Histogram((-1.0, 0.0, 0.5), values, 1.0, 2.0)}
    return dataclasses.replace(epoch(number), weights=weights, gradients=weights)


def test_histograms_are_read_as_written_and_void_where_a_run_resumes(tmp_path: Path) -> None:
    reader = MetricReader(tmp_path)
    assert reader.histograms() == {}
    write(tmp_path, [with_histograms(1, 1, 2), with_histograms(2, 3, 4), with_histograms(3, 5, 6)])
    reader.read()
    assert reader.histograms()["weights/head.0"].steps.tolist() == [40, 80, 120]
    write(tmp_path, [epoch(2), with_histograms(3, 7, 8)], after_step=40)
    assert reader.read().keys() == EPOCH_TAGS
    found = reader.histograms()
    assert list(found) == ["weights/head.0", "gradients/head.0"]
    for series in found.values():
        assert series.steps.tolist() == [40, 120]
        assert [one.edges.tolist() for one in series.histograms] == [[-1, 0, 0.5]] * 2
        assert [one.counts.tolist() for one in series.histograms] == [[1, 2], [7, 8]]


@pytest.mark.parametrize(
    ("edges", "counts"),
    [
        ((0.0, 0.0), (1,)),
        ((1.0, 0.0), (1,)),
        ((0.0, float("inf")), (1,)),
        ((0.0, 1.0), (float("nan"),)),
        ((0.0, 1.0), (-1,)),
        ((0.0, 1.0, 2.0), (1,)),
        ((0.0,), ()),
    ],
)
def test_histograms_that_are_none_are_left_out(
    tmp_path: Path, edges: tuple[float, ...], counts: tuple[float, ...]
) -> None:
    weights = {"head.0": Histogram(edges, counts, 0.0, 0.0)}  # type: ignore[arg-type]
    write(tmp_path, [dataclasses.replace(epoch(1), weights=weights)])
    reader = MetricReader(tmp_path)
    assert set(reader.read()) == EPOCH_TAGS
    assert reader.histograms() == {}
