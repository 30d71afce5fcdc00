"""The form of a new sweep."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from typing import Any

import streamlit as st

from board.desk import Desk
from board.form import field_label
from mnist_core.commands.sweep import BASE, parse_grid
from mnist_core.config import TrainConfig, field_allows, field_bounds, field_choices
from mnist_core.errors import MnistCoreError
from mnist_core.jobs import Request
from mnist_core.presets import PRESETS
from mnist_core.sweep_results import read_studies
from mnist_core.sweep_study import GRID, SAMPLERS, Sweep

Studies = Mapping[str, Mapping[str, Any] | None]
_BASES = {"standard": BASE, **PRESETS}
_OF_BASE = ("model", "epochs")
_NOT_TRIED = ("freeze", "device")
_MOST_WORKERS = 32
_SAID = {
    "tpe": "Learns from the trials that have ended. Rates and shares are drawn from between the "
    "smallest and the largest value.",
    "grid": "Every combination of the values, in turn.",
}


def draw_form(desk: Desk) -> Request | None:
    """Draw the form; return what it asks for, or None, with the reason on the page."""
    t = desk.t
    try:
        studies = read_studies(desk.root)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/database_off:")
        return None
    _fill(studies)
    first, second = st.columns(4), st.columns(4)
    with first[0]:
        base = st.selectbox(
            t("Preset"), list(_BASES), on_change=_use_base, format_func=t, **_widget("base")
        )
    with first[1]:
        st.selectbox(field_label("model", t), field_choices("model"), **_widget("model"))
    with first[2]:
        _whole("epochs", t("Epochs"))
    with first[3]:
        _whole("training_size", t("Training size"), placeholder=t("all that are left"))
    grid = _values(desk)
    with second[0]:
        study = st.text_input(t("Study name"), max_chars=60, **_widget("study"))
    with second[1]:
        sampler = st.selectbox(
            t("How to choose"), SAMPLERS, format_func=lambda name: t(name), **_widget("sampler")
        )
    with second[2]:
        trials = st.number_input(
            t("Trials"),
            1,
            10_000,
            step=1,
            placeholder=t("the whole grid, or 20"),
            **_widget("trials"),
        )
    with second[3]:
        workers = st.number_input(
            t("Workers"),
            1,
            _MOST_WORKERS,
            step=1,
            help=t("Processes that train at the same time; they share the cores."),
            **_widget("workers"),
        )
    st.caption(t(_SAID[sampler]))
    pruning = st.toggle(
        t("End poor trials early"),
        help=t("A trial below the median of the others after an epoch is ended."),
        **_widget("pruning"),
    )
    options = {
        "study": study.strip(),
        "sampler": sampler,
        "trials": trials,
        "workers": workers,
        "pruning": pruning,
        "grid": grid,
    }
    changes = {name: st.session_state[_key(name)] for name in (*_OF_BASE, "training_size")}
    try:
        if not grid:
            raise MnistCoreError(t("Choose at least one setting to try."))
        config = _BASES[base].with_changes(**changes)
        request = Request("sweep", config, options)
        slots = _check(desk, request, studies)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.caption(t("{n} trials of {epochs} epoch(s) each.", n=slots, epochs=config.epochs))
    return request


def _values(desk: Desk) -> list[str]:
    """Draw a box of values for every setting that is to be tried; return them as the command's."""
    t = desk.t
    tried = [name for name in TrainConfig.model_fields if name not in _NOT_TRIED]
    fields = st.multiselect(
        t("Settings to try"),
        tried,
        format_func=lambda name: field_label(name, t),
        placeholder=t("Choose at least one setting to try."),
        **_widget("fields"),
    )
    grid = []
    for first in range(0, len(fields), 2):
        for name, column in zip(fields[first : first + 2], st.columns(2), strict=False):
            st.session_state.setdefault(_key(f"values-{name}"), _proposed(name))
            with column:
                text = st.text_input(
                    field_label(name, t),
                    help=t("Values with commas between them.") + f" `{name}`: {field_allows(name)}",
                    max_chars=500,
                    **_widget(f"values-{name}"),
                )
            values = [value.strip() for value in text.replace("，", ",").split(",")]
            grid.append(f"{name}={','.join(value for value in values if value)}")
    return grid


def _check(desk: Desk, request: Request, studies: Studies) -> int:
    """Return the number of trials. Raises MnistCoreError if the command would refuse them."""
    options = request.options
    sweep = Sweep(
        base=request.config,
        storage="",
        study=options["study"],
        sampler=options["sampler"],
        trials=options["trials"],
        grid=parse_grid(options["grid"], request.config),
    )
    if settings := studies.get(sweep.study):
        if changed := sweep.differences(settings):
            raise MnistCoreError(
                desk.t(
                    "The study {name} has other settings; give this sweep another study name.",
                    name=sweep.study,
                )
                + f" ({'; '.join(changed)})"
            )
        st.caption(desk.t("This goes on with the study of that name."))
    return len(sweep.slots())


def _fill(studies: Studies) -> None:
    if _key("base") in st.session_state:
        return
    names = (f"sweep-{number}" if number > 1 else "sweep" for number in count(1))
    values: dict[str, Any] = {
        "base": "standard",
        "training_size": None,
        "fields": list(GRID),
        "study": next(name for name in names if name not in studies),
        "sampler": "tpe",
        "trials": None,
        "workers": 1,
        "pruning": True,
    }
    for name, value in values.items():
        st.session_state[_key(name)] = value
    _use_base()


def _use_base() -> None:
    config = _BASES[st.session_state[_key("base")]]
    for name in _OF_BASE:
        st.session_state[_key(name)] = getattr(config, name)


def _proposed(name: str) -> str:
    values = GRID.get(name) or field_choices(name) or (getattr(BASE, name),)
    words = ("none" if value is None else str(value).lower() for value in values)
    return ", ".join(words)


def _whole(name: str, label: str, **options: Any) -> None:
    bounds = field_bounds(name)
    st.number_input(label, int(bounds["ge"]), int(bounds["le"]), step=1, **options, **_widget(name))


def _widget(name: str) -> dict[str, Any]:
    return {"key": _key(name), "persist_state": "session"}


def _key(name: str) -> str:
    return f"sweep-{name}"
