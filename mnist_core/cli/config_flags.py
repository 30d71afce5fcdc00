"""Command-line flags for the fields of `TrainConfig`."""

from __future__ import annotations

import argparse
from typing import Any

from mnist_core.training.command_line import NONE, flag_name
from mnist_core.training.config import GROUPS, TrainConfig, field_allows, field_group
from mnist_core.training.presets import PRESETS, preset


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
        default = NONE if default in (None, ()) else default
        allows = "" if field.annotation is bool else f"; {field_allows(name)}"
        allows += f" (default: {default})"
        options["help"] = f"{field.description}{allows}".replace("%", "%%")
        groups[field_group(name)].add_argument(flag_name(name), **options)
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


def _parse(name: str, value: Any) -> Any:
    optional = TrainConfig.model_fields[name].default is None
    if optional and value == NONE:
        return None
    if name == "freeze" and value == [NONE]:
        return ()
    # pydantic takes a number from text, but not one of a Literal's numbers
    return int(value) if name == "kernel_size" and str(value).isdecimal() else value
