"""The first page: all runs and sweeps as a table, the queue, and what can be done with them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import streamlit as st

from board.access.visitors import may_change
from board.overview.actions import draw_actions
from board.overview.queue import draw_queue
from board.overview.table import draw_table, table_csv
from board.page_context import STUDY, PageContext
from board.runs.actions import act_button
from board.runs.run_choice import offer_to_start
from board.runs.run_index import read_rows
from board.widgets.common import BROKEN, draw_refreshed, errors_shown, show_error
from board.widgets.markdown import escape_markdown
from mnist_core.runs.labels import read_baseline
from mnist_core.runs.queue import ensure_workers
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.run_table import RunFilter, SortKey, SweepState, all_tags, make_table
from mnist_core.search.sweep_list import sweep_states

_REFRESH_SECONDS = 3.0
_SORT_TITLES = {
    SortKey.NEWEST: "Newest first",
    SortKey.ACCURACY: "Highest accuracy first",
    SortKey.LOSS: "Lowest loss first",
    SortKey.DURATION: "Longest first",
    SortKey.NAME: "By name",
}


@dataclass(frozen=True)
class _View:
    """What the controls above the table say."""

    which: RunFilter
    sort: SortKey
    unfolded: bool


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    rows, sweeps = _read(context)
    if not rows and not sweeps:
        st.title(t("Runs"))
        offer_to_start(context)
        return
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"
    ):
        st.title(t("Runs"), width="content")
        act_button(
            t("Start a run"),
            ":material/play_circle:",
            partial(context.open_page, "train"),
            changes=False,
            type="primary",
        )
    if may_change() and any(row.place for row in rows):
        with errors_shown():
            ensure_workers(context.root)
    view = _draw_controls(context, rows)
    listed = [(rows, sweeps)]  # is drawn at once, and read again when the fragment is

    def draw() -> None:
        _live_part(context, view, *(listed.pop() if listed else _read(context)))

    live = any(row.is_active for row in rows) or not all(
        state.has_ended for state in sweeps.values()
    )
    draw_refreshed(draw, _REFRESH_SECONDS if live else None)


def _read(context: PageContext) -> tuple[list[RunRow], dict[str, SweepState]]:
    return read_rows(context.root), sweep_states(context.root)


def _live_part(
    context: PageContext, view: _View, rows: Sequence[RunRow], sweeps: Mapping[str, SweepState]
) -> None:
    t, root = context.t, context.root
    by_id = {row.id: row for row in rows}
    baseline = by_id.get(read_baseline(root) or "")
    table = make_table(
        rows,
        view.which,
        view.sort,
        sweeps=sweeps,
        unfolded=view.unfolded,
        first=baseline.id if baseline else None,
    )
    draw_queue(context, rows)
    place = st.container()
    if not table.rows:
        st.info(t("No run matches."), icon=":material/filter_alt_off:")
    selected = draw_table(context, table, baseline)
    with place:
        count = _count(context, table.runs, len(rows))
        if table.rows and not selected:
            hint = t("Select rows to watch, compare, tag, archive or delete them.")
            count = t("{count}. {hint}", count=count, hint=hint)
        st.caption(count)
        if selected:
            draw_actions(context, selected, baseline)
            if len(selected) == 1 and isinstance(selected[0], RunRow) and selected[0].problem:
                show_error(selected[0].problem, BROKEN)


def _draw_controls(context: PageContext, rows: Sequence[RunRow]) -> _View:
    """Draw the search, the filters and the options of the table."""
    t, kept = context.t, {"persist_state": "session"}
    study = st.session_state.get(STUDY, "")
    with st.container(horizontal=True, vertical_alignment="center"):
        text = st.text_input(
            t("Search runs"),
            key="runs-text",
            placeholder=t("Name, tag, note, or optimizer=adam"),
            icon=":material/search:",
            label_visibility="collapsed",
            width=360,
            **kept,
        )
        found = [status for status, _ in Counter(row.status for row in rows).most_common()]
        chosen = st.session_state.get("runs-status", [])
        statuses = st.pills(
            t("Status"),
            list(dict.fromkeys([*found, *chosen])),
            selection_mode="multi",
            format_func=t,
            key="runs-status",
            label_visibility="collapsed",
            **kept,
        )
        with st.popover(t("View"), icon=":material/tune:"):
            view = _draw_view_options(context, all_tags(rows))
        if study:
            act_button(
                t("Trials of {study}", study=escape_markdown(study)),
                ":material/close:",
                partial(st.session_state.update, {STUDY: ""}),
                key="runs-all",
                changes=False,
            )
    which = replace(view.which, text=text, statuses=frozenset(statuses), study=study)
    return replace(view, which=which)


def _draw_view_options(context: PageContext, tags: list[str]) -> _View:
    """Draw what is seldom changed; return it, with no other filters."""
    t, kept = context.t, {"persist_state": "session"}
    sort = st.selectbox(
        t("Order"),
        list(SortKey),
        format_func=lambda key: t(_SORT_TITLES[key]),
        key="runs-sort",
        **kept,
    )
    chosen = st.multiselect(t("Tags"), tags, key="runs-tags", **kept)
    unfolded = st.toggle(t("Show the trials of sweeps"), key="runs-unfolded", **kept)
    archived = st.toggle(t("Show archived runs"), key="runs-archived", **kept)
    st.download_button(
        t("Table as CSV"),
        lambda: table_csv(read_rows(context.root)),
        "runs.csv",
        "text/csv",
        icon=":material/download:",
        on_click="ignore",
        key="runs-csv",
    )
    return _View(RunFilter(tags=frozenset(chosen), archived=archived), sort, unfolded)


def _count(context: PageContext, shown: Sequence[RunRow], total: int) -> str:
    t = context.t
    counts = Counter(row.status for row in shown)
    parts = [f"{number:,} {t(status)}" for status, number in counts.most_common()]
    text = t.plural(total, "{shown} of {n} run", "{shown} of {n} runs", shown=f"{len(shown):,}")
    if not parts:
        return text
    return t("{what}: {parts}", what=text, parts=t(", ").join(parts))
