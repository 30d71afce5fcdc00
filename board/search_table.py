"""The trials of a sweep as a table."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from board.form import field_label
from board.translation import Translator
from mnist_core.search.results import Trial


def trial_table(trials: Sequence[Trial], t: Translator) -> Trial | None:
    """Draw the trials in the order of their numbers; return the one whose row is chosen."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    accuracy = t("Accuracy")
    rows = [
        {
            t("Trial"): trial.number,
            t("State"): t(trial.state),
            accuracy: trial.accuracy,
            **{field_label(name, t): trial.params.get(name) for name in names},
            t("Run"): trial.run,
            t("Reason"): trial.reason,
        }
        for trial in trials
    ]
    table = pd.DataFrame(rows)
    # two kinds of values in one column cannot be sent to the browser
    mixed = [name for name in table if table[name].map(type).nunique() > 1 and name != accuracy]
    table[mixed] = table[mixed].astype("string")
    rates = {
        field_label(name, t): st.column_config.NumberColumn(format="%.3g")
        for name in names
        if all(isinstance(trial.params.get(name, 0.0), float) for trial in trials)
    }
    event = st.dataframe(
        table,
        hide_index=True,
        placeholder="",
        width="stretch",
        column_config={accuracy: st.column_config.NumberColumn(format="percent"), **rates},
        on_select="rerun",
        selection_mode="single-row",
        key="trial-table",
    )
    chosen = event.selection.rows
    return trials[chosen[0]] if chosen and chosen[0] < len(trials) else None


def values_in_words(params: Mapping[str, Any] | Iterable[str], t: Translator) -> str:
    """Say settings in a line: "Learning rate 0.01, Batch size 64"; without values, their names."""
    if not isinstance(params, Mapping):
        return ", ".join(field_label(name, t) for name in params)
    return ", ".join(
        f"{field_label(name, t)} **{_short(value)}**" for name, value in params.items()
    )


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
