"""The page that starts training runs."""

from functools import partial

import streamlit as st

from board.access.visitors import may_change
from board.page_context import PageContext
from board.runs.actions import start_button
from board.runs.run_index import read_rows
from board.settings.form import device_label, draw_form, fill_form
from board.train.estimate import prepare_estimate
from board.widgets.markdown import code_markdown, escape_markdown
from mnist_core.data.mnist import data_root, has_training_set
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.queue import check_room, enqueue, ensure_workers
from mnist_core.runs.queue_devices import free_device, queue_device
from mnist_core.runs.run_list import create_run
from mnist_core.runs.state import ACTIVE
from mnist_core.training.config import TrainConfig
from mnist_core.training.presets import PRESETS
from mnist_core.utils.devices import choose_device, list_gpus

FORM_BASE = "form_base"
"""Session key under which another page leaves the configuration that the form is to show."""
FORM_PARENT = "form-parent"
"""Session key of the run whose settings the form was filled with."""
_INITIAL_PRESET = "quick"
_PRESET = "preset"
_NAME_WIDTH = 316
"""Pixels; as wide as two numbers, below which it is on a phone."""
_PRESET_NOTES = {
    "article": "The article's baseline: mnist_cnn, SGD, ten epochs.",
    "fixed": "The baseline with ReLU and dropout between the fully connected layers.",
    "improved": "The most accurate training on MNIST alone, and the slowest.",
    "gpu-fast": "Few epochs in bfloat16, each step a CUDA graph, for a GPU.",
    "quick": "A short training: batch normalisation, two epochs.",
}


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Train a network"))
    base = st.session_state.pop(FORM_BASE, None)
    if base is not None:
        fill_form(base)
        st.session_state[_PRESET] = None
    elif _PRESET not in st.session_state:
        st.session_state[_PRESET] = _INITIAL_PRESET
        fill_form(PRESETS[_INITIAL_PRESET])
    preset = st.pills(
        t("Preset"),
        list(PRESETS),
        key=_PRESET,
        on_change=_apply_preset,
        persist_state="session",
        help=t("Fills the form; every field can be changed afterwards."),
    )
    parent = st.session_state.get(FORM_PARENT)
    if preset:
        st.caption(t(_PRESET_NOTES[preset]))
    else:
        of_run = t("The settings of {run}.", run=escape_markdown(parent or ""))
        st.caption(of_run if parent else t("Custom settings."))
    # above the settings: so Start is on the first screen, whichever tab is open
    with st.container(border=True):
        row = st.container(horizontal=True, vertical_alignment="bottom")
        below = st.container(gap="xsmall")
    config = draw_form(context, row, below)
    name = row.text_input(
        t("Name"),
        key="run-name",
        max_chars=80,
        placeholder=t("optional"),
        help=t("Name of the run; it can be changed later."),
        width=_NAME_WIDTH,
        persist_state="session",
    )
    with row:
        start_button(t, config and partial(_start, context, config, name.strip()))
    with below:
        _draw_outlook(context, config)


def _apply_preset() -> None:
    if (name := st.session_state[_PRESET]) is not None:
        fill_form(PRESETS[name])
        st.session_state.pop(FORM_PARENT, None)


def _draw_outlook(context: PageContext, config: TrainConfig | None) -> None:
    """Draw where and how long the run will train, and what it will wait for."""
    t = context.t
    if config is not None:
        _draw_device(context, config)
    if not has_training_set():
        st.warning(
            t(
                "MNIST is not in {folder}. The run downloads it once; without a network "
                "connection, set MNIST_ROOT to the folder that contains MNIST/raw.",
                folder=code_markdown(data_root()),
            ),
            icon=":material/warning:",
        )
    active = [run for run in read_rows(context.root) if run.status in ACTIVE]
    if active:
        st.caption(
            t.plural(
                len(active),
                "One run is running or queued; each device trains one run at a time.",
                "{n} runs are running or queued; each device trains one run at a time.",
            )
        )


def _start(context: PageContext, config: TrainConfig, name: str) -> None:
    choose_device(config.device)
    check_room(context.root)
    origin = RunOrigin(parent=st.session_state.pop(FORM_PARENT, ""))
    run = create_run(config, context.root, name, origin)
    enqueue(run)
    ensure_workers(context.root)
    del st.session_state["run-name"]
    context.open_page("watch", run.id)


def _draw_device(context: PageContext, config: TrainConfig) -> None:
    """Draw where the run will train, and for how long."""
    t, device = context.t, queue_device(config)
    if device == "auto":
        device = free_device(context.root)
    # speed is measured by training some steps
    draw_estimate = prepare_estimate(context, config, device) if may_change() else None
    if list_gpus():
        st.caption(t("Trains on {device}.", device=escape_markdown(device_label(device, t))))
    else:
        st.caption(t("No GPU is available: this run trains on the CPU."))
    if draw_estimate is not None:
        draw_estimate()
