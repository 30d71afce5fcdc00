"""Search over several hyperparameters: start a sweep, and watch its trials."""

from functools import partial
from pathlib import Path

import streamlit as st

from board.page_context import PageContext
from board.runs.actions import act_button
from board.search.form import draw_sweep_form
from board.search.jobs import draw_section, use_in_new_run
from board.search.table import params_text, trial_table
from board.settings.texts import field_label
from board.widgets.common import in_columns
from board.widgets.live_chart import live_chart
from mnist_core.figures.parallel import parallel_coordinates, parameter_importance
from mnist_core.figures.sweeps import optimization_history, parameter_slice
from mnist_core.runs.run import Run
from mnist_core.search.job import Job
from mnist_core.search.job_state import JobState
from mnist_core.search.requests import SweepRequest
from mnist_core.search.results import Trial, TrialStatus, best_trial, read_importance, read_trials


def show(context: PageContext) -> None:
    """Draw this section of the page."""
    t = context.t
    st.caption(
        t(
            "Many networks are trained, each with other hyperparameters. Every trial is a run; the "
            "best trial has the highest validation accuracy."
        )
    )
    draw_section(
        context,
        "sweep",
        t("New sweep"),
        draw_sweep_form,
        lambda request: request.study,
        _draw_trials,
    )


def _draw_trials(context: PageContext, _job: Job, request: SweepRequest, _state: JobState) -> None:
    t, trials = context.t, read_trials(context.root, request.study)
    if not trials:
        st.info(t("No trial has started yet."), icon=":material/hourglass_empty:")
        return
    _draw_best(context, request, trials)
    _draw_table(context, trials)
    if all(trial.accuracy is None for trial in trials):
        return
    title = t("Validation accuracy of every trial")
    st.subheader(title)
    live_chart(title, optimization_history(trials, translate=t), "sweep-history")
    st.subheader(t("Validation accuracy by hyperparameter"))
    names = list(dict.fromkeys(name for trial in trials for name in trial.params))
    for name, column in in_columns(names):
        with column:
            st.markdown(f"**{field_label(name, t)}**")
            live_chart(name, parameter_slice(trials, name, translate=t), f"slice-{name}")
    _draw_overview(context, request.study, trials, names)


def _draw_overview(context: PageContext, study: str, trials: list[Trial], names: list[str]) -> None:
    """Draw all parameters of all trials at once, pruned ones included, and what they explain."""
    t = context.t
    labels = {name: field_label(name, t) for name in names}
    scored = [trial for trial in trials if trial.accuracy is not None]
    title = t("Parameters and accuracy of every trial")
    st.subheader(title)
    figure = parallel_coordinates(
        [trial.params for trial in scored],
        [trial.accuracy for trial in scored if trial.accuracy is not None],
        [trial.state for trial in scored],
        labels=labels,
        translate=t,
    )
    live_chart(title, figure, "sweep-parallel")
    st.caption(t("Drag along an axis to select trials."))
    complete = [trial.accuracy for trial in trials if trial.state is TrialStatus.COMPLETE]
    importance = _importance(context.root, study, tuple(complete))
    if importance:
        title = t("Importance of the parameters")
        st.subheader(title)
        figure = parameter_importance(importance, labels=labels, translate=t)
        live_chart(title, figure, "sweep-importance")
        st.caption(
            t(
                "Share of the differences in accuracy that each parameter explains, by Optuna's "
                "fANOVA over {n} complete trials. With few trials it is a rough guess.",
                n=len(complete),
            )
        )


@st.cache_data(max_entries=32, show_spinner=False)
def _importance(root: Path, study: str, complete: tuple[float | None, ...]) -> dict[str, float]:
    """Return the importance; `complete` changes with the complete trials of this study.

    A study that was deleted may have had the same name, and as many.
    """
    return read_importance(root, study)


def _draw_best(context: PageContext, request: SweepRequest, trials: list[Trial]) -> None:
    t = context.t
    best = best_trial(trials)
    if best is None:
        st.caption(t("No trial is complete yet."))
        return
    with st.container(border=True):
        with st.container(key="main-best"):
            st.metric(t("Best trial"), f"{best.accuracy:.2%}")
        st.write(params_text(best.params, t))
        with st.container(horizontal=True):
            _watch_button(context, best, "best")
            act_button(
                t("Use in a new run"),
                ":material/arrow_forward:",
                lambda: use_in_new_run(context, request.trial_config(best.params)),
                changes=False,
            )


def _draw_table(context: PageContext, trials: list[Trial]) -> None:
    t = context.t
    st.subheader(t("Trials"))
    selected = trial_table(trials, t)
    if selected is None:
        st.caption(t("Select a row to watch its run; click a column's header to sort."))
    elif selected.run is not None:
        _watch_button(context, selected, "row")
    else:
        st.caption(t("Trial {n} has no run yet.", n=selected.number))


def _watch_button(context: PageContext, trial: Trial, key: str) -> None:
    t = context.t
    exists = trial.run is not None and Run(context.root / trial.run).exists
    act_button(
        t("Watch trial {n}", n=trial.number),
        ":material/monitoring:",
        partial(context.open_page, "watch", trial.run),
        key=f"watch-{key}",
        disabled=not exists,
        help="" if exists else t("Its run has been deleted."),
        changes=False,
    )
