"""Confusion matrices, their difference, and the most confused pairs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError
from mnist_core.figures.text_colours import ColourScale, text_colours
from mnist_core.figures.theme import (
    BLUE,
    CLEAR,
    DARK_VERMILLION,
    INK,
    MEDIUM_BLUE,
    MEDIUM_VERMILLION,
    PALE_BLUE,
    PALE_VERMILLION,
    VERMILLION,
    Translate,
    new_figure,
    or_placeholder,
)

if TYPE_CHECKING:
    from mnist_core.evaluation.results import Evaluation

_CORRECT = ((0.0, MEDIUM_BLUE), (1.0, BLUE))
_WRONG = ((0.0, MEDIUM_VERMILLION), (0.5, VERMILLION), (1.0, DARK_VERMILLION))
_MORE_IS_WORSE = ((0.0, BLUE), (0.5, PALE_BLUE), (0.5, PALE_VERMILLION), (1.0, VERMILLION))
_MORE_IS_BETTER = tuple((1 - place, colour) for place, colour in reversed(_MORE_IS_WORSE))


def confusion_matrix(
    confusion: Sequence[Sequence[int]] | np.ndarray,
    *,
    rates: bool = False,
    hide_diagonal: bool = False,
    chosen: tuple[int, int] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Return a confusion matrix: correct predictions in blue, errors in orange.

    Errors have a colour scale of their own, so that a single one is visible next to a full
    diagonal; cells without images are empty.

    Parameters
    ----------
    confusion : int (N, N)
        confusion[true][predicted] counts images.
    rates : bool
        Show percentages of the true digit's images, not counts.
    hide_diagonal : bool
        Show the errors only.
    chosen : (true, predicted), optional
        The cell to frame.

    Raises
    ------
    MnistCoreError
        If confusion is not square.
    """
    counts = np.asarray(confusion)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise MnistCoreError(f"a confusion matrix is square; this one is {counts.shape}")
    support = counts.sum(1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    shown = np.where(counts > 0, 100 * shares if rates else counts, np.nan)
    figure = new_figure("confusion", height=420)
    numbers = _Numbers(counts.shape)
    diagonal = np.eye(len(counts), dtype=bool)
    for cells, colours in ((diagonal, _CORRECT), (~diagonal, _WRONG)):
        if hide_diagonal and cells is diagonal:
            continue
        _add_cells(
            figure,
            np.where(cells, shown, np.nan),
            colours,
            lowest=0,
            numbers=numbers,
            form=".1f" if rates else ".0f",
            customdata=np.dstack([counts, shares]),
            hover=f"{translate('images')} %{{customdata[0]:,}} (%{{customdata[1]:.2%}})",
            translate=translate,
        )
    numbers.draw(figure)
    _format_axes(figure, len(counts), translate)
    if chosen is not None:
        row, column = chosen
        _add_frame(figure, (column - 0.5, column + 0.5), (row - 0.5, row + 0.5), 3)
    if rates:
        unit = translate("% of the true digit")
        figure.update_xaxes(title=f"{translate('predicted digit')} ({unit})")
    return figure


def confusion_difference(a: Evaluation, b: Evaluation, *, translate: Translate = str) -> go.Figure:
    """Return the confusion matrix of `a` minus that of `b`: vermillion where `a` is worse.

    Off the diagonal more is worse, on it less is; each has a colour scale of its own, so that a
    single error is visible next to the changes of the diagonal. Equal cells are empty. Counts are
    compared if both evaluations have as many images of each digit; else rates, in percentage
    points of the digit's images.

    Raises
    ------
    MnistCoreError
        If they are evaluations of different splits.
    """
    if a.split != b.split:
        raise MnistCoreError(
            f"one was evaluated on {a.split}, the other on {b.split}; evaluate both on one split"
        )
    first, second = np.array(a.confusion, np.float64), np.array(b.confusion, np.float64)
    as_rates = not np.array_equal(first.sum(1), second.sum(1))
    if as_rates:
        first, second = (
            100 * counts / np.maximum(counts.sum(1, keepdims=True), 1) for counts in (first, second)
        )
    difference = first - second
    difference[np.abs(difference) < (0.05 if as_rates else 1)] = np.nan
    figure = new_figure("confusion_difference", height=420)
    if np.isnan(difference).all():
        return or_placeholder(figure, translate("both confusion matrices are equal"))
    diagonal = np.eye(len(difference), dtype=bool)
    numbers = _Numbers(difference.shape)
    unit = translate("percentage points") if as_rates else translate("images")
    for cells, colours in ((diagonal, _MORE_IS_BETTER), (~diagonal, _MORE_IS_WORSE)):
        _add_cells(
            figure,
            np.where(cells, difference, np.nan),
            colours,
            numbers=numbers,
            form="+.1f" if as_rates else "+.0f",
            customdata=np.dstack([first, second]),
            hover=f"A %{{customdata[0]:,.4~r}}, B %{{customdata[1]:,.4~r}} {unit}",
            translate=translate,
        )
    numbers.draw(figure)
    _format_axes(figure, len(difference), translate)
    end = len(difference) - 0.5
    _add_frame(figure, (-0.5, end), (-0.5, end), 1)  # otherwise an empty matrix has no outline
    return figure


def pair_confusions(evaluation: Evaluation, *, translate: Translate = str) -> go.Figure:
    """Return bars of the classic pairs (bold) and the most confused ones, in both directions."""
    confusion = evaluation.confusion
    classic = {tuple(sorted((pair.true, pair.predicted))) for pair in evaluation.pairs}
    pairs = [(pair.first, pair.second) for pair in evaluation.most_confused]
    pairs += sorted(classic - set(pairs))
    labels = [f"<b>{a} / {b}</b>" if (a, b) in classic else f"{a} / {b}" for a, b in pairs]
    most = max(max(confusion[a][b], confusion[b][a]) for a, b in pairs)
    figure = new_figure("pairs", height=90 + 38 * len(pairs))
    directions = (
        ("smaller digit predicted as larger", BLUE, pairs),
        ("larger digit predicted as smaller", VERMILLION, [(b, a) for a, b in pairs]),
    )
    for name, colour, cells in directions:
        values = [confusion[true][predicted] for true, predicted in cells]
        figure.add_bar(
            x=values,
            y=labels,
            orientation="h",
            name=translate(name),
            marker={"color": colour},
            text=[f"{a} → {b}: {n:,}" for (a, b), n in zip(cells, values, strict=True)],
            textposition="outside",
            cliponaxis=False,
            customdata=[confusion[a][b] / max(sum(confusion[a]), 1) for a, b in cells],
            hovertemplate=f"%{{text}} {translate('images')} (%{{customdata:.2%}})<extra></extra>",
        )
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.1)
    figure.update_xaxes(
        title=translate("images"),
        range=[0, max(most, 1) * 1.3],  # room for the text behind the longest bar
        dtick=1 if most <= 10 else None,
        tickformat=",d",
        fixedrange=True,
    )
    return figure.update_yaxes(
        autorange="reversed", fixedrange=True, showgrid=False, ticklabelstandoff=6
    )


class _Numbers:
    """The numbers of a matrix (N, N): heatmaps of text above its cells, one for each colour.

    A heatmap has one colour of text, but fits the size of the text to the cells.
    """

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._texts = np.full(shape, "", dtype=object)
        self._colours = np.full(shape, "", dtype=object)

    def add(self, values: np.ndarray, places: np.ndarray, scale: ColourScale, form: str) -> None:
        """Add values (N, N), NaN where there is none, by the cells' places in a colour scale."""
        for colour, cells in text_colours(places, scale):
            texts = [format(value, form).replace("-", "\u2212") for value in values[cells]]
            self._texts[cells], self._colours[cells] = texts, colour

    def draw(self, figure: go.Figure) -> None:
        """Add the heatmaps to a figure."""
        # blank texts of the same length, so that plotly finds the same size for each heatmap
        blank = "\u2007" * max(map(len, self._texts.flat))
        for colour in sorted(set(self._colours.flat) - {""}):
            figure.add_heatmap(
                z=np.zeros(self._texts.shape),
                text=np.where(self._colours == colour, self._texts, blank),
                texttemplate="%{text}",
                textfont={"color": colour},
                colorscale=((0.0, CLEAR), (1.0, CLEAR)),
                showscale=False,
                hoverinfo="skip",
                xgap=2,
                ygap=2,
            )


def _add_cells(
    figure: go.Figure,
    values: np.ndarray,
    scale: ColourScale,
    *,
    numbers: _Numbers,
    form: str,
    hover: str,
    translate: Translate,
    lowest: float | None = None,
    **heatmap: object,
) -> None:
    highest = max(float(np.nanmax(np.abs(values), initial=0)), 1e-9)
    lowest = -highest if lowest is None else lowest
    numbers.add(values, (values - lowest) / (highest - lowest), scale, form)
    figure.add_heatmap(
        z=values,
        zmin=lowest,
        zmax=highest,
        colorscale=scale,
        showscale=False,
        hoverongaps=False,
        xgap=2,
        ygap=2,
        hovertemplate=f"{translate('true digit')} %{{y}}<br>{translate('predicted digit')} %{{x}}"
        f"<br>{hover}<extra></extra>",
        **heatmap,
    )


def _format_axes(figure: go.Figure, digits: int, translate: Translate) -> None:
    edges = [-0.5, digits - 0.5]
    shared = {"dtick": 1, "fixedrange": True, "showgrid": False, "constrain": "domain"}
    figure.update_xaxes(
        title=translate("predicted digit"), range=edges, ticklabelstandoff=0, **shared
    )
    figure.update_yaxes(
        title=translate("true digit"),
        range=edges[::-1],
        scaleanchor="x",
        constraintoward="top",
        **shared,
    )


def _add_frame(
    figure: go.Figure, x: tuple[float, float], y: tuple[float, float], width: float
) -> None:
    figure.add_shape(
        type="rect", x0=x[0], x1=x[1], y0=y[0], y1=y[1], line={"color": INK, "width": width}
    )
