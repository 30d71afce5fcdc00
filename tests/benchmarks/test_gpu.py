"""benchmarks.gpu on the CPU: what it writes, whatever fails or no longer fits."""

from __future__ import annotations

import inspect
import json
import multiprocessing
import time
from pathlib import Path
from typing import Any

import pytest

from benchmarks import gpu, gpu_runs, gpu_speed
from benchmarks.gpu_plan import make_plan
from benchmarks.gpu_report import Report
from benchmarks.gpu_runs import ours, start_parts
from benchmarks.gpu_schedule import Worker, receive, run_plan
from benchmarks.gpu_speed import Bench
from mnist_core.models.architectures import ARCHITECTURES

TINY = ["--device", "cpu", "--steps", "1", "--repeats", "1", "--matrix", "32", "--images", "100"]
TINY += ["--batch-sizes", "16", "--models", "mnist_cnn"]


def measure(folder: Path, *options: str) -> tuple[dict[str, Any], str]:
    paths = folder / "gpu.json", folder / "gpu.md"
    assert gpu.main([*TINY, "--json", str(paths[0]), "--markdown", str(paths[1]), *options]) == 0
    return json.loads(paths[0].read_text()), paths[1].read_text()


@pytest.mark.usefixtures("mnist_root")
def test_a_section_becomes_rows_of_both_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # the process that measures need not import torch
    context = multiprocessing.get_context("fork")
    monkeypatch.setattr("benchmarks.gpu_schedule.mp.get_context", lambda method: context)
    results, text = measure(tmp_path, "--only", "ceiling")
    rows = results["rows"]["ceiling"]
    assert [row["precision"] for row in rows] == ["bf16", "fp16", "tf32", "fp32", "copy"]
    assert all(row["TFLOP/s"] > 0 for row in rows[:-1])
    assert rows[-1]["GB/s"] > 0
    assert not results["left_out"]
    assert "CPU" in results["machine"]["device"]
    assert all(f"| {row['precision']} |" in text for row in rows)


def test_what_does_not_fit_is_reported_as_left_out(tmp_path: Path) -> None:
    results, text = measure(tmp_path, "--seconds", "0")
    assert {row["section"] for row in results["left_out"]} == set(gpu.SECTIONS)
    assert not results["rows"]
    assert all(f"Left out of {section}" in text for section in gpu.SECTIONS)


def test_a_device_that_is_missing_is_said_once_and_no_file_is_touched(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = tmp_path / "gpu.json"
    before.write_text("figures of another day")
    paths = ["--json", str(before), "--markdown", str(tmp_path / "gpu.md")]
    assert gpu.main(["--device", "cuda:99", *paths]) == 1
    written = capfd.readouterr()
    assert written.out == ""
    (line,) = written.err.splitlines()
    assert line.startswith("error: device is 'cuda:99', but torch finds")
    assert before.read_text() == "figures of another day"
    assert list(tmp_path.iterdir()) == [before]


def test_an_unknown_architecture_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = ["--json", str(tmp_path / "gpu.json"), "--markdown", str(tmp_path / "gpu.md")]
    assert gpu.main(["--device", "cpu", "--models", "vgg", "vggg", *paths]) == 1
    assert capsys.readouterr().err.startswith("error: model is 'vggg'; choose from ")
    assert not list(tmp_path.iterdir())


def test_a_row_that_took_all_the_time_says_how_much_it_had() -> None:
    here, _there = multiprocessing.Pipe()
    with pytest.raises(TimeoutError, match="stopped after 0 s, at the end of its time"):
        receive(here, -4)


def test_workers_that_cannot_start_leave_out_the_rest(tmp_path: Path) -> None:
    class Failing(Worker):
        def start(self, seconds: float) -> dict[str, Any]:
            self.starts += 1
            return {"failed": "out of memory"}

    args = gpu.parse_args([*TINY, "--only", "ceiling"])
    report = Report(tmp_path / "gpu.json", tmp_path / "gpu.md", vars(args))
    worker = Failing(args)
    run_plan(make_plan(args), args, report, time.monotonic() + 1000, worker)
    assert worker.starts == 2
    results = json.loads((tmp_path / "gpu.json").read_text())
    assert {row["reason"] for row in results["left_out"]} == {
        "no worker could start: out of memory"
    }
    assert not results["rows"]
    assert "Left out of ceiling: 5" in (tmp_path / "gpu.md").read_text()


def test_the_plan_measures_every_combination_once() -> None:
    plan = make_plan(gpu.parse_args([]))
    steps = [tuple(task.values.items()) for task in plan if task.name == "step"]
    assert len(set(steps)) == len(steps)
    found = {tuple(value for _, value in step if value != "pen") for step in steps}
    for model in ARCHITECTURES:
        for precision in ("fp32", "fp16", "bf16"):
            for channels_last in (True, False):
                for mode in ("eager", "graph", "compile", "compile+graph"):
                    for batch in (256, 1024):
                        assert (model, precision, channels_last, mode, batch) in found


@pytest.mark.usefixtures("mnist_root")
def test_the_time_to_an_accuracy_says_where_it_goes() -> None:
    bench = Bench(gpu.parse_args([*TINY, "--accuracy", "0.05"]))
    row = ours(bench, "--model mnist_cnn --augment none --epochs 2 --batch-size 50", 120, "first")
    assert "note" not in row
    names = ("run created", "training begins", "step 2", "epoch 1", "s from process start")
    times = [value for name in names for key, value in row.items() if key in (name, f"{name} s")]
    assert len(times) == len(names)
    assert times == sorted(times)
    assert times[0] > 0


@pytest.mark.usefixtures("mnist_root")
def test_the_parts_of_a_start() -> None:
    parts = start_parts(Bench(gpu.parse_args(TINY)), "the parts of a start")
    assert {"import torch s", "context s", "other imports s", "images s"} < set(parts)
    assert all(seconds >= 0 for seconds in parts.values())


def test_a_short_run_measures_ours_first_and_the_baseline_last_of_the_important_ones() -> None:
    arguments = ["--only", "accuracy", "resume", "two-runs"]
    names = [task.name for task in make_plan(gpu.parse_args(arguments))]
    assert names[:6] == ["ours", "ours", "start_parts", "two_runs", "resume", "examples"]


def test_the_measurements_take_what_the_plan_gives_them() -> None:
    for task in make_plan(gpu.parse_args([])):
        function = getattr(gpu_runs if hasattr(gpu_runs, task.name) else gpu_speed, task.name)
        limit = {"limit": 1.0} if task.flexible else {}
        inspect.signature(function).bind("bench", **task.values, **limit)
