"""Strategies of valid configurations, made from the fields' own choices and bounds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mnist_core.data.sizes import TRAINING_SET_SIZE
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import ConfigField, Kind

_KINDS: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.BOOLEAN: st.booleans(),
    Kind.WEIGHTS: st.sampled_from(
        ["default", "a folder/w.safetensors", "it's 20%.safetensors", "运行"]
    ),
    Kind.LAYERS: st.lists(st.sampled_from(["conv1", "trunk", "head.0"]), unique=True).map(tuple),
    Kind.DEVICE: st.sampled_from(["auto", "cpu", "cuda", "cuda:1"]),
}


def values(field: ConfigField) -> st.SearchStrategy[Any]:
    """Return values that a field allows, whatever the others are; also None where it is allowed."""
    bounds = field.bounds
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if field.kind is Kind.CHOICE:
        inside = st.sampled_from(field.choices)
    elif field.kind is Kind.INTEGER:
        inside = st.integers(low, high)
    elif field.kind is Kind.FLOAT:
        inside = st.floats(low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds)
    else:
        inside = _KINDS[field.kind]
    return st.none() | inside if field.optional else inside


def _combine(values: dict[str, Any]) -> TrainConfig:
    """Replace values that cannot be combined with the others."""
    for field in FIELDS.values():
        if field.refusal(values):
            values[field.name] = field.default
    if values["training_size"] is not None:
        remaining = TRAINING_SET_SIZE - values["validation_size"]
        values["training_size"] = min(values["training_size"], remaining)
    return TrainConfig(**values)


configs = st.fixed_dictionaries({name: values(field) for name, field in FIELDS.items()}).map(
    _combine
)
