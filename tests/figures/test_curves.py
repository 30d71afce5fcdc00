"""Curves over steps and learning rates."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import MnistCoreError, figures
from mnist_core.figures.downsampling import downsample
from mnist_core.figures.sweeps import optimization_history
from mnist_core.runs.metric_log import Series
from mnist_core.search.results import Trial


def series(steps: list[int], values: list[float]) -> Series:
    return Series(np.array(steps, np.int64), np.array(values, np.float64))


@pytest.fixture
def run() -> dict[str, Series]:
    """Two epochs of ten steps, reported every five."""
    return {
        "train/loss": series([5, 10, 15, 20], [2.0, 1.0, 0.5, 0.25]),
        "train/accuracy": series([5, 10, 15, 20], [0.3, 0.6, 0.8, 0.9]),
        "validation/loss": series([10, 20], [0.8, 0.2]),
        "validation/accuracy": series([10, 20], [0.7, 0.95]),
        "learning_rate": series([5, 10, 15, 20], [0.1, 0.2, 0.1, 0.0]),
        "gradient_norm/trunk.conv1.0": series([5, 10], [3.0, 2.0]),
        "gradient_norm/head.0": series([5, 10], [1.0, 0.5]),
        "confusion/4_as_9": series([10, 20], [0.05, 0.01]),
        "confusion/9_as_4": series([10, 20], [0.04, 0.02]),
    }


def points(figure: go.Figure) -> dict[str, tuple[list, list]]:
    """Legend name -> (x, y) of every line."""
    return {line.name: (list(line.x), list(line.y)) for line in figure.data}


def test_loss_curves_show_both_splits_of_every_run(run: dict[str, Series]) -> None:
    figure = figures.loss_curves({"a": run, "b": {"train/loss": series([1, 2], [3.0, 4.0])}})
    assert points(figure) == {
        "a training": ([5, 10, 15, 20], [2.0, 1.0, 0.5, 0.25]),
        "a validation": ([10, 20], [0.8, 0.2]),
        "b training": ([1, 2], [3.0, 4.0]),
    }
    training, validation, other = figure.data
    assert training.line.color == validation.line.color != other.line.color
    assert training.line.width < validation.line.width
    assert (training.mode, validation.mode) == ("lines", "lines+markers")


def test_accuracy_curves(run: dict[str, Series]) -> None:
    shown = points(figures.accuracy_curves({"a": run}))
    assert shown["a training"][1] == [0.3, 0.6, 0.8, 0.9]
    assert shown["a validation"] == ([10, 20], [0.7, 0.95])


def test_logarithmic_loss_and_the_zoom(run: dict[str, Series]) -> None:
    linear = figures.loss_curves({"a": run}).layout
    again = figures.loss_curves({"a": run, "b": run}).layout
    logarithmic = figures.loss_curves({"a": run}, log_scale=True).layout
    assert (linear.yaxis.type, logarithmic.yaxis.type) == ("linear", "log")
    assert linear.uirevision == again.uirevision is not None
    assert linear.yaxis.uirevision == again.yaxis.uirevision
    # 0.5 on a linear axis is another place than 0.5 on a logarithmic one
    assert linear.yaxis.uirevision != logarithmic.yaxis.uirevision


def test_smoothing_of_a_worked_example(run: dict[str, Series]) -> None:
    raw, smooth, validation = figures.loss_curves({"a": run}, smoothing=0.5).data
    assert list(raw.y) == [2.0, 1.0, 0.5, 0.25]
    assert (raw.showlegend, smooth.showlegend) == (False, True)
    # weights 1, 1/2, 1/4, ... of the newest, divided by their sum
    expected = [2.0, (1 + 1) / 1.5, (0.5 + 0.5 + 0.5) / 1.75, (0.25 + 0.25 + 0.25 + 0.25) / 1.875]
    assert list(smooth.y) == pytest.approx(expected)
    assert list(validation.y) == [0.8, 0.2]


def test_smoothing_skips_nan() -> None:
    broken = {"train/loss": series([1, 2, 3], [1.0, float("nan"), 1.0])}
    smooth = figures.loss_curves({"a": broken}, smoothing=0.9).data[1]
    assert np.array(smooth.y) == pytest.approx([1.0, np.nan, 1.0], nan_ok=True)


def test_the_few_steps_at_an_epochs_end_count_for_few_in_the_average() -> None:
    uneven = {"train/loss": series([20, 40, 42], [2.0, 1.0, 0.0])}
    smooth = figures.loss_curves({"a": uneven}, smoothing=0.5).data[1]
    weights = np.array([20 / 4, 20 / 2, 2])
    assert smooth.y[2] == pytest.approx((weights * [2.0, 1.0, 0.0]).sum() / weights.sum())
    assert smooth.y[1] == pytest.approx(4 / 3)


@pytest.mark.parametrize("smoothing", [1.0, -0.1, float("nan")])
def test_invalid_smoothing(run: dict[str, Series], smoothing: float) -> None:
    with pytest.raises(MnistCoreError, match="smoothing"):
        figures.loss_curves({"a": run}, smoothing=smoothing)


def test_learning_rate_gradient_norms_and_pairs(run: dict[str, Series]) -> None:
    assert points(figures.learning_rate_curve({"a": run})) == {
        "a": ([5, 10, 15, 20], [0.1, 0.2, 0.1, 0.0])
    }
    norms = figures.gradient_norms({"a": run})
    assert points(norms) == {
        "trunk.conv1.0": ([5, 10], [3.0, 2.0]),
        "head.0": ([5, 10], [1.0, 0.5]),
    }
    assert norms.layout.yaxis.type == "log"
    assert set(points(figures.gradient_norms({"a": run, "b": run}))) == {
        f"{name} {layer}" for name in "ab" for layer in ("trunk.conv1.0", "head.0")
    }
    assert points(figures.pair_curves({"a": run}))["9 → 4"] == ([10, 20], [0.04, 0.02])


def test_a_run_without_metrics_has_a_placeholder() -> None:
    for draw in (figures.loss_curves, figures.gradient_norms, figures.metric_curve):
        options = ("x", "x") if draw is figures.metric_curve else ()
        figure = draw({"new": {}}, *options)
        assert not figure.data
        assert figure.layout.annotations[0].text == "no data recorded yet"


def test_many_runs_can_be_told_apart(run: dict[str, Series]) -> None:
    lines = figures.learning_rate_curve({str(n): run for n in range(20)}).data
    assert len({(line.line.color, line.line.dash) for line in lines}) == 20


def test_a_name_is_text_and_not_markup(run: dict[str, Series]) -> None:
    line = figures.learning_rate_curve({"<b>x</b>": run}).data[0]
    assert line.name == "&lt;b&gt;x&lt;/b&gt;"


def test_a_training_that_diverges_has_powers_of_ten_on_its_axes(run: dict[str, Series]) -> None:
    for draw in (figures.gradient_norms, figures.loss_curves):  # not 100k, 10B, 10^15
        assert draw({"a": run}).layout.yaxis.exponentformat == "power"


def test_learning_rate_range() -> None:
    rates, losses = np.geomspace(1e-5, 1, 50), np.linspace(2, 1, 50)
    figure = figures.learning_rate_range(rates, losses, 3e-3)
    assert list(figure.data[0].x) == list(rates)
    assert list(figure.data[0].y) == list(losses)
    assert figure.layout.xaxis.type == "log"
    assert figure.layout.shapes[0].x0 == 3e-3
    # plotly places annotations on a logarithmic axis by the exponent
    assert 10 ** figure.layout.annotations[0].x == pytest.approx(3e-3)
    assert not figures.learning_rate_range(rates, losses).layout.shapes
    assert figure.layout.xaxis.tickformat is None
    narrow = figures.learning_rate_range(rates[:10], losses[:10])
    assert narrow.layout.xaxis.tickformat == ".0e", "not 0.2 × 10⁻⁵"


def test_a_spike_among_many_points_stays() -> None:
    values = np.sin(np.arange(100_000) / 5000)
    values[54_321] = 40.0
    values[77_777] = -40.0
    long = Series(np.arange(100_000) * 7, values)
    line = figures.loss_curves({"a": {"train/loss": long}}).data[0]
    assert len(line.x) <= 2_000
    assert (line.x[0], line.x[-1]) == (0, 99_999 * 7)
    shown = dict(zip(line.x, line.y, strict=True))
    assert shown[54_321 * 7] == 40.0
    assert shown[77_777 * 7] == -40.0


@given(
    values=st.lists(st.floats(width=32), min_size=1, max_size=300),
    limit=st.integers(4, 60),
)
def test_downsampling_keeps_ends_and_extremes(values: list[float], limit: int) -> None:
    whole = series([10 * n for n in range(len(values))], values)
    thinned = downsample(whole, limit)
    assert len(thinned.steps) == len(thinned.values) <= max(limit, 1)
    assert np.all(np.diff(thinned.steps) > 0)
    assert (thinned.steps[0], thinned.steps[-1]) == (0, 10 * (len(values) - 1))
    np.testing.assert_array_equal(thinned.values, whole.values[thinned.steps // 10])
    if np.isfinite(values).any():
        for extreme in (np.nanmin, np.nanmax):
            assert extreme(thinned.values) == extreme(values)
    if len(values) <= limit:
        assert thinned is whole


def test_a_limit_that_is_too_low() -> None:
    with pytest.raises(MnistCoreError, match="at least 4"):
        downsample(series([1], [1.0]), 3)


def test_the_axes_of_a_sweep_fit_one_trial_of_six() -> None:
    trials = [
        Trial(number=number, state="waiting" if number else "complete", accuracy=accuracy)
        for number, accuracy in enumerate((0.9, None, None, None, None, None))
    ]
    figure = optimization_history(trials)
    assert figure.layout.xaxis.range == (-0.5, 5.5)
    assert figure.layout.xaxis.dtick == 1
    assert 1 <= figure.layout.yaxis.maxallowed < 1.01  # no axis up to 150%


def test_a_single_point_is_visible() -> None:
    (line,) = figures.learning_rate_curve({"a": {"learning_rate": series([15], [0.1])}}).data
    assert line.mode == "lines+markers"


def test_every_layers_line_looks_different_also_of_a_deep_network() -> None:
    points = series([1, 2], [1e-2, 1e-4])
    for draw, prefix in (
        (figures.update_ratios, "update_ratio"),
        (figures.gradient_norms, "gradient_norm"),
    ):
        run = {f"{prefix}/layer{number}": points for number in range(20)}
        figure = draw({"": run})
        assert len({(line.line.color, line.line.dash) for line in figure.data}) == 20
        assert figure.layout.yaxis.type == "log"


def test_the_usual_update_ratio_is_marked() -> None:
    run = {"update_ratio/head.0": series([1, 2], [1e-2, 1e-4])}
    assert [shape.y0 for shape in figures.update_ratios({"": run}).layout.shapes] == [1e-3]
    assert not figures.update_ratios({}).layout.shapes
