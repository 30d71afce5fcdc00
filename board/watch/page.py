"""The page that shows a run as it trains."""

from collections.abc import Mapping
from datetime import timedelta

import streamlit as st

from board.access.visitors import may_change
from board.page_context import PageContext
from board.runs.progress import progress, read_metrics
from board.runs.queue_text import describe_position
from board.runs.run_choice import STATUS_ICONS, pick_run, present_row, warn_of_damage
from board.translation import Translator
from board.watch.actions import draw_actions
from board.watch.charts import chart_figures, draw_charts
from board.watch.details import draw_details
from board.watch.layers import draw_layers
from board.watch.newest import draw_newest_epoch
from board.watch.notification import draw_notification
from board.watch.usage_charts import USAGE_TITLES, usage_line
from board.widgets.common import (
    BROKEN,
    capitalized,
    draw_refreshed,
    errors_shown,
    or_dash,
    show_error,
)
from board.widgets.curve_options import CurveOptions, draw_curve_options
from board.widgets.log import draw_log
from board.widgets.markdown import escape_markdown
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import Series
from mnist_core.runs.queue import ensure_workers
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import DAMAGED
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import TrainConfig

_REFRESH_SECONDS = 1.0
_BAR_WIDTH = 440
"""Width in pixels of the progress bar beside a message."""
_USAGE = "usage"
"""Key of the expander with the charts of what the run uses."""


def show(context: PageContext) -> None:
    """Draw the page."""
    head = st.container(horizontal=True, vertical_alignment="center")
    head.title(context.t("Watch a run"), width="content")
    summary = pick_run(context, place=head.container(width=460))
    if summary is None:
        return
    run = summary.run
    with head:
        draw_details(context, run)
        draw_actions(context, run, None if summary.status == DAMAGED else summary.state)
    if summary.status == DAMAGED:
        show_error(summary.problem, BROKEN)
        st.caption(context.t("Its files are left unchanged; other runs are not affected."))
        draw_log(context.t, run.log_tail)
        return

    def draw() -> None:
        _live_part(context, run, summary.status)

    # refreshed periodically only while something can change
    draw_refreshed(draw, _REFRESH_SECONDS if summary.is_active else None)


def _live_part(context: PageContext, run: Run, status: str) -> None:
    t = context.t
    summary = present_row(run)
    if summary.status != status:
        st.rerun()  # other buttons apply now
    if (state := summary.state) is None:
        return
    with errors_shown():
        if state.status == RunStatus.QUEUED and may_change():
            ensure_workers(context.root)
        metrics, config = read_metrics(run.folder), run.config()
        options = _headline(context, run, state, config, metrics)
        warn_of_damage(t, summary, metrics)
        charts = chart_figures(run.folder, metrics, config, t, options, state)
        usage = {title: charts.pop(title) for title in USAGE_TITLES if title in charts}
        draw_charts(t, charts)
        _skipped_steps(t, metrics)
        draw_newest_epoch(t, run)
        draw_layers(t, run, metrics, config, options, state)
        _usage(t, metrics, usage)
    draw_log(t, run.log_tail)


def _headline(
    context: PageContext,
    run: Run,
    state: RunState,
    config: TrainConfig,
    metrics: Mapping[str, Series],
) -> CurveOptions:
    """Draw the run's progress and results, and the options of its curves; return those."""
    t = context.t
    now = progress(config, state, metrics, has_checkpoint=run.has_checkpoint())
    where = t(
        "Epoch {epoch} of {epochs} · step {step} of {steps}",
        epoch=now.epoch,
        epochs=now.epochs,
        step=f"{now.step:,}",
        steps=f"{now.steps:,}",
    )
    left = None if now.seconds_left is None else timedelta(seconds=round(now.seconds_left))
    boxes = {
        t("Status"): f"{STATUS_ICONS[state.status]} {t(state.status)}",
        t("Images per second"): or_dash(now.images_per_second, ",.0f"),
        t("Time left"): "–" if left is None else str(left),
    }
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with st.container(key="main-accuracy", width="content"):
            st.metric(t("Validation accuracy"), or_dash(state.validation_accuracy), width="content")
        for title, value in boxes.items():
            st.metric(title, value, width="content")
        options = draw_curve_options(t)
        draw_notification(t, run, state)
    where = f"{where} · {escape_markdown(state.device or config.device)}"
    # in one line, so that the charts begin high on the page and do not move with a message
    with st.container(horizontal=True, vertical_alignment="center", key="progress"):
        has_message = _draw_message(context, run, state)
        st.progress(now.share, text=where, width=_BAR_WIDTH if has_message else "stretch")
    return options


def _draw_message(context: PageContext, run: Run, state: RunState) -> bool:
    """Draw why the run does not train, or what it does first; return whether there is anything."""
    t, icon = context.t, STATUS_ICONS[state.status]
    if state.status == RunStatus.FAILED:
        show_error(state.reason, icon)
    elif state.status == RunStatus.STOPPED:
        reason = escape_markdown(capitalized(t(state.reason)))
        text = t("{reason}. Resume continues from there.", reason=reason)
        if not run.has_checkpoint():
            text = t("{reason}. Resume trains from the start.", reason=reason)
        st.info(text, icon=icon)
    elif state.status == RunStatus.QUEUED:
        waiting = t("It is not in the queue. Resume queues it.")
        if run.is_in_queue():
            waiting = describe_position(context, run)
        st.info(waiting, icon=icon)
    elif state.drawn < state.drawings:
        text = t(
            "Generates drawings: {count} of {total}",
            count=f"{state.drawn:,}",
            total=f"{state.drawings:,}",
        )
        st.info(text, icon=":material/draw:")
    else:
        return False
    return True


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


def _usage(t: Translator, metrics: Mapping[str, Series], charts: Mapping[str, str]) -> None:
    """Draw what the run uses of the machine: the newest values, and charts if they are opened."""
    if not charts:
        return
    st.caption(escape_markdown(usage_line(metrics, t)))
    place = st.expander(
        t("Use of the machine"), icon=":material/memory:", key=_USAGE, on_change="rerun"
    )
    if place.open:
        with place:
            draw_charts(t, charts)
            if tags.DEVICE_MEMORY not in metrics:
                st.caption(
                    t("Memory, load and temperature of the device are recorded on a GPU only.")
                )
