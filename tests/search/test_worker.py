"""Sweeps: real trainings on real MNIST, several workers on one storage, workers that die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.runs.run import Run, list_runs
from mnist_core.runs.state import RunState, StopReason
from mnist_core.search import study as sweep_study
from mnist_core.search.study import Sweep, open_study
from mnist_core.training.config import TrainConfig

ROOT = Path(__file__).parents[2]
SMALL = "sweep --json --training-size 400 --validation-size 300 --epochs 1 --device cpu"
GRID = "--sampler grid --grid learning_rate=0.001,0.01 batch_size=32,64"
Capture = pytest.CaptureFixture[str]


def start(words: str, runs: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "mnist_core", *words.split(), "--runs", str(runs), *more],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> dict:
    out, err = process.communicate()
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return json.loads(out.splitlines()[-1])


def sweep(words: str, runs: Path, capsys: Capture, status: int = 0) -> dict:
    """Run the command in this process; return what it prints at the end."""
    assert cli.main([*words.split(), "--runs", str(runs)]) == status
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def those(runs: Path, condition: Callable[[RunState], bool]) -> list[Run]:
    """Return the runs in such a state."""
    found = []
    for run in list_runs(runs):
        with suppress(MnistCoreError):  # its folder may be in the making
            if condition(run.state()):
                found.append(run)
    return found


def once_under_way(runs: Path, act: Callable[[Run], None]) -> threading.Thread:
    """Start a thread that does something to the first run when it has done an epoch."""

    def watch() -> None:
        while not (found := those(runs, lambda state: state.epoch > 0)):
            time.sleep(0.02)
        act(found[0])

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def points(trials: list[dict]) -> list[tuple[float, int]]:
    return sorted((t["params"]["learning_rate"], t["params"]["batch_size"]) for t in trials)


ALL_POINTS = [(0.001, 32), (0.001, 64), (0.01, 32), (0.01, 64)]


def test_two_workers_take_every_point_once(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    result = finish(start(f"{SMALL} {GRID} --workers 2", tmp_path))
    trials = result["trials"]
    assert points(trials) == ALL_POINTS
    assert {trial["state"] for trial in trials} <= {"complete", "pruned"}
    runs = {run.id: run for run in list_runs(tmp_path)}
    assert len(runs) == 4
    for trial in trials:  # every trial is an ordinary run
        run = runs[trial["run"]]
        config = run.config()
        assert (config.learning_rate, config.batch_size) == points([trial])[0]
        assert run.state().status == "finished"
        assert run.state().validation_accuracy == trial["validation_accuracy"]
    scores = [trial["validation_accuracy"] for trial in trials]
    assert scores == sorted(scores, reverse=True)
    assert result["best"].startswith("python -m mnist_core train --model mnist_cnn_fixed")
    # the same command again has nothing to do
    assert sweep(f"{SMALL} {GRID}", tmp_path, capsys)["trials"] == trials
    assert len(list_runs(tmp_path)) == 4


def test_workers_that_look_at_the_same_moment_never_take_one_trial_twice(tmp_path: Path) -> None:
    settings = Sweep(
        TrainConfig(model="mnist_cnn_fixed"), f"sqlite:///{tmp_path / 'sweep.db'}", trials=60
    )
    studies = [open_study(settings) for _ in range(4)]
    meeting = threading.Barrier(len(studies))
    trials = [trial._trial_id for trial in studies[0].get_trials()]

    def take(study: optuna.Study) -> list[bool]:
        taken = []
        for trial in trials:
            meeting.wait(60)
            taken.append(study._storage.set_trial_state_values(trial, TrialState.RUNNING))
        return taken

    with ThreadPoolExecutor(len(studies)) as pool:
        takers = zip(*pool.map(take, studies), strict=True)
    assert [sum(row) for row in takers] == [1] * len(trials)


def test_a_killed_worker_loses_no_finished_trial(
    mnist_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 12") + f" --no-pruning {GRID}"
    process = start(words, tmp_path)
    done: list[Run] = []
    # in the middle of the last one: nothing else is left to do
    while not (len(done) == 3 and those(tmp_path, lambda state: state.status == "running")):
        assert process.poll() is None
        time.sleep(0.01)
        done = those(tmp_path, lambda state: state.status == "finished")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    # the same command at once: it waits until the heartbeat has been silent for a while
    monkeypatch.setattr(sweep_study, "_HEARTBEAT_SECONDS", 1)
    trials = sweep(words, tmp_path, capsys)["trials"]
    assert points(trials) == ALL_POINTS
    assert {trial["state"] for trial in trials} == {"complete"}
    assert {run.id for run in done} <= {trial["run"] for trial in trials}


def test_stopped_and_gone_on_with(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 30") + " --sampler grid --grid batch_size=50"
    process = start(words, tmp_path)
    while not those(tmp_path, lambda state: state.epoch > 0):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on" in err
    (run,) = list_runs(tmp_path)
    assert (run.state().status, run.state().reason) == ("stopped", "stopped by SIGTERM")
    assert run.checkpoint_path.is_file()
    assert [t["state"] for t in sweep(words, tmp_path, capsys)["trials"]] == ["complete"]


def test_a_trial_that_somebody_stops(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 30") + " --sampler grid --grid seed=0,1"
    once_under_way(tmp_path, Run.request_stop)
    trials = {trial["number"]: trial for trial in sweep(words, tmp_path, capsys)["trials"]}
    assert (trials[0]["state"], trials[0]["reason"]) == ("fail", "stopped on request")
    assert (trials[1]["state"], len(trials)) == ("complete", 2)


def test_a_trial_that_another_worker_has_taken_over(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 30") + " --sampler grid --grid batch_size=50"

    def give_up(_run: Run) -> None:
        study = optuna.load_study(study_name="sweep", storage=f"sqlite:///{tmp_path}/sweep.db")
        study.tell(0, state=optuna.trial.TrialState.FAIL)

    once_under_way(tmp_path, give_up)
    (trial,) = sweep(words, tmp_path, capsys)["trials"]
    assert trial["state"] == "complete"
    runs = {run.id: run.state() for run in list_runs(tmp_path)}
    assert runs.pop(trial["run"]).status == "finished"
    assert [(state.status, state.stop_reason) for state in runs.values()] == [
        ("stopped", StopReason.TAKEN_OVER)
    ]


def test_a_storage_that_goes_away(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 100") + " --sampler grid --grid batch_size=50"
    once_under_way(tmp_path, lambda run: (tmp_path / "sweep.db").write_bytes(b"x" * 50_000))
    assert cli.main([*words.split(), "--runs", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "does not answer any more" in err
    assert "Traceback" not in err
    (run,) = list_runs(tmp_path)
    assert run.state().status == "stopped"


def test_a_slot_that_two_machines_queued_at_once(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    study = optuna.create_study(
        study_name="sweep", storage=f"sqlite:///{tmp_path}/sweep.db", direction="maximize"
    )
    for slot in (0, 1, 0, 1):
        study.enqueue_trial({"learning_rate": (0.01, 10.0)[slot]}, user_attrs={"slot": slot})
    grid = "--model mnist_cnn --optimizer sgd --batch-size 16"
    grid += " --sampler grid --grid learning_rate=0.01,10.0"
    trials = sweep(f"{SMALL} {grid}", tmp_path, capsys)["trials"]
    assert [trial["state"] for trial in trials] == ["complete", "fail"]
    assert len(list_runs(tmp_path)) == 2


def test_a_machine_without_the_data_uses_up_no_trial(
    mnist_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError("no network")

    with monkeypatch.context() as patch:
        patch.setattr("urllib.request.urlopen", refuse)
        words = f"{SMALL} {GRID} --data {tmp_path / 'none'} --runs {tmp_path}"
        assert cli.main(words.split()) == 2
    assert "MNIST_ROOT" in capsys.readouterr().err
    trials = sweep(f"{SMALL} {GRID}", tmp_path, capsys)["trials"]
    assert {trial["state"] for trial in trials} == {"complete"}


def test_a_study_keeps_its_settings(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    grid = "--sampler grid --grid batch_size=32"
    first = sweep(f"{SMALL} {grid}", tmp_path, capsys)
    for change in ("--optimizer sgd", "--grid batch_size=64", "--sampler tpe"):
        assert cli.main([*f"{SMALL} {grid} {change}".split(), "--runs", str(tmp_path)]) == 2
        assert "begun with other settings" in capsys.readouterr().err
    other = sweep(f"{SMALL} {grid} --optimizer sgd --study other", tmp_path, capsys)
    assert other["trials"][0]["run"] != first["trials"][0]["run"]
    assert "--optimizer sgd" in other["best"]


def test_pruned_trials_are_stopped_runs(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 3")
    # five good ones first: the median pruner wants to know what is usual
    grid = "--sampler grid --grid seed=0,1,2 learning_rate=0.01,0.011,0.000001"
    trials = sweep(f"{words} {grid}", tmp_path, capsys)["trials"]
    pruned = [trial for trial in trials if trial["state"] == "pruned"]
    assert pruned
    runs = {run.id: run.state() for run in list_runs(tmp_path)}
    for trial in pruned:
        assert trial["params"]["learning_rate"] == 1e-6
        state = runs[trial["run"]]
        assert (state.status, state.stop_reason) == ("stopped", StopReason.PRUNED)


def test_a_trial_that_diverges_is_a_failed_trial(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    grid = "--model mnist_cnn --optimizer sgd --batch-size 16"
    grid += " --sampler grid --grid learning_rate=0.01,10.0"
    good, bad = sweep(f"{SMALL} {grid}", tmp_path, capsys)["trials"]
    assert (good["state"], bad["state"]) == ("complete", "fail")
    assert "try a learning rate below 10" in bad["reason"]


def test_tpe_draws_from_the_articles_table(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    trials = sweep(f"{SMALL} --trials 3", tmp_path, capsys)["trials"]
    assert len(trials) == 3
    for params in (trial["params"] for trial in trials):
        assert 1e-4 <= params["learning_rate"] <= 1e-1
        assert params["batch_size"] in (32, 64, 128, 256)
        assert params["kernel_size"] in (3, 5)
        assert 0.3 <= params["dropout"] <= 0.5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--storage nonsense", "sqlite:///sweep.db"),
        ("--storage postgresql+psycopg://127.0.0.1:1/none", "cannot be opened"),
        ("--storage mysql://127.0.0.1/none", "cannot be opened"),
        ("--sampler random", "grid, tpe"),
        ("--trials 0", "at least 1"),
        ("--workers 0", "at least 1"),
        ("--grid batch=3", "a field of train"),
        ("--grid batch_size=1", "batch_size is 1"),
        ("--model mnist_cnn", "mnist_cnn has nothing to drop"),
        # the first point could be trained
        (
            "--sampler grid --grid model=mnist_cnn_fixed,mnist_cnn dropout=0.3",
            "mnist_cnn has nothing to drop",
        ),
        ("--storage postgresql+psycopg://me:secret@127.0.0.1:1/none", "me:***@"),
    ],
)
def test_what_cannot_be_used(tmp_path: Path, capsys: Capture, words: str, said: str) -> None:
    assert cli.main([*f"{SMALL} {words}".split(), "--runs", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert said in err
    assert "secret" not in err
    assert list_runs(tmp_path) == []


def test_a_sweep_needs_a_known_sampler() -> None:
    with pytest.raises(MnistCoreError, match="grid, tpe"):
        Sweep(TrainConfig(), "sqlite://", sampler="x")


# --- several machines on one PostgreSQL --------------------------------------------------------


@pytest.fixture
def postgresql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL server of its own, for as long as the test takes."""
    pytest.importorskip("psycopg")
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
    initdb, postgres = (shutil.which(name, path=path) for name in ("initdb", "postgres"))
    if not initdb or not postgres:
        pytest.skip("PostgreSQL (initdb, postgres) is not installed")
    folder = tmp_path_factory.mktemp("postgresql")
    who: dict[str, object] = {}
    if os.getuid() == 0:  # PostgreSQL refuses to run as root
        shutil.chown(folder, "nobody", "nogroup")
        for parent in list(folder.parents)[:2]:
            parent.chmod(0o755)
        who = {"user": "nobody", "group": "nogroup", "extra_groups": []}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    made = subprocess.run(
        [initdb, "-D", data, "-U", "sweep", "-A", "trust"], capture_output=True, text=True, **who
    )
    if made.returncode:
        pytest.skip(f"initdb does not work here: {made.stderr.strip()[-200:]}")
    server = subprocess.Popen(
        [postgres, "-D", data, "-p", str(port), "-k", folder, "-c", "listen_addresses=127.0.0.1"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **who,
    )
    try:
        import psycopg

        url = f"127.0.0.1:{port}/postgres"
        for _ in range(100):
            try:
                psycopg.connect(f"postgresql://sweep@{url}").close()
                break
            except psycopg.OperationalError:
                time.sleep(0.1)
        yield f"postgresql+psycopg://sweep@{url}"
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def test_two_machines_share_one_sweep(
    mnist_root: Path, tmp_path: Path, postgresql: str, capsys: Capture
) -> None:
    machines = [tmp_path / "one", tmp_path / "two"]
    processes = [start(f"{SMALL} {GRID}", m, "--storage", postgresql) for m in machines]
    for process in processes:
        finish(process)
    result = sweep(f"{SMALL} {GRID} --storage {postgresql}", machines[0], capsys)
    assert points(result["trials"]) == ALL_POINTS
    runs = [{run.id for run in list_runs(machine)} for machine in machines]
    assert sum(map(len, runs)) == 4
    assert {trial["run"] for trial in result["trials"]} == runs[0] | runs[1]
