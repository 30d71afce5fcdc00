"""Tables of several runs: settings that differ, and results."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from board.form import field_label
from board.translation import Translator
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs.compare import Result, differing_settings, result
from mnist_core.runs.metric_log import Series
from mnist_core.runs.run import Run
from mnist_core.training.config import TrainConfig


def draw_settings(t: Translator, configs: Mapping[str, TrainConfig]) -> None:
    """Draw the settings that are not the same in all runs, a column for each run."""
    if len(configs) < 2:
        st.caption(t("Choose two runs or more."))
        return
    different = differing_settings(configs)
    if not different:
        st.caption(t("None: these runs have the same settings."))
        return
    table = {t("Setting"): [field_label(field, t) for field in different]}
    for run in configs:
        table[run] = [_said(t, by_run[run]) for by_run in different.values()]
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        alt=t("Settings that differ, a column for each run"),
    )


def draw_results(
    t: Translator, runs: Mapping[str, Run], metrics: Mapping[str, Mapping[str, Series]]
) -> None:
    """Draw what came of the runs, a row for each; a click on a heading sorts."""
    results: dict[str, Result] = {}
    for name, run in runs.items():
        try:
            results[name] = result(run, metrics[name])
        except MnistCoreError as error:
            st.error(str(error), icon=":material/heart_broken:")
    if not results:
        return
    columns = st.column_config
    percent = columns.NumberColumn(format="percent")
    pair_help = t(
        "At the best epoch: of the one digit's images the share read as the other, the mean of "
        "both directions."
    )
    rows = list(results.values())
    table: dict[str, list[Any]] = {
        t("Run"): list(results),
        t("Status"): [t(one.status) for one in rows],
        t("Held-out accuracy"): [one.accuracy for one in rows],
        t("Held-out loss"): [one.loss for one in rows],
        t("Best epoch"): [one.best_epoch for one in rows],
        t("Epochs"): [f"{one.epoch} / {one.epochs}" for one in rows],
        t("Parameters"): [one.parameters for one in rows],
        t("Training time (s)"): [one.seconds for one in rows],
        t("Images per second"): [one.images_per_second for one in rows],
    }
    config = {
        t("Held-out accuracy"): percent,
        t("Held-out loss"): columns.NumberColumn(format="%.4f"),
        t("Parameters"): columns.NumberColumn(format="localized"),
        t("Training time (s)"): columns.NumberColumn(
            format="%.1f", help=t("Training steps only, without scoring and pauses.")
        ),
        t("Images per second"): columns.NumberColumn(format="%.0f"),
    }
    for a, b in CLASSIC_PAIRS:
        title = t("{a} / {b} confused", a=a, b=b)
        table[title] = [one.pairs.get((a, b)) for one in rows]
        config[title] = columns.NumberColumn(format="percent", help=pair_help)
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=config,
        placeholder="",
        alt=t("Results, a row for each run"),
        key="compare-results",
    )
    st.caption(t("A click on a heading sorts."))


def _said(t: Translator, value: Any) -> str:
    """Return a setting's value as words."""
    if value is None:
        return t("none")
    if isinstance(value, bool):
        return t("yes") if value else t("no")
    if isinstance(value, tuple):
        return ", ".join(value) or t("none")
    return f"{value:g}" if isinstance(value, float) else str(value)
