"""Colours and translation of all figures."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence

import numpy as np
import plotly.graph_objects as go
import pytest
from plotly.colors import hex_to_rgb, sequential
from support.contrast import TO_XYZ, contrast, linear
from support.evaluations import random_evaluation

from mnist_core import figures
from mnist_core.evaluation.projection import Projection
from mnist_core.figures.projection import projection_scatter
from mnist_core.runs.metric_log import Bins, Series

BACKGROUNDS = {"light": ("#ffffff",), "dark": ("#171614", "#171b23", "#0e1117")}
"""Of the dashboard, and of the report and its sections."""
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
"""Linear RGB as it looks with a colour blindness of severity 1: Machado et al. 2009, table 1."""
WHITE = TO_XYZ.sum(1)


def colour_at(scale: Sequence[tuple[float, str]], place: float, theme: str) -> str:
    """The colour of a place in a scale, as plotly mixes it."""
    places, colours = zip(*scale, strict=True)
    channels = np.array([hex_to_rgb(one) for one in themed(colours, theme)]).T
    mixed = (np.interp(place, places, channel) for channel in channels)
    return "#" + "".join(f"{round(value):02x}" for value in mixed)


def lab(colour: str, vision: np.ndarray) -> np.ndarray:
    """CIELAB of a colour as it looks with this vision."""
    x, y, z = np.cbrt(TO_XYZ @ np.clip(vision @ linear(colour), 0, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def themed(colours: Iterable[str], theme: str) -> list[str]:
    return [figures.DARK_COLOURS.get(one, one) if theme == "dark" else one for one in colours]


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_text_and_lines_are_visible(theme: str) -> None:
    layout = figures.template().layout
    assert layout.paper_bgcolor == layout.plot_bgcolor == "rgba(0,0,0,0)"
    for background in BACKGROUNDS[theme]:
        (ink,) = themed([layout.font.color], theme)
        assert contrast(ink, background) >= 4.5
        assert all(contrast(colour, background) >= 3 for colour in themed(layout.colorway, theme))


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_numbers_in_cells_can_be_read(theme: str) -> None:
    """Of every value that a cell can have: 0 to 300 images, or the difference of as many."""
    shares = np.arange(301).reshape(7, 43)
    evaluation = random_evaluation()
    for sign in (1, -1):
        square = np.zeros((50, 50), int)
        square[:7, 7:] = sign * shares
        square[np.diag_indices(50)] = np.linspace(0, 300, 50) * sign
        one = evaluation.model_copy(update={"confusion": tuple(map(tuple, abs(square)))})
        none = one.model_copy(update={"confusion": tuple(map(tuple, 0 * square))})
        pair = (one, none)[::sign]
        for figure in (
            figures.confusion_matrix(abs(square)),
            figures.confusion_matrix(abs(square), rates=True),
            figures.confusion_difference(*pair),
        ):
            check_numbers(figure, theme)


def check_numbers(figure: go.Figure, theme: str) -> None:
    """Assert that every cell with a value has one number, of enough contrast."""
    cells = [trace for trace in figure.data if trace.text is None]
    numbers = [trace for trace in figure.data if trace.text is not None]
    lowest = 21.0
    for trace in cells:
        for row, column in np.argwhere(~np.isnan(trace.z)):
            place = (trace.z[row, column] - trace.zmin) / (trace.zmax - trace.zmin)
            (number,) = (one for one in numbers if one.text[row][column].strip())
            assert float(number.text[row][column].replace("−", "-")) == pytest.approx(
                trace.z[row, column], abs=0.05
            )
            (ink,) = themed([number.textfont.color], theme)
            background = colour_at(trace.colorscale, place, theme)
            lowest = min(lowest, contrast(ink, background))
    assert lowest >= 4.5
    # so plotly draws all of them in one size
    assert len({max(map(len, one.text.flat)) for one in numbers}) == 1


@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_text_of_other_figures_can_be_read(theme: str) -> None:
    bars = figures.parameter_importance({"seed": 0.5}).data[0]
    ink, bar = themed([bars.insidetextfont.color, bars.marker.color], theme)
    assert contrast(ink, bar) >= 4.5
    for figure in all_figures(str):
        for note in figure.layout.annotations:
            (ink,) = themed([note.font.color or figures.INK], theme)
            assert all(contrast(ink, one) >= 4.5 for one in BACKGROUNDS[theme])


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("theme", BACKGROUNDS)
def test_lines_differ_in_colour_for_everybody(theme: str, vision: str) -> None:
    places = [lab(colour, VISION[vision]) for colour in themed(figures.PALETTE, theme)]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(places, 2)) > 30


def test_every_line_is_solid_enough() -> None:
    points = Series(np.arange(2), np.ones(2))
    runs = {"a": {"train/loss": points, "validation/loss": points}}
    # the raw values behind the smoothed ones are the only faint line
    faint = [line for line in figures.loss_curves(runs, smoothing=0.6).data if line.opacity]
    assert [line.showlegend for line in faint] == [False]


def test_every_colour_has_one_for_dark_pages() -> None:
    pictures = {"#000000", "#FFFFFF", "#8C8C8C", *sequential.Cividis}
    for figure in all_figures(str):
        found = set(re.findall(r'"(#[0-9A-Fa-f]{6})"', figure.to_json()))
        assert found - pictures <= set(figures.DARK_COLOURS)


def texts(figure: go.Figure) -> str:
    axes = (figure.layout.xaxis, figure.layout.yaxis)
    found = [axis.title.text for axis in axes]
    found += [text for trace in figure.data for text in (trace.name, trace.hovertemplate)]
    found += [note.text for note in figure.layout.annotations]
    return re.sub(r"%\{[^}]*\}|<[^>]*>", "", " ".join(filter(None, found)))


def all_figures(translate: Callable[[str], str]) -> list[go.Figure]:
    points = Series(np.arange(2), np.ones(2))
    tags = ("train/loss", "validation/loss", "learning_rate", "confusion/4_as_9")
    tags += ("update_ratio/1",)
    run, square = {"1": dict.fromkeys(tags, points)}, np.ones((3, 3))
    evaluation, other = random_evaluation(), random_evaluation(seed=1)
    options = {"translate": translate}
    projection = Projection(np.ones((2, 2)), (0.5, 0.25), units=2)
    return [
        figures.loss_curves(run, **options),
        figures.accuracy_curves(run, **options),
        figures.learning_rate_curve(run, **options),
        figures.pair_curves(run, **options),
        figures.update_ratios(run, **options),
        figures.histogram_heatmap(np.ones(1), [Bins(np.arange(3), np.ones(2))], "", **options),
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
        projection_scatter(projection, np.arange(2), np.arange(2), 0, **options),
    ]


def test_every_text_can_be_translated() -> None:
    for figure in all_figures(lambda _: "译"):
        assert "译" in texts(figure)
        assert not re.search("[a-z]{2}", texts(figure)), texts(figure)
