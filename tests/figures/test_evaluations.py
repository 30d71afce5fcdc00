"""Confusion matrices, pairs and the reliability diagram."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
import pytest
from support.evaluations import random_evaluation

from mnist_core import MnistCoreError, figures
from mnist_core.evaluation.projection import Projection
from mnist_core.evaluation.results import Evaluation
from mnist_core.figures import BLUE, VERMILLION
from mnist_core.figures.projection import projection_scatter

CONFUSION = [[90, 10, 0], [0, 50, 0], [3, 1, 0]]


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return random_evaluation()


def cells(figure: go.Figure) -> np.ndarray:
    """What the traces of a matrix show together; 0 where a cell is empty."""
    return np.sum([np.nan_to_num(trace.z) for trace in figure.data], axis=0)


def test_confusion_matrix() -> None:
    figure = figures.confusion_matrix(CONFUSION)
    assert cells(figure).tolist() == CONFUSION
    correct, wrong, *_ = figure.data
    assert np.nansum(correct.z) == 140
    assert np.nansum(wrong.z) == 14
    assert correct.colorscale != wrong.colorscale
    # the true digit 0 is on top
    assert figure.layout.yaxis.range[0] > figure.layout.yaxis.range[1]


def test_confusion_matrix_as_rates_and_without_its_diagonal() -> None:
    rates = cells(figures.confusion_matrix(CONFUSION, rates=True))
    assert rates == pytest.approx(np.array([[90, 10, 0], [0, 100, 0], [75, 25, 0]]))
    errors = cells(figures.confusion_matrix(CONFUSION, hide_diagonal=True))
    assert errors.tolist() == [[0, 10, 0], [0, 0, 0], [3, 1, 0]]


def test_the_chosen_cell_is_framed() -> None:
    (frame,) = figures.confusion_matrix(CONFUSION, chosen=(2, 0)).layout.shapes
    # true digit 2 down, predicted digit 0 across
    assert ((frame.x0 + frame.x1) / 2, (frame.y0 + frame.y1) / 2) == (0, 2)
    assert not figures.confusion_matrix(CONFUSION).layout.shapes


def test_empty_and_invalid_confusion_matrices() -> None:
    assert cells(figures.confusion_matrix(np.zeros((10, 10), int))).sum() == 0
    assert cells(figures.confusion_matrix(np.eye(10, dtype=int))).trace() == 10
    with pytest.raises(MnistCoreError, match="square"):
        figures.confusion_matrix([[1, 2, 3]])


def test_the_difference_of_confusions(evaluation: Evaluation) -> None:
    rows = [list(row) for row in evaluation.confusion]
    rows[2][2] -= 3
    rows[2][7] += 3
    rows[5][5] += 1
    rows[5][6] -= 1
    worse = evaluation.model_copy(update={"confusion": tuple(map(tuple, rows))})
    diagonal, errors, *_ = figures.confusion_difference(worse, evaluation).data
    assert (diagonal.z[2][2], errors.z[2][7], errors.z[5][6]) == (-3, 3, -1)
    assert np.isnan(errors.z[0][1])
    # worse is vermillion: fewer correct predictions, and more errors
    assert diagonal.colorscale[0][1] == errors.colorscale[-1][1] == VERMILLION
    assert diagonal.colorscale[-1][1] == errors.colorscale[0][1] == BLUE
    same = figures.confusion_difference(evaluation, evaluation)
    assert same.layout.annotations[0].text == "both confusion matrices are equal"


def test_confusions_of_different_images_are_compared_as_rates(evaluation: Evaluation) -> None:
    twice = [[2 * count for count in row] for row in evaluation.confusion]
    twice[0][1] += 20
    other = evaluation.model_copy(update={"confusion": tuple(map(tuple, twice)), "images": 820})
    _, errors, *_ = figures.confusion_difference(other, evaluation).data
    assert 0 < errors.z[0][1] < 100
    assert np.isnan(errors.z[4][9])
    with pytest.raises(MnistCoreError, match="evaluate both on one split"):
        figures.confusion_difference(evaluation, evaluation.model_copy(update={"split": "test"}))


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
    before, after = (line for line in figure.data if line.error_y.array is not None)
    assert list(before.x) == [row.confidence for row in calibration.bins]
    assert list(before.y) == [row.accuracy for row in calibration.bins]
    assert list(after.y) == [row.accuracy for row in calibration.scaled_bins]
    assert f"{calibration.ece:.2%}" in before.name
    assert f"{calibration.temperature:.2f}" in after.name
    counts = next(bars for bars in figure.data if bars.type == "bar")
    assert sum(counts.y) == evaluation.images
    bare = calibration.model_copy(update={"temperature": None})
    assert len(figures.reliability_diagram(bare).data) < len(figure.data)


def test_every_digit_of_a_projection_is_once_in_its_legend() -> None:
    true = np.array([0, 0, 3, 4])
    predicted = np.array([0, 1, 3, 9])  # every 4 is misclassified
    projection = Projection(np.zeros((4, 2)), (0.5, 0.25), units=2)
    figure = projection_scatter(projection, true, predicted)
    assert [trace.name for trace in figure.data if trace.showlegend] == ["0", "3", "4"]


def test_digits_of_a_projection_differ_in_colour_or_symbol() -> None:
    digits = np.repeat(np.arange(10), 2)
    other = np.where(np.arange(20) % 2, digits, (digits + 1) % 10)  # every second one is right
    figure = projection_scatter(Projection(np.zeros((20, 2)), (0.5, 0.25), 2), digits, other)
    markers = [(trace.marker.color, trace.marker.symbol) for trace in figure.data]
    assert len(set(markers)) == 20
    assert {colour for colour, _ in markers} <= set(figures.PALETTE)
    assert all(trace.marker.opacity is None for trace in figure.data)
