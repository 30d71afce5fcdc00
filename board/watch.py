"""Watch a run learn; stop it, go on, copy, rename or delete it."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from board.actions import act_button, ask_to_confirm
from board.charts import chart_figures
from board.live_chart import live_chart
from board.page_context import PageContext
from board.progress import progress, read_metrics
from board.runs import STATUS_ICONS, look, pick_run
from board.train import FORM_BASE
from board.translation import Translator
from mnist_core.errors import MnistCoreError
from mnist_core.runs.metric_log import Series
from mnist_core.runs.queue import enqueue, ensure_workers
from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState
from mnist_core.training.config import TrainConfig

_EVERY = 1.0
_LIVE = ("queued", "running")
_LOG_LINES = 40


def show(context: PageContext) -> None:
    """Draw the page."""
    st.title(context.t("Watch a run"))
    run = pick_run(context)
    if run is None:
        return
    seen = look(run)
    if seen.state is None:
        st.error(seen.problem, icon=":material/heart_broken:")
        st.caption(context.t("Its files stay as they are; other runs are not touched by it."))
        _actions(context, run, None)
        return
    _actions(context, run, seen.state)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        smoothing = st.slider(
            context.t("Smoothing"),
            0.0,
            0.99,
            0.6,
            0.01,
            width=260,
            persist_state="session",
            key="sm",
        )
        log_scale = st.toggle(context.t("Logarithmic loss"), persist_state="session", key="log")
    live = seen.status in _LIVE

    def draw() -> None:
        _live_part(context, run, seen.status, smoothing, log_scale)

    # refreshed by itself only while there is something to see
    st.fragment(draw, run_every=_EVERY if live else None)()


def _live_part(
    context: PageContext, run: Run, status: str, smoothing: float, log_scale: bool
) -> None:
    t = context.t
    seen = look(run)
    if seen.status != status:
        st.rerun()  # other buttons fit now
    state = seen.state
    assert state is not None
    try:
        if state.status == "queued":
            ensure_workers(context.root)
        config = run.config()
        metrics = read_metrics(run.folder)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    _headline(t, run, state, config, metrics)
    charts = chart_figures(
        run.folder,
        metrics,
        t,
        smoothing=smoothing,
        log_scale=log_scale,
        live=state.status == "running",
    )
    _charts(t, charts)
    with st.expander(t("Log"), icon=":material/notes:"):
        st.code(_tail(run) or t("nothing yet"), language=None, wrap_lines=True)


def _headline(
    t: Translator, run: Run, state: RunState, config: TrainConfig, metrics: Mapping[str, Series]
) -> None:
    # a place of its own, also when there is nothing to say: what stands below does not jump
    message = st.empty()
    if state.status == "failed":
        message.error(state.reason, icon=":material/error:")
    elif state.status == "stopped":
        message.info(
            t("Stopped: {reason}. Resume goes on where it was.", reason=t(state.reason)),
            icon=":material/pause_circle:",
        )
    elif state.status == "queued":
        waits = t("Waiting for its turn; it starts by itself.")
        if not run.is_in_queue():
            waits = t("No process has taken it yet. Resume starts it here.")
        message.info(waits, icon=":material/hourglass_empty:")
    now = progress(config, state, metrics)
    where = t(
        "Epoch {epoch} of {epochs} · step {step} of {steps}",
        epoch=now.epoch,
        epochs=now.epochs,
        step=f"{now.step:,}",
        steps=f"{now.steps:,}",
    )
    st.progress(now.share, text=where)
    accuracy = state.validation_accuracy
    boxes = {
        t("Status"): f"{STATUS_ICONS[state.status]} {t(state.status)}",
        t("Held-out accuracy"): "–" if accuracy is None else f"{accuracy:.2%}",
        t("Images per second"): "–"
        if now.images_per_second is None
        else f"{now.images_per_second:,.0f}",
        t("Time left"): "–" if now.seconds_left is None else _clock(now.seconds_left),
        t("Device"): state.device or config.device,
    }
    with st.container(horizontal=True):
        for label, value in boxes.items():
            st.metric(label, value, border=True, width=170)


def _charts(t: Translator, charts: Mapping[str, str]) -> None:
    titles = list(charts)
    # row by row, so that they come in this order on a phone
    for first in range(0, len(titles), 2):
        for title, column in zip(titles[first : first + 2], st.columns(2), strict=False):
            with column:
                st.subheader(t(title))
                live_chart(t(title), charts[title], f"chart-{title}")
    if "Device memory" not in charts:
        st.caption(t("Device memory is recorded on a GPU only."))


def _actions(context: PageContext, run: Run, state: RunState | None) -> None:
    """Draw the buttons that fit what the run is doing."""
    t = context.t
    status = state.status if state else "broken"
    with st.container(horizontal=True):
        if status in _LIVE:
            act_button(t("Stop"), ":material/stop:", run.request_stop)
        if status in ("stopped", "failed") or (status == "queued" and not run.is_in_queue()):
            act_button(t("Resume"), ":material/play_arrow:", lambda: _resume(context, run))
        if state is not None:
            if st.button(
                t("Clone"),
                icon=":material/content_copy:",
                help=t("Opens the form filled with these settings."),
            ):
                _clone(context, run)
            with st.popover(t("Rename"), icon=":material/edit:"):
                name = st.text_input(t("Name"), state.name, max_chars=80, key=f"name-{run.id}")
                act_button(t("Save"), ":material/check:", lambda: run.rename(name))
        if st.button(t("Delete"), icon=":material/delete:", disabled=status == "running"):
            ask_to_confirm(
                t,
                t("Delete this run?"),
                t("Its weights, metrics and log go with it. This cannot be undone."),
                run.id,
                run.delete,
            )


def _resume(context: PageContext, run: Run) -> None:
    enqueue(run)
    ensure_workers(context.root)


def _clone(context: PageContext, run: Run) -> None:
    try:
        st.session_state[FORM_BASE] = run.config()
    except MnistCoreError as error:
        st.toast(str(error), icon=":material/error:")
    else:
        context.open_page("train")


def _tail(run: Run) -> str:
    """Return the log's last lines."""
    try:
        lines = run.log_path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-_LOG_LINES:])


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
