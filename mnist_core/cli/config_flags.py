"""`TrainConfig` as command-line flags, and back."""

from __future__ import annotations

import argparse
import shlex
from typing import Any

from mnist_core.training.config import GROUPS, TrainConfig, field_allows, field_group
from mnist_core.training.presets import PRESETS, preset

_NONE = "none"


def add_config_flags(parser: argparse.ArgumentParser, base: TrainConfig | None = None) -> None:
    """Add a flag for every field of `TrainConfig`, in its groups, and `--preset`.

    `base` gives the defaults that the help shows.
    """
    base = base or TrainConfig()
    parser.add_argument(
        "--preset",
        help=f"settings to start from, flags change them: {', '.join(PRESETS)}",
    )
    groups = {name: parser.add_argument_group(name) for name in GROUPS}
    for name, field in TrainConfig.model_fields.items():
        options: dict[str, Any] = {"default": argparse.SUPPRESS, "dest": name}
        if field.annotation is bool:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = name.upper()
        if name == "freeze":
            options["nargs"] = "*"
        default = getattr(base, name)
        default = _NONE if default in (None, ()) else default
        allows = "" if field.annotation is bool else f"; {field_allows(name)}"
        allows += f" (default: {default})"
        options["help"] = f"{field.description}{allows}".replace("%", "%%")
        groups[field_group(name)].add_argument(_flag(name), **options)
    groups["advanced"].add_argument(
        "--amp",
        action="store_const",
        const="bf16",
        dest="precision",
        default=argparse.SUPPRESS,
        help="the same as --precision bf16",
    )


def config_from_flags(args: argparse.Namespace, base: TrainConfig | None = None) -> TrainConfig:
    """Build the configuration: flags over the preset (or `base`) over the defaults.

    Raises
    ------
    MnistCoreError
        If a value cannot be used.
    """
    start = preset(args.preset) if args.preset else base or TrainConfig()
    given = {name: value for name, value in vars(args).items() if name in TrainConfig.model_fields}
    return start.with_changes(**{name: _parse(name, value) for name, value in given.items()})


def flags_of(config: TrainConfig, *, complete: bool = False) -> list[str]:
    """Return the flags that make this configuration: one for every value that is no default.

    With `complete`, one for every field: they make it whatever a command's defaults are.
    """
    words: list[str] = []
    names = TrainConfig.model_fields if complete else config.differences(TrainConfig())
    for name in names:
        value = getattr(config, name)
        if isinstance(value, bool):
            words.append(_flag(name) if value else _flag(name).replace("--", "--no-", 1))
        elif isinstance(value, tuple):
            words += [_flag(name), *(value or (_NONE,))]
        elif isinstance(value, str) and value.startswith("-"):
            words.append(f"{_flag(name)}={value}")
        else:
            words += [_flag(name), _NONE if value is None else f"{value}"]
    return words


def command_line(config: TrainConfig) -> str:
    """Return the command that trains this configuration."""
    return shlex.join(["python", "-m", "mnist_core", "train", *flags_of(config)])


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _parse(name: str, value: Any) -> Any:
    optional = TrainConfig.model_fields[name].default is None
    if optional and value == _NONE:
        return None
    if name == "freeze" and value == [_NONE]:
        return ()
    # pydantic takes a number from text, but not one of a Literal's numbers
    return int(value) if name == "kernel_size" and str(value).isdecimal() else value
