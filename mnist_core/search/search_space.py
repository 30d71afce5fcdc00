"""The search space of a sweep: the configuration fields that are tried, and their values."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from mnist_core.errors import MnistCoreError
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import NONE, Kind

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
    name for name, field in FIELDS.items() if field.kind not in (Kind.LAYERS, Kind.DEVICE)
)


def parse_grid(assignments: Sequence[str], base: TrainConfig) -> Grid:
    """Parse "batch_size=64,128" and the like.

    Raises MnistCoreError if a field cannot be searched over, or a value is not one of the
    field's.
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

    Raises MnistCoreError if a value is not one of the field's.
    """
    parts = filter(None, map(str.strip, text.replace("，", ",").split(",")))
    values = (base.with_changes(**{name: FIELDS[name].parse(part)}) for part in parts)
    return tuple(dict.fromkeys(getattr(value, name) for value in values))


def format_values(values: Sequence[Value]) -> str:
    """Return values as `parse_values` reads them."""
    return ", ".join(NONE if value is None else str(value).lower() for value in values)
