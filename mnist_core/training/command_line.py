"""A configuration as the flags of `python -m mnist_core train`."""

import shlex

from mnist_core.training.config import TrainConfig
from mnist_core.training.fields import NONE


def train_command(config: TrainConfig) -> str:
    """Return the shell command that trains a configuration."""
    return shlex.join(["python", "-m", "mnist_core", "train", *config_flags(config)])


def config_flags(config: TrainConfig) -> list[str]:
    """Return the flags that make a configuration: one for each value that is not the default."""
    flags: list[str] = []
    for name, (value, _) in config.differences(TrainConfig()).items():
        flag = flag_name(name)
        if isinstance(value, bool):
            flags.append(flag if value else flag.replace("--", "--no-", 1))
        elif isinstance(value, tuple):
            flags += [flag, *(value or (NONE,))]
        elif isinstance(value, str) and value.startswith("-"):
            flags.append(f"{flag}={value}")
        else:
            flags += [flag, NONE if value is None else f"{value}"]
    return flags


def flag_name(field: str) -> str:
    """Return a field's flag: `--batch-size` for `batch_size`."""
    return "--" + field.replace("_", "-")
