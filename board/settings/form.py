"""The form of a training run: a widget for each field of `TrainConfig`, made from `FIELDS`."""

import math
from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board.language import error_text
from board.page_context import PageContext
from board.runs.run_choice import without_archived
from board.runs.run_index import read_rows
from board.settings.advice import ADVICE
from board.settings.number_fields import as_number, check_exact, draw_number
from board.settings.texts import field_label
from board.translation import Translator
from board.widgets.common import capitalized, errors_shown, in_columns
from board.widgets.markdown import escape_markdown
from mnist_core.errors import ExplainedError, Message
from mnist_core.models.architectures import build_model
from mnist_core.models.registry import available_models
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import GROUPS, ConfigField, Kind
from mnist_core.utils.devices import Gpu, list_gpus

_COLUMNS = 3
_FIRST = ("epochs", "batch_size")
"""Fields that every run sets: above the groups."""
_FIRST_WIDTH = 150
"""Pixels."""


def fill_form(config: TrainConfig) -> None:
    """Put a configuration's values into the form. Call it before the form is drawn."""
    for name, value in config:
        st.session_state[_key(name)] = list(value) if isinstance(value, tuple) else value
        st.session_state.pop(_kept(_key(name)), None)


def draw_form(
    context: PageContext, first: DeltaGenerator, problems: DeltaGenerator
) -> TrainConfig | None:
    """Draw the form, a tab for each group; return what it shows.

    None, with the reason in `problems`, if a value is out of range or values cannot be combined.
    Fields that every run sets are drawn in `first`, a row.
    """
    t = context.t
    if _key("model") not in st.session_state:
        fill_form(TrainConfig())
    values: dict[str, Any] = {}
    current = {name: st.session_state[_key(name)] for name in FIELDS}

    for name in _FIRST:
        with first.container(width=_FIRST_WIDTH):
            values[name] = draw_field(FIELDS[name], context, _key(name), current)
    tabs = st.tabs([t(group.capitalize()) for group in GROUPS])
    for group, tab in zip(GROUPS, tabs, strict=True):
        fields = [
            field for field in FIELDS.values() if field.group == group and field.name not in _FIRST
        ]
        with tab:
            for field, column in in_columns(fields, _COLUMNS):
                with column:
                    values[field.name] = draw_field(field, context, _key(field.name), current)
    with problems, errors_shown():
        config = form_config(values)
        for name, value in config:
            check_weights(context, name, value)
        return config
    return None


def form_config(values: Mapping[str, Any], base: TrainConfig | None = None) -> TrainConfig:
    """Return a configuration with the values of a form; the others are those of `base`.

    Raises MnistCoreError if a value is out of range, or values cannot be combined.
    """
    config = TrainConfig(**{**dict(base or {}), **values})
    for name, value in values.items():
        check_exact(name, value)
    return config


def check_weights(context: PageContext, name: str, value: object) -> None:
    """Raise MnistCoreError if a field of weights has none of those that the form offers.

    So a page cannot make this machine read any file.
    """
    field = FIELDS[name]
    if field.kind is not Kind.WEIGHTS or value is None:
        return
    if value not in _choices(field, context, value):
        raise ExplainedError(
            Message(
                "{field} is {value}; choose a model or a run that has weights (a file can be given "
                "on the command line only)",
                field=name,
                value=repr(value),
            )
        )


def field_value(field: ConfigField, key: str) -> Any:
    """Return what a field's widget holds, in the type that `TrainConfig` expects."""
    value = st.session_state[key]
    if field.kind in (Kind.INTEGER, Kind.FLOAT):
        return as_number(value, integer=field.kind is Kind.INTEGER)
    return tuple(value) if field.kind is Kind.LAYERS else value


def device_label(device: str, t: Translator) -> str:
    """Return a device's name, unique and independent of its usage.

    Streamlit identifies the entries of a list by their labels.
    """
    if device == "auto":
        return t("automatic")
    labels = {gpu.device: gpu.label for gpu in list_gpus()}
    return labels.get(device, "CPU" if device == "cpu" else device)


def device_usage(gpu: Gpu, t: Translator) -> str:
    """Return a GPU's current memory use and load."""
    used = "?" if gpu.memory_used is None else f"{gpu.memory_used / 2**30:.1f}"
    load = "" if gpu.load is None else t(", load {load}", load=f"{gpu.load:.0%}")
    return f"{gpu.device}: {used} / {gpu.memory_total / 2**30:.0f} GiB{load}"


def draw_field(
    field: ConfigField, context: PageContext, key: str, current: Mapping[str, Any]
) -> Any:
    """Draw the widget of a field; return its value. It depends on the current values of others."""
    t = context.t
    has_effect = field.has_effect(current)
    _show_default_without_effect(field, key, current, has_effect=has_effect)
    common: dict[str, Any] = {
        "label": field_label(field.name, t),
        "help": _help(field, t),
        "key": key,
        "disabled": not has_effect,
        "persist_state": "session",
    }
    if field.kind is Kind.BOOLEAN:
        st.space("small")  # in line with the labelled boxes next to it
        return st.toggle(**common)
    if field.kind in (Kind.INTEGER, Kind.FLOAT):
        return _draw_number(field, common, t)
    if field.kind is Kind.LAYERS:
        layers = ["trunk", *build_model(current["model"]).stages, *current[field.name]]
        return tuple(
            st.multiselect(
                options=list(dict.fromkeys(layers)),
                accept_new_options=True,
                placeholder=t("names of layers"),
                **common,
            )
        )
    value = current[field.name]
    choices = _choices(field, context, value)
    selected = st.selectbox(
        options=choices if value in (None, *choices) else [*choices, value],
        format_func=lambda choice: (
            device_label(choice, t) if field.name == "device" else str(choice)
        ),
        placeholder=t(field.none_means),
        index=None if field.optional else 0,
        **common,
    )
    if field.kind is Kind.DEVICE:
        usage = [escape_markdown(device_usage(gpu, t)) for gpu in list_gpus()]
        if usage:
            st.caption("  \n".join(usage))
    return selected


def _show_default_without_effect(
    field: ConfigField, key: str, current: Mapping[str, Any], *, has_effect: bool
) -> None:
    """Show the default of a disabled field whose value would be refused, and use that.

    Its value comes back when the field has an effect again.
    """
    kept = _kept(key)
    if has_effect and kept in st.session_state:
        st.session_state[key] = st.session_state.pop(kept)
    elif not has_effect and (
        field.refusal(current) or not field.in_bounds(field_value(field, key))
    ):
        st.session_state[kept] = st.session_state[key]
        default = field.default
        st.session_state[key] = list(default) if isinstance(default, tuple) else default


def _draw_number(field: ConfigField, common: dict[str, Any], t: Translator) -> Any:
    integer = field.kind is Kind.INTEGER
    if field.optional:
        common |= {"value": None, "placeholder": t(field.none_means)}
    step = 1 if integer else _step(field.default)
    return draw_number(step=step, integer=integer, **common)


def _choices(field: ConfigField, context: PageContext, selected: Any) -> list[Any]:
    if field.kind is Kind.DEVICE:
        return ["auto", "cpu", *(gpu.device for gpu in list_gpus())]
    if field.kind is Kind.WEIGHTS:
        listed = without_archived(read_rows(context.root), [selected])
        trained = [one.run.id for one in listed if one.run.weights_path.is_file()]
        return [*available_models(), *trained]
    return list(field.choices)


def _help(field: ConfigField, t: Translator) -> str:
    parts = [f"{capitalized(t(field.help))}."]
    if field.name in ADVICE:
        parts.append(t(ADVICE[field.name]))
    if field.kind is Kind.WEIGHTS:
        parts.append(t("A file can be given on the command line only."))
    if field.requirement is not None:
        parts.append(t("Needs {settings}.", settings=t(field.requirement.text)))
    parts.append(f"`{field.name}`: {error_text(field.allowed, t)}")
    return "\n\n".join(parts)


def _step(default: float | None) -> float:
    return 10.0 ** math.floor(math.log10(default)) if default else 0.01


def _key(name: str) -> str:
    return f"form-{name}"


def _kept(key: str) -> str:
    """Return under which key a disabled field's value is kept."""
    return f"{key}-kept"
