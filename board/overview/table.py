"""The table of the page Runs: its columns, the selection of rows, and the table as CSV."""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
import streamlit as st

from board.page_context import PageContext
from board.settings.texts import field_label, setting_text
from board.translation import Translator
from board.widgets.common import in_percent
from mnist_core.runs.run_rows import DAMAGED, RunRow, Setting
from mnist_core.runs.run_table import SweepRow, Table, TableRow, changed_settings
from mnist_core.search.job_state import JobStatus
from mnist_core.training.config import TrainConfig
from mnist_core.utils.text import plain_cell

SELECTED = "runs-selected"
"""Key of the ids of the selected rows, in the session state."""
_SYMBOLS = {
    JobStatus.RUNNING: "▶",
    JobStatus.STOPPING: "▶",
    JobStatus.QUEUED: "…",
    JobStatus.FINISHED: "✓",
    JobStatus.STOPPED: "■",
    JobStatus.FAILED: "✗",
    DAMAGED: "✗",
}
_HEIGHT = 560
_ROW_HEIGHT = 35


def row_key(row: TableRow) -> str:
    """Return what identifies a row: the run's id, or the study's name after "sweep:"."""
    return f"sweep:{row.study}" if isinstance(row, SweepRow) else row.id


def draw_table(context: PageContext, table: Table, baseline: RunRow | None) -> list[TableRow]:
    """Draw the table; return the selected rows."""
    if not table.rows:
        return []
    t = context.t
    keys = [row_key(row) for row in table.rows]
    before = st.session_state.get(SELECTED, ())
    # a selection is by position: with other rows, or another order, it is a new widget
    version = hashlib.sha256("\n".join(keys).encode(errors="replace")).hexdigest()[:16]
    event = st.dataframe(
        _frame(t, table, baseline),
        hide_index=True,
        height=min(_HEIGHT, (len(keys) + 1) * _ROW_HEIGHT + 3),
        placeholder="",
        column_config=_column_config(t),
        on_select="rerun",
        selection_mode="multi-row",
        selection_default={
            "selection": {"rows": [place for place, key in enumerate(keys) if key in before]}
        },
        key=f"runs-table-{version}",
        alt=t("All runs, a row for each"),
    )
    places = [place for place in event.selection.rows if place < len(keys)]
    st.session_state[SELECTED] = tuple(keys[place] for place in places)
    return [table.rows[place] for place in places]


def _frame(t: Translator, table: Table, baseline: RunRow | None) -> pd.DataFrame:
    rows, now = table.rows, datetime.now(UTC)
    columns: dict[str, Any] = {
        t("Run"): [_title(t, row, baseline) for row in rows],
        # next to the name: a phone shows two columns
        t("Accuracy"): pd.array([in_percent(row.accuracy) for row in rows], "Float64"),
    }
    if baseline is not None and baseline.accuracy is not None:
        columns[t("Δ accuracy")] = pd.array(
            [in_percent(row.accuracy, baseline.accuracy) for row in rows], "Float64"
        )
    columns[t("Status")] = [f"{_SYMBOLS.get(row.status, '')} {t(row.status)}" for row in rows]
    columns[t("Loss")] = pd.array([row.loss for row in rows], "Float64")
    columns[t("Progress")] = [row.progress for row in rows]
    columns[t("Duration")] = [_duration(row.seconds(now)) for row in rows]
    if baseline is not None:
        columns[t("Changed settings")] = [_changes(t, row, baseline) for row in rows]
    columns[t("Tags")] = [_labels(row).tags if _labels(row) else () for row in rows]
    columns[t("Note")] = [_labels(row).note if _labels(row) else "" for row in rows]
    for name in table.differing:
        columns[field_label(name, t)] = _setting_column([_setting(row, name) for row in rows])
    columns[t("Device")] = [_device(row) for row in rows]
    columns[t("Created")] = pd.to_datetime([row.created or None for row in rows], utc=True)
    columns["id"] = [row.id if isinstance(row, RunRow) else "" for row in rows]
    return pd.DataFrame(columns)


def _column_config(t: Translator) -> dict[str, Any]:
    column = st.column_config
    return {
        t("Run"): column.TextColumn(pinned=True, width=215),
        t("Status"): column.TextColumn(width=95),
        t("Progress"): column.ProgressColumn(
            format="percent", min_value=0.0, max_value=1.0, width=110
        ),
        t("Accuracy"): column.NumberColumn(
            format="%.2f%%", help=t("On the validation images, of the epoch that is kept.")
        ),
        t("Δ accuracy"): column.NumberColumn(
            format="%+.2f", help=t("Percentage points above or below the baseline.")
        ),
        t("Loss"): column.NumberColumn(
            format="%.4f", help=t("On the validation images, of the epoch that is kept.")
        ),
        t("Duration"): column.TextColumn(help=t("Hours, minutes and seconds; without pauses.")),
        t("Tags"): column.ListColumn(),
        t("Created"): column.DatetimeColumn(format="distance"),
        "id": column.TextColumn(width="small"),
    }


def _title(t: Translator, row: TableRow, baseline: RunRow | None) -> str:
    if isinstance(row, SweepRow):
        return "▸ " + t.plural(
            len(row.trials), "{name} ({n} trial)", "{name} ({n} trials)", name=row.study
        )
    return f"★ {row.name}" if baseline is not None and row.id == baseline.id else row.name


def _labels(row: TableRow) -> Any:
    return row.labels if isinstance(row, RunRow) else None


def _setting(row: TableRow, name: str) -> Setting:
    """Return a setting of a run, or of a sweep's best trial."""
    run = row.best if isinstance(row, SweepRow) else row
    return run.settings.get(name) if run else None


def _setting_column(values: list[Setting]) -> Any:
    known = [value for value in values if value is not None]
    if known and all(isinstance(value, int | float) and value is not True for value in known):
        return pd.array(values, "Float64") if False not in known else list(map(_text, values))
    return list(map(_text, values))


def _text(value: Setting) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return ", ".join(value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _changes(t: Translator, row: TableRow, baseline: RunRow) -> str:
    run = row.best if isinstance(row, SweepRow) else row
    changed = changed_settings(run, baseline) if run else {}
    return ", ".join(
        f"{field_label(name, t)} {setting_text(t, name, value)}"
        for name, (value, _) in changed.items()
    )


def _device(row: TableRow) -> str:
    if isinstance(row, SweepRow) or row.state is None:
        return ""
    return row.state.device or (row.place.device if row.place else "")


def _duration(seconds: float | None) -> str:
    """Return a duration as text that sorts like the number."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest:02d}"


def table_csv(rows: Sequence[RunRow]) -> str:
    """Return all runs with all their settings as CSV, a row for each."""
    now = datetime.now(UTC)
    table = pd.DataFrame(
        {
            "id": row.id,
            "name": plain_cell(row.name),
            "status": row.status,
            "epoch": row.state.epoch if row.state else None,
            "validation_accuracy": row.accuracy,
            "validation_loss": row.loss,
            "seconds": row.seconds(now),
            "device_name": row.state.device if row.state else "",
            "created": row.created,
            "study": plain_cell(row.origin.study),
            "trial": row.origin.trial,
            "tags": plain_cell(",".join(row.labels.tags)),
            "note": plain_cell(row.labels.note),
            "archived": row.labels.archived,
            **{name: _text(row.settings.get(name)) for name in TrainConfig.model_fields},
        }
        for row in rows
    )
    return table.to_csv(index=False)
