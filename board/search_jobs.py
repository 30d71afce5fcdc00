"""Jobs on the page Search: start, select, watch, stop, resume and delete them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from board.actions import act_button, ask_to_confirm
from board.page_context import PageContext
from mnist_core.errors import MnistCoreError
from mnist_core.search.job import Job
from mnist_core.search.job_control import delete_job, list_jobs, resume_job, start_job, stop_job
from mnist_core.search.job_state import JobProgress, JobState, JobStatus
from mnist_core.search.requests import JobKind, JobRequest, SweepRequest
from mnist_core.training.config import TrainConfig
from mnist_core.utils.devices import choose_device

_REFRESH_SECONDS = 2.0
_ICONS = {
    JobStatus.RUNNING: ":material/directions_run:",
    JobStatus.STOPPING: ":material/pending:",
    JobStatus.STOPPED: ":material/pause_circle:",
    JobStatus.FINISHED: ":material/check_circle:",
    JobStatus.FAILED: ":material/error:",
}


@dataclass(frozen=True)
class JobEntry:
    """A job with its request; None where its folder is damaged."""

    job: Job
    request: JobRequest | None


def job_entries(context: PageContext, kind: JobKind) -> list[JobEntry]:
    """Return the jobs of a kind, the newest first."""
    entries = []
    for job in list_jobs(context.root, kind):
        try:
            entries.append(JobEntry(job, job.request()))
        except MnistCoreError:
            entries.append(JobEntry(job, None))
    return entries


def start_button(context: PageContext, request: JobRequest | None) -> None:
    """Draw the button that starts a job; disabled without a valid request."""
    pressed = st.button(
        context.t("Start"), type="primary", icon=":material/play_arrow:", disabled=request is None
    )
    if pressed and request is not None:
        try:
            choose_device(request.config.device)
            job = start_job(request, context.root)
        except MnistCoreError as error:
            show_error(error)
        else:
            st.session_state[_selection_key(request.kind)] = job.id
            st.rerun()


def show_job(
    context: PageContext,
    kind: JobKind,
    label: Callable[[Any], str],
    draw: Callable[[Job, Any, JobState], None],
) -> None:
    """Draw a selection of jobs and the selected one, refreshed while it is active.

    Parameters
    ----------
    label : callable
        Returns a request in one line.
    draw : callable
        Draws the results so far.
    """
    entries = {entry.job.id: entry for entry in job_entries(context, kind)}
    if not entries:
        return
    key = _selection_key(kind)
    if st.session_state.get(key) not in entries:
        st.session_state[key] = next(iter(entries))

    def option(job_id: str) -> str:
        request = entries[job_id].request if job_id in entries else None
        return f"{label(request) if request else context.t('damaged')} · {job_id}"

    selected = st.selectbox(
        context.t("Search"), list(entries), format_func=option, key=key, persist_state="session"
    )
    job = entries[selected].job
    try:
        request, state = job.request(), job.state()
    except MnistCoreError as error:
        show_error(error)
        _draw_buttons(context, job, None)
        return
    _draw_buttons(context, job, state.status)

    def refresh() -> None:
        try:
            current = job.state()
            if current.status is not state.status or not job.request_path.exists():
                st.rerun()  # with the buttons of the new status
            _draw_status(context, job, request, current)
            draw(job, request, current)
        except MnistCoreError as error:
            show_error(error)
        with st.expander(context.t("Log"), icon=":material/notes:"):
            st.code(job.log_tail() or context.t("nothing yet"), language=None, wrap_lines=True)

    st.fragment(refresh, run_every=_REFRESH_SECONDS if state.status.is_active else None)()


def use_in_new_run(context: PageContext, config: TrainConfig) -> None:
    """Open the form of the page Train, filled with these settings."""
    from board.train import FORM_BASE

    st.session_state[FORM_BASE] = config
    context.open_page("train")


def show_error(error: MnistCoreError | str) -> None:
    """Draw an error's message, without Markdown: names in it may come from files."""
    st.error(re.sub(r"([\\`*\[\]$~])", r"\\\1", str(error)), icon=":material/error:")


def _draw_status(context: PageContext, job: Job, request: JobRequest, state: JobState) -> None:
    t = context.t
    if state.status is JobStatus.FAILED:
        show_error(state.message)
    elif state.status is JobStatus.STOPPED:
        st.info(t("Stopped. Resume continues the same request."), icon=_ICONS[state.status])
    else:
        st.caption(f"{_ICONS[state.status]} {t(str(state.status))}")
    if state.status.is_active or isinstance(request, SweepRequest):
        _draw_progress(context, request, job.progress())


def _draw_progress(context: PageContext, request: JobRequest, progress: JobProgress | None) -> None:
    t = context.t
    if progress is None:
        st.progress(0.0, text=t("Preparing"))
        return
    counts = {"n": progress.completed, "total": progress.total}
    if isinstance(request, SweepRequest):
        text = t("{n} of {total} trials have ended", **counts)
    else:
        text = t("Step {n} of {total}", **counts)
    st.progress(progress.fraction, text=text)


def _draw_buttons(context: PageContext, job: Job, status: JobStatus | None) -> None:
    t = context.t
    is_active = status is not None and status.is_active
    with st.container(horizontal=True):
        if is_active:
            stopping = status is JobStatus.STOPPING
            act_button(t("Stop"), ":material/stop:", partial(stop_job, job), disabled=stopping)
        if status in (JobStatus.STOPPED, JobStatus.FAILED):
            act_button(t("Resume"), ":material/play_arrow:", partial(resume_job, job))
        if st.button(t("Delete"), icon=":material/delete:", disabled=is_active):
            ask_to_confirm(
                t,
                t("Delete this search?"),
                t("Its runs and its study are kept. This cannot be undone."),
                job.id,
                partial(delete_job, job),
            )


def _selection_key(kind: JobKind) -> str:
    return f"job-{kind}"
