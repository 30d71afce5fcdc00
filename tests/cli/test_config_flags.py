from __future__ import annotations

import argparse
import shlex

import pytest
from hypothesis import given
from support.configs import configs

from mnist_core import MnistCoreError
from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.training.command_line import config_flags, train_command
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import GROUPS, Kind
from mnist_core.training.presets import PRESETS


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(exit_on_error=False)
    add_config_flags(made)
    return made


def parse(*words: str) -> TrainConfig:
    return config_from_flags(parser().parse_args(list(words)))


@given(configs)
def test_flags_round_trip(config: TrainConfig) -> None:
    assert parse(*config_flags(config)) == config


@given(configs)
def test_the_command_line_round_trips(config: TrainConfig) -> None:
    words = shlex.split(train_command(config))
    assert words[:4] == ["python", "-m", "mnist_core", "train"]
    assert parse(*words[4:]) == config


def test_only_values_other_than_the_default_get_a_flag() -> None:
    assert config_flags(TrainConfig()) == []
    assert config_flags(TrainConfig(epochs=3, channels_last=False)) == [
        "--epochs",
        "3",
        "--no-channels-last",
    ]


def test_help_explains_every_field(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    text = parser().format_help()
    for group in GROUPS:
        assert f"\n{group}:\n" in text
    assert "--preset PRESET" in text
    shown = " ".join(text.split())
    for name, field in FIELDS.items():
        assert f" --{name.replace('_', '-')}" in shown
        default = "none" if field.default in (None, ()) else field.default
        start = shown.index(field.help)
        entry = shown[start : shown.index(f"(default: {default})", start)]
        assert field.kind is Kind.BOOLEAN or str(field.allowed) in entry
        assert field.none_means in entry
        assert field.requirement is None or f"needs {field.requirement.text}" in entry


def test_help_shows_the_defaults_of_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    other = argparse.ArgumentParser()
    add_config_flags(other, TrainConfig(epochs=7))
    shown = " ".join(other.format_help().split())
    assert "number of epochs; an integer at least 1 and at most 10000 (default: 7)" in shown


@pytest.mark.parametrize("name", PRESETS)
def test_flags_change_a_preset(name: str) -> None:
    assert parse("--preset", name) == PRESETS[name]
    changed = parse("--epochs", "3", "--preset", name, "--no-compile")
    assert changed == PRESETS[name].with_changes(epochs=3, compile=False)


def test_flags_change_what_a_command_starts_from() -> None:
    base = TrainConfig(teacher="default", epochs=3)
    args = parser().parse_args(["--batch-size", "64"])
    assert config_from_flags(args, base) == base.with_changes(batch_size=64)
    assert config_from_flags(parser().parse_args([]), base) == base


def test_none_resets_a_choice() -> None:
    chosen = TrainConfig(
        kernel_size=5,
        dropout=0.3,
        init_weights="default",
        head_learning_rate=0.1,
        training_size=500,
        teacher="default",
    )
    words = [
        word
        for name, field in FIELDS.items()
        if field.optional
        for word in (f"--{name.replace('_', '-')}", "none")
    ]
    assert config_from_flags(parser().parse_args(words), chosen) == TrainConfig()


def test_layers_to_freeze_follow_one_flag() -> None:
    start = ("--init-weights", "default")
    assert parse(*start, "--freeze", "conv1", "head.0").freeze == ("conv1", "head.0")
    assert parse(*start, "--freeze").freeze == ()


def test_the_help_s_default_of_freeze_can_be_given() -> None:
    assert parse("--freeze", "none") == TrainConfig()


def test_amp_is_bf16_and_the_last_flag_counts() -> None:
    assert parse("--amp") == TrainConfig(precision="bf16")
    assert parse("--amp", "--precision", "fp16").precision == "fp16"


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (["--preset", "best"], "unknown preset 'best'; choose from article"),
        (["--epochs", "none"], "epochs is 'none'; it must be an integer"),
        (["--learning-rate", "0,01"], "learning_rate is '0,01'; it must be a number"),
        (["--learning-rate", "nan"], "learning_rate is 'nan'"),
        (["--kernel-size", "7"], "kernel_size is '7'; it must be one of 3, 5, or none"),
        (["--kernel-size", "five"], "kernel_size is 'five'; it must be one of 3, 5, or none"),
        (["--kernel-size", "³"], "kernel_size is '³'; it must be one of 3, 5, or none"),
        (["--seed", "9" * 30], "seed is '9"),
    ],
)
def test_values_that_are_not_allowed_are_named(flags: list[str], message: str) -> None:
    with pytest.raises(MnistCoreError) as caught:
        parse(*flags)
    assert message in str(caught.value)


def test_a_name_that_begins_with_a_dash_is_kept() -> None:
    config = TrainConfig(init_weights="-best.safetensors")
    assert parse(*config_flags(config)) == config
