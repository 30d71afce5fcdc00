"""The page that shows a run: its content in every state, and its buttons."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show, unescape
from support.training import small
from support.watch_page import chart, copy_of, metric, numbers

from mnist_core.runs import queue
from mnist_core.runs.axes import curves_csv
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.training.command_line import train_command
from mnist_core.training.estimate import steps_per_epoch
from mnist_core.training.events import Epoch, Step


@pytest.fixture
def root(watched_root: Path) -> Path:
    return watched_root


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_without_runs_a_message_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "none"))
    page = open_page("watch")
    assert "no runs yet" in page.info[0].value
    assert "Start a run" in labels(page)


def test_a_finished_run_shows_its_curves_and_figures(root: Path) -> None:
    page = open_page("watch")
    (run,) = list_runs(root)
    assert metric(page, "Validation accuracy") == f"{run.state().validation_accuracy:.2%}"
    assert "finished" in metric(page, "Status")
    loss = chart(page, "Loss")
    validation = next(line for line in loss["data"] if "validation" in line["name"])
    assert numbers(validation["x"]).tolist() == [40, 80]
    assert chart(page, "Gradient norms")["data"][0]["name"] == "trunk.conv1.0"
    assert "Stop" not in labels(page)
    assert "Resume" not in labels(page)
    assert "best epoch" not in page_text(page), "the log is read when it is opened"
    assert "best epoch" in open_page("watch", log_tail=True).code[-1].value


def test_the_address_says_which_run(root: Path) -> None:
    other = create_run(small(), root, "other")
    first = next(run for run in list_runs(root) if run.id != other.id)
    assert open_page("watch", first.id).selectbox[0].value == first.id
    assert open_page("watch", other.id).selectbox[0].value == other.id
    assert open_page("watch").selectbox[0].value == other.id
    page = open_page("watch", "no such run")
    assert page.selectbox[0].value is None
    assert "no such run: there is no such run any more" in unescape(page.warning[0].value)


def test_a_queued_run_can_be_stopped_and_resumed(root: Path) -> None:
    run = create_run(small(), root)
    queue.enqueue(run)
    page = open_page("watch", run.id)
    assert "Waiting for its turn" in page_text(page)
    page = press(page, "Stop")
    assert run.state().status == "stopped"
    assert "Stopped before it began. Resume" in page_text(page)
    page = press(page, "Resume")
    assert run.is_in_queue()
    assert "Stop" in labels(page)


def test_curves_are_those_of_the_present_state(root: Path) -> None:
    """Charts are kept, by how far training is: one of another state must not be shown."""
    run = create_run(small(), root)

    def rates(reports: int, rate: float, **state: str) -> list[float]:
        writer = MetricWriter(run.folder)  # of a process that starts the run, or resumes it
        for step in range(1, reports + 1):
            writer.write(Step(1, step, 45, 1.0, 0.5, rate, 1000.0))
        writer.close()
        run.update_state(**state)
        page = open_page("watch", run.id)
        return numbers(chart(page, "Learning rate")["data"][0]["y"]).tolist()

    with run.exclusive():
        assert rates(9, 0.125, status="running", resumed="2026-11-01T12:00:00+00:00") == [0.125] * 9
        again = "2026-11-01T13:00:00+00:00"
        assert rates(9, 0.25, status="running", resumed=again) == [0.25] * 9, "from the start"
    # while it trains, charts are kept by the logarithm of the points: that of 9 x 4 is 45 x 4
    assert rates(45, 0.25, status="stopped") == [0.25] * 45


def test_smoothing_and_scale(root: Path) -> None:
    page = open_page("watch")
    lines = len(chart(page, "Loss")["data"])
    page.slider[0].set_value(0.0).run()
    assert len(chart(page, "Loss")["data"]) == lines - 1  # the raw curve behind the smooth one
    page.toggle(key="log").set_value(True).run()
    assert chart(page, "Loss")["layout"]["yaxis"]["type"] == "log"


def test_the_horizontal_axis(root: Path) -> None:
    page, steps = open_page("watch"), steps_per_epoch(list_runs(root)[0].config())
    for axis, last in (("epoch", 80 / steps), ("images", 4000), ("step", 80)):
        show(page.button_group(key="axis").set_value(axis).run())
        loss = chart(page, "Loss")
        line = next(line for line in loss["data"] if "validation" in line["name"])
        assert numbers(line["x"])[-1] == pytest.approx(last)
        assert axis in loss["layout"]["xaxis"]["title"]["text"]
    show(page.button_group(key="axis").set_value("time").run())
    assert "training time" in chart(page, "Learning rate")["layout"]["xaxis"]["title"]["text"]


def test_what_is_known_about_a_run(root: Path) -> None:
    (source,) = list_runs(root)
    origin = RunOrigin(study="rates", trial=3, parent=source.id)
    run = create_run(source.config(), root, "copy", origin)
    page = open_page("watch", source.id)
    text = page_text(page)
    assert train_command(source.config()) in text
    assert "Batch size: 50" in text
    assert "torch: " in text, "of its environment"
    assert f"id: `{source.id}`" in text
    assert "Generate Report" in labels(page)
    page = press(open_page("watch", run.id), source.id)
    assert page.selectbox[0].value == source.id
    page = press(open_page("watch", run.id), "rates")
    assert page.title[0].value == "Runs"
    assert list(page.dataframe[0].value["Run"]) == ["copy"]


def test_the_curves_as_csv(root: Path) -> None:
    (run,) = list_runs(root)
    text = curves_csv(MetricReader(run.folder).read(), run.config())
    rows = pd.read_csv(io.StringIO(text)).set_index("metric").loc["validation/loss"]
    assert rows["step"].tolist() == [40, 80]
    assert rows["epoch"].iloc[1] == pytest.approx(80 / steps_per_epoch(run.config()), rel=1e-4)
    assert rows["images"].tolist() == [2000, 4000]
    assert rows["seconds"].is_monotonic_increasing
    assert rows["value"].iloc[-1] > 0


def test_renaming(root: Path) -> None:
    page = open_page("watch")
    page.text_input[0].set_value("sevens").run()
    page = press(page, "Save")
    assert page.selectbox[0].options[0].startswith("sevens · ")
    page.text_input[0].set_value("  ").run()
    page = press(page, "Save")
    assert "the name is empty" in page.toast[0].value
    assert list_runs(root)[0].state().name == "sevens"


def test_copying_fills_the_form(root: Path) -> None:
    (run,) = list_runs(root)
    page = press(open_page("watch"), "Clone")
    assert page.title[0].value == "Train a network"
    assert f"The settings of {run.id}" in page_text(page)
    assert page.number_input(key="form-epochs").value == 2
    assert page.number_input(key="form-batch_size").value == 50


def test_many_points_are_thinned_and_right_at_their_ends(root: Path) -> None:
    run, last = create_run(small(epochs=100), root), 6000
    writer = MetricWriter(run.folder)
    for step in range(1, last + 1):
        writer.write(Step(1, step, last, 1 / step, 0.5, 0.01, 1000.0))
    writer.write(Epoch(1, last, 0.5, 0.5, 0.25, 0.9, [[1] * 10] * 10, 1.0, True))
    writer.close()
    page = open_page("watch", run.id)
    line = next(line for line in chart(page, "Loss")["data"] if line["name"].strip() == "training")
    steps = numbers(line["x"])
    assert len(steps) <= 2000
    assert (steps[0], steps[-1]) == (1, last)
    page.slider[0].set_value(0.0).run()
    line = next(line for line in chart(page, "Loss")["data"] if line["name"].strip() == "training")
    assert numbers(line["y"])[-1] == pytest.approx(1 / last)


def test_two_hundred_runs_are_all_offered(root: Path) -> None:
    (source,) = list_runs(root)
    for number in range(200):
        copy_of(source, root / f"20200101-{number:06}-copy")
    page = open_page("watch")
    assert len(page.selectbox[0].options) == 201
    assert page.selectbox[0].value == source.id


def test_chinese(root: Path) -> None:
    assert open_page("watch", lang="zh").title[0].value == "观察一次运行"


def test_what_a_notification_says(root: Path) -> None:
    (run,) = list_runs(root)

    def told(page: AppTest) -> dict:
        found = [json.loads(block.proto.json) for block in page.get("bidi_component")]
        (data,) = (data for data in found if "live" in data)
        return data

    data = told(open_page("watch", lang="en"))
    accuracy = f"{run.state().validation_accuracy:.2%}"
    assert (data["title"], data["body"]) == (
        "two epochs",
        f"Finished · Validation accuracy {accuracy}",
    )
    assert (data["live"], data["ended"], data["offered"]) == (False, True, False)
    waiting = create_run(small(), root)
    data = told(open_page("watch", waiting.id))
    assert (data["live"], data["ended"], data["offered"]) == (True, False, True)
    waiting.update_state(status="failed", reason="the disk is full")
    data = told(open_page("watch", waiting.id, lang="zh"))
    assert (data["live"], data["ended"], data["offered"]) == (False, True, True)
    assert data["body"] == "失败 · 验证集准确率 –"
