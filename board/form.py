"""The form of a run: a widget for every field of `TrainConfig`, made from the field itself."""

from __future__ import annotations

import math
import re
import typing
from typing import Any

import streamlit as st

from board.advice import ADVICE
from board.page_context import PageContext
from board.translation import Translator
from mnist_core.models.architectures import DROPOUT_ARCHITECTURES, build_model
from mnist_core.models.registry import available_models
from mnist_core.runs.run import list_runs
from mnist_core.training.config import (
    GROUPS,
    TrainConfig,
    field_allows,
    field_bounds,
    field_choices,
    field_group,
)
from mnist_core.utils.devices import list_gpus

_COLUMNS = 3
_SHORT = ("LR", "EMA")
_WEIGHTS = ("init_weights", "teacher")
_DEFAULTS = TrainConfig()
_LEFT_OUT = {
    "dropout": "the model's own",
    "head_learning_rate": "the same",
    "training_size": "all that are left",
}


def fill_form(config: TrainConfig) -> None:
    """Put a configuration's values into the form. Call it before the form is drawn."""
    for name, value in config.model_dump().items():
        st.session_state[_key(name)] = list(value) if isinstance(value, tuple) else value


def draw_form(context: PageContext) -> dict[str, Any]:
    """Draw the form, a tab for each group of fields; return the values by field."""
    if _key("model") not in st.session_state:
        fill_form(_DEFAULTS)
    values: dict[str, Any] = {}
    for group, tab in zip(
        GROUPS, st.tabs([context.t(g.capitalize()) for g in GROUPS]), strict=True
    ):
        with tab:
            names = [name for name in TrainConfig.model_fields if field_group(name) == group]
            for start in range(0, len(names), _COLUMNS):
                row = names[start : start + _COLUMNS]
                for name, column in zip(row, st.columns(_COLUMNS), strict=False):
                    with column:
                        values[name] = _draw_field(name, context)
    return {name: _usable(name, value) for name, value in values.items()}


def field_label(name: str, t: Translator) -> str:
    """Return what a person calls a field."""
    words = name.replace("_", " ")
    for short in _SHORT:
        words = re.sub(rf"\b{short.lower()}\b", short, words)
    return t(words[0].upper() + words[1:])


def device_label(device: str, t: Translator) -> str:
    """Return a device with its name; of a GPU also memory and load, as they are now."""
    if device == "auto":
        return t("automatic")
    for gpu in list_gpus():
        if gpu.device == device:
            used = "?" if gpu.memory_used is None else f"{gpu.memory_used / 2**30:.1f}"
            load = "" if gpu.load is None else t(", load {load}", load=f"{gpu.load:.0%}")
            return f"{gpu.name} ({used} / {gpu.memory_total / 2**30:.0f} GiB{load})"
    return "CPU" if device == "cpu" else device


def _draw_field(name: str, context: PageContext) -> Any:
    t, key = context.t, _key(name)
    field = TrainConfig.model_fields[name]
    common: dict[str, Any] = {
        "label": field_label(name, t),
        "help": _help(name, t),
        "key": key,
        "disabled": not _matters(name),
        "persist_state": "session",
    }
    if field.annotation is bool:
        st.space("small")  # in line with the labelled boxes beside it
        return st.toggle(**common)
    if name == "freeze":
        parts = ["trunk", *build_model(st.session_state[_key("model")]).stages]
        options = list(dict.fromkeys([*parts, *st.session_state[key]]))
        return tuple(
            st.multiselect(
                options=options,
                accept_new_options=True,
                placeholder=t("names of parts"),
                **common,
            )
        )
    if choices := _choices(name, context):
        current = st.session_state[key]
        options = list(choices) if current in (None, *choices) else [*choices, current]
        return st.selectbox(
            options=options,
            format_func=lambda value: device_label(value, t) if name == "device" else str(value),
            placeholder=t("none") if name in _WEIGHTS else t("the model's own"),
            index=None if TrainConfig.model_fields[name].default is None else 0,
            **common,
        )
    return _draw_number(name, common, t)


def _draw_number(name: str, common: dict[str, Any], t: Translator) -> Any:
    kinds = typing.get_args(TrainConfig.model_fields[name].annotation)
    whole = int in kinds or TrainConfig.model_fields[name].annotation is int
    bounds = field_bounds(name)
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    kind = int if whole else float
    if name == "seed":
        high = 2**53 - 1  # a browser's numbers are exact to here
    options: dict[str, Any] = {
        "min_value": None if low is None else kind(low),
        "max_value": None if high is None else kind(high),
        "step": 1 if whole else _step(name),
        "format": "%d" if whole else "%g",
    }
    optional = TrainConfig.model_fields[name].default is None
    stored = st.session_state[common["key"]]
    st.session_state[common["key"]] = None if stored is None else kind(stored)
    if optional:
        options |= {"value": None, "placeholder": t(_LEFT_OUT.get(name, "none"))}
    return st.number_input(**common, **options)


def _choices(name: str, context: PageContext) -> tuple[Any, ...]:
    if name == "device":
        return ("auto", "cpu", *(gpu.device for gpu in list_gpus()))
    if name in _WEIGHTS:
        trained = [run.id for run in list_runs(context.root) if run.weights_path.is_file()]
        return (*available_models(), *trained)
    return field_choices(name)


def _matters(name: str) -> bool:
    """Return whether a field has any effect beside the others."""
    chosen = {n: st.session_state[_key(n)] for n in TrainConfig.model_fields}
    rules = {
        "dropout": chosen["model"] in DROPOUT_ARCHITECTURES,
        "freeze": chosen["init_weights"] is not None,
        "momentum": chosen["optimizer"] in ("sgd", "rmsprop"),
        "nesterov": chosen["optimizer"] == "sgd" and bool(chosen["momentum"]),
        "lr_step_size": chosen["lr_scheduler"] == "step",
        "lr_gamma": chosen["lr_scheduler"] in ("step", "plateau"),
        "lr_patience": chosen["lr_scheduler"] == "plateau",
        "loader_workers": chosen["loader"] == "dataloader",
        "distill_temperature": chosen["teacher"] is not None,
        "distill_alpha": chosen["teacher"] is not None,
    }
    return rules.get(name, True)


def _usable(name: str, value: Any) -> Any:
    """Return a field's value; what cannot be set beside the others is as if never set."""
    if name in ("dropout", "freeze", "nesterov") and not _matters(name):
        return getattr(_DEFAULTS, name)
    return value


def _help(name: str, t: Translator) -> str:
    words = t(TrainConfig.model_fields[name].description)
    advice = f"\n\n{t(ADVICE[name])}" if name in ADVICE else ""
    return f"{words[:1].upper()}{words[1:]}.{advice}\n\n`{name}`: {field_allows(name)}"


def _step(name: str) -> float:
    value = getattr(_DEFAULTS, name)
    return 10.0 ** math.floor(math.log10(value)) if value else 0.01


def _key(name: str) -> str:
    return f"form-{name}"
