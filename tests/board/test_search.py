"""The page Search: range tests and sweeps, started and watched, on real MNIST."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show, unescape
from support.jobs import create_job

from board.runs.run_choice import first_shown
from board.runs.run_index import read_rows
from mnist_core.runs import queue
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.search.job import Job
from mnist_core.search.job_control import delete_job, list_jobs
from mnist_core.search.job_process import run_job
from mnist_core.search.job_state import JobEnd, JobProgress, JobStatus
from mnist_core.search.requests import SweepRequest
from mnist_core.search.search_space import BASE_CONFIG
from mnist_core.search.storage import storage_path
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import exclusive_lock

REQUEST = SweepRequest(
    config=BASE_CONFIG.with_changes(model="mnist_cnn", epochs=1, training_size=400),
    sampler="grid",
    grid={"batch_size": (50, 100)},
)
"""What `fill_form` asks for."""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


@pytest.fixture(scope="module")
def finished_sweep(tmp_path_factory: pytest.TempPathFactory, mnist_root: Path) -> Path:
    """A folder with the job of a finished sweep of two trials."""
    root = tmp_path_factory.mktemp("sweep")
    assert run_job(create_job(root, REQUEST)).status is JobStatus.FINISHED
    return root


@pytest.fixture
def swept(root: Path, finished_sweep: Path) -> Path:
    """The folder of the runs with that sweep in it."""
    shutil.copytree(finished_sweep, root, dirs_exist_ok=True)
    return root


def open_sweeps() -> AppTest:
    page = open_page("search")
    return show(page.button_group[0].set_value("sweep").run())


def fill_form(page: AppTest) -> AppTest:
    """Request two trials of one epoch on 400 images."""
    page.selectbox(key="sweep-model").set_value("mnist_cnn")
    page.number_input(key="sweep-epochs").set_value(1)
    page.number_input(key="sweep-training_size").set_value(400)
    page.selectbox(key="sweep-sampler").set_value("grid")
    page.multiselect(key="sweep-fields").set_value(["batch_size"]).run()
    return show(page.text_input(key="sweep-values-batch_size").set_value("50, 100").run())


def test_a_study_name_that_cannot_be_used(root: Path) -> None:
    page = show(open_sweeps().text_input(key="sweep-study").set_value("../x").run())
    assert "'../x' cannot be used" in unescape(page.error[0].value)
    assert start_button(page).disabled


def test_trials_of_earlier_versions_are_folded_into_their_sweep(swept: Path) -> None:
    trials = list_runs(swept)
    assert [row.name for row in read_rows(swept)] == ["sweep trial 1", "sweep trial 0"]
    for run in trials:
        (run.folder / "origin.json").unlink()
    create_run(BASE_CONFIG, swept, "by hand trial 3")
    rows = {row.name: row.origin.study for row in read_rows(swept)}
    assert rows == {"sweep trial 0": "sweep", "sweep trial 1": "sweep", "by hand trial 3": ""}
    trial, mine = (RunRow(Run(swept / name)) for name in "tm")
    trial = replace(trial, origin=RunOrigin(study="sweep", trial=1))
    assert first_shown([trial, mine]) is mine, "a page opens with no trial"
    assert first_shown([trial]) is trial
    training = replace(trial, state=RunState(status=RunStatus.RUNNING))
    assert first_shown([training, mine]) is training
    storage_path(swept).write_text("damaged")
    assert len(read_rows(swept)) == 3


def start_button(page: AppTest) -> Any:
    return next(button for button in page.button if button.label == "Start")


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [
        ("lr-low", 0.0, "it must be a number from 1e-09 to 10"),
        ("lr-high", 11.0, "it must be a number from 1e-09 to 10"),
        ("lr-steps", 200_000, "Steps is 200,000; it must be an integer from 20 to 100,000"),
        ("lr-batch_size", 70_000, "batch_size is 70000; it must be an integer at least 2"),
        ("sweep-trials", 0, "trials is 0; it must be an integer from 1 to 10,000"),
        ("sweep-workers", 33, "workers is 33; it must be an integer from 1 to 32"),
        ("sweep-epochs", 100_000, "epochs is 100000; it must be an integer at least 1"),
    ],
)
def test_a_number_out_of_range_is_refused_in_words(
    key: str, value: float, allowed: str, root: Path
) -> None:
    page = open_page("search") if key.startswith("lr") else open_sweeps()
    box = page.number_input(key=key)
    assert not box.proto.has_min
    assert not box.proto.has_max
    box.set_value(value).run()
    assert page.number_input(key=key).value == value
    assert allowed in unescape(show(page).error[0].value)
    assert start_button(page).disabled
    assert list_jobs(root) == []


def test_the_form_starts_what_it_shows(root: Path) -> None:
    job = create_job(root, REQUEST)
    with exclusive_lock(job.lock_path, 1):
        page = fill_form(open_sweeps())
        page = show(page.text_input(key="sweep-study").set_value("sweep").run())
        assert "2 trials, 1 epoch each." in page_text(page)
        press(page, "Start")
        # the same request is running already, so nothing was started
        assert [found.id for found in list_jobs(root)] == [job.id]


def test_a_sweep_waits_in_the_queue_behind_a_run(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    queue.enqueue(create_run(REQUEST.config, root, "the first"))
    page = press(fill_form(open_sweeps()), "Start")
    text = page_text(page)
    assert "Waiting for its turn" in text
    assert "Ahead of it in the queue: 1 (the first)" in text
    page = press(page, "Stop")
    assert "Stopped. Resume continues the same request." in page_text(page)
    page = press(page, "Resume")
    assert "Ahead of it in the queue: 1" in page_text(page)
    list_runs(root)[0].request_stop()
    assert "It is the next one in the queue." in page_text(show(page.run()))


def test_a_running_sweep_shows_its_progress(swept: Path) -> None:
    (job,) = list_jobs(swept)
    with exclusive_lock(job.lock_path, 1):
        write_json(job.progress_path, JobProgress(completed=1, total=2))
        page = open_sweeps()
        assert "running" in page_text(page)
        assert {button.label for button in page.button} >= {"Stop", "Delete"}
        page = press(page, "Stop")
        assert "stopping" in page_text(page)


def test_a_finished_sweep_shows_its_best_trial(swept: Path) -> None:
    page = open_sweeps()
    assert "finished" in page_text(page)
    table = page.dataframe[0].value
    assert sorted(table["Batch size"]) == [50, 100]
    best = table["Accuracy"].max()
    assert page.metric[0].value == f"{best:.2f}%"
    assert {run.id for run in list_runs(swept)} == set(table["Run"])
    charts = [json.loads(block.proto.json)["title"] for block in page.get("bidi_component")]
    assert "Parameters and accuracy of every trial" in charts
    page = press(page, f"Watch trial {table['Accuracy'].idxmax()}")
    assert page.title[0].value == "Watch a run"


def test_the_name_of_a_study_with_other_settings_is_refused(swept: Path) -> None:
    (job,) = list_jobs(swept)
    delete_job(job)  # the study is kept
    page = fill_form(open_sweeps())
    assert page.text_input(key="sweep-study").value == "sweep-2"
    page.text_input(key="sweep-study").set_value("sweep").run()
    assert "This continues the study of that name." in page_text(show(page))
    page.text_input(key="sweep-values-batch_size").set_value("25").run()
    assert "give this sweep another study name" in page.error[0].value
    assert "(batch_size [" in unescape(page.error[0].value)
    assert start_button(page).disabled
    page.session_state["lang"] = "zh"
    message = unescape(show(page.run()).error[0].value)
    assert message.endswith("，而非 [25])")
    assert "(“批量大小”为 [" in message


def test_the_name_of_a_study_that_is_yet_to_be_created_is_taken(root: Path) -> None:
    create_job(root, REQUEST)
    page = fill_form(open_sweeps())
    assert page.text_input(key="sweep-study").value == "sweep-2"
    page.text_input(key="sweep-study").set_value("sweep")
    page.text_input(key="sweep-values-batch_size").set_value("25").run()
    assert "give this sweep another study name" in page.error[0].value


def test_values_that_a_field_does_not_allow_are_refused(root: Path) -> None:
    page = fill_form(open_sweeps())
    page.text_input(key="sweep-values-batch_size").set_value("fifty").run()
    assert "batch_size is 'fifty'" in unescape(page.error[0].value)
    page.multiselect(key="sweep-fields").set_value([]).run()
    assert "Select at least one setting" in page.error[0].value


def test_a_database_that_cannot_be_read_hides_no_jobs(
    swept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mnist_core.search.storage.READ_TIMEOUT", 0.01)
    page = open_sweeps()
    assert "finished" in page_text(page)
    with closing(sqlite3.connect(storage_path(swept))) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        page = show(page.run())
        assert "locked by another process" in page.error[0].value
    page = show(page.run())
    assert not page.error
    storage_path(swept).write_text("no database")
    page = show(page.run())
    assert "sweep.db" in page.error[0].value
    assert "finished" in page_text(page)


@pytest.mark.parametrize("name", ["job.json", "end.json", "progress.json"])
def test_a_damaged_job_hides_no_others(swept: Path, name: str) -> None:
    damaged = Job(swept / "jobs/20200101-000000-sweep")
    damaged.folder.mkdir()
    write_json(damaged.request_path, REQUEST)
    write_json(damaged.end_path, JobEnd(status=JobStatus.FINISHED))
    (damaged.folder / name).write_text("{")
    page = open_sweeps()
    assert "finished" in page_text(page)
    page = show(page.selectbox(key="job-sweep").set_value(damaged.id).run())
    assert "this file is damaged" in page.error[0].value
    assert any("Delete" in button.label and not button.disabled for button in page.button)


def test_markdown_in_a_message_has_no_effect(root: Path) -> None:
    job = create_job(root, REQUEST)
    write_json(
        job.end_path, JobEnd(status=JobStatus.FAILED, message="![x](http://example.com/x.png) *b*")
    )
    page = open_sweeps()
    assert page.error[0].value == r"`![x](http://example.com/x.png)` \*b\*"
