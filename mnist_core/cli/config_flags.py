"""Command-line flags for the fields of `TrainConfig`."""

import argparse
from typing import Any

from mnist_core.training.command_line import flag_name
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import GROUPS, NONE, ConfigField, Kind
from mnist_core.training.presets import PRESETS, preset


def add_config_flags(parser: argparse.ArgumentParser, base: TrainConfig | None = None) -> None:
    """Add a flag for each field of `TrainConfig`, in its group, and `--preset`.

    `base` gives the defaults that the help shows.
    """
    base = base or TrainConfig()
    parser.add_argument(
        "--preset",
        help=f"configuration that the flags change: {', '.join(PRESETS)}",
    )
    groups = {name: parser.add_argument_group(name) for name in GROUPS}
    for name, field in FIELDS.items():
        options: dict[str, Any] = {"default": argparse.SUPPRESS, "dest": name}
        if field.kind is Kind.BOOLEAN:
            options["action"] = argparse.BooleanOptionalAction
        else:
            options["metavar"] = name.upper()
        if field.kind is Kind.LAYERS:
            options["nargs"] = "*"
        options["help"] = _help(field, getattr(base, name)).replace("%", "%%")
        groups[field.group].add_argument(flag_name(name), **options)
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
        If a value is not allowed.
    """
    start = preset(args.preset) if args.preset else base or TrainConfig()
    given = {name: value for name, value in vars(args).items() if name in FIELDS}
    return start.with_changes(**{name: _parse(FIELDS[name], v) for name, v in given.items()})


def _parse(field: ConfigField, value: Any) -> Any:
    if isinstance(value, str):
        return field.parse(value)
    return () if value == [NONE] else value


def _help(field: ConfigField, default: Any) -> str:
    parts = [field.help]
    if field.kind is not Kind.BOOLEAN:
        parts.append(str(field.allowed))
    if field.optional:
        parts.append(f"{NONE}: {field.none_means}")
    if field.requirement is not None:
        parts.append(f"needs {field.requirement.text}")
    return f"{'; '.join(parts)} (default: {NONE if default in (None, ()) else default})"
