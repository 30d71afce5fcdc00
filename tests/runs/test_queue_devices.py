"""Runs in the queue of a machine with two GPUs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from support.queue_workers import queued, start_worker, started_workers, status
from support.training import small
from support.waiting import until

from mnist_core.runs.queue import (
    ahead,
    queue_place,
)
from mnist_core.runs.queue_devices import queue_device, queue_lock_path, resolve_device
from mnist_core.runs.queue_worker import work
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.utils.locks import exclusive_lock


def test_the_queue_of_a_configured_device() -> None:
    assert queue_device(small(device="auto")) == "auto"
    assert queue_device(small(device="cuda")) == "cuda:0"
    assert queue_device(small(device="cuda:1")) == "cuda:1"
    assert queue_device(small(device="cpu")) == "cpu"


AUTO = small(device="auto")


@pytest.fixture
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with two idle GPUs, as far as the queue is concerned."""
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def train_beside_another(run: Run, device: str) -> None:
    """End only when two runs are training."""
    root = run.folder.parent
    with run.exclusive():
        run.update_state(status="running", device=device, pid=os.getpid())
        run.leave_queue()
        until(lambda: sum(one.state().device != "" for one in list_runs(root)) == 2)
        run.update_state(status="finished", pid=None)


def finish_on(run: Run, device: str) -> None:
    with run.exclusive():
        run.update_state(status="finished", device=device)
        run.leave_queue()


@pytest.mark.usefixtures("two_cards")
def test_two_runs_on_two_cards_train_at_the_same_time(tmp_path: Path) -> None:
    runs = [queued(AUTO, tmp_path) for _ in range(2)]
    workers = [start_worker(tmp_path, card, train_beside_another) for card in ("cuda:0", "cuda:1")]
    for worker in workers:
        worker.join()
    assert [status(run) for run in runs] == ["finished", "finished"]
    assert {run.state().device for run in runs} == {"cuda:0", "cuda:1"}


@pytest.mark.usefixtures("two_cards")
def test_automatic_runs_are_assigned_to_free_cards_in_their_order(tmp_path: Path) -> None:
    runs = [queued(AUTO, tmp_path) for _ in range(3)]
    with exclusive_lock(queue_lock_path(tmp_path, "cuda:0"), 1):  # its worker trains
        assert started_workers(tmp_path) == ["cuda:1"]
        assert started_workers(tmp_path) == ["cuda:1"]  # no second run for the same card
    assert [queue_place(run).device for run in runs] == ["cuda:1", "auto", "auto"]
    assert started_workers(tmp_path) == ["cuda:1", "cuda:0"]
    assert [queue_place(run).device for run in runs] == ["cuda:1", "cuda:0", "auto"]
    assert [run.id for run in ahead(tmp_path, runs[2])] == [run.id for run in runs[:2]]
    assert ahead(tmp_path, runs[1]) == []  # the other card is not its own


@pytest.mark.usefixtures("two_cards")
def test_the_least_used_card_is_taken_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "utilization", lambda index: [80, 3][index])
    queued(AUTO, tmp_path)
    assert started_workers(tmp_path) == ["cuda:1"]


@pytest.mark.usefixtures("two_cards")
def test_a_run_of_the_command_line_takes_a_free_card(tmp_path: Path) -> None:
    assert resolve_device(tmp_path, "auto") == torch.device("cuda:0")
    with exclusive_lock(queue_lock_path(tmp_path, "cuda:0"), 1):
        assert resolve_device(tmp_path, "auto") == torch.device("cuda:1")
        assert resolve_device(tmp_path, "auto", "cuda:0") == torch.device("cuda:0")  # its own
        assert resolve_device(tmp_path, "cpu") == torch.device("cpu")
        with exclusive_lock(queue_lock_path(tmp_path, "cuda:1"), 1):
            assert resolve_device(tmp_path, "auto") == torch.device("cuda:0")  # none is free


@pytest.mark.usefixtures("two_cards")
def test_a_card_takes_no_run_that_is_meant_for_another(tmp_path: Path) -> None:
    devices = ("cpu", "cuda:0", "cuda:1", "auto")
    runs = {device: queued(small(device=device), tmp_path) for device in devices}
    work(tmp_path, "cuda:1", train=finish_on, preload=lambda: None)
    assert {
        name: run.state().device for name, run in runs.items() if status(run) == "finished"
    } == {
        "cuda:1": "cuda:1",
        "auto": "cuda:1",
    }
