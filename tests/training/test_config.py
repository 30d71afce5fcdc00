from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from support.configs import FIELDS, configs

from mnist_core import MnistCoreError
from mnist_core.models.architectures import ARCHITECTURES, DROPOUT_ARCHITECTURES
from mnist_core.training.config import GROUPS, TrainConfig, field_bounds, field_choices, field_group
from mnist_core.training.presets import PRESETS, preset

NUMBERS = [name for name in FIELDS if field_bounds(name)]
CHOICES = [name for name in FIELDS if field_choices(name)]


def beyond(name: str) -> list[float]:
    bounds = field_bounds(name)
    low = {"ge": lambda x: x - 1, "gt": lambda x: x}
    high = {"le": lambda x: x + 1, "lt": lambda x: x}
    return [{**low, **high}[sign](limit) for sign, limit in bounds.items()] + [float("nan")]


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in NUMBERS for v in beyond(n)])
def test_a_number_out_of_its_bounds_is_named(name: str, value: float) -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(**{name: value})
    said = str(caught.value)
    assert said.startswith(f"{name} is {value!r}; it must be")
    for limit in field_bounds(name).values():
        assert f"{limit:g}" in said


@pytest.mark.parametrize("name", CHOICES)
def test_a_wrong_choice_lists_the_right_ones(name: str) -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(**{name: "other"})
    assert f"{name} is 'other'" in str(caught.value)
    for choice in field_choices(name):
        assert str(choice) in str(caught.value)


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [{"a": 1}, [3], b"\xff"], ids=["object", "list", "bytes"])
def test_a_wrong_kind_is_named(name: str, value: object) -> None:
    with pytest.raises(MnistCoreError, match=rf"^{name} is .*it must be \w+"):
        TrainConfig(**{name: value})


@pytest.mark.parametrize("value", ["many", 3.5, None, float("inf"), 10**30])
def test_a_whole_number_is_one(value: object) -> None:
    with pytest.raises(MnistCoreError, match=r"epochs is .*a whole number"):
        TrainConfig(epochs=value)


def test_only_optional_fields_may_be_none() -> None:
    for name, field in FIELDS.items():
        if field.default is None:
            assert getattr(TrainConfig(**{name: None}), name) is None
        else:
            with pytest.raises(MnistCoreError, match=f"^{name} is None"):
                TrainConfig(**{name: None})


def test_every_mistake_is_named_at_once() -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(epochs=0, optimizer="lion", learning_rat=1)
    for word in ("epochs is 0", "optimizer is 'lion'", "did you mean learning_rate"):
        assert word in str(caught.value)


def test_unknown_settings_get_a_hint() -> None:
    with pytest.raises(MnistCoreError, match="no setting learnin_rate; did you mean learning_rate"):
        TrainConfig(learnin_rate=1)
    with pytest.raises(MnistCoreError, match="no setting zzz"):
        TrainConfig(zzz=1)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"nesterov": True}, "optimizer 'sgd'"),
        ({"nesterov": True, "optimizer": "sgd", "momentum": 0}, "momentum above 0"),
        ({"freeze": ["conv1"]}, "init_weights is none"),
        ({"validation_size": 20_000, "training_size": 50_000}, "60000 training images in all"),
        ({"model": "mnist_cnn", "dropout": 0.3}, DROPOUT_ARCHITECTURES[0]),
        ({"device": "tpu"}, "auto, cpu, cuda"),
    ],
)
def test_settings_that_do_not_fit_together(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(MnistCoreError, match=said):
        TrainConfig(**fields)


def test_it_cannot_be_changed_in_place() -> None:
    config = TrainConfig()
    with pytest.raises(ValueError, match="frozen"):
        config.epochs = 3  # type: ignore[misc]
    assert config.with_changes(epochs=3).differences(config) == {"epochs": (3, 20)}
    with pytest.raises(MnistCoreError, match="epochs"):
        config.with_changes(epochs=0)


@given(configs)
def test_json_keeps_everything(config: TrainConfig) -> None:
    assert TrainConfig.from_dict(json.loads(config.model_dump_json())) == config


@given(configs, configs)
def test_differences_are_all_that_differs(one: TrainConfig, other: TrainConfig) -> None:
    differences = one.differences(other)
    assert one.differences(one) == {}
    assert one.with_changes(**{name: there for name, (_, there) in differences.items()}) == other
    assert all(getattr(one, name) == here != there for name, (here, there) in differences.items())


def test_every_field_is_explained_and_grouped() -> None:
    for name, field in FIELDS.items():
        assert field.description
        assert field_group(name) in GROUPS


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    config = preset("article").with_changes(seed=5, freeze=("conv1",), init_weights="default")
    config.write(path)
    assert TrainConfig.read(path) == config
    for content in ("{", "[1]", '{"epochs": 0}', '{"model": 3}'):
        path.write_text(content)
        with pytest.raises(MnistCoreError, match=r"config\.json"):
            TrainConfig.read(path)
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(MnistCoreError, match=r"config\.json: cannot be read"):
        TrainConfig.read(path)
    for missing in (tmp_path / "none.json", tmp_path):
        with pytest.raises(MnistCoreError, match=missing.name):
            TrainConfig.read(missing)
    with pytest.raises(MnistCoreError, match="cannot be written"):
        config.write(tmp_path / "no such folder" / "config.json")


def test_a_file_shorter_than_the_fields_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"epochs": 3}')
    assert TrainConfig.read(path) == TrainConfig(epochs=3)


def test_presets() -> None:
    assert {PRESETS[name].model for name in ("article", "fixed", "improved")} < set(ARCHITECTURES)
    with pytest.raises(MnistCoreError, match="choose from article"):
        preset("best")
