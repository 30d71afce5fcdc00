"""The page that shows a run as it trains, and stops, resumes, clones, renames or deletes it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

import streamlit as st

from board.actions import act_button, ask_to_confirm
from board.charts import chart_figures
from board.live_chart import live_chart
from board.markdown import escape_markdown
from board.page_context import PageContext
from board.progress import progress, read_metrics
from board.queue_text import describe_position
from board.runs import (
    DAMAGED,
    STATUS_ICONS,
    forget_selection,
    pick_run,
    summarize,
    warn_of_damage,
)
from board.train import FORM_BASE
from board.translation import Translator
from board.widgets import (
    BROKEN,
    capitalized,
    curve_options,
    draw_metrics,
    errors_shown,
    in_columns,
    or_dash,
    show_error,
)
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import Series
from mnist_core.runs.queue import enqueue, ensure_workers
from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState
from mnist_core.training.config import TrainConfig
from mnist_core.utils.text import single_line

_REFRESH_SECONDS = 1.0
_LIVE = ("queued", "running")


def show(context: PageContext) -> None:
    """Draw the page."""
    st.title(context.t("Watch a run"))
    summary = pick_run(context)
    if summary is None:
        return
    run = summary.run
    if summary.state is None:
        show_error(summary.problem, BROKEN)
        st.caption(context.t("Its files are left unchanged; other runs are not affected."))
    _actions(context, run, summary.state)
    if summary.state is None:
        return
    smoothing, log_scale = curve_options(context.t)
    live = summary.status in _LIVE

    def draw() -> None:
        _live_part(context, run, summary.status, smoothing, log_scale)

    # refreshed periodically only while something can change
    st.fragment(draw, run_every=_REFRESH_SECONDS if live else None)()


def _live_part(
    context: PageContext, run: Run, status: str, smoothing: float, log_scale: bool
) -> None:
    t = context.t
    summary = summarize(run)
    if summary.status != status:
        st.rerun()  # other buttons apply now
    if (state := summary.state) is None:
        return
    with errors_shown():
        if state.status == "queued":
            ensure_workers(context.root)
        metrics = read_metrics(run.folder)
        _headline(context, run, state, run.config(), metrics)
        warn_of_damage(t, summary, metrics)
        running = state.status == "running"
        _skipped_steps(t, metrics)
        _charts(
            t,
            chart_figures(
                run.folder, metrics, t, smoothing=smoothing, log_scale=log_scale, live=running
            ),
        )
    with st.expander(t("Log"), icon=":material/notes:"):
        log = "\n".join(map(single_line, run.log_tail().splitlines()))
        st.code(log or t("nothing yet"), language=None, wrap_lines=True)


def _headline(
    context: PageContext,
    run: Run,
    state: RunState,
    config: TrainConfig,
    metrics: Mapping[str, Series],
) -> None:
    t = context.t
    # reserved even without a message, so that the content below does not move
    message = st.empty()
    if state.status == "failed":
        message.error(escape_markdown(state.reason), icon=":material/error:")
    elif state.status == "stopped":
        reason = escape_markdown(capitalized(t(state.reason)))
        text = t("{reason}. Resume continues from there.", reason=reason)
        message.info(text, icon=STATUS_ICONS["stopped"])
    elif state.status == "queued":
        waiting = t("It is not in the queue. Resume queues it.")
        if run.is_in_queue():
            waiting = describe_position(context, run)
        message.info(waiting, icon=":material/hourglass_empty:")
    now = progress(config, state, metrics)
    where = t(
        "Epoch {epoch} of {epochs} · step {step} of {steps}",
        epoch=now.epoch,
        epochs=now.epochs,
        step=f"{now.step:,}",
        steps=f"{now.steps:,}",
    )
    st.progress(now.share, text=where)
    left = None if now.seconds_left is None else timedelta(seconds=round(now.seconds_left))
    boxes = {
        t("Status"): f"{STATUS_ICONS[state.status]} {t(state.status)}",
        t("Validation accuracy"): or_dash(state.validation_accuracy),
        t("Images per second"): or_dash(now.images_per_second, ",.0f"),
        t("Time left"): "–" if left is None else str(left),
        t("Device"): escape_markdown(state.device or config.device),
    }
    draw_metrics(boxes, 170)


def _skipped_steps(t: Translator, metrics: Mapping[str, Series]) -> None:
    skipped = metrics.get(tags.SKIPPED_STEPS)
    if skipped is not None and (count := int(skipped.values.sum())):
        st.caption(
            t(
                "{n} of {steps} training steps were skipped: a gradient was too large for fp16. "
                "That is normal at the start, where the loss scale is found.",
                n=count,
                steps=int(skipped.steps[-1]),
            )
        )


def _charts(t: Translator, charts: Mapping[str, str]) -> None:
    for title, column in in_columns(list(charts)):
        with column:
            st.subheader(t(title))
            live_chart(t(title), charts[title], f"chart-{title}")
    if "Device memory" not in charts:
        st.caption(t("Memory, load and temperature of the device are recorded on a GPU only."))


def _actions(context: PageContext, run: Run, state: RunState | None) -> None:
    """Draw the buttons that apply to the run's status."""
    t = context.t
    status = state.status if state else DAMAGED
    with st.container(horizontal=True):
        if status in _LIVE:
            act_button(t("Stop"), ":material/stop:", run.request_stop)
        if status in ("stopped", "failed") or (status == "queued" and not run.is_in_queue()):
            act_button(t("Resume"), ":material/play_arrow:", partial(_resume, context, run))
        if state is not None:
            about = t("Opens the form with these settings.")
            clone = partial(_clone, context, run)
            act_button(t("Clone"), ":material/content_copy:", clone, help=about)
            with st.popover(t("Rename"), icon=":material/edit:"):
                name = st.text_input(t("Name"), state.name, max_chars=80, key=f"name-{run.id}")
                act_button(t("Save"), ":material/check:", lambda: run.rename(name))
        if st.button(t("Delete"), icon=":material/delete:", disabled=status == "running"):
            ask_to_confirm(
                t,
                t("Delete this run?"),
                t("Its weights, metrics and log are deleted. This cannot be undone."),
                run.id,
                partial(_delete, run),
            )


def _resume(context: PageContext, run: Run) -> None:
    enqueue(run)
    ensure_workers(context.root)


def _delete(run: Run) -> None:
    run.delete()
    forget_selection()


def _clone(context: PageContext, run: Run) -> None:
    st.session_state[FORM_BASE] = run.config()
    context.open_page("train")
