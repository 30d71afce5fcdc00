"""The learning-rate range test on the page Search."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from support.board_app import open_page, press, show, unescape
from support.jobs import create_job

from mnist_core.runs import queue
from mnist_core.search.job_control import list_jobs
from mnist_core.search.job_process import carry_out
from mnist_core.search.job_state import JobEnd, JobStatus
from mnist_core.search.requests import RangeTestRequest
from mnist_core.training.config import TrainConfig
from mnist_core.training.lr_finder import RangeTest
from mnist_core.utils.json_files import write_json


@pytest.fixture(autouse=True)
def root(tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    return tmp_path


def test_a_range_test_suggests_a_rate_for_a_new_run(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: started.append(device))
    page = open_page("search")
    page.selectbox(key="lr-model").set_value("mnist_cnn")
    page.number_input(key="lr-batch_size").set_value(32)
    page.number_input(key="lr-training_size").set_value(2000)
    page.number_input(key="lr-steps").set_value(60).run()
    page = press(page, "Start")
    (job,) = list_jobs(root)
    carry_out(job, started[0])
    assert job.state().status is JobStatus.FINISHED
    page = show(page.run())
    rate = float(page.metric[0].value)
    assert 1e-6 < rate < 1
    page = press(page, "Use in a new run")
    assert page.title[0].value == "Train a network"
    assert page.number_input(key="form-learning_rate").value == rate


def test_the_form_is_closed_after_a_start(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A browser keeps an expander open until it is another one, which its key says."""
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    create_job(root, RangeTestRequest(config=TrainConfig()))
    drawn: list[tuple[str, bool]] = []
    expander = st.expander

    def record(label: str, expanded: bool = False, **options: Any) -> object:
        if label == "New range test":
            drawn.append((options["key"], expanded))
        return expander(label, expanded, **options)

    monkeypatch.setattr(st, "expander", record)
    page = open_page("search")
    page.number_input(key="lr-steps").set_value(60).run()
    press(page, "Start")
    assert len(list_jobs(root)) == 2
    assert [expanded for _, expanded in drawn] == [False] * len(drawn)
    keys = [key for key, _ in drawn]
    assert keys[0] == keys[1], "open while the form is filled"
    assert keys[-1] != keys[0]


@pytest.mark.parametrize(("outcome", "rate"), [("not_risen", 1.0), ("not_fallen", None)])
def test_a_range_test_without_a_minimum_shows_its_curve(
    root: Path, outcome: str, rate: float | None
) -> None:
    job = create_job(root, RangeTestRequest(config=TrainConfig()))
    curve = RangeTest(
        rates=(0.1, 1.0), losses=(2, 1), smoothed=(2, 1), suggestion=rate, outcome=outcome
    )
    write_json(job.result_path, curve)
    write_json(job.end_path, JobEnd(status=JobStatus.FINISHED))
    page = open_page("search")
    assert len(page.get("bidi_component")) == 1
    assert [metric.value for metric in page.metric] == (["1"] if rate else [])
    expected = "largest rate that was tried is suggested" if rate else "does not fall between 1e-06"
    assert expected in unescape(page.warning[0].value)


def test_a_range_the_wrong_way_round_is_refused(root: Path) -> None:
    page = open_page("search")
    page.number_input(key="lr-low").set_value(5.0).run()
    assert "lowest learning rate is 5, the highest 1" in page.error[0].value
    assert next(button for button in page.button if button.label == "Start").disabled
    assert list_jobs(root) == []
