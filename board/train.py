"""Start a run."""

from __future__ import annotations

import os

import streamlit as st
import torch

from board.form import device_label, draw_form, fill_form
from board.page_context import PageContext
from board.runs import listed
from board.translation import Translator
from mnist_core.data.mnist import data_is_there, data_root
from mnist_core.errors import MnistCoreError
from mnist_core.runs.queue import enqueue, ensure_workers, queue_device
from mnist_core.runs.run import create_run
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import estimate_seconds
from mnist_core.training.presets import PRESETS
from mnist_core.utils.devices import choose_device, list_gpus

FORM_BASE = "form_base"
"""Session key under which another page leaves the configuration that the form is to show."""
_FIRST = "quick"
_PRESET = "preset"
_SAID = {
    "article": "The article's baseline: mnist_cnn, SGD, ten epochs.",
    "fixed": "The same with ReLU and dropout between the linear layers.",
    "improved": "What the shipped default was trained with: reads drawings best, takes longest.",
    "gpu-fast": "Large batches in bfloat16, compiled: for a GPU.",
    "quick": "A quick look: batch normalisation, two epochs.",
}


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Train a network"))
    cloned = st.session_state.pop(FORM_BASE, None)
    if cloned is not None:
        fill_form(cloned)
        st.session_state[_PRESET] = None
    elif _PRESET not in st.session_state:
        st.session_state[_PRESET] = _FIRST
        fill_form(PRESETS[_FIRST])
    chosen = st.pills(
        t("Preset"),
        list(PRESETS),
        key=_PRESET,
        on_change=_use_preset,
        persist_state="session",
        help=t("Fills the form; change what you like afterwards."),
    )
    st.caption(t(_SAID[chosen]) if chosen else t("Settings of your own."))
    values = draw_form(context)
    try:
        config = TrainConfig(**values)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        config = None
    _start(context, config)


def _use_preset() -> None:
    if (name := st.session_state[_PRESET]) is not None:
        fill_form(PRESETS[name])


def _start(context: PageContext, config: TrainConfig | None) -> None:
    t = context.t
    with st.container(border=True):
        name = st.text_input(
            t("Name"),
            key="run-name",
            max_chars=80,
            placeholder=t("optional"),
            help=t("What to call the run; it can be renamed later."),
        )
        if config is not None:
            _say_device(config, t)
        if not data_is_there():
            st.warning(
                t(
                    "MNIST is not in {folder}. The run downloads it, once; where there is no "
                    "network, set MNIST_ROOT to the folder that holds MNIST/raw.",
                    folder=data_root(),
                ),
                icon=":material/warning:",
            )
        ahead = [one for one in listed(context.root) if one.status in ("running", "queued")]
        if ahead:
            st.caption(
                t("{n} run(s) under way or waiting; each device takes one at a time.", n=len(ahead))
            )
        pressed = st.button(
            t("Start"), type="primary", icon=":material/play_arrow:", disabled=config is None
        )
    if pressed and config is not None:
        try:
            choose_device(config.device)
            run = create_run(config, context.root, name.strip())
            enqueue(run)
            ensure_workers(context.root)
        except MnistCoreError as error:
            st.error(str(error), icon=":material/error:")
        else:
            del st.session_state["run-name"]
            context.open_page("watch", run.id)


def _say_device(config: TrainConfig, t: Translator) -> None:
    device = queue_device(config)
    if list_gpus():
        st.caption(t("Trains on {device}.", device=device_label(device, t)))
    else:
        st.caption(t("There is no GPU here: this trains on the CPU."))
    # what does not change the time is left out, so that the answer is kept
    asked = config.with_changes(seed=0, learning_rate=0.01, head_learning_rate=None, epochs=1)
    try:
        seconds = _seconds_per_epoch(asked) * config.epochs
    except (MnistCoreError, RuntimeError) as error:
        st.warning(str(error), icon=":material/warning:")
        return
    st.caption(
        t(
            "It will take about {time} ({epochs} epochs), when nothing else is running.",
            time=_duration(seconds, t),
            epochs=config.epochs,
        )
    )


@st.cache_data(
    max_entries=200,
    ttl=3600,
    show_spinner=False,
    hash_funcs={TrainConfig: TrainConfig.model_dump_json},
)
def _seconds_per_epoch(config: TrainConfig) -> float:
    threads = torch.get_num_threads()
    torch.set_num_threads(os.cpu_count() or 1)  # as the run will
    try:
        return estimate_seconds(config)
    finally:
        torch.set_num_threads(threads)


def _duration(seconds: float, t: Translator) -> str:
    if seconds < 90:
        return t("{n} seconds", n=max(1, round(seconds)))
    if seconds < 90 * 60:
        return t("{n} minutes", n=round(seconds / 60))
    return t("{n} hours", n=round(seconds / 3600, 1))
