from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.sweeps import sweep_request
from support.training import small

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.search.job_control import start_job
from mnist_core.search.requests import (
    RangeTestRequest,
    StoredRequest,
    SweepRequest,
    check_study_name,
)
from mnist_core.search.search_space import (
    BASE_CONFIG,
    DEFAULT_GRID,
    SEARCHABLE_FIELDS,
    format_values,
    parse_grid,
    parse_values,
)
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import DamagedFileError, read_json, write_json

REQUESTS = [
    RangeTestRequest(config=small(), steps=60),
    SweepRequest(),
    SweepRequest(
        grid={"dropout": (None, 0.3), "learning_rate": (0.1, 1.0)}, workers=2, sampler="grid"
    ),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda request: request.kind)
def test_a_request_survives_its_file(tmp_path: Path, request_: Any) -> None:
    write_json(tmp_path / "job.json", request_)
    read = read_json(tmp_path / "job.json", StoredRequest).root
    assert read == request_
    assert repr(read) == repr(request_)  # 1.0 does not become 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        "[" * 3000,
        '{"kind": "rm", "config": {}}',
        '{"kind": "find-lr"}',
        '{"kind": "find-lr", "config": {}, "steps": 1e999}',
        '{"kind": "find-lr", "config": {}, "plot": "/any/file"}',
        '{"kind": "find-lr", "config": {"epochs": -5}}',
        '{"kind": "sweep", "config": {}, "storage": "sqlite:////any/file"}',
        '{"kind": "sweep", "config": {}, "grid": {"learning_rate": [1e999]}}',
        '{"kind": "sweep", "config": {}, "grid": {"nonsense": [1]}}',
        '{"kind": "sweep", "config": {}, "workers": 100000}',
    ],
)
def test_a_file_that_is_no_request_is_damaged(tmp_path: Path, text: str) -> None:
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(DamagedFileError, match="this file is damaged"):
        read_json(tmp_path / "job.json", StoredRequest)


def test_the_format_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    text = '{"kind": "sweep", "config": {}, "options": {"plot": "/any/file"}}'
    (tmp_path / "job.json").write_text(text)
    with pytest.raises(DamagedFileError, match="format of an earlier version"):
        read_json(tmp_path / "job.json", StoredRequest)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"sampler": "random"}, "sampler is 'random'.*'grid' or 'tpe'"),
        ({"trials": 0}, "trials is 0; it must be at least 1$"),
        ({"trials": 1.5}, "trials is 1.5; it must be an integer$"),
        ({"workers": 300}, "workers is 300; it must be at most 256$"),
        ({"workers": None}, "workers is None; it must be an integer$"),
        ({"study": "  "}, "name is empty"),
        ({"grid": {}}, "grid"),
        ({"grid": {"batch_size": ()}}, "0 points"),
        ({"grid": {"seed": tuple(range(200)), "batch_size": tuple(range(2, 80))}}, "15,600 points"),
        # the first point is a valid configuration
        ({"grid": {"model": ("mnist_cnn_fixed", "mnist_cnn"), "dropout": (0.3,)}}, "dropout"),
    ],
)
def test_values_that_cannot_be_used(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        SweepRequest(**fields)


@pytest.mark.parametrize(
    ("name", "usable"),
    [
        *((name, True) for name in ("sweep", "lr 2", "学习率", "a.b-c_d", " spaces ")),
        *((name, False) for name in ("../x", "a/b", ".hidden", "-x", "a\nb", "x" * 61, "", "a\\b")),
    ],
)
def test_names_of_new_studies(name: str, usable: bool) -> None:
    if usable:
        check_study_name(name)
        return
    with pytest.raises(MnistCoreError, match=r"study's name .* cannot be used; give 1 to 60"):
        check_study_name(name)


def test_a_study_whose_name_cannot_be_used_is_not_started(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["sweep", "--study", "../x", "--runs", str(tmp_path)]) == 2
    assert "'../x' cannot be used" in capsys.readouterr().err
    with pytest.raises(MnistCoreError, match="cannot be used"):
        start_job(sweep_request({"batch_size": (32,)}, study="../x"), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_study_has_the_settings_that_make_trials_comparable() -> None:
    request = sweep_request({"batch_size": (32, 64)})
    settings = request.study_settings()
    other = {"trials": 1, "workers": 4, "pruning": False}
    assert sweep_request({"batch_size": (32, 64)}, **other).differences(settings) == []
    changed = sweep_request({"batch_size": (32, 128)}, sampler="tpe")
    assert list(map(str, changed.differences(settings))) == [
        "sampler grid, not tpe",
        "batch_size [32, 64], not [32, 128]",
    ]
    # a setting that the study's version did not have
    del settings["seed"]
    assert request.differences(settings) == []


@pytest.mark.parametrize(
    ("assignment", "values"),
    [
        ("batch_size=64, 128,64", (64, 128)),
        ("learning_rate=1,0.1", (1.0, 0.1)),
        ("dropout=none，0.3", (None, 0.3)),
        ("nesterov=false,true", (False, True)),
        ("kernel_size=3,5,none", (3, 5, None)),
        ("model=mnist_cnn,improved", ("mnist_cnn", "improved")),
    ],
)
def test_values_are_read_as_the_fields_own(assignment: str, values: tuple[Any, ...]) -> None:
    base = TrainConfig(model="mnist_cnn_fixed", optimizer="sgd")
    ((name, parsed),) = parse_grid([assignment], base).items()
    assert repr(parsed) == repr(values)
    assert parse_values(name, format_values(parsed), base) == parsed


@pytest.mark.parametrize("assignment", ["batch=3", "batch_size", "freeze=conv1", "device=cpu"])
def test_fields_that_cannot_be_searched(assignment: str) -> None:
    with pytest.raises(MnistCoreError, match="a field of train"):
        parse_grid([assignment], BASE_CONFIG)


def test_values_that_are_not_a_fields() -> None:
    with pytest.raises(MnistCoreError, match="batch_size is '1'"):
        parse_grid(["batch_size=1"], BASE_CONFIG)


def test_the_default_grid_can_be_searched() -> None:
    assert set(DEFAULT_GRID) <= set(SEARCHABLE_FIELDS)
    assert len(SweepRequest(sampler="grid").slots()) == 96
    assert SweepRequest(trials=3).slots() == [{}, {}, {}]
