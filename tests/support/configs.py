"""Strategies of valid configurations, made from the fields' own choices and bounds."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from mnist_core.models.architectures import DROPOUT_ARCHITECTURES
from mnist_core.training.config import TrainConfig, field_bounds, field_choices

FIELDS = TrainConfig.model_fields
_NAMES = st.sampled_from(["default", "a folder/w.safetensors", "it's 20%.safetensors", "运行"])


def values(name: str) -> st.SearchStrategy[Any]:
    """Return values that a field takes, whatever the others are; None where it may be none."""
    if name in ("init_weights", "teacher"):
        inside: st.SearchStrategy[Any] = _NAMES
    elif name == "freeze":
        inside = st.lists(st.sampled_from(["conv1", "trunk", "head.0"]), unique=True).map(tuple)
    elif name == "device":
        inside = st.sampled_from(["auto", "cpu", "cuda", "cuda:1"])
    elif field_choices(name):
        inside = st.sampled_from(field_choices(name))
    elif FIELDS[name].annotation is bool:
        inside = st.booleans()
    else:
        inside = _numbers(name)
    return st.none() | inside if FIELDS[name].default is None else inside


def _numbers(name: str) -> st.SearchStrategy[Any]:
    bounds = field_bounds(name)
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if "int" in str(FIELDS[name].annotation):
        return st.integers(low, high)
    return st.floats(low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds)


def _fit_together(fields: dict[str, Any]) -> TrainConfig:
    """Mend what no two fields may be at once."""
    if fields["optimizer"] != "sgd" or fields["momentum"] == 0:
        fields["nesterov"] = False
    if fields["model"] not in DROPOUT_ARCHITECTURES:
        fields["dropout"] = None
    if fields["init_weights"] is None:
        fields["freeze"] = ()
    if fields["training_size"] is not None:
        fields["training_size"] = min(fields["training_size"], 60_000 - fields["validation_size"])
    return TrainConfig(**fields)


configs = st.fixed_dictionaries({name: values(name) for name in FIELDS}).map(_fit_together)
