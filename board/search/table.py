"""The trials of a sweep as a table."""

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from board.settings.texts import field_label
from board.translation import Translator
from board.widgets.common import in_percent
from board.widgets.markdown import code_markdown
from mnist_core.search.results import Trial, format_value
from mnist_core.search.search_space import Value


def trial_table(trials: Sequence[Trial], t: Translator) -> Trial | None:
    """Draw the trials in the order of their numbers; return the one whose row is selected."""
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    accuracy = t("Accuracy")
    rows = [
        {
            t("Trial"): trial.number,
            t("State"): t(trial.state),
            accuracy: in_percent(trial.accuracy),
            **{field_label(name, t): trial.params.get(name) for name in names},
            t("Run"): trial.run,
            t("Reason"): trial.reason,
        }
        for trial in trials
    ]
    table = pd.DataFrame(rows)
    # a column sent to the browser has one type
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
        column_config={accuracy: st.column_config.NumberColumn(format="%.2f%%"), **rates},
        on_select="rerun",
        selection_mode="single-row",
        key="trial-table",
    )
    selected = event.selection.rows
    return trials[selected[0]] if selected and selected[0] < len(trials) else None


def params_text(params: Mapping[str, Value], t: Translator) -> str:
    """Return parameters in one line, as Markdown: "Learning rate **0.01**, Batch size **64**"."""
    return ", ".join(
        f"{field_label(name, t)} **{code_markdown(format_value(value))}**"
        for name, value in params.items()
    )
