"""Find a learning rate by a range test."""

from functools import partial
from typing import Any

import streamlit as st

from board.page_context import PageContext
from board.runs.actions import act_button
from board.search.fields import FormFields
from board.search.jobs import draw_section, use_in_new_run
from board.settings.number_fields import check_number, draw_number
from board.widgets.common import errors_shown, warn
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.search.job import Job
from mnist_core.search.job_state import JobState, JobStatus
from mnist_core.search.requests import MAX_STEPS, RangeTestRequest
from mnist_core.training.lr_finder import Outcome, RangeTest
from mnist_core.training.presets import PRESETS

_FIELDS = FormFields("lr", PRESETS, ("model", "optimizer", "batch_size"))
_FIRST_PRESET = "quick"
_RANGE: dict[str, Any] = {"low": 1e-6, "high": 1.0, "steps": 300}
_LOWEST, _HIGHEST = 1e-9, 10.0
_LEAST_STEPS = 20


def show(context: PageContext) -> None:
    """Draw this section of the page."""
    t = context.t
    st.caption(
        t(
            "A network is trained for a few hundred steps while the learning rate rises. Where the "
            "loss is lowest, the learning rate is almost too high: a tenth of it is suggested."
        )
    )
    draw_section(context, "find-lr", t("New range test"), _draw_form, _label, _draw_result)


def _draw_form(context: PageContext) -> RangeTestRequest | None:
    """Draw the form; return its request, or None, with the reason on the page."""
    t = context.t
    if _FIELDS.key("preset") not in st.session_state:
        _FIELDS.fill(_FIRST_PRESET, **_RANGE)
    first, second = st.columns(4), st.columns(4)
    _FIELDS.draw_config(context, [*first, second[3]])
    rates = (
        ("low", t("Lowest learning rate"), 1e-6),
        ("high", t("Highest learning rate"), 0.1),
    )
    values: dict[str, Any] = {
        name: draw_number(label, step=step, place=column, **_FIELDS.options(name))
        for (name, label, step), column in zip(rates, second, strict=False)
    }
    values["steps"] = draw_number(
        t("Steps"), step=50, integer=True, place=second[2], **_FIELDS.options("steps")
    )
    with errors_shown():
        for name, label, _ in rates:
            check_number(label, values[name], _LOWEST, _HIGHEST, integer=False)
        check_number(t("Steps"), values["steps"], _LEAST_STEPS, MAX_STEPS, integer=True)
        return RangeTestRequest(config=_FIELDS.config(), **values)
    return None


def _draw_result(
    context: PageContext, job: Job, request: RangeTestRequest, state: JobState
) -> None:
    if state.status is not JobStatus.FINISHED:
        return
    t, test = context.t, job.result(RangeTest)
    if test.learning_rate is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            rate = f"{test.learning_rate:g}"
            with st.container(key="main-rate", width="content"):
                st.metric(t("Suggested learning rate"), rate, width="content")
            config = request.config.with_changes(learning_rate=test.learning_rate)
            act_button(
                t("Use in a new run"),
                ":material/arrow_forward:",
                partial(use_in_new_run, context, config),
                changes=False,
                type="primary",
            )
    _draw_outcome(context, request, test)
    figure = figures.learning_rate_range(test.rates, test.smoothed, test.learning_rate, translate=t)
    live_chart(t("Loss over the learning rate"), figure, "lr-range")


def _draw_outcome(context: PageContext, request: RangeTestRequest, test: RangeTest) -> None:
    t = context.t
    if test.outcome is Outcome.NOT_RISEN:
        warn(
            t(
                "The loss has not risen again at {high}, so the largest rate that was tried is "
                "suggested. A test with a higher highest learning rate finds where it rises.",
                high=f"{request.high:g}",
            )
        )
    elif test.outcome is Outcome.NOT_FALLEN:
        warn(
            t(
                "The loss does not fall between {low} and {high}, so no rate is suggested. Try "
                "another range, more steps, or another model.",
                low=f"{request.low:g}",
                high=f"{request.high:g}",
            )
        )


def _label(request: RangeTestRequest) -> str:
    return f"{request.config.model}, {request.config.optimizer}, {request.config.batch_size}"
