"""How long a run will take: from earlier runs, or from a measurement in a process of its own."""

from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest
import torch
from support.damage import DAMAGE
from support.training import small
from support.waiting import until

from mnist_core.runs import speed_process
from mnist_core.runs.estimate import estimate_from_runs
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.speed_process import MeasuredSpeed, SpeedProcess, SpeedRequest, measure
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import Speed
from mnist_core.training.events import Epoch
from mnist_core.utils.locks import exclusive_lock

CONFIG = small(epochs=11)
HOST = os.uname().nodename


def past_run(root: Path, seconds: list[float], config: TrainConfig = CONFIG, **state: str) -> Run:
    """Create a run whose epochs took so many seconds."""
    run = create_run(config, root)
    run.update_state(**{"device": "CPU, 2 threads", "host": HOST, **state})
    writer = MetricWriter(run.folder)
    for number, duration in enumerate(seconds, start=1):
        writer.write(Epoch(number, 10, 0.5, 0.5, 0.5, 0.5, [[1] * 10] * 10, duration, True))
    writer.close()
    return run


# --- earlier runs ----------------------------------------------------------------------------


def test_a_run_takes_what_earlier_ones_took(tmp_path: Path) -> None:
    past_run(tmp_path, [5.0, 2.0, 2.0, 2.0])
    estimate = estimate_from_runs(CONFIG, "cpu", tmp_path)
    assert estimate is not None
    assert (estimate.low, estimate.high, estimate.runs) == (pytest.approx(25), 25, 1)
    past_run(tmp_path, [7.0, 3.0, 3.0, 3.0], CONFIG.with_changes(seed=1, epochs=4))
    estimate = estimate_from_runs(CONFIG, "cpu", tmp_path)
    assert estimate is not None
    assert 24 < estimate.low < 28
    assert 35 < estimate.high < 38
    assert estimate.runs == 2


def test_other_settings_devices_and_machines_say_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "A card")
    past_run(tmp_path, [1.0], CONFIG.with_changes(batch_size=100))
    past_run(tmp_path, [1.0], host="elsewhere")
    past_run(tmp_path, [1.0], device="Another card")
    past_run(tmp_path, [])
    assert estimate_from_runs(CONFIG, "cpu", tmp_path) is None
    assert estimate_from_runs(CONFIG, "cuda:1", tmp_path) is None
    past_run(tmp_path, [2.0], device="A card")
    estimate = estimate_from_runs(CONFIG, "cuda:1", tmp_path)
    assert estimate is not None
    assert estimate.low == pytest.approx(22)


@pytest.mark.parametrize("name", ["config.json", "state.json"])
def test_damaged_runs_are_left_out(tmp_path: Path, name: str) -> None:
    past_run(tmp_path, [1.0])
    for damage in DAMAGE.values():
        damage(past_run(tmp_path, [9.0]).folder / name)
    estimate = estimate_from_runs(CONFIG, "cpu", tmp_path)
    assert estimate is not None
    assert estimate.runs == 1


# --- measurements ----------------------------------------------------------------------------


@pytest.fixture
def fake_speed(monkeypatch: pytest.MonkeyPatch) -> Speed:
    speed = Speed(fastest=1.0, slowest=2.0)
    monkeypatch.setattr(speed_process, "measure_speed", lambda config, device, teacher: speed)
    return speed


def request_for(root: Path, **changes: str) -> SpeedRequest:
    return SpeedRequest(config=small(**changes), root=str(root), device="cpu")


def test_the_speed_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    process = SpeedProcess(request_for(tmp_path))
    found: list[MeasuredSpeed] = []

    def ended() -> bool:
        found.extend(filter(None, [process.result()] if not found else []))
        return bool(found)

    until(ended)
    assert found[0].speed is not None
    assert 0 < found[0].speed.fastest <= found[0].speed.slowest


@pytest.mark.parametrize(("load", "under_load"), [(3.0, False), (90.0, True)])
def test_a_busy_machine_is_noticed(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    fake_speed: Speed,
    load: float,
    under_load: bool,
) -> None:
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: load)
    assert measure(request_for(tmp_path)) == MeasuredSpeed(speed=fake_speed, under_load=under_load)


def test_a_device_that_trains_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_speed: Speed
) -> None:
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 0.0)
    with exclusive_lock(queue_lock_path(tmp_path, "cpu"), 1):
        assert measure(request_for(tmp_path)).under_load


def test_what_cannot_be_measured_says_why(tmp_path: Path) -> None:
    assert "no run 'nothing'" in measure(request_for(tmp_path, teacher="nothing")).error


def test_a_killed_measurement_has_a_result(tmp_path: Path) -> None:
    process = SpeedProcess(request_for(tmp_path))
    name = "mnist_core.runs.speed_process"
    (child,) = [one for one in psutil.Process().children() if name in one.cmdline()]
    child.kill()
    until(lambda: child.status() == psutil.STATUS_ZOMBIE)
    result = process.result()
    assert result is not None
    assert "exited unexpectedly" in result.error
