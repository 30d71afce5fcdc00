"""The sections of the page Watch that are opened on demand, and what they need."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.board_app import open_page, page_text, show, unescape
from support.damage import DAMAGE
from support.watch_page import chart, numbers

from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.newest_epoch import read_newest_epoch
from mnist_core.runs.run_list import list_runs
from mnist_core.training.events import Epoch, Step
from mnist_core.utils.usage import Usage


@pytest.fixture
def root(watched_root: Path) -> Path:
    return watched_root


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


def test_a_legend_of_many_layers_does_not_take_the_room_of_their_curves(root: Path) -> None:
    (run,) = list_runs(root)
    few = chart(open_page("watch"), "Gradient norms")
    assert len(few["data"]) <= 6
    writer = MetricWriter(run.folder, 80)
    norms = {f"trunk.conv{number}": 1.0 for number in range(10, 22)}
    writer.write(Step(3, 10, 40, 0.5, 0.5, 1e-3, 1.0, norms))
    writer.close()
    many = chart(open_page("watch"), "Gradient norms")
    more = len(many["data"]) - len(few["data"])
    assert more == len(norms)
    # two entries in a row of a phone's legend, a row takes 19 pixels
    assert many["layout"]["height"] >= few["layout"]["height"] + 19 * (len(many["data"]) - 6) / 2
