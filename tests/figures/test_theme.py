"""Colours and translation of all figures."""

from __future__ import annotations

import re

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import hex_to_rgb
from support.evaluations import random_evaluation

from mnist_core import figures
from mnist_core.runs.metric_log import Series


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = np.array(hex_to_rgb(colour)) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("background", ["#ffffff", "#0e1117"])
def test_text_and_lines_are_visible_on_light_and_dark(background: str) -> None:
    def contrast(colour: str) -> float:
        low, high = sorted((luminance(colour), luminance(background)))
        return (high + 0.05) / (low + 0.05)

    layout = figures.template().layout
    assert contrast(layout.font.color) > 4.3
    assert all(contrast(colour) > 3 for colour in layout.colorway[:4])
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"


def texts(figure: go.Figure) -> str:
    axes = (figure.layout.xaxis, figure.layout.yaxis)
    found = [axis.title.text for axis in axes]
    found += [text for trace in figure.data for text in (trace.name, trace.hovertemplate)]
    found += [note.text for note in figure.layout.annotations]
    return re.sub(r"%\{[^}]*\}|<[^>]*>", "", " ".join(filter(None, found)))


def test_every_text_can_be_translated() -> None:
    points = Series(np.arange(2), np.ones(2))
    tags = ("train/loss", "validation/loss", "learning_rate", "confusion/4_as_9")
    run, square = {"1": dict.fromkeys(tags, points)}, np.ones((3, 3))
    evaluation, other = random_evaluation(), random_evaluation(seed=1)
    options = {"translate": lambda _: "译"}
    drawn = [
        figures.loss_curves(run, **options),
        figures.accuracy_curves(run, **options),
        figures.learning_rate_curve(run, **options),
        figures.pair_curves(run, **options),
        figures.confusion_matrix(square, rates=True, **options),
        figures.confusion_difference(evaluation, other, **options),
        figures.pair_confusions(evaluation, **options),
        figures.reliability_diagram(evaluation.calibration, **options),
        figures.prediction_chart(square, np.ones(10), 1, **options),
        figures.explained_prediction(square, square, np.ones(10), 1, 7, **options),
        figures.learning_rate_range(np.ones(2), np.ones(2), 0.1, **options),
        figures.feature_maps(square[None], **options),
        figures.kernels(square[None], **options),
        figures.loss_curves({}, **options),
    ]
    for figure in drawn:
        assert "译" in texts(figure)
        assert not re.search("[a-z]{2}", texts(figure)), texts(figure)
