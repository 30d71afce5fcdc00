"""Jobs on the page Search: start, select, watch, stop, resume and delete them."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board.access.visitors import may_change
from board.page_context import PageContext
from board.runs.actions import Question, act_button, confirmed_button, start_button
from board.runs.queue_text import describe_position
from board.runs.run_choice import STATUS_ICONS
from board.train.page import FORM_BASE
from board.widgets.common import draw_refreshed, errors_shown, show_error
from board.widgets.log import draw_log
from mnist_core.errors import MnistCoreError
from mnist_core.runs.queue import ensure_workers
from mnist_core.search.job import Job
from mnist_core.search.job_control import delete_job, list_jobs, resume_job, start_job, stop_job
from mnist_core.search.job_state import JobProgress, JobState, JobStatus
from mnist_core.search.requests import JobKind, JobRequest, SweepRequest
from mnist_core.training.config import TrainConfig
from mnist_core.utils.devices import choose_device

_REFRESH_SECONDS = 2.0
_STARTED = "started-jobs"
"""Key of how many jobs the visitor has started, in the session state."""
_TIME_LENGTH = len("20260101-000000")


def list_requests(context: PageContext, kind: JobKind) -> list[tuple[Job, JobRequest | None]]:
    """Return the jobs of a kind, the newest first; the request is None where it is damaged."""
    found: list[tuple[Job, JobRequest | None]] = []
    for job in list_jobs(context.root, kind):
        try:
            found.append((job, job.request()))
        except MnistCoreError:
            found.append((job, None))
    return found


def draw_section(
    context: PageContext,
    kind: JobKind,
    title: str,
    draw_form: Callable[[PageContext], JobRequest | None],
    label: Callable[[Any], str],
    draw: Callable[[PageContext, Job, Any, JobState], None],
) -> None:
    """Draw the form of a new job and a selection of jobs; the selected one while it is active.

    Parameters
    ----------
    title : str
        Of the form, in the user's language.
    draw_form : callable
        Returns a request; None, with the reason on the page, if it is not valid.
    label : callable
        Returns a request in one line.
    draw : callable
        Draws the results so far.
    """
    jobs, key = list_requests(context, kind), _form_key(kind)
    # another key is another expander: it is closed after a start, and what was started is below it
    with st.expander(title, icon=":material/add:", expanded=not jobs, key=key):
        request = draw_form(context)
        start_button(context.t, request and partial(_start, context, request))
    if jobs:
        row = st.container(horizontal=True, vertical_alignment="bottom")
        with row.container(width=460):
            selected = _select_job(context, kind, jobs, label)
        _draw_job(context, selected, row, draw)


def _start(context: PageContext, request: JobRequest) -> None:
    choose_device(request.config.device)
    job = start_job(request, context.root)
    st.session_state[_selection_key(request.kind)] = job.id
    st.session_state[_STARTED] = st.session_state.get(_STARTED, 0) + 1
    st.rerun()


def _select_job(
    context: PageContext,
    kind: JobKind,
    found: list[tuple[Job, JobRequest | None]],
    label: Callable[[Any], str],
) -> Job:
    jobs, key = {job.id: (job, request) for job, request in found}, _selection_key(kind)
    if st.session_state.get(key) not in jobs:
        st.session_state[key] = next(iter(jobs))

    def option(job_id: str) -> str:
        request = jobs[job_id][1] if job_id in jobs else None
        # its time: the id without the kind, and without microseconds where that is unique
        time, second = job_id.removesuffix(f"-{kind}"), job_id[:_TIME_LENGTH]
        shown = second if sum(other.startswith(second) for other in jobs) == 1 else time
        return f"{label(request) if request else context.t('damaged')} · {shown}"

    selected = st.selectbox(
        context.t("Search"), list(jobs), format_func=option, key=key, persist_state="session"
    )
    return jobs[selected][0]


def _draw_job(
    context: PageContext,
    job: Job,
    row: DeltaGenerator,
    draw: Callable[[PageContext, Job, Any, JobState], None],
) -> None:
    """Draw a job, refreshed while it is active; its buttons in `row`."""
    try:
        request, state = job.request(), job.state()
    except MnistCoreError as error:
        show_error(error)
        with row:
            _draw_buttons(context, job, None)
        return
    with row:
        _draw_buttons(context, job, state.status)

    def refresh() -> None:
        with errors_shown():
            current = job.state()
            if current.status is not state.status or not job.request_path.exists():
                st.rerun()  # with the buttons of the new status
            _draw_status(context, job, request, current)
            draw(context, job, request, current)
        draw_log(context.t, job.log_tail)

    draw_refreshed(refresh, None if state.status.has_ended else _REFRESH_SECONDS)


def use_in_new_run(context: PageContext, config: TrainConfig) -> None:
    """Open the form of the page Train, filled with these settings."""
    st.session_state[FORM_BASE] = config
    context.open_page("train")


def _draw_status(context: PageContext, job: Job, request: JobRequest, state: JobState) -> None:
    t = context.t
    if state.status is JobStatus.FAILED:
        show_error(state.message)
    elif state.status is JobStatus.QUEUED:
        if may_change():
            ensure_workers(context.root)
        st.info(describe_position(context, job), icon=STATUS_ICONS[state.status])
        return
    elif state.status is JobStatus.STOPPED:
        st.info(t("Stopped. Resume continues the same request."), icon=STATUS_ICONS[state.status])
    else:
        st.caption(f"{STATUS_ICONS[state.status]} {t(str(state.status))}")
    if state.status.is_active or isinstance(request, SweepRequest):
        _draw_progress(context, request, job.progress())


def _draw_progress(context: PageContext, request: JobRequest, progress: JobProgress | None) -> None:
    t = context.t
    if progress is None:
        st.progress(0.0, text=t("Preparing"))
        return
    if isinstance(request, SweepRequest):
        text = t.plural(
            progress.total,
            "{done} of {n} trial has ended",
            "{done} of {n} trials have ended",
            done=progress.completed,
        )
    else:
        text = t("Step {n} of {total}", n=progress.completed, total=progress.total)
    st.progress(progress.fraction, text=text)


def _draw_buttons(context: PageContext, job: Job, status: JobStatus | None) -> None:
    t = context.t
    if status is not None and not status.has_ended:
        stopping = status is JobStatus.STOPPING
        act_button(t("Stop"), ":material/stop:", partial(stop_job, job), disabled=stopping)
    if status in (JobStatus.STOPPED, JobStatus.FAILED):
        act_button(t("Resume"), ":material/play_arrow:", partial(resume_job, job))
    question = Question(
        t("Delete this search?"),
        t("Its runs and its study are kept. This cannot be undone."),
        job.id,
        partial(delete_job, job),
    )
    confirmed_button(t, question, disabled=status is not None and status.is_active)


def _form_key(kind: JobKind) -> str:
    return f"new-{kind}-{st.session_state.get(_STARTED, 0)}"


def _selection_key(kind: JobKind) -> str:
    return f"job-{kind}"
