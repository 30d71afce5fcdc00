from __future__ import annotations

import inspect
import json
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from support.configs import configs

from mnist_core import MnistCoreError
from mnist_core.models.architectures import ARCHITECTURES
from mnist_core.models.options import DROPOUT_ARCHITECTURES, Architecture
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import GROUPS, ConfigField, Kind
from mnist_core.training.presets import PRESETS, preset
from mnist_core.utils.json_files import DamagedFileError, MissingFileError, read_json, write_json

NUMBERS = [field for field in FIELDS.values() if field.bounds]
CHOICES = [field for field in FIELDS.values() if field.kind is Kind.CHOICE]
BY_NAME: dict[str, Any] = {"ids": lambda field: field.name}


def out_of_bounds(field: ConfigField) -> list[float]:
    beyond = {
        "ge": lambda limit: limit - 1,
        "gt": lambda limit: limit,
        "le": lambda limit: limit + 1,
        "lt": lambda limit: limit,
    }
    return [beyond[bound](limit) for bound, limit in field.bounds.items()] + [float("nan")]


# --- the class ---------------------------------------------------------------------------------


def test_the_signature_lists_every_field_with_its_type() -> None:
    parameters = inspect.signature(TrainConfig).parameters
    assert list(parameters) == list(TrainConfig.model_fields)
    assert all(p.annotation is not inspect.Parameter.empty for p in parameters.values())


def test_choices_are_those_of_the_architectures() -> None:
    assert typing.get_args(Architecture) == tuple(ARCHITECTURES)


def test_a_configuration_cannot_be_changed_in_place() -> None:
    config = TrainConfig()
    with pytest.raises(ValueError, match="frozen"):
        config.epochs = 3  # type: ignore[misc]
    assert config.with_changes(epochs=3).differences(config) == {"epochs": (3, 20)}
    with pytest.raises(MnistCoreError, match="epochs"):
        config.with_changes(epochs=0)


@given(configs)
def test_json_round_trip(config: TrainConfig) -> None:
    assert TrainConfig(**json.loads(config.model_dump_json())) == config


@given(configs, configs)
def test_differences_are_all_that_differs(one: TrainConfig, other: TrainConfig) -> None:
    differences = one.differences(other)
    assert one.differences(one) == {}
    assert one.with_changes(**{name: value for name, (_, value) in differences.items()}) == other
    assert all(getattr(one, name) == mine != theirs for name, (mine, theirs) in differences.items())


# --- the descriptions of the fields ------------------------------------------------------------


def test_every_field_is_described() -> None:
    assert list(FIELDS) == list(TrainConfig.model_fields)
    for name, field in FIELDS.items():
        assert field.help
        assert field.group in GROUPS
        assert bool(field.none_means) == field.optional
        assert field.default == TrainConfig.model_fields[name].default
        assert (field.kind in (Kind.INTEGER, Kind.FLOAT)) == bool(field.bounds)


@pytest.mark.parametrize(
    ("changes", "without_effect"),
    [
        ({"model": "mnist_cnn"}, {"dropout"}),
        ({"optimizer": "sgd"}, set()),
        ({"optimizer": "sgd", "momentum": 0.0}, {"nesterov"}),
        ({"optimizer": "rmsprop"}, {"nesterov"}),
        ({"lr_scheduler": "step"}, {"lr_patience"}),
        ({"lr_scheduler": "plateau"}, {"lr_step_size"}),
        ({"lr_scheduler": "cosine"}, {"lr_step_size", "lr_gamma", "lr_patience"}),
        ({"loader": "device"}, {"loader_workers"}),
        ({"teacher": None}, {"distill_temperature", "distill_alpha"}),
        ({"init_weights": None}, {"freeze"}),
        ({"allographs": 0.0}, {"drawings"}),
    ],
)
def test_fields_without_effect(changes: dict[str, Any], without_effect: set[str]) -> None:
    everything = {
        "optimizer": "sgd",
        "momentum": 0.9,
        "lr_scheduler": "plateau",
        "loader": "dataloader",
        "teacher": "default",
        "init_weights": "default",
        "allographs": 0.5,
    }
    without_effect = without_effect | {"cuda_graph"}  # which needs adam or adamw
    without_effect = without_effect | ({"lr_step_size"} if "lr_scheduler" not in changes else set())
    values = {**dict(TrainConfig()), **everything, **changes}
    assert {n for n, field in FIELDS.items() if not field.has_effect(values)} == without_effect


# --- values that are refused -------------------------------------------------------------------


@pytest.mark.parametrize("field", NUMBERS, **BY_NAME)
def test_a_number_out_of_its_bounds_is_named(field: ConfigField) -> None:
    for value in out_of_bounds(field):
        with pytest.raises(MnistCoreError) as caught:
            TrainConfig(**{field.name: value})
        message = str(caught.value)
        assert message.startswith(f"{field.name} is {value!r}; it must be")
        assert all(f"{limit:g}" in message for limit in field.bounds.values())


@pytest.mark.parametrize("field", CHOICES, **BY_NAME)
def test_a_wrong_choice_lists_the_right_ones(field: ConfigField) -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(**{field.name: "other"})
    assert f"{field.name} is 'other'" in str(caught.value)
    assert all(str(choice) in str(caught.value) for choice in field.choices)


@pytest.mark.parametrize("field", FIELDS.values(), **BY_NAME)
def test_a_value_of_the_wrong_type_is_named(field: ConfigField) -> None:
    for value in ({"a": 1}, [3], b"\xff"):
        with pytest.raises(MnistCoreError, match=rf"^{field.name} is .*it must be \w+"):
            TrainConfig(**{field.name: value})


@pytest.mark.parametrize("value", ["many", 3.5, None, float("inf"), 10**30])
def test_a_value_that_is_no_integer(value: object) -> None:
    with pytest.raises(MnistCoreError, match=r"epochs is .*an integer"):
        TrainConfig(epochs=value)


@pytest.mark.parametrize("field", FIELDS.values(), **BY_NAME)
def test_only_optional_fields_may_be_none(field: ConfigField) -> None:
    if field.optional:
        assert getattr(TrainConfig(**{field.name: None}), field.name) is None
    else:
        with pytest.raises(MnistCoreError, match=f"^{field.name} is None"):
            TrainConfig(**{field.name: None})


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(epochs=0, optimizer="lion", learning_rat=1)
    for part in ("epochs is 0", "optimizer is 'lion'", "did you mean learning_rate"):
        assert part in str(caught.value)


def test_unknown_settings_get_a_hint() -> None:
    with pytest.raises(MnistCoreError, match="no setting learnin_rate; did you mean learning_rate"):
        TrainConfig(learnin_rate=1)
    with pytest.raises(MnistCoreError, match="no setting zzz"):
        TrainConfig(zzz=1)


def test_control_characters_and_long_values_stay_out_of_messages() -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(**{"\x1b[31m": 1, "model": "x" * 10_000})
    assert str(caught.value).isprintable()
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"nesterov": True}, "optimizer sgd"),
        ({"nesterov": True, "optimizer": "sgd", "momentum": 0}, "momentum above 0"),
        ({"freeze": ["conv1"]}, "needs init_weights"),
        ({"validation_size": 20_000, "training_size": 50_000}, "60000 training images in all"),
        ({"model": "mnist_cnn", "dropout": 0.3}, DROPOUT_ARCHITECTURES[0]),
        ({"device": "tpu"}, "auto, cpu, cuda"),
    ],
)
def test_settings_that_cannot_be_combined(values: dict[str, Any], message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        TrainConfig(**values)


# --- files and presets -------------------------------------------------------------------------


def test_a_file_round_trip(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    config = preset("article").with_changes(seed=5, freeze=("conv1",), init_weights="default")
    write_json(path, config)
    assert read_json(path, TrainConfig) == config
    with pytest.raises(MnistCoreError, match="cannot be written"):
        write_json(tmp_path / "no such folder" / "config.json", config)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "JSON"),
        (b"[1]", "object"),
        (b"[" * 3000, "JSON"),
        (b"\xff\xfe{}", "JSON"),
        (b'{"epochs": 0}', "epochs is 0"),
        (b'{"model": 3}', "model is 3"),
        (b'{"epochs": 1e999}', "epochs is inf"),
        (b'{"epohcs": 1}', "did you mean epochs"),
        (b'{"epochs": ' + b"9" * 5000 + b"}", "JSON"),
    ],
)
def test_a_damaged_file_is_named_with_the_reason(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "config.json"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=r"config\.json: this file is damaged") as caught:
        read_json(path, TrainConfig)
    assert message in str(caught.value)


def test_a_path_that_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.json"):
        read_json(tmp_path / "none.json", TrainConfig)
    with pytest.raises(DamagedFileError, match=tmp_path.name):
        read_json(tmp_path, TrainConfig)


def test_fields_that_a_file_lacks_have_their_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"epochs": 3}')
    assert read_json(path, TrainConfig) == TrainConfig(epochs=3)


def test_presets() -> None:
    assert {PRESETS[name].model for name in ("article", "fixed", "improved")} < set(ARCHITECTURES)
    with pytest.raises(MnistCoreError, match="choose from article"):
        preset("best")
