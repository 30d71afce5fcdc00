"""What both parts of the page Search share: start a job, choose one, stop, resume or delete it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from board.actions import act_button, ask_to_delete
from board.page_context import PageContext
from mnist_core.errors import MnistCoreError
from mnist_core.search.job import Job, JobState, Kind, Request, list_jobs, start_job
from mnist_core.training.config import TrainConfig
from mnist_core.utils.devices import choose_device

EVERY = 2.0
"""Seconds from one look at a job under way to the next."""
_ICONS = {
    "running": ":material/directions_run:",
    "stopping": ":material/pending:",
    "stopped": ":material/pause_circle:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
}


@dataclass(frozen=True)
class Listed:
    """A job with what was asked; `request` is None where the folder is broken."""

    job: Job
    request: Request | None


def listed(context: PageContext, kind: Kind) -> list[Listed]:
    """Return the jobs of a kind, the newest first."""
    found = []
    for job in list_jobs(context.root, kind):
        try:
            found.append(Listed(job, job.request()))
        except MnistCoreError:
            found.append(Listed(job, None))
    return found


def start_button(context: PageContext, request: Request | None) -> None:
    """Draw the button that starts a job; None: something in the form is wrong."""
    pressed = st.button(
        context.t("Start"), type="primary", icon=":material/play_arrow:", disabled=request is None
    )
    if pressed and request is not None:
        try:
            choose_device(request.config.device)
            job = start_job(request, context.root)
        except MnistCoreError as error:
            st.error(str(error), icon=":material/error:")
        else:
            st.session_state[_key(request.kind)] = job.id
            st.rerun()


def show_job(
    context: PageContext,
    kind: Kind,
    label: Callable[[Request], str],
    draw: Callable[[Job, Request, JobState], None],
) -> None:
    """Let the reader choose a job and show it, anew every few seconds while it is under way.

    Parameters
    ----------
    label : callable
        Says in a line what was asked.
    draw : callable
        Draws what has been found so far.
    """
    found = {one.job.id: one for one in listed(context, kind)}
    if not found:
        return
    key = _key(kind)
    chosen = st.session_state.get(key)
    st.session_state[key] = chosen if chosen in found else next(iter(found))

    def said(name: str) -> str:
        request = found[name].request if name in found else None
        return f"{label(request) if request else context.t('broken')} · {name}"

    name = st.selectbox(
        context.t("Search"), list(found), format_func=said, key=key, persist_state="session"
    )
    job = found[name].job
    try:
        request, state = job.request(), job.state()
    except MnistCoreError as error:
        st.error(str(error), icon=":material/heart_broken:")
        _actions(context, job, None)
        return
    _actions(context, job, state)

    def look() -> None:
        try:
            now = job.state()
        except MnistCoreError as error:
            st.error(str(error), icon=":material/heart_broken:")
            return
        if now.status != state.status or not job.request_path.exists():
            st.rerun()  # other buttons fit now
        _headline(context, now)
        draw(job, request, now)
        with st.expander(context.t("Log"), icon=":material/notes:"):
            st.code(job.log() or context.t("nothing yet"), language=None, wrap_lines=True)

    st.fragment(look, run_every=EVERY if state.is_alive else None)()


def use_in_a_new_run(context: PageContext, config: TrainConfig) -> None:
    """Open the form of the page Train, filled with these settings."""
    from board.train import FORM_BASE

    st.session_state[FORM_BASE] = config
    context.open_page("train")


def _headline(context: PageContext, state: JobState) -> None:
    t = context.t
    if state.status == "failed":
        st.error(state.reason, icon=_ICONS["failed"])
    elif state.status == "stopped":
        st.info(t("Stopped. Resume gives the same command again."), icon=_ICONS["stopped"])
    else:
        st.caption(f"{_ICONS[state.status]} {t(state.status)}")


def _actions(context: PageContext, job: Job, state: JobState | None) -> None:
    t = context.t
    with st.container(horizontal=True):
        if state and state.is_alive:
            stopping = state.status == "stopping"
            act_button(t("Stop"), ":material/stop:", job.stop, disabled=stopping)
        if state and state.status in ("stopped", "failed"):
            act_button(t("Resume"), ":material/play_arrow:", job.resume)
        if st.button(
            t("Delete"), icon=":material/delete:", disabled=bool(state and state.is_alive)
        ):
            ask_to_delete(
                t,
                t("Delete this search?"),
                t("Its runs stay, and a sweep's trials stay in its study. This cannot be undone."),
                job.id,
                job.delete,
            )


def _key(kind: Kind) -> str:
    return f"job-{kind}"
