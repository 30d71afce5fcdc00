"""The command `sweep`: real trainings on real MNIST, alone, in several processes, and stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.processes import Command
from support.sweeps import (
    UNFINISHABLE,
    FakeTrainer,
    acting_when,
    run_worker,
    sweep_request,
    wait_until,
)

from mnist_core.cli import main as cli
from mnist_core.runs.run_list import list_runs
from mnist_core.runs.state import RunStatus, StopReason
from mnist_core.search.results import Trial

SMALL = "sweep --json --model mnist_cnn --training-size 400 --validation-size 300 --epochs 1"
GRID = "--device cpu --sampler grid --grid learning_rate=0.001,0.01 batch_size=64"
ALL_POINTS = [(0.001, 64), (0.01, 64)]
Capture = pytest.CaptureFixture[str]


def sweep(flags: str, root: Path, capsys: Capture, status: int = 0) -> dict:
    """Run the command in this process; return what it prints at the end."""
    assert cli.main([*flags.split(), "--runs", str(root)]) == status
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def points(trials: list[dict]) -> list[tuple[float, int]]:
    return sorted((t["params"]["learning_rate"], t["params"]["batch_size"]) for t in trials)


def test_two_workers_take_every_point_once(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    # not in this process: it has threads, which a fork does not copy
    words = f"{SMALL} {GRID} --workers 2 --no-pruning --runs {tmp_path} --data {mnist_root}"
    command = Command(words.split(), tmp_path / "output")
    assert command.wait() == 0, command.err
    result = json.loads(command.out.splitlines()[-1])
    trials = result["trials"]
    assert points(trials) == ALL_POINTS
    assert {trial["state"] for trial in trials} == {"complete"}
    assert set(trials[0]) == {
        "number",
        "state",
        "validation_accuracy",
        "params",
        "run",
        "reason",
    }
    runs = {run.id: run for run in list_runs(tmp_path)}
    assert len(runs) == 2
    for trial in trials:  # every trial is an ordinary run
        run = runs[trial["run"]]
        assert (run.config().learning_rate, run.config().batch_size) == points([trial])[0]
        assert run.state().status is RunStatus.FINISHED
        assert run.state().validation_accuracy == trial["validation_accuracy"]
    scores = [trial["validation_accuracy"] for trial in trials]
    assert scores == sorted(scores, reverse=True)
    assert result["best"].startswith("python -m mnist_core train --model mnist_cnn ")
    # each trial is printed once: while it ends, or at the end if it is of an earlier sweep
    assert command.err.count("trial ") == 2
    assert (
        cli.main([*f"{SMALL} {GRID}".replace("--json ", "").split(), "--runs", str(tmp_path)]) == 0
    )
    assert [line[:9] for line in capsys.readouterr().out.splitlines()[:-1]] == [
        f"trial {trial['number']:3d}" for trial in trials
    ]
    # the same command again has nothing to do
    assert sweep(f"{SMALL} {GRID}", tmp_path, capsys)["trials"] == trials
    assert len(list_runs(tmp_path)) == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_sweep_with_its_run(
    mnist_root: Path, tmp_path: Path, capsys: Capture, number: int
) -> None:
    flags = f"{SMALL} --sampler grid --device cpu --grid batch_size=50".split()
    flags += [f"--{name.replace('_', '-')}={value}" for name, value in UNFINISHABLE.items()]

    def training() -> bool:
        return any((run.folder / "log.txt").exists() for run in list_runs(tmp_path))

    with acting_when(training, lambda: os.kill(os.getpid(), number)):
        assert cli.main([*flags, "--runs", str(tmp_path)]) == 130
    assert "run the same command again" in capsys.readouterr().err
    (run,) = list_runs(tmp_path)
    assert run.state().status is RunStatus.STOPPED
    expected = StopReason.HANGUP if number == signal.SIGHUP else StopReason.TERMINATED
    assert run.state().stop_reason is expected
    assert run.checkpoint_path.is_file()


def test_a_trial_that_diverges_is_a_failed_trial(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    grid = "--optimizer sgd --batch-size 16 --sampler grid --grid learning_rate=0.01,10.0"
    complete, failed = sweep(f"{SMALL} {grid}", tmp_path, capsys)["trials"]
    assert (complete["state"], failed["state"]) == ("complete", "fail")
    assert "try a learning rate below 10" in failed["reason"]


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        ("--grid seed=1 --storage nonsense", "sqlite:///sweep.db"),
        ("--sampler random", "'grid' or 'tpe'"),
        ("--workers 0", "workers is 0"),
        ("--grid batch=3", "a field of train"),
        ("--grid batch_size=1", "batch_size is '1'"),
        ("--grid dropout=0.3", "dropout"),
    ],
)
def test_bad_input_gets_a_message(
    tmp_path: Path, capsys: Capture, flags: str, message: str
) -> None:
    assert cli.main([*f"{SMALL} {flags}".split(), "--runs", str(tmp_path)]) == 2
    assert message in capsys.readouterr().err
    assert list_runs(tmp_path) == []


# --- several machines on one PostgreSQL --------------------------------------------------------


@pytest.fixture
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server that runs for the length of a test."""
    psycopg = pytest.importorskip("psycopg")
    tools = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    path = os.pathsep.join([*map(str, tools), os.environ["PATH"]])
    initdb, postgres = (shutil.which(name, path=path) for name in ("initdb", "postgres"))
    if not initdb or not postgres:
        pytest.skip("PostgreSQL (initdb, postgres) is not installed")
    # not in pytest's folder, which is closed to other users
    with tempfile.TemporaryDirectory(prefix="postgresql-") as folder:
        user: dict[str, object] = {}
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "nobody", "nogroup")
            user = {"user": "nobody", "group": "nogroup", "extra_groups": []}
        data = f"{folder}/data"
        command = [initdb, "-D", data, "-U", "sweep", "-A", "trust"]
        created = subprocess.run(command, capture_output=True, text=True, **user)
        if created.returncode:
            pytest.skip(f"initdb does not work here: {created.stderr.strip()[-200:]}")
        # a socket in the folder instead of a port, which another process could take
        command = [postgres, "-D", data, "-k", folder, "-c", "listen_addresses="]
        server = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **user
        )

        def responds() -> bool:
            assert server.poll() is None
            try:
                psycopg.connect(host=folder, user="sweep", dbname="postgres").close()
            except psycopg.OperationalError:
                return False
            return True

        try:
            wait_until(responds)
            yield f"postgresql+psycopg://sweep@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait()


def test_two_machines_share_one_sweep(tmp_path: Path, postgresql: str) -> None:
    machines = [tmp_path / "one", tmp_path / "two"]
    request = sweep_request({"learning_rate": (0.001, 0.01), "batch_size": (32, 64)}, epochs=3)
    barrier = threading.Barrier(2)

    def work(root: Path) -> list[Trial]:
        # each machine has taken a trial before one of them can take a second
        trainer = FakeTrainer(after_epoch=lambda run, epoch: epoch == 1 and barrier.wait(60))
        return run_worker(request, root, storage=postgresql, execute=trainer)

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(work, machines)
    assert first == second
    assert len({tuple(trial.params.values()) for trial in first}) == 4
    runs = [{run.id for run in list_runs(machine)} for machine in machines]
    assert [len(ids) for ids in runs] == [2, 2]
    assert {trial.run for trial in first} == runs[0] | runs[1]
