"""Tables of several runs: different settings, and results."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from board.settings.texts import field_label, setting_text
from board.translation import Translator
from board.widgets.common import BROKEN, errors_shown, in_percent
from board.widgets.live_chart import live_chart
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.figures import parallel_coordinates
from mnist_core.runs.compare import Result, differing_settings, result
from mnist_core.runs.metric_log import Series
from mnist_core.runs.run import Run
from mnist_core.training.config import TrainConfig

_PARALLEL_FROM = 3
_NAME_WIDTH = 200
"""Pixels: with a long name, results are beside it on a phone as well."""


def draw_settings(t: Translator, configs: Mapping[str, TrainConfig]) -> None:
    """Draw the settings that differ between the runs, a column for each run."""
    if len(configs) < 2:
        st.caption(t("Select at least two runs."))
        return
    different = differing_settings(configs)
    if not different:
        st.caption(t("None: these runs have the same settings."))
        return
    table = {t("Setting"): [field_label(field, t) for field in different]}
    for run in configs:
        table[run] = [setting_text(t, name, by[run]) for name, by in different.items()]
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        alt=t("Different settings, a column for each run"),
    )


def draw_parallel(
    t: Translator, runs: Mapping[str, Run], configs: Mapping[str, TrainConfig]
) -> None:
    """Draw the settings that differ beside the accuracy, a line for each run; from three runs on.

    Of two runs the table says as much.
    """
    states = {name: run.read_state() for name, run in runs.items()}
    scored = {
        name: state.validation_accuracy
        for name, state in states.items()
        if state.validation_accuracy is not None
    }
    different = differing_settings({name: configs[name] for name in scored})
    if len(scored) < _PARALLEL_FROM or not different:
        return
    title = t("Settings and accuracy of every run")
    st.subheader(title)
    figure = parallel_coordinates(
        [{field: by_run[name] for field, by_run in different.items()} for name in scored],
        list(scored.values()),
        [states[name].stop_reason or states[name].status for name in scored],
        labels={field: field_label(field, t) for field in different},
        translate=t,
    )
    live_chart(title, figure, "compare-parallel")


def draw_results(
    t: Translator, runs: Mapping[str, Run], metrics: Mapping[str, Mapping[str, Series]]
) -> None:
    """Draw the results of the runs, a row for each."""
    results: dict[str, Result] = {}
    for name, run in runs.items():
        with errors_shown(BROKEN):
            results[name] = result(run, metrics[name])
    if not results:
        return
    columns = st.column_config
    percent = columns.NumberColumn(format="%.2f%%")
    pair_help = t(
        "At the kept epoch: share of one digit's images predicted as the other, mean of both "
        "directions."
    )
    rows = list(results.values())
    table: dict[str, list[Any]] = {
        t("Run"): list(results),
        t("Status"): [t(one.status) for one in rows],
        t("Validation accuracy"): [in_percent(one.accuracy) for one in rows],
        t("Validation loss"): [one.loss for one in rows],
        t("Kept epoch"): [one.best_epoch for one in rows],
        t("Epochs"): [f"{one.epoch} / {one.epochs}" for one in rows],
        t("Parameters"): [one.parameters for one in rows],
        t("Training time (s)"): [one.seconds for one in rows],
        t("Images per second"): [one.images_per_second for one in rows],
    }
    config = {
        t("Run"): columns.TextColumn(width=_NAME_WIDTH, pinned=True),
        t("Validation accuracy"): percent,
        t("Validation loss"): columns.NumberColumn(format="%.4f"),
        t("Kept epoch"): columns.NumberColumn(
            help=t("Accuracy and loss are of this epoch: the best one, or the last if that is set.")
        ),
        t("Parameters"): columns.NumberColumn(format="localized"),
        t("Training time (s)"): columns.NumberColumn(
            format="%.1f", help=t("Training steps only, without validation and pauses.")
        ),
        t("Images per second"): columns.NumberColumn(format="%.0f"),
    }
    for a, b in CLASSIC_PAIRS:
        title = t("{a} / {b} confused", a=a, b=b)
        table[title] = [in_percent(one.pairs.get((a, b))) for one in rows]
        config[title] = columns.NumberColumn(format="%.2f%%", help=pair_help)
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=config,
        placeholder="",
        alt=t("Results, a row for each run"),
        key="compare-results",
    )
    st.caption(t("Click a column header to sort."))
