"""Find a learning rate by a range test."""

from __future__ import annotations

import re
from typing import Any

import streamlit as st

from board.form import field_label
from board.page_context import PageContext
from board.search_fields import Fields
from board.search_jobs import listed, show_job, start_button, use_in_a_new_run
from mnist_core import figures
from mnist_core.errors import MnistCoreError
from mnist_core.search.job import Job, JobState, Request
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.lr_finder import RangeTest, check_range
from mnist_core.training.presets import PRESETS

_FIELDS = Fields("lr")
_FIRST = "quick"
_STEP = re.compile(r"step (\d+) of (\d+)$")
_OF_PRESET = ("model", "optimizer", "batch_size")
_DEFAULTS: dict[str, Any] = {"training_size": None, "low": 1e-6, "high": 1.0, "steps": 300}


def show(context: PageContext) -> None:
    """Draw this part of the page."""
    t = context.t
    st.caption(
        t(
            "A network is trained for a few hundred steps while the learning rate rises. Where the "
            "loss is lowest the rate is almost too high: a tenth of it is suggested."
        )
    )
    new = not listed(context, "find-lr")
    with st.expander(t("New range test"), icon=":material/add:", expanded=new):
        start_button(context, _form(context))

    def draw(job: Job, request: Request, state: JobState) -> None:
        _draw(context, job, request, state)

    show_job(context, "find-lr", _label, draw)


def _form(context: PageContext) -> Request | None:
    t = context.t
    if _FIELDS.key("preset") not in st.session_state:
        st.session_state[_FIELDS.key("preset")] = _FIRST
        _use_preset()
        for name, value in _DEFAULTS.items():
            st.session_state[_FIELDS.key(name)] = value
    first, second = st.columns(4), st.columns(4)
    with first[0]:
        preset = st.selectbox(
            t("Preset"), list(PRESETS), on_change=_use_preset, **_FIELDS.widget("preset")
        )
    for column, name in zip(first[1:3], ("model", "optimizer"), strict=True):
        with column:
            st.selectbox(field_label(name, t), FIELDS[name].choices, **_FIELDS.widget(name))
    with first[3]:
        _FIELDS.whole("batch_size", t("Batch size"))
    with second[0]:
        st.number_input(t("From rate"), 1e-9, 10.0, step=1e-6, format="%g", **_FIELDS.widget("low"))
    with second[1]:
        st.number_input(t("To rate"), 1e-9, 10.0, step=0.1, format="%g", **_FIELDS.widget("high"))
    with second[2]:
        st.number_input(t("Steps"), 1, 100_000, step=50, **_FIELDS.widget("steps"))
    with second[3]:
        _FIELDS.whole("training_size", t("Training size"), placeholder=t("all that are left"))
    chosen = {name: st.session_state[_FIELDS.key(name)] for name in (*_OF_PRESET, *_DEFAULTS)}
    bounds = {name: chosen.pop(name) for name in ("low", "high", "steps")}
    try:
        check_range(**bounds)
        config = PRESETS[preset].with_changes(**chosen)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return None
    return Request("find-lr", config, bounds)


def _draw(context: PageContext, job: Job, request: Request, state: JobState) -> None:
    t = context.t
    if state.is_alive:
        found = _STEP.search(job.log(1))
        step, steps = (int(found[1]), int(found[2])) if found else (0, request.options["steps"])
        text = t("Step {step} of {steps}", step=step, steps=steps) if step else t("Getting ready")
        st.progress(step / steps, text=text)
    if state.status != "finished":
        return
    try:
        test = RangeTest.from_dict(job.output())
    except MnistCoreError as error:
        st.error(str(error), icon=":material/heart_broken:")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.metric(t("Suggested learning rate"), f"{test.learning_rate:g}", border=True, width=220)
        if st.button(t("Use it in a new run"), type="primary", icon=":material/arrow_forward:"):
            use_in_a_new_run(context, request.config.with_changes(learning_rate=test.learning_rate))
    figure = figures.learning_rate_range(test.rates, test.smoothed, test.learning_rate, translate=t)
    st.plotly_chart(
        figure, theme=None, key="lr-range", width="stretch", config={"displaylogo": False}
    )


def _label(request: Request) -> str:
    config: TrainConfig = request.config
    return f"{config.model}, {config.optimizer}, {config.batch_size}"


def _use_preset() -> None:
    config = PRESETS[st.session_state[_FIELDS.key("preset")]]
    for name in _OF_PRESET:
        st.session_state[_FIELDS.key(name)] = getattr(config, name)
