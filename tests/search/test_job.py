"""Jobs: real commands in processes of their own, on real MNIST."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.training import small

from mnist_core import MnistCoreError
from mnist_core.runs.run import list_runs
from mnist_core.search.job import KILLED, Job, Request, list_jobs, start_job
from mnist_core.search.results import best_trial, read_trials, storage_path
from mnist_core.training.lr_finder import RangeTest

ROOT = Path(__file__).parents[2]
RANGE = Request("find-lr", small(training_size=2000, batch_size=32), {"steps": 60})


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch, mnist_root: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def sweep(epochs: int, workers: int = 1, **options: object) -> Request:
    config = small(training_size=400, validation_size=300, epochs=epochs)
    given = {"study": "s", "sampler": "grid", "grid": ["batch_size=32,64"], "pruning": False}
    return Request("sweep", config, {**given, "workers": workers, **options})


def wait_for(condition: Callable[[], object], seconds: float = 240) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.1)


def ended(job: Job) -> Job:
    wait_for(lambda: not job.state().is_alive)
    return job


def begun(root: Path) -> bool:
    """Return whether a trial has done an epoch."""
    return any(run.state().epoch for run in list_runs(root) if run.state_path.exists())


def test_a_range_test_from_start_to_result(tmp_path: Path) -> None:
    job = start_job(RANGE, tmp_path)
    assert job.state().status == "running"
    assert job.request() == RANGE
    ended(job)
    assert (job.state().status, job.state().reason) == ("finished", "")
    assert job.state().started.startswith("20")
    assert 1e-5 < RangeTest.from_dict(job.output()).learning_rate < 0.5
    assert job.log(1) == "step 60 of 60"
    assert [found.id for found in list_jobs(tmp_path)] == [job.id]
    assert list_runs(tmp_path) == []  # a job is no run
    job.delete()
    assert list_jobs(tmp_path) == []
    job.delete()  # somebody was faster


def test_asking_twice_starts_one(tmp_path: Path) -> None:
    first = start_job(RANGE, tmp_path)
    assert start_job(RANGE, tmp_path).id == first.id
    other = start_job(Request("find-lr", RANGE.config, {"steps": 61}), tmp_path)
    assert other.id != first.id
    for job in (first, other):
        with pytest.raises(MnistCoreError, match="stop it first"):
            job.delete()
        with pytest.raises(MnistCoreError, match="is under way"):
            job.resume()
        job.stop()
    for job in (first, other):
        assert ended(job).state().status == "stopped"
        with pytest.raises(MnistCoreError, match="not under way any more"):
            job.stop()


def test_a_job_outlives_the_process_that_started_it(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from mnist_core.training.config import TrainConfig
from mnist_core.search.job import Request, start_job
config = TrainConfig(**{RANGE.config.model_dump()!r})
print(start_job(Request("find-lr", config, {{"steps": 60}}), Path({str(tmp_path)!r})).id)
"""
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
    (job,) = list_jobs(tmp_path)
    assert job.state().status == "running"
    assert ended(job).state().status == "finished"


def test_a_sweep_is_stopped_with_its_trials_and_goes_on(tmp_path: Path) -> None:
    job = start_job(sweep(30, workers=2), tmp_path)
    wait_for(lambda: begun(tmp_path))
    job.stop()
    assert job.state().status in ("stopping", "stopped")
    assert ended(job).state().status == "stopped"
    stopped = list_runs(tmp_path)
    assert {run.state().status for run in stopped} <= {"stopped", "finished"}
    assert "stopped" in {trial.state for trial in read_trials(tmp_path, "s")}
    job.resume()
    assert ended(job).state().status == "finished"
    trials = read_trials(tmp_path, "s")
    assert [trial.state for trial in trials] == ["complete", "complete"]
    assert {trial.params["batch_size"] for trial in trials} == {32, 64}
    best = best_trial(trials)
    assert best is not None
    assert best.accuracy == max(trial.accuracy for trial in trials)
    assert {trial.run for trial in trials} <= {run.id for run in list_runs(tmp_path)}


def test_a_killed_job_is_known_to_be_dead(tmp_path: Path) -> None:
    job = start_job(RANGE, tmp_path)
    os.kill(json.loads((job.folder / "process.json").read_text())["pid"], signal.SIGKILL)
    assert ended(job).state().status == "failed"
    assert job.state().reason == KILLED
    job.resume()
    assert ended(job).state().status == "finished"


def test_workers_of_a_killed_sweep_can_be_stopped(tmp_path: Path) -> None:
    job = start_job(sweep(500, workers=2), tmp_path)
    wait_for(lambda: begun(tmp_path))
    os.kill(json.loads((job.folder / "process.json").read_text())["pid"], signal.SIGKILL)
    time.sleep(0.5)
    assert job.state().status == "running"  # they go on
    job.stop()
    assert ended(job).state().status == "stopped"
    assert {run.state().status for run in list_runs(tmp_path)} == {"stopped"}


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    job = ended(start_job(Request("find-lr", RANGE.config, {"steps": 3}), tmp_path))
    assert job.state().status == "failed"
    assert job.state().reason.startswith("low is 1e-06, high is 1, steps is 3; give 0 < low")
    with pytest.raises(MnistCoreError, match=r"output\.txt"):
        job.output()


def test_a_word_that_the_command_does_not_know(tmp_path: Path) -> None:
    job = ended(start_job(Request("find-lr", RANGE.config, {"nonsense": 3}), tmp_path))
    assert job.state().status == "failed"
    assert "--nonsense" in job.state().reason


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "rm", "options": {}, "config": {}}'])
def test_a_damaged_job_harms_no_other(tmp_path: Path, text: str) -> None:
    folder = tmp_path / "jobs/20260101-000000-sweep"
    folder.mkdir(parents=True)
    (folder / "job.json").write_text(text)
    (broken,) = list_jobs(tmp_path)
    with pytest.raises(MnistCoreError, match="is broken"):
        broken.request()
    job = start_job(RANGE, tmp_path)
    job.stop()
    ended(job)
    (folder / "end.json").write_text("x")
    with pytest.raises(MnistCoreError, match=r"end\.json"):
        broken.state()
    broken.delete()
    assert [found.id for found in list_jobs(tmp_path)] == [job.id]


def test_a_folder_that_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("")
    with pytest.raises(MnistCoreError, match="cannot be made a folder"):
        start_job(RANGE, tmp_path)
    assert list_jobs(tmp_path) == []


def test_a_request_is_complete(tmp_path: Path) -> None:
    # the commands' defaults differ from each other: every field is said
    words = sweep(1).words()
    assert words[:1] == ["sweep"]
    assert words[words.index("--model") + 1] == "mnist_cnn"
    assert words[words.index("--freeze") + 1] == "none"
    assert "--no-pruning" in words
    assert "--trials" not in " ".join(Request("sweep", small(), {"trials": None}).words())


def test_a_study_that_cannot_be_read(tmp_path: Path) -> None:
    assert read_trials(tmp_path, "s") == []
    storage_path(tmp_path).write_bytes(b"x" * 50_000)
    with pytest.raises(MnistCoreError, match="damaged"):
        read_trials(tmp_path, "s")
    assert storage_path(tmp_path).read_bytes() == b"x" * 50_000
    storage_path(tmp_path).write_bytes(b"")
    with pytest.raises(MnistCoreError, match="no sweeps yet"):
        read_trials(tmp_path, "s")
