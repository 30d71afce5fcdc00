"""The page Search, and its jobs in the queue, in the browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import expect

from mnist_core.runs.queue import add_to_queue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.state import StopReason
from mnist_core.search.job import Job
from mnist_core.search.job_control import delete_job
from mnist_core.search.job_state import JobEnd, JobProgress, JobStatus
from mnist_core.search.results import TrialStatus
from mnist_core.search.sweep_list import delete_sweep
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import exclusive_lock
from support.board_page import BoardPage
from support.jobs import create_job
from support.sweeps import FakeTrainer, run_worker, sweep_request
from support.waiting import until


def pretend_to_work(job: Job) -> None:
    """Leave the files of a job that takes steps until it is stopped."""
    with exclusive_lock(job.lock_path, timeout=60):
        job.leave_queue()
        write_json(job.progress_path, JobProgress(completed=60, total=20_000))
        until(job.stop_path.exists)
        write_json(job.end_path, JobEnd(status=JobStatus.STOPPED, stop_reason=StopReason.REQUESTED))


@contextmanager
def training_run(root: Path, name: str) -> Iterator[Run]:
    """Make a run that seems to train on the CPU while the block runs, and no longer."""
    run = create_run(TrainConfig(device="cpu"), root, name)
    with run.exclusive():
        run.update_state(status="running", device="CPU, 2 threads")
        yield run
    run.delete()


def expect_jobs_to_wait_in_order(board: BoardPage, root: Path) -> None:
    """A range test waits behind a training; a sweep waits, too, and is moved before it."""
    with training_run(root, "it trains"):
        sweep = create_job(root, sweep_request({"batch_size": (25, 50)}, study="waits"))
        add_to_queue(sweep, "cpu")
        board.go("Runs", title="Runs")
        places = board.page.get_by_test_id("stMain").locator("li")
        first, test, other = "it trains · running", "Range test of mnist_cnn_bn", "Sweep waits"
        expect(places).to_have_text([first, f"{test} · next", f"{other} · 1 ahead"])
        board.button("↑").last.click()
        expect(places).to_have_text([first, f"{other} · next", f"{test} · 1 ahead"])
        sweep.leave_queue()
        delete_job(sweep)
    board.go("Search", title="Search")


def expect_a_sweep_to_refuse_a_path(board: BoardPage) -> None:
    """Enter a file in the place of the name of weights."""
    main = board.page.get_by_test_id("stMain")
    board.number("Epochs").fill("1")
    board.number("Epochs").press("Enter")
    expect(main.get_by_text("20 trials, 1 epoch each.")).to_be_visible()
    main.get_by_role("combobox", name="Search space").click()
    board.page.get_by_role("option", name="Init weights").click()
    board.page.keyboard.press("Escape")
    values = main.get_by_role("textbox", name="Init weights")
    values.fill("default, /etc/hostname")
    values.press("Enter")
    refused = "init_weights is '/etc/hostname'; choose a model or a run that has weights"
    expect(main.get_by_text(refused, exact=False)).to_be_visible()
    expect(board.button("Start")).to_be_disabled()


def expect_a_finished_sweep(board: BoardPage, root: Path) -> None:
    """Show a sweep of which some trials were pruned."""
    request = sweep_request(
        {"batch_size": (25, 50), "learning_rate": (1e-3, 1e-2, 1e-1)},
        study="shown",
        epochs=2,
        trials=6,
    )
    job = create_job(root, request)
    rates = FakeTrainer(lambda config, epoch: 1 - config.learning_rate - config.batch_size / 1000)
    trials = run_worker(request, root, execute=rates)
    assert {trial.state for trial in trials} == {TrialStatus.COMPLETE, TrialStatus.PRUNED}
    write_json(job.end_path, JobEnd(status=JobStatus.FINISHED))
    board.number("Epochs").fill("2")
    board.number("Epochs").press("Enter")
    for chart in ("Parameters and accuracy of every trial", "Importance of the parameters"):
        figure = board.page.get_by_role("figure", name=chart)
        expect(figure.locator(".main-svg").first).to_be_visible()
    states = board.page.get_by_test_id("stDataFrame").locator("td").filter(has_text="pruned")
    expect(states.first).to_be_attached()
    delete_sweep(root, "shown", [Run(root / trial.run) for trial in trials if trial.run])
