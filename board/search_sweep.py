"""Try many settings: start a sweep, and watch what it finds."""

from __future__ import annotations

import streamlit as st

from board.live_chart import live_chart
from board.page_context import PageContext
from board.search_form import draw_form
from board.search_jobs import listed, show_job, start_button, use_in_a_new_run
from board.search_table import trial_table, values_in_words
from mnist_core.errors import MnistCoreError
from mnist_core.figures.sweeps import optimisation_history, parameter_slice
from mnist_core.runs.run import Run
from mnist_core.search.job import Job, JobState, Request
from mnist_core.search.results import Trial, best_trial, read_trials

_ENDED = ("complete", "pruned", "failed")


def show(context: PageContext) -> None:
    """Draw this part of the page."""
    t = context.t
    st.caption(
        t(
            "Many networks are trained, each with other settings. Every trial is a run; the best "
            "is chosen by its accuracy on images that it has not learned from."
        )
    )
    with st.expander(t("New sweep"), icon=":material/add:", expanded=not listed(context, "sweep")):
        start_button(context, draw_form(context))

    def draw(_job: Job, request: Request, state: JobState) -> None:
        _draw(context, request, state)

    show_job(context, "sweep", lambda request: str(request.options.get("study", "")), draw)


def _draw(context: PageContext, request: Request, state: JobState) -> None:
    t = context.t
    try:
        trials = read_trials(context.root, str(request.options.get("study")))
    except MnistCoreError as error:
        st.error(str(error), icon=":material/database_off:")
        return
    if not trials:
        st.info(t("No trial has begun yet."), icon=":material/hourglass_empty:")
        return
    ended = sum(trial.state in _ENDED for trial in trials)
    st.progress(
        ended / len(trials), text=t("{n} of {all} trials have ended", n=ended, all=len(trials))
    )
    _best(context, request, trials)
    _trials(context, trials)
    if all(trial.accuracy is None for trial in trials):
        return  # nothing to draw
    st.subheader(t("Accuracy of every trial"))
    live_chart(
        t("Accuracy of every trial"), optimisation_history(trials, translate=t), "sweep-history"
    )
    st.subheader(t("Accuracy by setting"))
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    for first in range(0, len(names), 2):
        for name, column in zip(names[first : first + 2], st.columns(2), strict=False):
            with column:
                st.markdown(f"**{values_in_words([name], t)}**")
                live_chart(name, parameter_slice(trials, name, translate=t), f"slice-{name}")


def _best(context: PageContext, request: Request, trials: list[Trial]) -> None:
    t = context.t
    best = best_trial(trials)
    if best is None:
        st.caption(t("No trial is complete yet."))
        return
    with st.container(border=True):
        st.metric(t("Best so far"), f"{best.accuracy:.2%}")
        st.write(values_in_words(best.params, t))
        with st.container(horizontal=True):
            _watch_button(context, best, "best")
            if st.button(t("Use it in a new run"), icon=":material/arrow_forward:"):
                try:
                    config = request.config.with_changes(**best.params)
                except MnistCoreError as error:
                    st.error(str(error), icon=":material/error:")
                else:
                    use_in_a_new_run(context, config)


def _trials(context: PageContext, trials: list[Trial]) -> None:
    st.subheader(context.t("Trials"))
    chosen = trial_table(trials, context.t)
    if chosen is None:
        st.caption(context.t("Choose a row to watch its run; a column's head sorts."))
    elif chosen.run is not None:
        _watch_button(context, chosen, "row")
    else:
        st.caption(context.t("Trial {n} has no run yet.", n=chosen.number))


def _watch_button(context: PageContext, trial: Trial, key: str) -> None:
    there = trial.run is not None and Run(context.root / trial.run).config_path.is_file()
    if st.button(
        context.t("Watch trial {n}", n=trial.number),
        icon=":material/monitoring:",
        key=f"watch-{key}",
        disabled=not there,
        help=None if there else context.t("Its run has been deleted."),
    ):
        context.open_page("watch", trial.run)
