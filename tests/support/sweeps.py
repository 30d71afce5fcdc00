"""Sweeps and jobs for tests: requests, trainers that need no images, and waiting."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mnist_core.data.mnist import Split
from mnist_core.runs.run import Run
from mnist_core.runs.runner import Listener
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.search.requests import SweepRequest
from mnist_core.search.results import Trial, study_trials
from mnist_core.search.storage import explained_errors, storage_url
from mnist_core.search.study import open_study
from mnist_core.search.worker import Worker
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch
from support.training import small

UNFINISHABLE = {"epochs": 10_000, "training_size": 20_000}
"""Changes of a configuration whose training ends in no test."""
Score = Callable[[TrainConfig, int], float]
AfterEpoch = Callable[[Run, int], None]


def sweep_request(grid: dict[str, tuple[Any, ...]], **options: Any) -> SweepRequest:
    """Return a grid search around a small configuration."""
    config = small(training_size=400, validation_size=300, epochs=options.pop("epochs", 1))
    return SweepRequest(**{"config": config, "sampler": "grid", "grid": grid, **options})


class FakeTrainer:
    """Trains nothing: scores configurations by a function, epoch by epoch.

    Parameters
    ----------
    score : callable
        Returns a configuration's validation accuracy after an epoch, or raises what a run raises.
    after_epoch : callable
        Called with the run and its epoch.
    """

    def __init__(
        self,
        score: Score = lambda config, epoch: 0.5,
        after_epoch: AfterEpoch = lambda run, epoch: None,
    ) -> None:
        self.score = score
        self.after_epoch = after_epoch

    def __call__(
        self, run: Run, *, splits: tuple[Split, Split], listen: Listener, stop: StopFlag
    ) -> RunState:
        config = run.config()
        for number in range(1, config.epochs + 1):
            accuracy = self.score(config, number)
            self.after_epoch(run, number)
            listen(Epoch(number, 1, 0.5, 0.5, 0.5, accuracy, [], 0.1, best=True))
            if stop.reason:
                reason = stop.reason.message
                return run.update_state(
                    status=RunStatus.STOPPED, reason=reason, stop_reason=stop.reason
                )
        return run.update_state(
            status=RunStatus.FINISHED, epoch=config.epochs, validation_accuracy=accuracy
        )


def no_images(_config: TrainConfig) -> Any:
    """Load nothing: `FakeTrainer` looks at no images."""
    return None, None


def run_worker(request: SweepRequest, root: Path, **options: Any) -> list[Trial]:
    """Run a worker with a fake trainer in this process; return the study's trials."""
    storage = options.pop("storage", storage_url(root))
    study = open_study(request, storage, heartbeat=options.pop("heartbeat", 5))
    defaults = {"load_splits": no_images, "execute": FakeTrainer()}
    with explained_errors(storage):
        Worker(request, study, root, **{**defaults, **options}).run()
        return sorted(study_trials(study), key=lambda trial: trial.number)


def wait_until(condition: Callable[[], object], seconds: float = 300) -> None:
    """Wait for a condition, with a limit that no busy machine reaches."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@contextmanager
def acting_when(condition: Callable[[], object], act: Callable[[], None]) -> Iterator[None]:
    """Act once from another thread, as soon as a condition holds, while the block runs."""

    def watch() -> None:
        while not condition():
            if finished.wait(0.02):
                return
        act()

    finished = threading.Event()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
