"""Parallel coordinates and the importance of settings."""

from __future__ import annotations

import json

from mnist_core.figures import parallel_coordinates, parameter_importance
from mnist_core.figures.sweeps import parameter_slice
from mnist_core.search.results import Trial

SETTINGS = [
    {"learning_rate": 10.0**-power, "optimizer": "adam" if power % 2 else "sgd", "batch": 64 * size}
    for power, size in zip(range(1, 8), (2, 1, 2, 1, 2, 1, 2), strict=True)
]
ACCURACIES = [0.9 + place / 100 for place in range(7)]


def test_every_setting_is_an_axis_and_accuracy_the_last() -> None:
    (lines,) = parallel_coordinates(SETTINGS, ACCURACIES, labels={"batch": "Batch size"}).data
    rate, optimizer, batch, accuracy = lines.dimensions
    assert [round(value) for value in rate.values] == [-1, -2, -3, -4, -5, -6, -7], "logarithmic"
    assert rate.ticktext[0] == "1e-07"
    assert optimizer.ticktext == ("adam", "sgd")
    assert optimizer.values == (0, 1, 0, 1, 0, 1, 0)
    assert (batch.label, batch.ticktext) == ("Batch size", ("64", "128"))
    assert list(accuracy.values) == ACCURACIES


def test_pruned_trials_have_an_axis_of_their_state() -> None:
    states = ["complete"] * 6 + ["pruned"]
    named = [{"model": name} for name in ("mnist_cnn_fixed", "improved")]
    assert parallel_coordinates(named, [0.5, 0.6]).layout.margin.l > 100, "it is not cut"
    (lines,) = parallel_coordinates(SETTINGS, ACCURACIES, states).data
    assert lines.dimensions[-2].ticktext == ("complete", "pruned")
    (lines,) = parallel_coordinates(SETTINGS, ACCURACIES, ["complete"] * 7).data
    assert len(lines.dimensions) == 4


def test_values_of_any_kind_and_none() -> None:
    mixed = [{"a": None, "b": True, "c": ("x", "y")}, {"a": 1.5, "b": False, "c": (), "d": 1}]
    (lines,) = parallel_coordinates(mixed, [0.5, 0.6]).data
    assert [one.label for one in lines.dimensions] == ["a", "b", "c", "accuracy"]
    assert json.loads(parallel_coordinates([], []).to_json())["layout"]["annotations"]


def test_the_most_important_setting_is_on_top() -> None:
    (bars,) = parameter_importance({"rate": 0.7, "batch": 0.3}, labels={"rate": "Rate"}).data
    assert list(bars.y) == ["batch", "Rate"], "plotly draws from below"
    assert not parameter_importance({}).data


def test_values_of_trials_are_no_markup() -> None:
    """plotly takes <a href> and others in categories."""
    params = [{"init_weights": name} for name in ("<a href='http://evil.test'>x</a>", "b")]
    trials = [
        Trial(number=number, state="complete", accuracy=0.5, params=one)
        for number, one in enumerate(params)
    ]
    figure = parameter_slice(trials, "init_weights")
    assert not any("<" in text for text in (*figure.data[0].x, *figure.layout.xaxis.categoryarray))
