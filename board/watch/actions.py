"""What can be done with the run on the page Watch."""

from functools import partial

import streamlit as st

from board.page_context import PageContext
from board.runs.actions import Question, act_button, confirmed_button
from board.runs.downloads import draw_curves_download, draw_report_download
from board.runs.run_choice import forget_selection
from board.train.page import FORM_BASE, FORM_PARENT
from mnist_core.runs.queue import enqueue, ensure_workers
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import DAMAGED
from mnist_core.runs.state import ACTIVE, RunState, RunStatus


def draw_actions(context: PageContext, run: Run, state: RunState | None) -> None:
    """Draw the button that applies to the run's status, and the others behind a button."""
    t = context.t
    status = state.status if state else DAMAGED
    if status in ACTIVE:
        act_button(t("Stop"), ":material/stop:", run.request_stop)
    if status in (RunStatus.STOPPED, RunStatus.FAILED) or (
        status == RunStatus.QUEUED and not run.is_in_queue()
    ):
        act_button(t("Resume"), ":material/play_arrow:", partial(_resume, context, run))
    # another name is another popover: it is closed after a change
    key = f"more-{run.id}-{state.name if state else ''}"
    with st.popover(t("More"), icon=":material/more_horiz:", key=key):
        if state is not None:
            about = t("Opens the form with these settings.")
            clone = partial(_clone, context, run)
            act_button(t("Clone"), ":material/content_copy:", clone, help=about, changes=False)
            draw_curves_download(t, run)
            draw_report_download(t, run)
            _draw_rename(context, run, state)
    question = Question(
        t("Delete this run?"),
        t("Its weights, metrics and log are deleted. This cannot be undone."),
        run.id,
        partial(_delete, run),
    )
    confirmed_button(t, question, disabled=status == RunStatus.RUNNING)


def _draw_rename(context: PageContext, run: Run, state: RunState) -> None:
    t = context.t
    with st.container(horizontal=True, vertical_alignment="bottom"):
        key = f"name-{run.id}"
        st.text_input(t("Name"), state.name, max_chars=80, key=key)
        act_button(t("Save"), ":material/check:", lambda: run.rename(st.session_state[key]))


def _resume(context: PageContext, run: Run) -> None:
    enqueue(run)
    ensure_workers(context.root)


def _delete(run: Run) -> None:
    run.delete()
    forget_selection()


def _clone(context: PageContext, run: Run) -> None:
    st.session_state[FORM_BASE] = run.config()
    st.session_state[FORM_PARENT] = run.id
    context.open_page("train")
