"""Sweeps: real trainings on real MNIST, several workers on one storage, workers that die."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core import MnistCoreError, cli
from mnist_core import sweep as sweep_module
from mnist_core.config import TrainConfig
from mnist_core.runs import list_runs
from mnist_core.sweep import PRUNED, Sweep, open_study, results

ROOT = Path(__file__).parents[1]
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


def points(trials: list[dict]) -> list[tuple[float, int]]:
    return sorted((t["params"]["learning_rate"], t["params"]["batch_size"]) for t in trials)


ALL_POINTS = [(0.001, 32), (0.001, 64), (0.01, 32), (0.01, 64)]


def test_two_workers_take_every_point_once(mnist_root: Path, tmp_path: Path) -> None:
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
    assert finish(start(f"{SMALL} {GRID}", tmp_path))["trials"] == trials
    assert len(list_runs(tmp_path)) == 4


def test_a_killed_worker_loses_no_finished_trial(
    mnist_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = SMALL.replace("--epochs 1", "--epochs 12") + " --no-pruning"
    process = start(f"{long} {GRID}", tmp_path)
    storage = f"sqlite:///{tmp_path / 'sweep.db'}"
    while not any(run.state().status == "finished" for run in list_runs(tmp_path)):
        assert process.poll() is None
        time.sleep(0.05)
    while not any(run.state().status == "running" for run in list_runs(tmp_path)):
        assert process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    grid = {"learning_rate": (0.001, 0.01), "batch_size": (32, 64)}
    base = TrainConfig(model="mnist_cnn_fixed")
    # the heartbeat has to be silent for a while: here that while is over at once
    monkeypatch.setattr(sweep_module, "_HEARTBEAT_SECONDS", 1)
    time.sleep(4)
    study = open_study(Sweep(base, storage, sampler="grid", grid=grid))
    done = [t for t in results(study) if t.state.name == "COMPLETE"]
    assert len(done) >= 1
    result = finish(start(f"{long} {GRID}", tmp_path))
    complete = [trial for trial in result["trials"] if trial["state"] == "complete"]
    assert points(complete) == ALL_POINTS
    for trial in done:
        assert trial.user_attrs["run"] in {t["run"] for t in complete}


def test_stopped_and_gone_on_with(mnist_root: Path, tmp_path: Path) -> None:
    long = SMALL.replace("--epochs 1", "--epochs 200")
    grid = "--sampler grid --grid batch_size=50"
    process = start(f"{long} {grid}", tmp_path)
    while not any(run.state().epoch for run in list_runs(tmp_path)):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate()
    assert process.returncode == 130
    assert "the same command goes on" in err
    (run,) = list_runs(tmp_path)
    assert (run.state().status, run.state().reason) == ("stopped", "stopped by SIGTERM")
    result = finish(start(f"{SMALL} {grid}", tmp_path))
    assert [t["state"] for t in result["trials"]] == ["complete"]


def test_pruned_trials_are_stopped_runs(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    words = SMALL.replace("--epochs 1", "--epochs 3").split()
    # five good ones first: the median pruner wants to know what is usual
    grid = ["--sampler", "grid", "--grid", "seed=0,1,2", "learning_rate=0.01,0.011,0.000001"]
    assert cli.main([*words, *grid, "--runs", str(tmp_path)]) == 0
    trials = json.loads(capsys.readouterr().out.splitlines()[-1])["trials"]
    pruned = [trial for trial in trials if trial["state"] == "pruned"]
    assert pruned
    runs = {run.id: run.state() for run in list_runs(tmp_path)}
    for trial in pruned:
        assert trial["params"]["learning_rate"] == 1e-6
        assert (runs[trial["run"]].status, runs[trial["run"]].reason) == ("stopped", PRUNED)


def test_a_trial_that_diverges_is_a_failed_trial(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    grid = "--model mnist_cnn --optimizer sgd --batch-size 16"
    grid += " --sampler grid --grid learning_rate=0.01,10.0"
    assert cli.main([*f"{SMALL} {grid}".split(), "--runs", str(tmp_path)]) == 0
    good, bad = json.loads(capsys.readouterr().out.splitlines()[-1])["trials"]
    assert (good["state"], bad["state"]) == ("complete", "fail")
    assert "try a learning rate below 10" in bad["reason"]


def test_tpe_draws_from_the_articles_table(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    words = f"{SMALL} --trials 3"
    assert cli.main([*words.split(), "--runs", str(tmp_path)]) == 0
    trials = json.loads(capsys.readouterr().out.splitlines()[-1])["trials"]
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
    ],
)
def test_what_cannot_be_used(tmp_path: Path, capsys: Capture, words: str, said: str) -> None:
    assert cli.main([*f"{SMALL} {words}".split(), "--runs", str(tmp_path)]) == 2
    assert said in capsys.readouterr().err
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


def test_two_machines_share_one_sweep(mnist_root: Path, tmp_path: Path, postgresql: str) -> None:
    machines = [tmp_path / "one", tmp_path / "two"]
    processes = [start(f"{SMALL} {GRID}", m, "--storage", postgresql) for m in machines]
    for process in processes:
        finish(process)
    result = finish(start(f"{SMALL} {GRID}", machines[0], "--storage", postgresql))
    assert points(result["trials"]) == ALL_POINTS
    runs = [{run.id for run in list_runs(machine)} for machine in machines]
    assert sum(map(len, runs)) == 4
    assert {trial["run"] for trial in result["trials"]} == runs[0] | runs[1]
