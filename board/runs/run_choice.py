"""The runs as the pages list them; a damaged one affects no other."""

from collections.abc import Callable, Container, Iterable, Mapping
from functools import partial

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board.page_context import RUN, PageContext
from board.runs.actions import act_button
from board.runs.progress import damaged_from
from board.runs.run_index import read_rows
from board.translation import Translator
from board.widgets.common import BROKEN, warn
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError
from mnist_core.runs.metric_log import Series
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import DAMAGED, RunRow
from mnist_core.runs.state import RunStatus
from mnist_core.search.job_state import JobStatus
from mnist_core.utils.text import single_line

NO_WEIGHTS_YET = "{run} has no weights yet: they are written at the end of the first epoch."
NO_RUNS = "There are no runs yet. Start one on the page Train."
_ALL_ARCHIVED = "All runs are archived. The page Runs shows them: View, Show archived runs."
STATUS_ICONS = {
    RunStatus.QUEUED: ":material/hourglass_empty:",
    RunStatus.RUNNING: ":material/directions_run:",
    JobStatus.STOPPING: ":material/pending:",
    RunStatus.STOPPED: ":material/pause_circle:",
    RunStatus.FINISHED: ":material/check_circle:",
    RunStatus.FAILED: ":material/error:",
    DAMAGED: BROKEN,
}
"""Of runs and of jobs."""


def warn_of_damage(
    t: Translator, summary: RunRow, metrics: Mapping[str, Series], name: str = ""
) -> None:
    """Draw a warning if metrics of a run are damaged or missing; `name` is put before it."""
    if summary.state is None:
        return
    step = damaged_from(summary.run.folder, summary.state, metrics)
    if step is not None:
        text = t(
            "Its metrics are damaged or missing from step {step} on, so the curves are "
            "incomplete. Weights and training are not affected.",
            step=f"{step:,}",
        )
        warn(f"{name}: {text}" if name else text, BROKEN)


def warn_if_gone(t: Translator, *runs: str) -> None:
    """Draw a warning with the ids of runs that are not there, if any."""
    if runs:
        text = t(
            "{runs}: there is no such run any more; its folder was deleted or renamed. If it was "
            "training, that has ended.",
            runs=", ".join(map(single_line, runs)),
        )
        warn(text)


def present_row(run: Run) -> RunRow:
    """Return a run with its current state, without what else its row has."""
    try:
        return RunRow(run, run.state())
    except MnistCoreError as error:
        return RunRow(run, problem=error)


def without_archived(runs: Iterable[RunRow], selected: Container[str | None] = ()) -> list[RunRow]:
    """Return the runs that lists offer: those that are not archived, or selected by their ids."""
    return [one for one in runs if not one.labels.archived or one.id in selected]


def first_shown(runs: Iterable[RunRow]) -> RunRow:
    """Return the run that a page shows first: the first that trains, or is no trial of a sweep."""
    listed = list(runs)
    wanted = (one for one in listed if not one.origin.study or one.status == RunStatus.RUNNING)
    return next(wanted, listed[0])


def offer_to_start(context: PageContext, hint: str = NO_RUNS) -> None:
    """Draw a hint, in English, and a button that opens the page Train."""
    st.info(context.t(hint), icon=":material/info:")
    start = partial(context.open_page, "train")
    act_button(context.t("Start a run"), ":material/play_circle:", start, changes=False)


def pick_run(
    context: PageContext,
    having: Callable[[RunRow], bool] = lambda run: True,
    nothing: str = NO_RUNS,
    place: DeltaGenerator | None = None,
) -> RunRow | None:
    """Let the user select a run; pages share the selection, and the address contains it.

    Runs without `having`, which is weights, are not offered, nor are archived ones, unless one is
    selected; `nothing` is the page's hint, in English, if none is.
    The list is drawn in `place`, such as a row beside the title; messages in the page's full width.
    If the selected run was deleted, or is without `having`, the page says so and selects no other
    by itself.
    """
    everything = {one.id: one for one in read_rows(context.root)}
    selected = st.session_state.get(RUN) or st.query_params.get(RUN)
    gone = [selected] if selected and selected not in everything else []
    suitable = [one for one in everything.values() if having(one)]
    found = {one.id: one for one in without_archived(suitable, [selected])}
    if not found:
        warn_if_gone(context.t, *gone)
        nothing = _ALL_ARCHIVED if suitable else nothing
        offer_to_start(context, nothing)
        return None
    if selected in everything and selected not in found:
        _offer_others(context, everything[selected], found, place)
        return None
    if not gone and selected not in found:
        selected = first_shown(found.values()).id
    # set each time: the labels change when a run is renamed
    st.session_state[RUN] = None if gone else selected
    chosen = (st if place is None else place).selectbox(
        context.t("Run"),
        list(found),
        index=None if gone else 0,
        format_func=lambda run_id: found[run_id].label,
        key=RUN,
        label_visibility="collapsed",
        placeholder=context.t("Select a run"),
        persist_state="session",
    )
    # the address keeps the name of a run that is gone, so that the page stays there
    st.query_params[RUN] = chosen or selected
    if chosen is None:
        warn_if_gone(context.t, *gone)
        return None
    return found[chosen]


def explain_no_weights(t: Translator, run: RunRow) -> None:
    """Draw why a page cannot show the selected run."""
    st.info(t(NO_WEIGHTS_YET, run=escape_markdown(run.name)), icon=":material/info:")


def _offer_others(
    context: PageContext,
    selected: RunRow,
    found: Mapping[str, RunRow],
    place: DeltaGenerator | None,
) -> None:
    """Draw the list where the selected run is not in it; until another is, other pages keep it."""
    key = f"{RUN}-other"
    st.session_state[RUN] = st.query_params[RUN] = selected.id
    (st if place is None else place).selectbox(
        context.t("Run"),
        list(found),
        index=None,
        format_func=lambda run_id: found[run_id].label,
        key=key,
        label_visibility="collapsed",
        placeholder=context.t("Select a run"),
        on_change=lambda: st.session_state.update({RUN: st.session_state[key]}),
    )
    explain_no_weights(context.t, selected)


def forget_selection() -> None:
    """Select the newest run, as on a first visit."""
    st.session_state.pop(RUN, None)
    st.query_params.pop(RUN, None)
