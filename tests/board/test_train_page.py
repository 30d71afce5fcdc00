"""The page that starts runs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import streamlit as st
from hypothesis import HealthCheck, given, settings
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, unescape
from support.configs import configs
from support.measurement import FakeMeasurement

from board.train import estimate
from mnist_core.runs import queue
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.speed_process import MeasuredSpeed, SpeedRequest
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.events import Epoch
from mnist_core.training.fields import GROUPS
from mnist_core.training.presets import PRESETS


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    # a run is put into the queue; no worker trains it
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    return tmp_path


def form_values(page: AppTest) -> dict[str, object]:
    kinds = (page.selectbox, page.number_input, page.toggle, page.multiselect)
    return {
        widget.key.removeprefix("form-"): widget.value
        for kind in kinds
        for widget in kind
        if widget.key and widget.key.startswith("form-")
    }


def started(root: Path) -> TrainConfig:
    (run,) = list_runs(root)
    assert run.is_in_queue()
    return run.config()


def test_form_has_every_field_in_its_group() -> None:
    page = open_page()
    assert set(form_values(page)) == set(TrainConfig.model_fields)
    assert [tab.label for tab in page.tabs] == [group.capitalize() for group in GROUPS]
    for group, tab in zip(GROUPS, page.tabs, strict=True):
        kinds = (tab.selectbox, tab.number_input, tab.toggle, tab.multiselect)
        keys = {widget.key.removeprefix("form-") for kind in kinds for widget in kind}
        first = {"epochs", "batch_size"}  # above the tabs
        assert keys == {n for n, field in FIELDS.items() if field.group == group} - first
    assert all(w.help for w in (*page.selectbox, *page.number_input) if w.key)
    for name in ("init_weights", "teacher"):
        assert "on the command line only" in page.selectbox(key=f"form-{name}").help


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_starts_as_it_is(name: str, root: Path) -> None:
    page = open_page()
    page.button_group(key="preset").set_value(name).run()
    press(page, "Start")
    assert started(root) == PRESETS[name]


@given(config=configs)
@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_copied_run_starts_as_it_was(config: TrainConfig, root: Path) -> None:
    # a form takes names of weights only: see test_access
    weights = {name: getattr(config, name) and "default" for name in ("init_weights", "teacher")}
    config = config.with_changes(device="auto", seed=config.seed % 2**53, **weights)
    page = open_page(form_base=config)
    assert not page.error
    press(page, "Start")
    run = list_runs(root)[0]
    try:
        assert run.config() == config
    finally:
        run.delete()


def test_changed_fields_are_used(root: Path) -> None:
    page = open_page()
    page.number_input(key="form-epochs").set_value(7)
    page.number_input(key="form-learning_rate").set_value(0.004)
    page.selectbox(key="form-model").set_value("mnist_cnn")
    page.text_input(key="run-name").set_value(" sevens ")
    press(page.run(), "Start")
    config = started(root)
    assert (config.epochs, config.learning_rate, config.model) == (7, 0.004, "mnist_cnn")
    assert list_runs(root)[0].state().name == "sevens"


def test_fields_without_effect_are_disabled() -> None:
    page = open_page()
    page.selectbox(key="form-model").set_value("mnist_cnn").run()
    assert page.number_input(key="form-dropout").disabled
    page.selectbox(key="form-model").set_value("mnist_cnn_fixed").run()
    assert not page.number_input(key="form-dropout").disabled


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("epochs", 2.5, "epochs is 2.5; it must be an integer"),
        ("batch_size", 1e30, "it must be an integer at least 2 and at most 60000"),
        ("learning_rate", -0.1, "learning_rate is -0.1; it must be a number at least 1e-08"),
        ("training_size", 1, "it must be an integer at least 2 and at most 60000, or none"),
        ("seed", 2**60, "seed is 1,152,921,504,606,846,976; it must be an integer from"),
    ],
)
def test_a_value_out_of_range_is_refused_in_words(
    name: str, value: float, allowed: str, root: Path
) -> None:
    page = open_page()
    box = page.number_input(key=f"form-{name}")
    # the browser refuses nothing by itself: what is in the box reaches this process
    assert not box.proto.has_min
    assert not box.proto.has_max
    box.set_value(value).run()
    assert page.number_input(key=f"form-{name}").value == value
    assert allowed in unescape(page.error[0].value)
    assert next(b for b in page.button if b.label == "Start").disabled
    assert list_runs(root) == []


def test_what_is_refused_is_said_in_the_language_of_the_page() -> None:
    page = open_page(lang="zh")
    page.number_input(key="form-batch_size").set_value(1).run()
    assert unescape(page.error[0].value) == ("“批量大小”为 1；必须是整数，不小于 2，且不大于 60000")


def test_a_disabled_field_shows_the_value_that_is_used(root: Path) -> None:
    page = open_page(form_base=TrainConfig(model="mnist_cnn_fixed", dropout=0.3))
    page.selectbox(key="form-lr_scheduler").set_value("step").run()
    page.number_input(key="form-lr_step_size").set_value(99_999).run()
    assert "lr_step_size is 99999" in unescape(page.error[0].value)
    page.selectbox(key="form-lr_scheduler").set_value("none")
    page.selectbox(key="form-model").set_value("mnist_cnn").run()
    assert not page.error
    shown = form_values(page)
    assert (shown["dropout"], shown["lr_step_size"]) == (None, 5)
    press(page, "Start")
    config = started(root)
    assert (config.dropout, config.lr_step_size) == (None, 5)
    # the value comes back with the model that uses it
    page = open_page(form_base=TrainConfig(model="mnist_cnn_fixed", dropout=0.3))
    page.selectbox(key="form-model").set_value("mnist_cnn").run()
    page.selectbox(key="form-model").set_value("mnist_cnn_fixed").run()
    assert page.number_input(key="form-dropout").value == 0.3


def test_settings_that_cannot_be_combined_are_refused(root: Path) -> None:
    page = open_page()
    page.number_input(key="form-training_size").set_value(58_000).run()
    assert "MNIST has 60000 training images in all" in page.error[0].value
    assert next(b for b in page.button if b.label == "Start").disabled
    assert list_runs(root) == []


def test_a_folder_that_cannot_be_written_is_reported_and_the_form_kept(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page()
    page.number_input(key="form-epochs").set_value(9).run()
    blocked = root / "no folder"
    blocked.write_text("")
    monkeypatch.setenv("MNIST_RUNS", str(blocked))
    page = press(page, "Start")
    assert "no folder: cannot be read (Not a directory)" in page_text(page)
    assert page.number_input(key="form-epochs").value == 9


def test_the_page_shows_device_and_estimated_duration(root: Path) -> None:
    text = page_text(open_page())
    assert "GPU" in text
    assert (
        "Estimated duration: 2 minutes to 5 minutes. Epochs: 2. Rough: measured for a second"
        in text
    )
    run = create_run(PRESETS["quick"], root)
    run.update_state(device="CPU, 2 threads", host=socket.gethostname())
    writer = MetricWriter(run.folder)
    for epoch in (1, 2):
        writer.write(Epoch(epoch, 10, 0.5, 0.5, 0.5, 0.5, [[1] * 10] * 10, 30.0, True))
    writer.close()
    st.cache_data.clear()
    text = page_text(open_page())
    assert "Estimated duration: 60 seconds. Epochs: 2. From one earlier run" in text


def test_a_measurement_of_a_busy_machine_is_soon_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    speed = FakeMeasurement.measured.speed
    monkeypatch.setattr(FakeMeasurement, "measured", MeasuredSpeed(speed=speed, under_load=True))
    monkeypatch.setattr(FakeMeasurement, "requests", [])
    now = 0.0
    measurements = estimate.Measurements(clock=lambda: now)
    request = SpeedRequest(config=PRESETS["quick"], root="", device="cpu")
    other = request.model_copy(update={"config": PRESETS["quick"].with_changes(seed=1, epochs=9)})
    for _ in range(3):
        measurements.get(request)
        measurements.get(other)  # the same speed
    assert len(FakeMeasurement.requests) == 1
    now = 60.0
    measurements.get(request)
    assert len(FakeMeasurement.requests) == 2
    monkeypatch.setattr(FakeMeasurement, "measured", MeasuredSpeed(speed=speed))
    measurements.get(request)
    now = 1000.0
    assert measurements.get(request) == MeasuredSpeed(speed=speed)
    assert len(FakeMeasurement.requests) == 2


def test_a_speed_that_cannot_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeMeasurement, "measured", MeasuredSpeed(error="no such thing"))
    page = open_page()
    assert "no such thing" in page.warning[0].value
    assert not next(b for b in page.button if b.label == "Start").disabled


def test_missing_data_is_reported_before_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ROOT", "/nowhere")
    assert "MNIST_ROOT" in page_text(open_page())


def test_the_number_of_active_runs_is_shown(root: Path) -> None:
    press(open_page(), "Start")
    assert "One run is running or queued" in page_text(open_page())


def test_a_missing_gpu_is_reported_and_nothing_is_started(root: Path) -> None:
    page = press(open_page(form_base=TrainConfig(device="cuda:1")), "Start")
    assert "choose 'auto' or 'cpu'" in page.error[0].value
    assert list_runs(root) == []
    assert page.selectbox(key="form-device").value == "cuda:1"
