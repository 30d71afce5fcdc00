from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_core import MnistCoreError
from mnist_core.config import GROUPS, TrainConfig, field_bounds, field_choices, field_group
from mnist_core.flags import add_config_flags, command_line, config_from_flags, flags_of
from mnist_core.models import ARCHITECTURES, DROPOUT_ARCHITECTURES
from mnist_core.presets import PRESETS, preset

FIELDS = TrainConfig.model_fields
NUMBERS = [name for name in FIELDS if field_bounds(name)]
CHOICES = [name for name in FIELDS if field_choices(name)]
FREE = {"init_weights", "freeze", "teacher", "device", "dropout", "nesterov"}


def inside(name: str) -> st.SearchStrategy[Any]:
    """Return values that a field takes, whatever the others are."""
    if name in CHOICES:
        return st.sampled_from(field_choices(name))
    if FIELDS[name].annotation is bool:
        return st.booleans()
    bounds = field_bounds(name)
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if "int" in str(FIELDS[name].annotation):
        return st.integers(int(low), min(int(high), 5000))
    return st.floats(
        low, high, exclude_min="gt" in bounds, exclude_max="lt" in bounds, allow_subnormal=False
    )


configs = st.fixed_dictionaries(
    {name: inside(name) for name in FIELDS if name not in FREE},
    optional={
        "init_weights": st.sampled_from(["default", "a folder/w.safetensors"]),
        "teacher": st.just("default"),
        "device": st.sampled_from(["auto", "cpu", "cuda", "cuda:1"]),
    },
).map(lambda fields: TrainConfig(**fields))


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


@pytest.mark.parametrize("value", ["many", 3.5, None, [3]])
def test_a_wrong_kind_is_named(value: object) -> None:
    with pytest.raises(MnistCoreError, match=r"epochs is .*a whole number"):
        TrainConfig(epochs=value)


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
    assert TrainConfig(**json.loads(config.model_dump_json())) == config


@given(configs)
def test_flags_keep_everything(config: TrainConfig) -> None:
    import argparse

    parser = argparse.ArgumentParser()
    add_config_flags(parser)
    assert config_from_flags(parser.parse_args(flags_of(config))) == config
    assert command_line(config).startswith("python -m mnist_core train")


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
    with pytest.raises(MnistCoreError, match=r"none\.json"):
        TrainConfig.read(tmp_path / "none.json")


def test_presets() -> None:
    assert {PRESETS[name].model for name in ("article", "fixed", "improved")} < set(ARCHITECTURES)
    with pytest.raises(MnistCoreError, match="choose from article"):
        preset("best")
