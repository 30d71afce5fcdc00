"""A sweep on a machine with two GPUs, as far as the queue is concerned."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from support.processes import FORKS
from support.sweeps import sweep_request
from support.training import small

from mnist_core.runs import queue
from mnist_core.runs.queue import enqueue
from mnist_core.runs.queue_devices import is_free, queue_lock_path
from mnist_core.runs.run_list import create_run
from mnist_core.runs.signals import StopFlag
from mnist_core.search import sweep
from mnist_core.search.requests import StoredRequest
from mnist_core.search.storage import storage_url
from mnist_core.search.sweep_devices import sweep_devices
from mnist_core.utils.locks import exclusive_lock

CARDS = ["cuda:0", "cuda:1"]


@pytest.fixture(autouse=True)
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


def test_the_workers_of_a_sweep_reserve_the_free_cards(tmp_path: Path) -> None:
    with sweep_devices(tmp_path, "auto", workers=4) as devices:
        assert devices == CARDS
        assert not any(is_free(tmp_path, card) for card in CARDS)
    assert all(is_free(tmp_path, card) for card in CARDS)


def test_a_sweep_takes_no_more_cards_than_it_has_workers(tmp_path: Path) -> None:
    with sweep_devices(tmp_path, "auto", workers=1, reserved="cuda:1") as devices:
        assert devices == ["cuda:1"]
        assert is_free(tmp_path, "cuda:0")


def test_a_sweep_leaves_busy_cards_alone(tmp_path: Path) -> None:
    with (
        exclusive_lock(queue_lock_path(tmp_path, "cuda:0"), 1),
        sweep_devices(tmp_path, "auto", workers=2) as devices,
    ):
        assert devices == ["cuda:1"]


def test_a_sweep_leaves_the_card_that_a_run_waits_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue(create_run(small(device="cuda:1"), tmp_path))
    with sweep_devices(tmp_path, "auto", workers=2) as devices:
        assert devices == ["cuda:0"]


def test_what_was_queued_meanwhile_starts_after_the_sweep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: started.append(device))
    with sweep_devices(tmp_path, "auto", workers=2):
        enqueue(create_run(small(device="auto"), tmp_path))
    assert started == ["cuda:0"]


def test_a_configured_device_is_used_as_it_is(tmp_path: Path) -> None:
    with sweep_devices(tmp_path, "cuda:1", workers=2, reserved="cuda:1") as devices:
        assert devices == ["cuda:1"]


def _sweep_on_two_cards(root: Path, request: str) -> None:
    """Carry out a sweep in this process; each card is the CPU in truth, and leaves a file."""

    def cpu(name: str) -> torch.device:
        (root / f"{name}.{os.getpid()}").touch()
        return torch.device("cpu")

    torch.cuda.device_count = lambda: 2
    sweep.choose_device = cpu
    parsed = StoredRequest.model_validate_json(request).root
    result = sweep.run_sweep(parsed, root, storage_url(root), StopFlag(), data=str(root / "data"))
    assert [trial.state for trial in result.trials] == ["complete"] * 2


def test_trials_train_on_both_cards(tmp_path: Path, mnist_root: Path) -> None:
    """In a process without threads, which may be forked."""
    request = sweep_request({"batch_size": (50, 100)}, workers=2)
    config = request.config.with_changes(device="auto")
    request = request.model_copy(update={"config": config})
    (tmp_path / "data").symlink_to(mnist_root)
    process = FORKS.Process(target=_sweep_on_two_cards, args=(tmp_path, request.model_dump_json()))
    process.start()
    process.join()
    assert process.exitcode == 0
    used = [path.name.split(".") for path in tmp_path.glob("cuda:*")]
    assert sorted(device for device, _ in used) == CARDS
    assert len({process for _, process in used}) == 2
