"""Find a learning rate by a range test."""

from __future__ import annotations

from typing import Any

import streamlit as st

from board.page_context import PageContext
from board.search_fields import FormFields
from board.search_jobs import job_entries, show_error, show_job, start_button, use_in_new_run
from mnist_core import figures
from mnist_core.errors import MnistCoreError
from mnist_core.search.job import Job
from mnist_core.search.job_state import JobState, JobStatus
from mnist_core.search.requests import RangeTestRequest
from mnist_core.training.lr_finder import RangeTest
from mnist_core.training.presets import PRESETS

_FIELDS = FormFields("lr")
_FIRST_PRESET = "quick"
_FROM_PRESET = ("model", "optimizer", "batch_size")
_RANGE: dict[str, Any] = {"low": 1e-6, "high": 1.0, "steps": 300}


def show(context: PageContext) -> None:
    """Draw this section of the page."""
    t = context.t
    st.caption(
        t(
            "A network is trained for a few hundred steps while the learning rate rises. Where the "
            "loss is lowest, the learning rate is almost too high: a tenth of it is suggested."
        )
    )
    new = not job_entries(context, "find-lr")
    with st.expander(t("New range test"), icon=":material/add:", expanded=new):
        start_button(context, _draw_form(context))

    def draw(job: Job, request: RangeTestRequest, state: JobState) -> None:
        if state.status is JobStatus.FINISHED:
            _draw_result(context, request, job.result(RangeTest))

    show_job(context, "find-lr", _label, draw)


def _draw_form(context: PageContext) -> RangeTestRequest | None:
    """Draw the form; return its request, or None, with the reason on the page."""
    t = context.t
    if _FIELDS.key("preset") not in st.session_state:
        _FIELDS.fill({"preset": _FIRST_PRESET, "training_size": None, **_RANGE})
        _apply_preset()
    first, second = st.columns(4), st.columns(4)
    with first[0]:
        preset = st.selectbox(
            t("Preset"), list(PRESETS), on_change=_apply_preset, **_FIELDS.options("preset")
        )
    with first[1]:
        _FIELDS.choice("model", t)
    with first[2]:
        _FIELDS.choice("optimizer", t)
    with first[3]:
        _FIELDS.integer("batch_size", t)
    with second[0]:
        _draw_rate("low", t("Lowest learning rate"), 1e-6)
    with second[1]:
        _draw_rate("high", t("Highest learning rate"), 0.1)
    with second[2]:
        st.number_input(t("Steps"), 1, 100_000, step=50, **_FIELDS.options("steps"))
    with second[3]:
        _FIELDS.integer("training_size", t, placeholder=t("all remaining images"))
    changes = {name: _FIELDS.value(name) for name in (*_FROM_PRESET, "training_size")}
    try:
        config = PRESETS[preset].with_changes(**changes)
        return RangeTestRequest(config=config, **{name: _FIELDS.value(name) for name in _RANGE})
    except MnistCoreError as error:
        show_error(error)
        return None


def _draw_rate(name: str, label: str, step: float) -> None:
    st.number_input(label, 1e-9, 10.0, step=step, format="%g", **_FIELDS.options(name))


def _draw_result(context: PageContext, request: RangeTestRequest, test: RangeTest) -> None:
    t = context.t
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(t("Suggested learning rate"), f"{test.learning_rate:g}", border=True, width=220)
        if st.button(t("Use in a new run"), type="primary", icon=":material/arrow_forward:"):
            use_in_new_run(context, request.config.with_changes(learning_rate=test.learning_rate))
    figure = figures.learning_rate_range(test.rates, test.smoothed, test.learning_rate, translate=t)
    st.plotly_chart(
        figure, theme=None, key="lr-range", width="stretch", config={"displaylogo": False}
    )


def _label(request: RangeTestRequest) -> str:
    return f"{request.config.model}, {request.config.optimizer}, {request.config.batch_size}"


def _apply_preset() -> None:
    _FIELDS.fill_from(PRESETS[_FIELDS.value("preset")], _FROM_PRESET)
