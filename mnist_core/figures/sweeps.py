"""Plotly figures of a sweep, in the look of `mnist_core.figures`.

The same as Optuna's plot_optimization_history and plot_slice, which speak English only and put all
parameters into one row, too narrow for a phone.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import accumulate
from numbers import Real

import plotly.graph_objects as go

from mnist_core.figures import BLUE, VERMILLION, Translate, template
from mnist_core.search.results import Trial

_SYMBOLS = {"complete": ("circle", 0), "pruned": ("x-thin-open", 2)}
"""Of a trial's state: the symbol, and the width of its outline."""


def optimisation_history(trials: Sequence[Trial], *, translate: Translate = str) -> go.Figure:
    """Return the accuracy of every trial over its number, and the best so far.

    Parameters
    ----------
    trials : sequence of Trial
        In the order of their numbers; those without an accuracy are left out.
    """
    figure = go.Figure().update_layout(template=template(), height=320, uirevision="history")
    _add_dots(figure, trials, [trial.number for trial in trials], translate)
    complete = [trial for trial in trials if trial.state == "complete"]
    if complete:
        figure.add_scatter(
            x=[trial.number for trial in complete],
            y=list(accumulate((trial.accuracy or 0.0 for trial in complete), max)),
            mode="lines",
            line={"color": VERMILLION, "width": 2, "shape": "hv"},
            name=translate("best so far"),
            hovertemplate=f"{translate('best so far')} %{{y:.2%}}<extra></extra>",
        )
    last = max((trial.number for trial in trials), default=0)
    figure.update_xaxes(
        title=translate("trial"),
        tick0=0,
        dtick=1 + last // 10,  # whole numbers only
        range=[-0.5, last + 0.5],
    )
    return figure.update_yaxes(**_accuracy(translate))


def parameter_slice(trials: Sequence[Trial], name: str, *, translate: Translate = str) -> go.Figure:
    """Return the accuracy of every trial over one of its parameters.

    Parameters
    ----------
    name : str
        Field of `TrainConfig`; a rate has a logarithmic axis.
    """
    figure = go.Figure().update_layout(template=template(), height=240, uirevision=name)
    trials = [trial for trial in trials if name in trial.params]
    values = [trial.params[name] for trial in trials]
    fractions = all(isinstance(value, float) for value in values)
    if not fractions:
        # few values: as far from each other as the next, in their order
        numbers = all(isinstance(value, Real) for value in values)
        order = sorted(set(values)) if numbers else sorted({str(value) for value in values})
        figure.update_xaxes(
            type="category", categoryorder="array", categoryarray=[str(value) for value in order]
        )
        values = [str(value) for value in values]
    elif name.endswith("rate"):
        figure.update_xaxes(type="log", exponentformat="power", dtick=1)
    _add_dots(figure, trials, values, translate)
    figure.update_layout(showlegend=False)
    return figure.update_yaxes(**_accuracy(translate))


def _accuracy(translate: Translate) -> dict[str, object]:
    """Return an axis that ends at 100%, also around a single trial."""
    return {
        "title": translate("accuracy"),
        "tickformat": ".1%",
        "minallowed": 0,
        "maxallowed": 1.005,
    }


def _add_dots(
    figure: go.Figure, trials: Sequence[Trial], x: Sequence[object], translate: Translate
) -> None:
    for state, (symbol, width) in _SYMBOLS.items():
        some = [
            (trial, place)
            for trial, place in zip(trials, x, strict=True)
            if trial.state == state and trial.accuracy is not None
        ]
        if not some:
            continue
        figure.add_scatter(
            x=[place for _, place in some],
            y=[trial.accuracy for trial, _ in some],
            mode="markers",
            marker={"color": BLUE, "size": 9, "symbol": symbol, "line": {"width": width}},
            name=translate(state),
            text=[_said(trial, translate) for trial, _ in some],
            hovertemplate="%{text}<extra></extra>",
        )


def _said(trial: Trial, translate: Translate) -> str:
    lines = [f"{translate('trial')} {trial.number}: {trial.accuracy:.2%}"]
    for name, value in trial.params.items():
        shown = f"{value:.3g}" if isinstance(value, float) else value
        lines.append(html.escape(f"{name} {shown}", quote=False))
    return "<br>".join(lines)
