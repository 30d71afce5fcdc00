"""Plotly figures of a sweep, in the theme of `mnist_core.figures`.

Like Optuna's plot_optimization_history and plot_slice, which are in English only and put all
parameters into one row, too narrow for a phone.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from itertools import accumulate
from numbers import Real

import plotly.graph_objects as go

from mnist_core.figures.theme import BLUE, VERMILLION, Translate, new_figure
from mnist_core.search.results import Trial, TrialStatus, format_value

_SYMBOLS = {TrialStatus.COMPLETE: ("circle", 0), TrialStatus.PRUNED: ("x-thin-open", 2)}
"""Marker symbol and width of its outline, by a trial's state."""


def optimization_history(trials: Sequence[Trial], *, translate: Translate = str) -> go.Figure:
    """Return the validation accuracy of every trial over its number, and the best so far.

    Parameters
    ----------
    trials : sequence of Trial
        In the order of their numbers; those without an accuracy are left out.
    """
    figure = new_figure("history", 320)
    _add_markers(figure, trials, [trial.number for trial in trials], translate)
    complete = [trial for trial in trials if trial.state is TrialStatus.COMPLETE]
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
        dtick=1 + last // 10,  # integers only
        range=[-0.5, last + 0.5],
    )
    return figure.update_yaxes(**_accuracy_axis(translate))


def parameter_slice(trials: Sequence[Trial], name: str, *, translate: Translate = str) -> go.Figure:
    """Return the validation accuracy of every trial over one of its parameters.

    Parameters
    ----------
    name : str
        Field of `TrainConfig`; a learning rate has a logarithmic axis.
    """
    figure = new_figure(name, 240)
    trials = [trial for trial in trials if name in trial.params]
    values = [trial.params[name] for trial in trials]
    if not all(isinstance(value, float) for value in values):
        # few values: equally spaced, in their order
        numeric = all(isinstance(value, Real) for value in values)
        order = sorted(set(values)) if numeric else sorted({str(value) for value in values})
        figure.update_xaxes(
            type="category", categoryorder="array", categoryarray=list(map(_category, order))
        )
        values = list(map(_category, values))
    elif name.endswith("rate"):
        figure.update_xaxes(type="log", exponentformat="power", dtick=1)
    _add_markers(figure, trials, values, translate)
    figure.update_layout(showlegend=False)
    return figure.update_yaxes(**_accuracy_axis(translate))


def _category(value: object) -> str:
    return html.escape(str(value), quote=False)  # plotly interprets tags


def _accuracy_axis(translate: Translate) -> dict[str, object]:
    return {
        "title": translate("accuracy"),
        "tickformat": ".1%",
        # also around a single trial
        "minallowed": 0,
        "maxallowed": 1.005,
    }


def _add_markers(
    figure: go.Figure, trials: Sequence[Trial], x: Sequence[object], translate: Translate
) -> None:
    for state, (symbol, width) in _SYMBOLS.items():
        shown = [
            (trial, place)
            for trial, place in zip(trials, x, strict=True)
            if trial.state == state and trial.accuracy is not None
        ]
        if not shown:
            continue
        figure.add_scatter(
            x=[place for _, place in shown],
            y=[trial.accuracy for trial, _ in shown],
            mode="markers",
            marker={"color": BLUE, "size": 9, "symbol": symbol, "line": {"width": width}},
            name=translate(state),
            text=[_hover_text(trial, translate) for trial, _ in shown],
            hovertemplate="%{text}<extra></extra>",
        )


def _hover_text(trial: Trial, translate: Translate) -> str:
    lines = [f"{translate('trial')} {trial.number}: {trial.accuracy:.2%}"]
    for name, value in trial.params.items():
        lines.append(html.escape(f"{name} {format_value(value)}", quote=False))
    return "<br>".join(lines)
