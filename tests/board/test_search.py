"""The page Search: range tests and sweeps, started and watched, on real MNIST."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show

from mnist_core.cli.commands.sweep import BASE
from mnist_core.runs.run import list_runs
from mnist_core.search.job import Request, list_jobs, start_job
from mnist_core.search.results import storage_path


@pytest.fixture(autouse=True)
def root(tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


def wait_for(page: AppTest, condition: Callable[[AppTest], object], seconds: float = 120) -> None:
    until = time.monotonic() + seconds
    while not condition(show(page.run())):
        assert time.monotonic() < until, page_text(page)
        time.sleep(0.3)


def sweeps() -> AppTest:
    page = open_page("search")
    return show(page.button_group[0].set_value("sweep").run())


def small_sweep(page: AppTest) -> AppTest:
    """Fill the form: two trials of one epoch on 400 images."""
    page.selectbox(key="sweep-model").set_value("mnist_cnn")
    page.number_input(key="sweep-epochs").set_value(1)
    page.number_input(key="sweep-training_size").set_value(400)
    page.selectbox(key="sweep-sampler").set_value("grid")
    page.multiselect(key="sweep-fields").set_value(["batch_size"]).run()
    return show(page.text_input(key="sweep-values-batch_size").set_value("50, 100").run())


@pytest.fixture(scope="module")
def finished_sweep(tmp_path_factory: pytest.TempPathFactory, mnist_root: Path) -> Path:
    """A folder with a sweep of two trials, made once."""
    root = tmp_path_factory.mktemp("sweep")
    config = BASE.with_changes(model="mnist_cnn", epochs=1, training_size=400)
    options = {"study": "sweep", "sampler": "grid", "grid": ["batch_size=50,100"]}
    job = start_job(Request("sweep", config, options), root)
    until = time.monotonic() + 120
    while job.is_alive():
        assert time.monotonic() < until, job.log()
        time.sleep(0.1)
    assert job.state().status == "finished", job.log()
    return root


@pytest.fixture
def swept(root: Path, finished_sweep: Path) -> Path:
    """The runs' folder with that sweep in it."""
    shutil.copytree(finished_sweep, root, dirs_exist_ok=True)
    return root


def test_a_range_test_suggests_a_rate_for_a_new_run(root: Path) -> None:
    page = open_page("search")
    page.selectbox(key="lr-model").set_value("mnist_cnn")
    page.number_input(key="lr-training_size").set_value(2000)
    page.number_input(key="lr-steps").set_value(100).run()
    page = press(page, "Start")
    assert len(list_jobs(root)) == 1
    wait_for(page, lambda page: page.metric)
    rate = float(page.metric[0].value)
    assert 1e-6 < rate < 1
    page = press(page, "Use it in a new run")
    assert page.title[0].value == "Train a network"
    assert page.number_input(key="form-learning_rate").value == rate


def test_a_range_the_wrong_way_round_is_refused_in_words(root: Path) -> None:
    page = open_page("search")
    page.number_input(key="lr-low").set_value(5.0).run()
    assert "5" in page.error[0].value
    assert next(b for b in page.button if b.label == "Start").disabled
    assert list_jobs(root) == []


def test_a_sweep_from_the_form_to_its_best_trial(root: Path) -> None:
    page = small_sweep(sweeps())
    assert "2 trials of 1 epoch(s) each." in page_text(page)
    page = press(page, "Start")
    wait_for(page, lambda page: "finished" in page_text(page))
    table = page.dataframe[0].value
    assert sorted(table["Batch size"]) == [50, 100]
    best = table["Accuracy"].max()
    assert page.metric[0].value == f"{best:.2%}"
    assert {run.id for run in list_runs(root)} == set(table["Run"])
    page = press(page, f"Watch trial {table['Accuracy'].idxmax()}")
    assert page.title[0].value == "Watch a run"

    # the same name with other settings is another study
    page = small_sweep(sweeps())
    page.text_input(key="sweep-study").set_value("sweep")
    page.text_input(key="sweep-values-batch_size").set_value("25").run()
    assert "give this sweep another study name" in page.error[0].value


def test_values_that_no_setting_takes_are_refused_in_words(root: Path) -> None:
    page = small_sweep(sweeps())
    page.text_input(key="sweep-values-batch_size").set_value("fifty").run()
    assert "batch_size is 'fifty'" in page.error[0].value
    page.multiselect(key="sweep-fields").set_value([]).run()
    assert "at least one setting" in page.error[0].value


def test_a_damaged_storage_is_said_and_the_jobs_stay(swept: Path) -> None:
    page = sweeps()
    assert "finished" in page_text(page)
    storage_path(swept).write_text("no database")
    page = show(page.run())
    assert "sweep.db" in page.error[0].value
    assert len(list_jobs(swept)) == 1


def test_a_broken_job_harms_no_other(swept: Path) -> None:
    page = sweeps()
    assert "finished" in page_text(page)
    broken = swept / "jobs/20200101-000000-sweep"
    broken.mkdir()
    (broken / "job.json").write_text("{")
    page = show(page.run())
    assert "finished" in page_text(page)
    assert any("broken" in option for option in page.selectbox(key="job-sweep").options)


def test_a_study_whose_search_was_deleted_is_still_known(swept: Path) -> None:
    (job,) = list_jobs(swept)
    job.delete()
    page = small_sweep(sweeps())
    assert page.text_input(key="sweep-study").value == "sweep-2"
    page.text_input(key="sweep-study").set_value("sweep").run()
    assert "This goes on with the study of that name." in page_text(show(page))
    page.text_input(key="sweep-values-batch_size").set_value("25").run()
    assert "give this sweep another study name" in page.error[0].value
    assert "batch_size [50, 100], not [25]" in page.error[0].value


def test_a_locked_storage_is_said(swept: Path) -> None:
    page = sweeps()
    assert "finished" in page_text(page)
    with closing(sqlite3.connect(storage_path(swept))) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        page = show(page.run())
        assert "keeps it locked" in page.error[0].value
    page = show(page.run())
    assert not page.error


def test_a_search_that_has_not_begun_its_study_has_its_name_already(swept: Path) -> None:
    storage_path(swept).unlink()
    page = small_sweep(sweeps())
    assert page.text_input(key="sweep-study").value == "sweep-2"
    page.text_input(key="sweep-study").set_value("sweep")
    page.text_input(key="sweep-values-batch_size").set_value("25").run()
    assert "give this sweep another study name" in page.error[0].value
