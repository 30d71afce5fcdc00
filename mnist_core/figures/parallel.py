"""Settings of many runs beside their accuracy, and which settings matter.

Like Optuna's plot_parallel_coordinate and plot_param_importances, which show complete trials only,
are in English only, and take a study.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import plotly.graph_objects as go

from mnist_core.figures.theme import (
    BLUE,
    PALE_BLUE,
    WHITE_THEN_BLACK,
    Translate,
    new_figure,
    or_placeholder,
)

Settings = Mapping[str, Any]
_MAX_TICKS = 6


def parallel_coordinates(
    settings: Sequence[Settings],
    accuracies: Sequence[float],
    states: Sequence[str] = (),
    *,
    labels: Mapping[str, str] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Return parallel coordinates: a line for each run, through its settings to its accuracy.

    Parameters
    ----------
    settings : sequence of mapping of setting to value
        Of each run; a setting that is missing in one of them is left out.
    accuracies : sequence of float in [0, 1]
    states : sequence of str, optional
        Of each trial, such as "complete" and "pruned"; an axis of its own if there are several.
    labels : mapping of setting to str, optional
        How the settings are called.
    """
    figure = new_figure("parallel", 360)
    names = [name for name in (settings[0] if settings else ()) if all(name in s for s in settings)]
    dimensions = [
        _dimension((labels or {}).get(name, name), [one[name] for one in settings], name)
        for name in names
    ]
    if len(set(states)) > 1:
        dimensions.append(_dimension(translate("state"), [translate(one) for one in states]))
    if dimensions:
        dimensions.append(
            {"label": translate("accuracy"), "values": list(accuracies), "tickformat": ".2%"}
        )
        figure.add_parcoords(
            dimensions=dimensions,
            line={"color": list(accuracies), "colorscale": [[0, PALE_BLUE], [1, BLUE]]},
            labelside="bottom",
        )
        # the first and the last axis are as far from the edge as their labels are wide
        widest = max(map(len, dimensions[0].get("ticktext", [""])))
        figure.update_layout(margin={"l": max(48, 8 * widest), "r": 56, "t": 28, "b": 32})
    return or_placeholder(figure, translate("no data recorded yet"))


def parameter_importance(
    importance: Mapping[str, float],
    *,
    labels: Mapping[str, str] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Return how much each setting explains of the accuracies' variance, the largest on top.

    Parameters
    ----------
    importance : mapping of setting to share in [0, 1]
        See `mnist_core.search.results.read_importance`.
    labels : mapping of setting to str, optional
    """
    ordered = sorted(importance.items(), key=lambda item: item[1])
    figure = new_figure("importance", 80 + 32 * len(ordered))
    if ordered:
        figure.add_bar(
            x=[share for _, share in ordered],
            y=[(labels or {}).get(name, name) for name, _ in ordered],
            orientation="h",
            marker={"color": BLUE},
            texttemplate="%{x:.0%}",
            insidetextfont={"color": WHITE_THEN_BLACK},
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
        )
        figure.update_xaxes(range=[0, 1], tickformat=".0%", title=translate("importance"))
        figure.update_yaxes(showgrid=False)
    return or_placeholder(figure, translate("no data recorded yet"))


def _dimension(label: str, values: Sequence[Any], name: str = "") -> dict[str, Any]:
    numeric = all(isinstance(value, Real) and not isinstance(value, bool) for value in values)
    kinds = sorted(set(values)) if numeric else sorted({_text(value) for value in values})
    if numeric and len(kinds) > _MAX_TICKS:
        if name.endswith("rate") and min(values) > 0:
            return _logarithmic(label, values)
        return {"label": label, "values": list(values)}
    # few values: equally spaced, in their order
    places = {kind: place for place, kind in enumerate(kinds)}
    return {
        "label": label,
        "values": [places[value if numeric else _text(value)] for value in values],
        "tickvals": list(places.values()),
        "ticktext": [f"{kind:g}" if numeric else kind for kind in kinds],
    }


def _logarithmic(label: str, values: Sequence[float]) -> dict[str, Any]:
    exponents = [math.log10(value) for value in values]
    low, high = min(exponents), max(exponents)
    ticks = [low + (high - low) * place / (_MAX_TICKS - 1) for place in range(_MAX_TICKS)]
    return {
        "label": label,
        "values": exponents,
        "tickvals": ticks,
        "ticktext": [f"{10**tick:.2g}" for tick in ticks],
    }


def _text(value: Any) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)
