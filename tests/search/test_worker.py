"""A worker of a sweep on a real study; the trainings are replaced by `FakeTrainer`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState
from support.sweeps import FakeTrainer, no_images, run_worker, sweep_request

from mnist_core import MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunStatus, StopReason
from mnist_core.search.requests import SweepRequest
from mnist_core.search.results import Trial, read_importance, read_trials
from mnist_core.search.storage import storage_path, storage_url
from mnist_core.search.study import open_study
from mnist_core.training.config import TrainConfig

TWO_SIZES = sweep_request({"batch_size": (32, 64)}, epochs=3)


def load_study(root: Path) -> optuna.Study:
    return optuna.load_study(study_name="sweep", storage=storage_url(root))


def test_every_trial_is_a_run(tmp_path: Path) -> None:
    def score(config: TrainConfig, epoch: int) -> float:
        return config.batch_size / 100 + epoch / 1000

    reported: list[Trial] = []
    trials = run_worker(TWO_SIZES, tmp_path, execute=FakeTrainer(score), report=reported.append)
    assert [trial.accuracy for trial in trials] == [0.323, 0.643]
    assert {trial.state for trial in trials} == {"complete"}
    assert reported == trials == read_trials(tmp_path, "sweep")
    runs = {run.id: run.config() for run in list_runs(tmp_path)}
    assert [runs[str(trial.run)].batch_size for trial in trials] == [32, 64]
    # the same sweep again has nothing to do
    assert run_worker(TWO_SIZES, tmp_path) == trials
    assert len(list_runs(tmp_path)) == 2


def test_workers_never_take_the_same_trial(tmp_path: Path) -> None:
    request = SweepRequest(trials=30)
    studies = [open_study(request, storage_url(tmp_path)) for _ in range(4)]
    barrier = threading.Barrier(len(studies))
    trials = [trial._trial_id for trial in studies[0].get_trials()]

    def take(study: optuna.Study) -> list[bool]:
        taken = []
        for trial in trials:
            barrier.wait(60)
            taken.append(study._storage.set_trial_state_values(trial, TrialState.RUNNING))
        return taken

    with ThreadPoolExecutor(len(studies)) as pool:
        takers = zip(*pool.map(take, studies), strict=True)
    assert [sum(row) for row in takers] == [1] * len(trials)


@pytest.mark.filterwarnings("ignore:Heartbeat of storage")
def test_the_trial_of_a_killed_worker_is_tried_again(tmp_path: Path) -> None:
    study = open_study(TWO_SIZES, storage_url(tmp_path), heartbeat=1)
    trial = study.ask()
    study._storage.record_heartbeat(trial._trial_id)  # the last one
    waited: list[None] = []
    trials = run_worker(
        TWO_SIZES, tmp_path, heartbeat=1, report_waiting=lambda: waited.append(None)
    )
    assert [trial.params["batch_size"] for trial in trials] == [64, 32]
    assert {trial.state for trial in trials} == {"complete"}
    assert waited  # until the heartbeat was missing for long enough
    assert len(list_runs(tmp_path)) == 2


def test_a_stopped_sweep_continues(tmp_path: Path) -> None:
    stop = StopFlag()
    trainer = FakeTrainer(after_epoch=lambda run, epoch: stop.set(StopReason.TERMINATED))
    trials = run_worker(TWO_SIZES, tmp_path, execute=trainer, stop=stop)
    assert [trial.state for trial in trials] == ["stopped", "waiting"]
    (run,) = list_runs(tmp_path)
    assert run.state().stop_reason is StopReason.TERMINATED
    continued = run_worker(TWO_SIZES, tmp_path)
    assert sorted(trial.params["batch_size"] for trial in continued) == [32, 64]
    assert {trial.state for trial in continued} == {"complete"}


def test_a_trial_whose_run_is_stopped_has_failed(tmp_path: Path) -> None:
    # the real `execute` sets the flag when a run's own stop is requested
    def execute(run: Run, **options: object) -> object:
        if run.config().batch_size == 32:
            reason = StopReason.REQUESTED
            return run.update_state(
                status=RunStatus.STOPPED, reason=reason.message, stop_reason=reason
            )
        return FakeTrainer()(run, **options)

    stopped, complete = run_worker(TWO_SIZES, tmp_path, execute=execute)
    assert (stopped.state, stopped.reason) == ("failed", "stopped on request")
    assert complete.state == "complete"


def test_a_trial_that_another_worker_has_taken_over(tmp_path: Path) -> None:
    request = sweep_request({"batch_size": (50,)}, epochs=3)

    def give_up(run: Run, epoch: int) -> None:
        if len(list_runs(tmp_path)) == 1:
            load_study(tmp_path).tell(0, state=TrialState.FAIL)

    (trial,) = run_worker(request, tmp_path, execute=FakeTrainer(after_epoch=give_up))
    assert trial.state == "complete"
    states = {run.id: run.state() for run in list_runs(tmp_path)}
    assert states.pop(str(trial.run)).status is RunStatus.FINISHED
    assert [state.stop_reason for state in states.values()] == [StopReason.TAKEN_OVER]


def test_a_storage_that_is_overwritten_stops_the_run(tmp_path: Path) -> None:
    def overwrite(run: Run, epoch: int) -> None:
        storage_path(tmp_path).write_bytes(b"x" * 50_000)

    with pytest.raises(MnistCoreError, match=r"sweep\.db: cannot be used .*may be damaged"):
        run_worker(TWO_SIZES, tmp_path, execute=FakeTrainer(after_epoch=overwrite))
    (run,) = list_runs(tmp_path)
    assert run.state().stop_reason is StopReason.STORAGE_LOST


def test_a_slot_that_two_machines_queued_at_once_is_tried_once(tmp_path: Path) -> None:
    study = optuna.create_study(
        study_name="sweep", storage=storage_url(tmp_path), direction="maximize"
    )
    for slot in (0, 1, 0, 1):
        study.enqueue_trial({"batch_size": (32, 64)[slot]}, user_attrs={"slot": slot})
    trials = run_worker(TWO_SIZES, tmp_path)
    assert [trial.params["batch_size"] for trial in trials] == [32, 64]
    assert len(list_runs(tmp_path)) == 2


def test_a_machine_without_images_uses_up_no_trial(tmp_path: Path) -> None:
    def no_data(config: TrainConfig) -> object:
        raise MnistCoreError("there are no images")

    with pytest.raises(MnistCoreError, match="no images"):
        run_worker(TWO_SIZES, tmp_path, load_splits=no_data)
    assert {trial.state for trial in read_trials(tmp_path, "sweep")} == {"waiting"}
    assert list_runs(tmp_path) == []


def test_a_study_refuses_other_settings(tmp_path: Path) -> None:
    run_worker(TWO_SIZES, tmp_path)
    for changes in ({"sampler": "tpe"}, {"grid": {"batch_size": (64,)}}, {"config": TrainConfig()}):
        with pytest.raises(MnistCoreError, match="has other settings"):
            run_worker(SweepRequest(**{**dict(TWO_SIZES), **changes}), tmp_path)
    other = SweepRequest(**{**dict(TWO_SIZES), "study": "other", "sampler": "tpe", "trials": 1})
    assert len(run_worker(other, tmp_path)) == 1


def test_poor_trials_are_pruned(tmp_path: Path) -> None:
    def score(config: TrainConfig, epoch: int) -> float:
        return 0.1 if config.seed == 5 else 0.5 + config.seed / 100

    # the median pruner compares with five earlier trials
    request = sweep_request({"seed": tuple(range(6))}, epochs=3)
    trials = run_worker(request, tmp_path, execute=FakeTrainer(score))
    assert [trial.state for trial in trials] == ["complete"] * 5 + ["pruned"]
    assert trials[5].accuracy == 0.1
    state = Run(tmp_path / str(trials[5].run)).state()
    assert (state.status, state.stop_reason) == (RunStatus.STOPPED, StopReason.PRUNED)
    unpruned = sweep_request({"seed": tuple(range(6))}, epochs=2, study="b", pruning=False)
    complete = run_worker(unpruned, tmp_path, execute=FakeTrainer(score))
    assert {trial.state for trial in complete} == {"complete"}
    # of one parameter that explains everything; nothing is known before there are two results
    assert read_importance(tmp_path, request.study) == {"seed": pytest.approx(1)}
    assert read_importance(tmp_path, "none") == read_importance(tmp_path / "none", "a") == {}


def test_a_run_that_fails_is_a_failed_trial(tmp_path: Path) -> None:
    def score(config: TrainConfig, epoch: int) -> float:
        if config.batch_size == 64:
            raise MnistCoreError("the loss is not finite")
        return 0.5

    complete, failed = run_worker(TWO_SIZES, tmp_path, execute=FakeTrainer(score))
    assert (complete.state, failed.state) == ("complete", "failed")
    assert failed.reason == "the loss is not finite"


def test_tpe_samples_from_the_articles_table(tmp_path: Path) -> None:
    request = SweepRequest(config=TrainConfig(epochs=1), trials=12)
    trials = run_worker(request, tmp_path, load_splits=no_images)
    assert len({trial.params["learning_rate"] for trial in trials}) == 12
    for params in (trial.params for trial in trials):
        assert 1e-4 <= params["learning_rate"] <= 1e-1
        assert params["batch_size"] in (32, 64, 128, 256)
        assert params["kernel_size"] in (3, 5)
        assert 0.3 <= params["dropout"] <= 0.5
