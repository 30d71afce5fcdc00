from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.colors import hex_to_rgb

from mnist_core import MnistCoreError, figures
from mnist_core.data.mnist import Split, normalise
from mnist_core.evaluation.scores import Evaluation, evaluate
from mnist_core.figures import BLUE, VERMILLION
from mnist_core.figures.sweeps import optimisation_history
from mnist_core.models.architectures import DigitNet
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
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


@pytest.fixture(scope="module")
def network() -> DigitNet:
    return load_weights(weights_path("mnist_cnn"))[0]


@pytest.fixture(scope="module")
def validation(train_validation: tuple[Split, Split]) -> Split:
    return train_validation[1]


@pytest.fixture(scope="module")
def evaluation(network: DigitNet, validation: Split) -> Evaluation:
    return evaluate(network, validation)


def points(figure: go.Figure) -> dict[str, tuple[list, list]]:
    """Legend name -> (x, y) of every line."""
    return {line.name: (list(line.x), list(line.y)) for line in figure.data}


# --- curves --------------------------------------------------------------------------------------


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


def test_smoothing_by_hand(run: dict[str, Series]) -> None:
    raw, smooth, validation = figures.loss_curves({"a": run}, smoothing=0.5).data
    assert list(raw.y) == [2.0, 1.0, 0.5, 0.25]
    assert (raw.showlegend, smooth.showlegend) == (False, True)
    # weights 1, 1/2, 1/4, ... of the newest, divided by their sum
    expected = [2.0, (1 + 1) / 1.5, (0.5 + 0.5 + 0.5) / 1.75, (0.25 + 0.25 + 0.25 + 0.25) / 1.875]
    assert list(smooth.y) == pytest.approx(expected)
    assert list(validation.y) == [0.8, 0.2]


def test_smoothing_steps_over_what_is_not_a_number() -> None:
    broken = {"train/loss": series([1, 2, 3], [1.0, float("nan"), 1.0])}
    smooth = figures.loss_curves({"a": broken}, smoothing=0.9).data[1]
    assert np.array(smooth.y) == pytest.approx([1.0, np.nan, 1.0], nan_ok=True)


@pytest.mark.parametrize("smoothing", [1.0, -0.1, float("nan")])
def test_smoothing_that_is_none(run: dict[str, Series], smoothing: float) -> None:
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


@pytest.mark.parametrize(
    "draw",
    [
        figures.loss_curves,
        figures.accuracy_curves,
        figures.learning_rate_curve,
        figures.gradient_norms,
        figures.pair_curves,
    ],
)
def test_a_run_without_metrics_says_so(draw: Callable[..., go.Figure]) -> None:
    figure = draw({"young": {}})
    assert not figure.data
    assert figure.layout.annotations[0].text == "nothing recorded yet"


def test_many_runs_can_be_told_apart(run: dict[str, Series]) -> None:
    lines = figures.learning_rate_curve({str(n): run for n in range(20)}).data
    assert len({(line.line.color, line.line.dash) for line in lines}) == 20


def test_a_name_is_text_and_not_markup(run: dict[str, Series]) -> None:
    line = figures.learning_rate_curve({"<b>x</b>": run}).data[0]
    assert line.name == "&lt;b&gt;x&lt;/b&gt;"


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


# --- thinning ------------------------------------------------------------------------------------


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
def test_thinning_keeps_ends_and_extremes(values: list[float], limit: int) -> None:
    whole = series([10 * n for n in range(len(values))], values)
    thinned = figures.thin(whole, limit)
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
        figures.thin(series([1], [1.0]), 3)


# --- evaluations ---------------------------------------------------------------------------------

CONFUSION = [[90, 10, 0], [0, 50, 0], [3, 1, 0]]


def cells(figure: go.Figure) -> np.ndarray:
    """What the traces of a matrix show together; 0 where a cell is empty."""
    return np.sum([np.nan_to_num(trace.z) for trace in figure.data], axis=0)


def test_confusion_matrix() -> None:
    figure = figures.confusion_matrix(CONFUSION)
    assert cells(figure).tolist() == CONFUSION
    right, wrong = figure.data
    assert np.nansum(right.z) == 140
    assert np.nansum(wrong.z) == 14
    assert right.colorscale != wrong.colorscale
    # the true digit 0 is on top
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_confusion_matrix_as_rates_and_without_its_diagonal() -> None:
    rates = cells(figures.confusion_matrix(CONFUSION, rates=True))
    assert rates == pytest.approx(np.array([[90, 10, 0], [0, 100, 0], [75, 25, 0]]))
    errors = cells(figures.confusion_matrix(CONFUSION, hide_diagonal=True))
    assert errors.tolist() == [[0, 10, 0], [0, 0, 0], [3, 1, 0]]


def test_the_chosen_cell_is_framed() -> None:
    (frame,) = figures.confusion_matrix(CONFUSION, chosen=(2, 0)).layout.shapes
    # true digit 2 down, read as 0 across
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (0, 2)
    assert not figures.confusion_matrix(CONFUSION).layout.shapes


def test_confusion_matrices_that_are_odd() -> None:
    assert cells(figures.confusion_matrix(np.zeros((10, 10), int))).sum() == 0
    assert cells(figures.confusion_matrix(np.eye(10, dtype=int))).trace() == 10
    with pytest.raises(MnistCoreError, match="square"):
        figures.confusion_matrix([[1, 2, 3]])


def test_pair_confusions(evaluation: Evaluation) -> None:
    figure = figures.pair_confusions(evaluation)
    shown = {
        text.split(": ")[0]: count
        for bars in figure.data
        for text, count in zip(bars.text, bars.x, strict=True)
    }
    for pair in evaluation.pairs:
        assert shown[f"{pair.true} → {pair.predicted}"] == pair.count
    for pair in evaluation.most_confused:
        assert shown[f"{pair.first} → {pair.second}"] == pair.first_as_second
        assert shown[f"{pair.second} → {pair.first}"] == pair.second_as_first
    bold = {label for label in figure.data[0].y if label.startswith("<b>")}
    assert bold == {"<b>4 / 9</b>", "<b>3 / 8</b>", "<b>1 / 7</b>"}


def test_reliability_diagram(evaluation: Evaluation) -> None:
    calibration = evaluation.calibration
    figure = figures.reliability_diagram(calibration)
    curves = {line.name: line for line in figure.data if line.error_y.array is not None}
    before, after = curves.values()
    assert list(before.x) == [row.confidence for row in calibration.bins]
    assert list(before.y) == [row.accuracy for row in calibration.bins]
    assert list(after.y) == [row.accuracy for row in calibration.scaled_bins]
    assert f"{calibration.ece:.2%}" in before.name
    assert f"{calibration.temperature:.2f}" in after.name
    counts = next(bars for bars in figure.data if bars.type == "bar")
    assert sum(counts.y) == evaluation.images
    bare = calibration.model_copy(update={"temperature": None})
    assert len(figures.reliability_diagram(bare).data) < len(figure.data)


def test_misclassified_images(evaluation: Evaluation, validation: Split) -> None:
    figure = figures.misclassified_images(validation.images, evaluation, 8)
    labels = [annotation.text for annotation in figure.layout.annotations]
    assert len(labels) == 8
    for label, row in zip(labels, evaluation.misclassified, strict=False):
        assert label == f"<b>{row.label}→{row.predicted}</b> {row.confidence:.0%}"
    ink = sum(validation.images[row.index].sum() for row in evaluation.misclassified[:8])
    assert np.nansum(figure.data[0].z) == pytest.approx(ink.item(), rel=1e-5)


def test_no_misclassified_images(evaluation: Evaluation, validation: Split) -> None:
    perfect = evaluation.model_copy(update={"misclassified": ()})
    figure = figures.misclassified_images(validation.images, perfect)
    assert figure.layout.annotations[0].text == "no image is misclassified"


def test_images_of_another_split(evaluation: Evaluation, validation: Split) -> None:
    with pytest.raises(MnistCoreError, match="the split that was scored"):
        figures.misclassified_images(validation.images[:3], evaluation)


def test_image_grid(validation: Split) -> None:
    frames = validation.images[:7, 0]
    figure = figures.image_grid(frames, list("abcdefg"), columns=3)
    assert [note.text for note in figure.layout.annotations] == list("abcdefg")
    sheet = figure.data[0].z
    for note, frame in zip(figure.layout.annotations, frames, strict=True):
        # each under its caption
        left, top = round(note.x - 13.5), round(note.y + 1)
        np.testing.assert_array_equal(sheet[top : top + 28, left : left + 28], frame.numpy())
    with pytest.raises(MnistCoreError, match="2 captions for 7 images"):
        figures.image_grid(frames, ["a", "b"])
    with pytest.raises(MnistCoreError, match="are \\(N, H, W\\)"):
        figures.image_grid(validation.images[:7], list("abcdefg"))


def test_saliency_lies_over_the_digit_in_two_colours(validation: Split) -> None:
    frame, signed = validation.images[0, 0], np.zeros((28, 28))
    signed[3, :15], signed[4, 7] = 2.0, -1.0
    paper, overlay = figures.saliency_overlay(frame, signed).data
    np.testing.assert_array_equal(paper.z, frame.numpy())
    np.testing.assert_array_equal(overlay.z, signed)
    assert -overlay.zmin == overlay.zmax == 2
    colours = [colour for _, colour in overlay.colorscale]
    against, support = (f"rgba{hex_to_rgb(c)}".replace(" ", "") for c in (BLUE, VERMILLION))
    assert (colours[0], colours[-1]) == (against[:-1] + ",1)", support[:-1] + ",1)")
    assert all(colour.endswith(",0)") for colour in colours[1:-1])  # clear at zero
    assert figures.saliency_overlay(frame, np.zeros((28, 28))).data[1].zmax > 0
    with pytest.raises(MnistCoreError, match="both must be one"):
        figures.saliency_overlay(frame, signed[:5])


def test_explained_read(validation: Split) -> None:
    probabilities = np.linspace(0, 0.2, 10)
    figure = figures.explained_read(validation.images[0, 0], np.ones((28, 28)), probabilities, 4, 9)
    bars = figure.data[-1]
    assert list(bars.y) == list(probabilities)
    assert (bars.marker.color[4], bars.marker.color[9]) == (BLUE, VERMILLION)
    assert len(set(bars.marker.color)) == 3


# --- networks ------------------------------------------------------------------------------------


def test_feature_maps(network: DigitNet, validation: Split) -> None:
    maps = network.forward_with_maps(normalise(validation.images[:1]))[1]["conv1"][0]
    (sheet,) = figures.feature_maps(maps).data
    for channel in range(len(maps)):
        shown = sheet.z[(sheet.customdata == channel) & ~np.isnan(sheet.z)]
        if channel == 0:  # what is between the maps counts as channel 0 and is empty
            assert shown.size == maps[0].numel()
        np.testing.assert_array_equal(shown, maps[channel].detach().numpy().ravel())


def test_kernels_with_one_input_and_with_many(network: DigitNet) -> None:
    first, second = network.kernel("conv1").detach(), network.kernel("conv2").detach()
    (sheet,) = figures.kernels(first).data
    assert np.count_nonzero(~np.isnan(sheet.z)) == first.numel()
    assert sheet.zmax == -sheet.zmin == pytest.approx(first.abs().max().item())
    (sheet,) = figures.kernels(second).data
    owner = sheet.customdata
    shown = sheet.z[(owner[..., 0] == 7) & (owner[..., 1] == 3)]
    np.testing.assert_array_equal(shown, second[7, 3].numpy().ravel())


def test_kernels_and_maps_on_a_scale_of_ones_own(network: DigitNet) -> None:
    (sheet,) = figures.kernels(network.kernel("conv1"), extent=5).data
    assert (sheet.zmin, sheet.zmax) == (-5, 5)
    (sheet,) = figures.feature_maps(np.ones((3, 4, 4)), highest=7).data
    assert (sheet.zmin, sheet.zmax) == (0, 7)
    (sheet,) = figures.feature_maps(np.ones((3, 4, 4))).data
    assert (sheet.zmin, sheet.zmax) == (None, None)


@pytest.mark.parametrize("shape", [(3, 3), (0, 3, 3), (2, 2, 2, 2, 2)])
def test_maps_and_kernels_of_other_shapes(shape: tuple[int, ...]) -> None:
    for draw in (figures.feature_maps, figures.kernels):
        with pytest.raises(MnistCoreError, match="are \\("):
            draw(np.zeros(shape))


# --- look ----------------------------------------------------------------------------------------


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = np.array(hex_to_rgb(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("background", ["#ffffff", "#0e1117"])
def test_text_and_lines_can_be_seen_on_light_and_dark(background: str) -> None:
    def contrast(colour: str) -> float:
        low, high = sorted((luminance(colour), luminance(background)))
        return (high + 0.05) / (low + 0.05)

    layout = figures.template().layout
    assert contrast(layout.font.color) > 4.3
    assert all(contrast(colour) > 3 for colour in layout.colorway[:4])
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


def test_every_text_can_be_translated(
    run: dict[str, Series], evaluation: Evaluation, validation: Split
) -> None:
    runs = {"1": run}
    drawn = [
        figures.loss_curves(runs, translate=lambda _: "译"),
        figures.accuracy_curves(runs, translate=lambda _: "译"),
        figures.learning_rate_curve(runs, translate=lambda _: "译"),
        figures.pair_curves(runs, translate=lambda _: "译"),
        figures.confusion_matrix(CONFUSION, rates=True, translate=lambda _: "译"),
        figures.pair_confusions(evaluation, translate=lambda _: "译"),
        figures.misclassified_images(validation.images, evaluation, translate=lambda _: "译"),
        figures.reliability_diagram(evaluation.calibration, translate=lambda _: "译"),
        figures.saliency_overlay(np.ones((3, 3)), np.ones((3, 3)), translate=lambda _: "译"),
        figures.explained_read(
            np.ones((3, 3)), np.ones((3, 3)), np.ones(10), 1, 7, translate=lambda _: "译"
        ),
        figures.learning_rate_range(np.ones(2), np.ones(2), 0.1, translate=lambda _: "译"),
        figures.loss_curves({}, translate=lambda _: "译"),
    ]
    for figure in drawn:
        texts = [axis.title.text for axis in (figure.layout.xaxis, figure.layout.yaxis)]
        texts += [trace.name for trace in figure.data]
        texts += [trace.hovertemplate for trace in figure.data]
        texts += [note.text for note in figure.layout.annotations]
        written = " ".join(filter(None, texts))
        bare = re.sub(r"%\{[^}]*\}|<[^>]*>", "", written)
        assert "译" in bare or figure.data[0].hoverinfo == "skip"
        assert not re.search("[a-z]{2}", bare), bare


def test_the_axes_of_a_sweep_fit_one_trial_of_six() -> None:
    trials = [
        Trial(number, "waiting" if number else "complete", None if number else 0.9, {}, None, "")
        for number in range(6)
    ]
    figure = optimisation_history(trials)
    assert figure.layout.xaxis.range == (-0.5, 5.5)
    assert figure.layout.xaxis.dtick == 1
    assert 1 <= figure.layout.yaxis.maxallowed < 1.01  # no axis up to 150%
