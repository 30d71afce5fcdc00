"""The search space of a sweep: the configuration fields that are tried, and their values."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mnist_core.errors import MnistCoreError
from mnist_core.training.config import TrainConfig

Value: TypeAlias = bool | int | float | str | None
Grid: TypeAlias = Mapping[str, tuple[Value, ...]]
"""Values to try, by field of `TrainConfig`."""

BASE_CONFIG = TrainConfig(model="mnist_cnn_fixed", epochs=5, augment="none", ema_decay=0.0)
"""What the trials of a sweep have in common by default."""
DEFAULT_GRID: Grid = {
    "learning_rate": (1e-4, 1e-3, 1e-2, 1e-1),
    "batch_size": (32, 64, 128, 256),
    "kernel_size": (3, 5),
    "dropout": (0.3, 0.4, 0.5),
}
"""The tutorial article's table; TPE samples learning rate and dropout between the extremes."""
SEARCHABLE_FIELDS = tuple(
    name for name in TrainConfig.model_fields if name not in ("freeze", "device")
)


def parse_grid(assignments: Sequence[str], base: TrainConfig) -> Grid:
    """Parse "batch_size=64,128" and the like.

    Raises
    ------
    MnistCoreError
        If a field cannot be searched over, or a value is not one of the field's.
    """
    grid = {}
    for assignment in assignments:
        name, sign, values = assignment.partition("=")
        if not sign or name not in SEARCHABLE_FIELDS:
            raise MnistCoreError(
                f"--grid has {assignment!r}; give FIELD=VALUE,VALUE with a field of train, "
                "other than freeze and device"
            )
        grid[name] = parse_values(name, values, base)
    return grid


def parse_values(name: str, text: str, base: TrainConfig) -> tuple[Value, ...]:
    """Parse comma-separated values of a field, each once, in their order.

    Raises
    ------
    MnistCoreError
        If a value is not one of the field's.
    """
    texts = [part.strip() for part in text.replace("，", ",").split(",")]
    return check_values(name, [_parse_value(name, part) for part in texts if part], base)


def check_values(name: str, values: Sequence[Value], base: TrainConfig) -> tuple[Value, ...]:
    """Return values as the field's own type, each once. Raises MnistCoreError as above."""
    checked = (getattr(base.with_changes(**{name: value}), name) for value in values)
    return tuple(dict.fromkeys(checked))


def format_values(values: Sequence[Value]) -> str:
    """Return values as `parse_values` reads them."""
    return ", ".join("none" if value is None else str(value).lower() for value in values)


def _parse_value(name: str, text: str) -> Value:
    if text == "none" and TrainConfig.model_fields[name].default is None:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, str | list | dict) else value
