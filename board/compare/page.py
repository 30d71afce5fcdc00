"""The page Compare: curves, results, different settings and confusion matrices of several runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import streamlit as st

from board.compare.confusion import draw_difference
from board.compare.curves import draw_curves
from board.compare.tables import draw_parallel, draw_results, draw_settings
from board.language import error_text
from board.page_context import RUN, RUNS, PageContext
from board.runs.progress import read_metrics
from board.runs.run_choice import (
    offer_to_start,
    present_row,
    warn_if_gone,
    warn_of_damage,
    without_archived,
)
from board.runs.run_index import read_rows
from board.translation import Translator
from board.widgets.common import BROKEN, draw_refreshed, show_error
from board.widgets.curve_options import draw_curve_options
from mnist_core.errors import MnistCoreError
from mnist_core.runs.metric_log import Series
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import DAMAGED, RunRow
from mnist_core.runs.state import ACTIVE
from mnist_core.training.config import TrainConfig

_GONE = "compare-gone"
"""Session key of selected runs that were deleted."""
_REFRESH_SECONDS = 2.0
_PRESELECTED = 2


@dataclass(frozen=True)
class _Compared:
    """The readable runs, their configurations and metrics, by a unique display name."""

    runs: dict[str, Run] = field(default_factory=dict)
    configs: dict[str, TrainConfig] = field(default_factory=dict)
    metrics: dict[str, Mapping[str, Series]] = field(default_factory=dict)


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Compare runs"))
    found = read_rows(context.root)
    readable = {one.id: one for one in found if one.status != DAMAGED}
    selected = _select(context, readable, {one.id for one in found})
    _list_damaged(context, [one for one in found if one.status == DAMAGED])
    if not selected:
        return
    names = _display_names([readable[run] for run in selected])
    statuses = [readable[run].status for run in selected]

    def draw() -> None:
        if [present_row(readable[run].run).status for run in selected] != statuses:
            st.rerun()  # the parts outside this fragment change too
        compared = _read(t, names)
        if compared.runs:
            draw_results(t, compared.runs, compared.metrics)
            with st.container(horizontal=True, vertical_alignment="center"):
                options = draw_curve_options(t)
            draw_curves(t, compared.metrics, compared.configs, options)

    active = any(status in ACTIVE for status in statuses)
    draw_refreshed(draw, _REFRESH_SECONDS if active else None)
    compared = _read(t, names, report=False)
    st.subheader(t("Different settings"))
    draw_settings(t, compared.configs)
    draw_parallel(t, compared.runs, compared.configs)
    st.subheader(t("Difference of the confusion matrices"))
    draw_difference(context, compared.runs)


def _select(context: PageContext, readable: Mapping[str, RunRow], existing: set[str]) -> list[str]:
    """Draw the selection of runs, which is kept in the address; return their ids.

    Selected runs that were deleted are named until the selection is changed.
    """
    t = context.t
    if not readable:
        offer_to_start(context)
        return []
    requested = st.session_state.get(RUNS)
    if requested is None:
        requested = list(filter(None, st.query_params.get_all(RUNS))) or _preselected(readable)
    offered = [one.id for one in without_archived(readable.values(), requested)]
    gone = st.session_state.setdefault(_GONE, [])
    gone += [run for run in requested if run not in (*existing, *gone)]
    warn_if_gone(t, *gone)
    st.session_state[RUNS] = [run for run in requested if run in readable]
    selected = st.multiselect(
        t("Runs"),
        offered,
        format_func=lambda run: readable[run].label,
        key=RUNS,
        placeholder=t("Select runs"),
        on_change=gone.clear,
        persist_state="session",
    )
    st.query_params[RUNS] = selected
    if not selected:
        st.info(t("Select at least two runs."), icon=":material/info:")
    return selected


def _preselected(readable: Mapping[str, RunRow]) -> list[str]:
    """Return the run selected on other pages and the newest ones with a complete epoch.

    Trials of sweeps are selected only where there is no other run.
    """
    listed = without_archived(readable.values())
    started = [one for one in listed if one.state is not None and one.state.epoch]
    newest = [one.id for one in started if not one.origin.study] or [one.id for one in started]
    current = st.session_state.get(RUN)
    first = [current] if current in readable else []
    return [*first, *(run for run in newest if run != current)][:_PRESELECTED]


def _list_damaged(context: PageContext, damaged: list[RunRow]) -> None:
    if not damaged:
        return
    title = context.t("Damaged runs, which cannot be compared: {n}", n=len(damaged))
    with st.expander(title, icon=":material/broken_image:"):
        for one in damaged:
            st.text(error_text(one.problem, context.t))


def _display_names(selected: list[RunRow]) -> dict[str, Run]:
    """Return runs by name, or by name and id where two have the same name."""
    names = [one.name for one in selected]
    return {
        name if names.count(name) == 1 else one.label: one.run
        for name, one in zip(names, selected, strict=True)
    }


def _read(t: Translator, names: Mapping[str, Run], *, report: bool = True) -> _Compared:
    """Read the runs; a damaged one is left out, and reported on the page."""
    compared = _Compared()
    for name, run in names.items():
        try:
            summary = present_row(run)
            run.state()
            config, metrics = run.config(), read_metrics(run.folder)
            if report:
                warn_of_damage(t, summary, metrics, name)
        except MnistCoreError as error:
            if report:
                show_error(error, BROKEN)
            continue
        compared.runs[name] = run
        compared.configs[name] = config
        compared.metrics[name] = metrics
    return compared
