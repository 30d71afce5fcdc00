"""Compare runs: curves on one another, settings that differ, results, and confusions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from board.compare_confusion import draw_difference
from board.compare_curves import draw_curves
from board.compare_tables import draw_results, draw_settings
from board.page_context import RUN, PageContext
from board.progress import read_metrics
from board.runs import Listed, listed, look
from mnist_core.errors import MnistCoreError
from mnist_core.runs.metric_log import Series
from mnist_core.runs.run import Run
from mnist_core.training.config import TrainConfig

RUNS = "runs"
"""Key of the chosen runs: the widget's, and the address's."""
_EVERY = 2.0
_FIRST = 2
_LIVE = ("queued", "running")


@dataclass(frozen=True)
class _Compared:
    """What there is to compare: by a run's short name, no two the same."""

    runs: dict[str, Run]
    configs: dict[str, TrainConfig]
    metrics: dict[str, Mapping[str, Series]]


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Compare runs"))
    found = listed(context.root)
    whole = {one.run.id: one for one in found if one.state is not None}
    chosen = _pick(context, whole)
    _say_broken(context, [one for one in found if one.state is None])
    if not chosen:
        return
    names = _short_names([whole[run] for run in chosen])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        smoothing = st.slider(
            t("Smoothing"), 0.0, 0.99, 0.6, 0.01, width=260, persist_state="session", key="sm"
        )
        log_scale = st.toggle(t("Logarithmic loss"), persist_state="session", key="log")

    statuses = [whole[run].status for run in chosen]

    def draw() -> None:
        if [look(whole[run].run).status for run in chosen] != statuses:
            st.rerun()  # there may be more to compare now, or nothing more to wait for
        compared = _read(names)
        if compared.runs:
            draw_curves(t, compared.metrics, smoothing=smoothing, log_scale=log_scale)
            st.subheader(t("Results"))
            draw_results(t, compared.runs, compared.metrics)

    # refreshed by itself only while there is something to see
    live = any(status in _LIVE for status in statuses)
    st.fragment(draw, run_every=_EVERY if live else None)()
    compared = _read(names, quiet=True)
    st.subheader(t("Settings that differ"))
    draw_settings(t, compared.configs)
    st.subheader(t("Difference of confusions"))
    draw_difference(context, compared.runs)


def _pick(context: PageContext, whole: Mapping[str, Listed]) -> list[str]:
    """Let the reader choose runs; the choice goes into the address."""
    t = context.t
    if not whole:
        st.info(t("There are no runs yet. Start one on the page Train."), icon=":material/info:")
        if st.button(t("Start a run"), icon=":material/play_circle:"):
            context.open_page("train")
        return []
    asked = st.session_state.get(RUNS)
    if asked is None:
        asked = st.query_params.get_all(RUNS) or _first(whole)
    # set anew each time: a run may be gone
    st.session_state[RUNS] = [run for run in asked if run in whole]
    chosen = st.multiselect(
        t("Runs"),
        list(whole),
        format_func=lambda run: whole[run].label,
        key=RUNS,
        placeholder=t("Choose runs"),
        persist_state="session",
    )
    st.query_params[RUNS] = chosen
    if not chosen:
        st.info(t("Choose two runs or more."), icon=":material/info:")
    return chosen


def _first(whole: Mapping[str, Listed]) -> list[str]:
    """Return the run that was looked at last and the newest ones that have anything to show."""
    begun = [run for run, one in whole.items() if one.state is not None and one.state.epoch]
    looked_at = st.session_state.get(RUN)
    front = [looked_at] if looked_at in whole else []
    return [*front, *(run for run in begun if run != looked_at)][:_FIRST]


def _say_broken(context: PageContext, broken: list[Listed]) -> None:
    if not broken:
        return
    title = context.t("Broken, so they cannot be compared: {n}", n=len(broken))
    with st.expander(title, icon=":material/heart_broken:"):
        for one in broken:
            # plain text: what is in the files may look like anything
            st.text(one.problem)


def _short_names(chosen: list[Listed]) -> dict[str, Run]:
    """Return runs by name, or by name and id where two have the same name."""
    called = [one.state.name if one.state and one.state.name else one.run.id for one in chosen]
    return {
        name if called.count(name) == 1 else one.label: one.run
        for name, one in zip(called, chosen, strict=True)
    }


def _read(names: Mapping[str, Run], quiet: bool = False) -> _Compared:
    """Read the runs; one that is damaged is said to be so, and left out."""
    compared = _Compared({}, {}, {})
    for name, run in names.items():
        try:
            run.state()
            config, metrics = run.config(), read_metrics(run.folder)
        except MnistCoreError as error:
            if not quiet:
                st.error(str(error), icon=":material/heart_broken:")
            continue
        compared.runs[name] = run
        compared.configs[name] = config
        compared.metrics[name] = metrics
    return compared
