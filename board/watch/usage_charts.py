"""What a watched run uses of the machine: a line with the newest values, and their charts."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go

from board.translation import Translator
from mnist_core import figures
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import Series

_MEBIBYTE = 2**20
_CHARTS: dict[str, tuple[str, float, dict[str, str]]] = {
    "Device memory": (
        "MiB",
        1 / _MEBIBYTE,
        {
            tags.DEVICE_MEMORY: "allocated",
            tags.DEVICE_MEMORY_PEAK: "peak since the point before",
            tags.EARLIER_DEVICE_MEMORY: "peak since the start",
        },
    ),
    "GPU load": ("%", 100, {tags.DEVICE_LOAD: "load"}),
    "GPU temperature": ("°C", 1, {tags.DEVICE_TEMPERATURE: "temperature"}),
    "Busy CPU cores": ("cores", 1, {tags.PROCESS_CORES: "cores"}),
    "Memory of the process": ("MiB", 1 / _MEBIBYTE, {tags.PROCESS_MEMORY: "memory"}),
}
"""By title: unit, factor to the unit, and the name of each line."""
USAGE_TITLES = tuple(_CHARTS)


def usage_charts(metrics: Mapping[str, Series], t: Translator, height: int) -> dict[str, go.Figure]:
    """Return the charts, by English title, of what was recorded."""
    found = {}
    for title, (unit, factor, lines) in _CHARTS.items():
        recorded = {
            t(name): {unit: Series(metrics[tag].steps, metrics[tag].values * factor)}
            for tag, name in lines.items()
            if tag in metrics
        }
        if recorded:
            figure = figures.metric_curve(recorded, unit, t(unit), translate=t)
            figure.update_layout(height=height, showlegend=len(recorded) > 1)
            found[title] = figure.update_yaxes(rangemode="tozero")
    return found


def usage_line(metrics: Mapping[str, Series], t: Translator) -> str:
    """Return the newest values in one line; empty if none was recorded."""
    parts = []
    for title, (unit, factor, lines) in _CHARTS.items():
        newest = [
            f"{metrics[tag].values[-1] * factor:,.{1 if unit == 'cores' else 0}f}"
            for tag in lines
            if tag in metrics
        ]
        if newest:
            shown = "" if unit == "cores" else f" {t(unit)}"  # the title says it
            parts.append(f"{t(title)} {' / '.join(newest)}{shown}")
    return " · ".join(parts)
