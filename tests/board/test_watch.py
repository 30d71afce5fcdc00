"""The page that shows a run: its content in every state, and its buttons."""

from __future__ import annotations

import base64
import io
import json
import random
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show, unescape
from support.damage import DAMAGE
from support.training import Splits, small

from mnist_core.runs import queue
from mnist_core.runs.axes import curves_csv
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.newest_epoch import read_newest_epoch
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.training.command_line import train_command
from mnist_core.training.estimate import steps_per_epoch
from mnist_core.training.events import Epoch, Step
from mnist_core.utils.usage import Usage


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_splits: Splits) -> Path:
    """A folder with one finished run of two epochs."""
    root = tmp_path_factory.mktemp("trained")
    execute(create_run(small(epochs=2), root, "two epochs"), splits=small_splits)
    return root


@pytest.fixture
def root(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "runs"
    shutil.copytree(trained, copy)
    monkeypatch.setenv("MNIST_RUNS", str(copy))
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    return copy


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def metric(page: AppTest, label: str) -> str:
    return next(box.value for box in page.metric if box.label == label)


def numbers(values: dict[str, str]) -> np.ndarray:
    """Return what plotly packed into JSON."""
    return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])


def chart(page: AppTest, title: str) -> dict:
    """Return what is drawn under a title: the figure as JSON."""
    for block in page.get("bidi_component"):
        data = json.loads(block.proto.json)
        if data["title"] == title:
            return json.loads(data["figure"])
    raise AssertionError(f"no chart {title}")


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
    assert "best epoch" in page.code[-1].value


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


def test_deleting_asks_first(root: Path) -> None:
    page = press(open_page("watch"), "Delete")
    assert list_runs(root)
    assert "cannot be undone" in page_text(page)  # continued in tests/browser


def test_damaged_runs_are_named_and_affect_no_other(root: Path) -> None:
    (good,) = list_runs(root)
    for damage in DAMAGE.values():
        for name in ("state.json", "config.json", "name.txt"):
            run = copy_of(good, root / f"20300101-{name}-{len(list_runs(root))}")
            run.rename("a name")
            damage(run.folder / name)
    broken = create_run(small(), root)
    broken.state_path.write_text("[" * 3000)
    page = open_page("watch", broken.id)
    assert f"run {broken.id} is damaged" in unescape(page.error[0].value)
    assert len(page.selectbox[0].options) == 3 * len(DAMAGE) + 2
    page.selectbox[0].set_value(good.id).run()
    assert not page.error
    assert "finished" in metric(page, "Status")


def copy_of(run: Run, folder: Path) -> Run:
    """Return a copy without the large files."""
    copy = Run(folder)
    folder.mkdir()
    for path in (run.config_path, run.state_path):
        shutil.copyfile(path, folder / path.name)
    return copy


@pytest.mark.parametrize("damage", ["list", "FIFO", "nested 3,000 deep"])
def test_a_damaged_configuration_is_named(root: Path, damage: str) -> None:
    (run,) = list_runs(root)
    DAMAGE[damage](run.config_path)
    assert "config.json" in unescape(open_page("watch").error[0].value)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_metrics_and_logs_are_left_out(root: Path, damage: str) -> None:
    (run,) = list_runs(root)
    for path in (run.log_path, *run.folder.glob("*tfevents*")):
        DAMAGE[damage](path)
    page = open_page("watch")
    assert "finished" in metric(page, "Status")
    assert not page.error


def test_damaged_metrics_are_reported_with_their_first_step(root: Path) -> None:
    (run,) = list_runs(root)
    (file,) = run.folder.glob("*tfevents*")
    content, noise = file.read_bytes(), random.Random(1).randbytes(200)
    start = 0
    for _ in range(3):  # the noise destroys the length of the fourth record
        start += 16 + int.from_bytes(content[start : start + 8], "little")
    file.write_bytes(content[: start - 100] + noise + content[start + 100 :])
    page = open_page("watch")
    message = unescape(page.warning[0].value)
    step = int(re.search(r"damaged or missing from step (\d+) on", message)[1])
    shown = [line for line in chart(page, "Learning rate")["data"] if "x" in line]
    assert all(numbers(line["x"]).max() < step for line in shown)
    assert "finished" in metric(page, "Status")
    (run.folder / file.name).unlink()
    page = open_page("watch")
    assert "damaged or missing from step 1 on" in unescape(page.warning[0].value)


def test_a_watched_run_whose_folder_is_deleted_is_said_to_be_gone(root: Path) -> None:
    (other,) = list_runs(root)
    run = create_run(small(), root, "watched")
    with run.exclusive():
        run.update_state(status="running")
        page = open_page("watch", run.id)
        shutil.rmtree(run.folder)
        for _ in range(2):  # the page stays there
            page = show(page.run())
            assert f"{run.id}: there is no such run any more" in unescape(page.warning[0].value)
            assert page.selectbox[0].value is None
            assert not page.metric
    page = show(page.selectbox[0].set_value(other.id).run())
    assert not page.warning
    assert "finished" in metric(page, "Status")


def test_a_run_whose_process_was_killed_is_shown_as_failed(root: Path) -> None:
    run = create_run(small(), root)
    with run.exclusive():
        run.update_state(status="running", drawn=12_000, drawings=240_000)
        page = open_page("watch", run.id)
        assert "running" in metric(page, "Status")
        assert page.info[0].value == "Generates drawings: 12,000 of 240,000"
        writer = MetricWriter(run.folder)
        writer.write(Step(1, 30, 40, 0.5, 0.5, 0.01, 1000.0))
        writer.close()
    page.run()  # the kernel has released the lock: the process has exited
    assert "killed" in page.error[0].value
    message = unescape(page.error[0].value)
    assert "no epoch was complete: resume trains from the start" in message
    assert "step 0 of" in page.get("progress")[0].proto.text
    page = press(page, "Resume")
    assert "step 0 of" in page.get("progress")[0].proto.text
    run.leave_queue()
    run.checkpoint_path.touch()  # of a stop in epoch 1
    run.update_state(status="running")
    page = open_page("watch", run.id)
    assert "continues from the last checkpoint, in epoch 1" in page.error[0].value


def test_text_from_files_is_neither_markdown_nor_an_escape_sequence(root: Path) -> None:
    run = create_run(small(), root, "**bold** \x1b[31mred\x1b[0m")
    state = json.loads(run.state_path.read_text())
    reason = "\x1b[2J# [click](http://x) `code` $x$ :red[y]\nsecond line"
    run.state_path.write_text(json.dumps({**state, "status": "failed", "reason": reason}))
    page = open_page("watch", run.id)
    error = page.error[0].value
    assert unescape(error) == "[2J# [click](http://x) `code` $x$ :red[y] second line"
    assert not re.search(r"(?<!\\)[\[\]`$#]", error)
    assert page.selectbox[0].options[0].startswith("**bold** [31mred [0m · ")


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


def test_what_the_run_uses_of_the_machine_is_charted(root: Path) -> None:
    (run,) = list_runs(root)
    assert re.search(r"Busy CPU cores [\d.]+ · Memory", page_text(open_page("watch")))
    page = open_page("watch", usage=True)  # the charts are open
    assert chart(page, "Busy CPU cores")["data"]
    assert chart(page, "Memory of the process")["data"]
    assert "recorded on a GPU only" in page_text(page)
    writer = MetricWriter(run.folder, 80)
    for number, peak in ((90, 3), (100, 1)):
        usage = Usage(1.5, 2**30, 2**20, peak * 2**20, 0.75, 61)
        writer.write(Step(3, number - 80, 40, 0.5, 0.5, 1e-3, 1.0, {}, usage, skipped_steps=2))
    writer.close()
    page = show(page.run())
    assert [line["name"] for line in chart(page, "Device memory")["data"]] == [
        "allocated",
        "peak since the point before",
    ]
    assert numbers(chart(page, "Device memory")["data"][1]["y"]).tolist() == [3.0, 1.0]
    assert numbers(chart(page, "GPU load")["data"][0]["y"]).tolist() == [75.0, 75.0]
    assert numbers(chart(page, "GPU temperature")["data"][0]["y"]).tolist() == [61.0, 61.0]
    assert "4 of 100 training steps were skipped" in page_text(page)
    assert "Device memory 1 / 1 MiB · GPU load 75 % · GPU temperature 61 °C" in page_text(page)
    assert "recorded on a GPU only" not in page_text(page)


def test_the_newest_epoch_is_shown_on_demand(root: Path) -> None:
    (run,) = list_runs(root)
    page = open_page("watch")
    assert "Epoch **2**" not in page_text(page)
    page = open_page("watch", newest=True)  # the section is open
    assert "Epoch **2**, on the held-out images" in page_text(page)
    newest = read_newest_epoch(run.folder)
    assert chart(page, "Confusion matrix")["data"]
    captions = [note["text"] for note in chart(page, "Highest loss")["layout"]["annotations"]]
    first = newest.hardest[0]
    assert captions[0] == f"{first.label}→<b>{first.predicted}</b> {first.confidence:.0%}"
    assert len(captions) == 12


def test_the_layers_are_shown_on_demand(root: Path) -> None:
    page = open_page("watch", layers=True)  # the section is open
    ratios = chart(page, "Update ratios")
    assert [line["name"] for line in ratios["data"]][:2] == ["trunk.conv1.0", "trunk.conv2.0"]
    assert ratios["layout"]["yaxis"]["type"] == "log"
    assert ratios["layout"]["shapes"][0]["y0"] == 1e-3
    layer = next(box for box in page.selectbox if box.label == "Layer")
    assert layer.options == ["trunk.conv1.0", "trunk.conv2.0", "head.0", "head.1"]
    before = chart(page, "Weights")["data"][0]
    assert before["x"] == [40, 80]
    page = show(layer.set_value("head.0").run())
    assert chart(page, "Weights")["data"][0]["z"] != before["z"]
    page = show(page.button_group(key="axis").set_value("images").run())
    assert chart(page, "Gradient")["data"][0]["x"] == [2000, 4000]
    assert "images seen" in chart(page, "Gradient")["layout"]["xaxis"]["title"]["text"]
    assert chart(page, "Update ratios")["data"][0]["x"]


def test_runs_of_earlier_versions_say_what_was_not_recorded(root: Path) -> None:
    (run,) = list_runs(root)
    (run.folder / "newest_epoch.json").unlink()
    (file,) = run.folder.glob("*tfevents*")
    file.unlink()
    writer = MetricWriter(run.folder)
    writer.write(Step(1, 20, 40, 0.5, 0.5, 0.01, 1000.0))
    confusion = [[1] * 10] * 10
    writer.write(Epoch(1, 40, 0.5, 0.5, 0.25, 0.9, confusion, 1.0, True))
    writer.write(Epoch(2, 40, 0.5, 0.5, 0.25, 0.9, confusion, 1.0, True))
    page = open_page("watch", newest=True, layers=True)
    assert "Confusion matrix and images are not recorded" in page_text(page)
    assert "Update ratios and histograms of the layers are not recorded" in page_text(page)
    writer.write(Step(3, 20, 40, 0.5, 0.5, 0.01, 1000.0, update_ratios={"head.0": 1e-3}))
    writer.close()
    page = show(page.run())
    assert chart(page, "Update ratios")["data"][0]["name"] == "head.0"
    assert "Layer" not in [box.label for box in page.selectbox]


@pytest.mark.parametrize("damage", ["truncated", "FIFO"])
def test_a_damaged_newest_epoch_is_named_and_the_rest_is_shown(root: Path, damage: str) -> None:
    (run,) = list_runs(root)
    DAMAGE[damage](run.folder / "newest_epoch.json")
    page = open_page("watch", newest=True)
    assert "newest_epoch.json" in unescape(page.error[0].value)
    assert chart(page, "Loss")["data"]


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
