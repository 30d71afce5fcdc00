"""The form of a new sweep."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board.language import error_text
from board.page_context import PageContext
from board.search.fields import FormFields
from board.search.jobs import list_requests
from board.settings.form import check_weights
from board.settings.number_fields import Number, check_number, draw_number
from board.settings.texts import field_label
from board.widgets.common import errors_shown, in_columns
from mnist_core.errors import MnistCoreError, joined
from mnist_core.search.requests import MAX_TRIALS, SweepRequest, check_study_name
from mnist_core.search.results import read_studies
from mnist_core.search.search_space import (
    BASE_CONFIG,
    DEFAULT_GRID,
    SEARCHABLE_FIELDS,
    Grid,
    format_values,
    parse_values,
)
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.presets import PRESETS
from mnist_core.utils.devices import auto_devices

_FIELDS = FormFields("sweep", {"standard": BASE_CONFIG, **PRESETS}, ("model", "epochs"))
_MAX_WORKERS = 32
_SAMPLERS = {
    "tpe": "Uses the results of earlier trials. Learning rates and fractions are sampled between "
    "the smallest and the largest value.",
    "grid": "Every combination of the values, in order.",
}
StudySettings = Mapping[str, Mapping[str, Any] | None]


def draw_sweep_form(context: PageContext) -> SweepRequest | None:
    """Draw the form; return its request, or None, with the reason on the page."""
    with errors_shown():
        return _draw_form(context, _study_settings(context))
    return None


def _draw_form(context: PageContext, studies: StudySettings) -> SweepRequest:
    """Draw the form; return its request. Raises MnistCoreError if it is not valid."""
    t = context.t
    if _FIELDS.key("preset") not in st.session_state:
        _fill(studies)
    first, second = st.columns(4), st.columns(4)
    _FIELDS.draw_config(context, first)
    texts = _draw_search_space(context)
    study = second[0].text_input(t("Study name"), max_chars=60, **_FIELDS.options("study"))
    sampler = second[1].selectbox(
        t("Sampler"), list(_SAMPLERS), format_func=t, **_FIELDS.options("sampler")
    )
    trials, workers = _draw_numbers(context, *second[2:])
    st.caption(t(_SAMPLERS[sampler]))
    pruning = st.toggle(
        t("Pruning"),
        help=t("Ends a trial early whose accuracy is below the median of the others."),
        **_FIELDS.options("pruning"),
    )
    config = _FIELDS.config()
    if study.strip():  # the request explains an empty one
        check_study_name(study)
    check_number("workers", workers, 1, _MAX_WORKERS, integer=True)
    check_number("trials", trials, 1, MAX_TRIALS, integer=True)
    request = SweepRequest(
        config=config,
        study=study,
        sampler=sampler,
        trials=trials,
        workers=workers,
        pruning=pruning,
        grid=_parse_search_space(context, texts, config),
    )
    _check_study(context, request, studies)
    n = len(request.slots())
    st.caption(
        t(
            "{trials}, {epochs} each.",
            trials=t.plural(n, "{n} trial", "{n} trials"),
            epochs=t.plural(config.epochs, "{n} epoch", "{n} epochs"),
        )
    )
    return request


def _draw_numbers(
    context: PageContext, trials_place: DeltaGenerator, workers_place: DeltaGenerator
) -> tuple[Number, Number]:
    """Draw inputs for the numbers of trials and workers; return what they hold."""
    t = context.t
    trials = draw_number(
        t("Trials"),
        step=1,
        integer=True,
        place=trials_place,
        value=None,
        placeholder=t("the whole grid, or 20"),
        **_FIELDS.options("trials"),
    )
    workers = draw_number(
        t("Workers"),
        step=1,
        integer=True,
        place=workers_place,
        help=t(
            "Processes that train at the same time; they share the cores, and spread over the "
            "free GPUs."
        ),
        **_FIELDS.options("workers"),
    )
    return trials, workers


def _draw_search_space(context: PageContext) -> dict[str, str]:
    """Draw a text input for the values of every selected field; return the texts."""
    t = context.t
    names = st.multiselect(
        t("Search space"),
        SEARCHABLE_FIELDS,
        format_func=lambda name: field_label(name, t),
        placeholder=t("Select at least one setting."),
        **_FIELDS.options("fields"),
    )
    texts = {}
    for name, column in in_columns(names):
        st.session_state.setdefault(_FIELDS.key(f"values-{name}"), _default_values(name))
        texts[name] = column.text_input(
            field_label(name, t),
            help=f"{t('Values, separated by commas.')} `{name}`: "
            f"{error_text(FIELDS[name].allowed, t)}",
            max_chars=500,
            **_FIELDS.options(f"values-{name}"),
        )
    return texts


def _parse_search_space(
    context: PageContext, texts: Mapping[str, str], config: TrainConfig
) -> Grid:
    if not texts:
        raise MnistCoreError(context.t("Select at least one setting."))
    grid = {name: parse_values(name, text, config) for name, text in texts.items()}
    for name, values in grid.items():
        for value in values:
            check_weights(context, name, value)
    return grid


def _study_settings(context: PageContext) -> StudySettings:
    """Return every study's settings, also of those that a job has not created yet.

    Raises MnistCoreError if the database cannot be read.
    """
    requested = {
        request.study: request.study_settings()
        for _, request in list_requests(context, "sweep")
        if isinstance(request, SweepRequest)
    }
    return requested | read_studies(context.root)


def _check_study(context: PageContext, request: SweepRequest, studies: StudySettings) -> None:
    """Raise MnistCoreError if the study of that name has other settings."""
    settings = studies.get(request.study)
    if not settings:
        return
    if changed := request.differences(settings):
        message = context.t(
            "The study {name} has other settings; give this sweep another study name.",
            name=request.study,
        )
        raise MnistCoreError(f"{message} ({error_text(joined(changed), context.t)})")
    st.caption(context.t("This continues the study of that name."))


def _fill(studies: StudySettings) -> None:
    names = (f"sweep-{number}" if number > 1 else "sweep" for number in count(1))
    _FIELDS.fill(
        "standard",
        fields=list(DEFAULT_GRID),
        study=next(name for name in names if name not in studies),
        sampler="tpe",
        trials=None,
        workers=min(_MAX_WORKERS, len(auto_devices())),
        pruning=True,
    )


def _default_values(name: str) -> str:
    values = DEFAULT_GRID.get(name) or FIELDS[name].choices or (getattr(BASE_CONFIG, name),)
    return format_values(values)
