"""What the layers of a watched run do: sizes of updates, histograms of weights and gradients."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import streamlit as st

from board.runs.progress import read_histograms
from board.translation import Translator
from board.watch.charts import chart_version, draw_charts, room_for_legend
from board.widgets.curve_options import CurveOptions, label_axis
from mnist_core import figures
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.axes import on_axis
from mnist_core.runs.metric_log import HistogramSeries, Series
from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState
from mnist_core.training.config import TrainConfig

_KEY = "layers"
"""Key of the expander."""
_RATIOS = "Update ratios"
_HEIGHT = 360
"""Pixels of the chart of update ratios, if the network has few layers."""
_KINDS = {"Weights": tags.WEIGHTS_PREFIX, "Gradient": tags.GRADIENTS_PREFIX}


def draw_layers(
    t: Translator,
    run: Run,
    metrics: Mapping[str, Series],
    config: TrainConfig,
    options: CurveOptions,
    state: RunState,
) -> None:
    """Draw the section; its charts only if it is open."""
    place = st.expander(t("Layers"), icon=":material/layers:", key=_KEY, on_change="rerun")
    if not place.open:
        return
    with place:
        histograms = read_histograms(run.folder)
        layers = list(dict.fromkeys(tag.partition("/")[2] for tag in histograms))
        if not layers and not any(tag.startswith(tags.UPDATE_RATIO_PREFIX) for tag in metrics):
            text = t(
                "Update ratios and histograms of the layers are not recorded: training has not "
                "begun, an earlier version trained this run, or its event files are damaged."
            )
            st.info(text, icon=":material/info:")
            return
        above, layer = st.container(), None
        if layers:
            layer = st.selectbox(t("Layer"), layers, key=f"layer-{config.model}", width=240)
        version = *chart_version(metrics, state), sum(len(h.steps) for h in histograms.values())
        arguments = (metrics, histograms, config, t.language, options)
        charts = _figures(run.folder, version, layer, *arguments)
        with above:
            draw_charts(t, {_RATIOS: charts.pop(_RATIOS)}, columns=1)
            st.caption(
                t(
                    "Norm of a step's update / norm of the layer's weights. The dotted line is "
                    "0.001, about which it usually is: far above, the learning rate is probably "
                    "too high, far below, too low."
                )
            )
        draw_charts(t, charts)
        st.caption(
            t(
                "Each column is an epoch: the stronger its colour, the more weights have this "
                "value. The gradient is that of the epoch's last step, after clipping."
            )
        )


@st.cache_data(max_entries=16, show_spinner=False)
def _figures(
    folder: Path,
    version: tuple[str, bool, int, int, int],
    layer: str | None,
    _metrics: Mapping[str, Series],
    _histograms: Mapping[str, HistogramSeries],
    _config: TrainConfig,
    language: str,
    options: CurveOptions,
) -> dict[str, str]:
    """Return the charts, by English title; `version` changes with what is drawn."""
    t = Translator(language)
    wanted = {kind: f"{prefix}{layer}" for kind, prefix in _KINDS.items()}
    found = {kind: _histograms[tag] for kind, tag in wanted.items() if tag in _histograms}
    places = {kind: Series(one.steps, np.zeros(len(one.steps))) for kind, one in found.items()}
    # without a recorded speed there is no time, and nothing over it
    placed = on_axis({**_metrics, **places}, _config, options.axis)
    charts = {
        kind: figures.histogram_heatmap(placed[kind].steps, one.histograms, t(kind), translate=t)
        for kind, one in found.items()
        if kind in placed
    }
    ratios = figures.update_ratios({"": placed}, translate=t)
    charts[_RATIOS] = room_for_legend(ratios, _HEIGHT) if ratios.data else ratios
    return {
        title: label_axis(figure, options.axis, t).to_json() for title, figure in charts.items()
    }
