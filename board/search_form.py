"""The form of a new sweep."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from itertools import count
from typing import Any

import streamlit as st

from board.form import field_label
from board.page_context import PageContext
from board.search_fields import Fields
from board.search_jobs import listed
from mnist_core.cli.commands.sweep import BASE, parse_grid
from mnist_core.errors import MnistCoreError
from mnist_core.search.job import Request
from mnist_core.search.results import read_studies
from mnist_core.search.study import GRID, SAMPLERS, Sweep
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.presets import PRESETS

_FIELDS = Fields("sweep")
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


def draw_form(context: PageContext) -> Request | None:
    """Draw the form; return what it asks for, or None, with the reason on the page."""
    t = context.t
    try:
        studies = _studies(context)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/database_off:")
        return None
    _fill(studies)
    first, second = st.columns(4), st.columns(4)
    with first[0]:
        base = st.selectbox(
            t("Preset"), list(_BASES), on_change=_use_base, format_func=t, **_FIELDS.widget("base")
        )
    with first[1]:
        st.selectbox(field_label("model", t), FIELDS["model"].choices, **_FIELDS.widget("model"))
    with first[2]:
        _FIELDS.whole("epochs", t("Epochs"))
    with first[3]:
        _FIELDS.whole("training_size", t("Training size"), placeholder=t("all that are left"))
    grid = _values(context)
    with second[0]:
        study = st.text_input(t("Study name"), max_chars=60, **_FIELDS.widget("study"))
    with second[1]:
        sampler = st.selectbox(
            t("How to choose"),
            SAMPLERS,
            format_func=lambda name: t(name),
            **_FIELDS.widget("sampler"),
        )
    with second[2]:
        trials = st.number_input(
            t("Trials"),
            1,
            10_000,
            step=1,
            placeholder=t("the whole grid, or 20"),
            **_FIELDS.widget("trials"),
        )
    with second[3]:
        workers = st.number_input(
            t("Workers"),
            1,
            _MOST_WORKERS,
            step=1,
            help=t("Processes that train at the same time; they share the cores."),
            **_FIELDS.widget("workers"),
        )
    st.caption(t(_SAID[sampler]))
    pruning = st.toggle(
        t("End poor trials early"),
        help=t("A trial below the median of the others after an epoch is ended."),
        **_FIELDS.widget("pruning"),
    )
    options = {
        "study": study.strip(),
        "sampler": sampler,
        "trials": trials,
        "workers": workers,
        "pruning": pruning,
        "grid": grid,
    }
    changes = {name: st.session_state[_FIELDS.key(name)] for name in (*_OF_BASE, "training_size")}
    try:
        if not grid:
            raise MnistCoreError(t("Choose at least one setting to try."))
        config = _BASES[base].with_changes(**changes)
        request = Request("sweep", config, options)
        slots = _check(context, request, studies)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return None
    st.caption(t("{n} trials of {epochs} epoch(s) each.", n=slots, epochs=config.epochs))
    return request


def _values(context: PageContext) -> list[str]:
    """Draw a box of values for every setting that is to be tried; return them as the command's."""
    t = context.t
    tried = [name for name in TrainConfig.model_fields if name not in _NOT_TRIED]
    fields = st.multiselect(
        t("Settings to try"),
        tried,
        format_func=lambda name: field_label(name, t),
        placeholder=t("Choose at least one setting to try."),
        **_FIELDS.widget("fields"),
    )
    grid = []
    for first in range(0, len(fields), 2):
        for name, column in zip(fields[first : first + 2], st.columns(2), strict=False):
            st.session_state.setdefault(_FIELDS.key(f"values-{name}"), _proposed(name))
            with column:
                text = st.text_input(
                    field_label(name, t),
                    help=t("Values with commas between them.")
                    + f" `{name}`: {FIELDS[name].allowed}",
                    max_chars=500,
                    **_FIELDS.widget(f"values-{name}"),
                )
            values = [value.strip() for value in text.replace("，", ",").split(",")]
            grid.append(f"{name}={','.join(value for value in values if value)}")
    return grid


def _studies(context: PageContext) -> Studies:
    """Return every study's settings, also of those that a search is about to begin.

    Raises MnistCoreError if the database cannot be read.
    """
    asked = {}
    for one in listed(context, "sweep"):
        with suppress(MnistCoreError):  # a broken job has begun nothing
            if one.request:
                sweep = _sweep(one.request)
                asked[sweep.study] = sweep.settings()
    return asked | read_studies(context.root)


def _sweep(request: Request) -> Sweep:
    options = request.options
    return Sweep(
        base=request.config,
        storage="",
        study=options.get("study", ""),
        sampler=options.get("sampler", ""),
        trials=options.get("trials"),
        grid=parse_grid(options.get("grid", []), request.config) or GRID,
    )


def _check(context: PageContext, request: Request, studies: Studies) -> int:
    """Return the number of trials. Raises MnistCoreError if the command would refuse them."""
    sweep = _sweep(request)
    if settings := studies.get(sweep.study):
        if changed := sweep.differences(settings):
            raise MnistCoreError(
                context.t(
                    "The study {name} has other settings; give this sweep another study name.",
                    name=sweep.study,
                )
                + f" ({'; '.join(changed)})"
            )
        st.caption(context.t("This goes on with the study of that name."))
    return len(sweep.slots())


def _fill(studies: Studies) -> None:
    if _FIELDS.key("base") in st.session_state:
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
        st.session_state[_FIELDS.key(name)] = value
    _use_base()


def _use_base() -> None:
    config = _BASES[st.session_state[_FIELDS.key("base")]]
    for name in _OF_BASE:
        st.session_state[_FIELDS.key(name)] = getattr(config, name)


def _proposed(name: str) -> str:
    values = GRID.get(name) or FIELDS[name].choices or (getattr(BASE, name),)
    words = ("none" if value is None else str(value).lower() for value in values)
    return ", ".join(words)
