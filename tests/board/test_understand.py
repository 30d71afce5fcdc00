"""The page that shows what a run learnt, and where it fails."""

from __future__ import annotations

import json
import re
import shutil
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show
from support.training import Splits, small

from mnist_core.evaluation.predictions import Answers, answer
from mnist_core.evaluation.scores import CLASSIC_PAIRS, Evaluation
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run, create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.events import Epoch, Event

# the first 500 of those held out, as in small_splits
CONFIG = small(model="mnist_cnn", epochs=2, training_size=2000, validation_size=500)


@pytest.fixture(scope="module")
def trained(small_splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = create_run(CONFIG, tmp_path_factory.mktemp("trained"), "Twos")
    execute(run, splits=small_splits)
    return run


@pytest.fixture
def run(trained: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A finished run of two epochs, in a folder of runs of its own."""
    root = tmp_path / "runs"
    shutil.copytree(trained.folder, root / trained.id)
    monkeypatch.setenv("MNIST_RUNS", str(root))
    return Run(root / trained.id)


@pytest.fixture(scope="module")
def answers(trained: Run, small_splits: Splits) -> Answers:
    return answer(load_weights(trained.weights_path)[0], small_splits[1])


def part(name: str, **session: Any) -> AppTest:
    return open_page("understand", **{"understand-part": name, **session})


def charts(page: AppTest) -> list[dict[str, Any]]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def captions(figure: dict[str, Any]) -> list[str]:
    return [note["text"] for note in figure["layout"].get("annotations", [])]


# --- confusion -----------------------------------------------------------------------------------


def test_the_images_of_a_cell_are_there_most_confident_first(run: Run, answers: Answers) -> None:
    page = part("Confusion")
    assert "Of 500 held-out images" in page_text(page)
    assert "test set" in page_text(page)
    confusion = np.array(answers.evaluation.confusion)
    np.fill_diagonal(confusion, 0)
    chosen = page.selectbox(key="cell-true").value, page.selectbox(key="cell-read").value
    assert confusion[chosen] == confusion.max()
    page.selectbox(key="cell-true").set_value(3)
    page.selectbox(key="cell-read").set_value(3)
    show(page.run())
    cell = answers.cell(3, 3)
    assert f"**3 read as 3**: {len(cell)} images" in page_text(page)
    (grid,) = charts(page)
    expected = [f"<b>{answers.confidence(index):.0%}</b> {index}" for index in cell]
    assert captions(grid) == expected[:24]
    (more,) = (b.label for b in page.button if b.label.startswith("Show more"))
    assert more == f"Show more ({len(cell) - 24} left)"
    press(page, more)
    assert captions(charts(page)[0]) == expected[:48]


def test_an_empty_cell_says_so(run: Run, answers: Answers) -> None:
    true, read = next(
        (t, r) for t in range(10) for r in range(10) if not answers.evaluation.confusion[t][r]
    )
    page = part("Confusion", **{"cell-true": true, "cell-read": read})
    assert f"No {true} was read as {read}." in page_text(page)


def test_toggles_do_not_lose_the_cell(run: Run) -> None:
    page = part("Confusion", **{"cell-true": 5, "cell-read": 5})
    for toggle in page.toggle:
        toggle.set_value(True)
    show(page.run())
    assert "**5 read as 5**" in page_text(page)


# --- pairs ---------------------------------------------------------------------------------------


def test_pairs_show_counts_shares_and_every_error(run: Run, answers: Answers) -> None:
    page = part("Pairs")
    said = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    for way in answers.evaluation.pairs:
        assert said[f"{way.true} → {way.predicted}"] == (str(way.count), f"{way.rate:.2%}")
    curves, *_, bars = charts(page)
    assert {line["name"] for line in curves["data"]} == set(said)
    offered = page.selectbox(key="pair").options
    assert offered[:3] == ["4 / 9", "3 / 8", "1 / 7"]
    confused = [f"{p.first} / {p.second}" for p in answers.evaluation.most_confused]
    assert set(confused) <= set(offered)
    assert {re.sub("</?b>", "", label) for label in bars["data"][0]["y"]} >= {"4 / 9", *confused}

    pair = answers.evaluation.most_confused[0]
    page.selectbox(key="pair").set_value((pair.first, pair.second))
    show(page.run())
    for way in ((pair.first, pair.second), (pair.second, pair.first)):
        cell = answers.cell(*way)
        for index in cell[:4]:
            sure = f"{answers.confidence(index):.1%}"
            assert f"Image {index}: a {way[0]}, read as {way[1]} ({sure})" in page_text(page)
    explained = [figure for figure in charts(page) if len(figure["data"]) == 4]
    shown = min(4, pair.first_as_second) + min(4, pair.second_as_first)
    assert len(explained) == shown
    for figure in explained:
        digit, paper, overlay, bars = figure["data"]
        assert [t["type"] for t in (digit, paper, overlay, bars)] == ["heatmap"] * 3 + ["bar"]
        assert sum(bars["y"]) == pytest.approx(1)


# --- report --------------------------------------------------------------------------------------


def test_the_report_is_the_evaluation(run: Run) -> None:
    page = part("Report")
    kept = Evaluation.read(run.evaluation_path)
    assert page.metric[0].value == f"{kept.accuracy:.2%}"
    table = page.dataframe[0].value
    assert list(table.columns) == ["digit", "precision", "recall", "F1", "support"]
    for digit, row in table.iterrows():
        scores = kept.per_class[str(digit)]
        assert row["precision"] == pytest.approx(100 * scores["precision"])
        assert row["recall"] == pytest.approx(100 * scores["recall"])
        assert row["F1"] == pytest.approx(100 * scores["f1"])
        assert row["support"] == scores["support"]
    said = page_text(page)
    assert f"**{kept.calibration.ece:.2%}**" in said
    assert f"Temperature **{kept.calibration.temperature:.2f}**" in said
    assert len(charts(page)) == 1


# --- network -------------------------------------------------------------------------------------


def kernels(page: AppTest) -> dict[str, Any]:
    return charts(page)[1]["data"][0]


def test_kernels_and_maps_change_with_the_epoch(run: Run) -> None:
    page = part("Network")
    slider = page.select_slider[0]
    best = run.state().best_epoch
    assert slider.value == best
    assert slider.options == ["before training", "1", "2"]
    assert f"The best epoch is {best}" in page_text(page)
    last, maps = kernels(page), charts(page)[2]["data"][0]
    show(slider.set_value(0).run())
    first = kernels(page)
    assert first["z"] != last["z"]
    assert (first["zmax"], first["zmin"]) == (last["zmax"], last["zmin"])
    assert charts(page)[2]["data"][0]["z"] != maps["z"]
    assert charts(page)[2]["data"][0]["zmax"] == maps["zmax"]


def test_choices_that_another_run_does_not_have(run: Run, answers: Answers) -> None:
    confused = {(p.first, p.second) for p in answers.evaluation.most_confused}
    other = next(p for p in combinations(range(10), 2) if p not in confused | set(CLASSIC_PAIRS))
    assert part("Pairs", pair=other).selectbox(key="pair").value == (4, 9)
    page = part("Network", **{f"network-epoch-{run.id}": 77})
    assert page.select_slider[0].value == run.state().best_epoch


def test_an_epoch_that_goes_while_it_is_looked_at(run: Run) -> None:
    page = part("Network")
    show(page.select_slider[0].set_value(1).run())
    (run.folder / "conv1/00001.safetensors").unlink()
    show(page.run())
    assert page.select_slider[0].options == ["before training", "2"]
    assert not page.error


def test_another_image_has_other_maps(run: Run, small_splits: Splits) -> None:
    page = part("Network")
    before = charts(page)
    page.selectbox(key="network-digit").set_value(7)
    show(page.run())
    page.number_input[0].set_value(2)
    show(page.run())
    index = (small_splits[1].labels == 7).nonzero()[1].item()
    image, kept, maps = charts(page)
    assert captions(image) == [f"image {index}"]
    assert kept["data"][0]["z"] == before[1]["data"][0]["z"]
    assert maps["data"][0]["z"] != before[2]["data"][0]["z"]


def test_an_older_run_shows_its_best_weights(run: Run) -> None:
    shutil.rmtree(run.folder / "conv1")
    page = part("Network")
    assert "kept no history" in page_text(page)
    assert not page.select_slider
    assert len(charts(page)) == 3


# --- what can be missing or broken ---------------------------------------------------------------


@pytest.mark.parametrize("name", ["Confusion", "Pairs", "Report"])
def test_a_queued_run_has_no_weights_yet(
    name: str, tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    create_run(CONFIG, tmp_path)
    page = part(name)
    assert "no weights yet" in page_text(page)
    assert not charts(page)


def test_a_queued_run_has_no_network_yet(
    tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    create_run(CONFIG, tmp_path)
    assert "has not begun to train" in page_text(part("Network"))


def test_an_unfinished_run_is_evaluated_on_request(
    tmp_path: Path, small_splits: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    run, stop = create_run(CONFIG, tmp_path), StopFlag()

    def listen(event: Event) -> None:
        if isinstance(event, Epoch):
            stop.set(StopReason.REQUESTED)

    execute(run, splits=small_splits, stop=stop, listen=listen)
    assert run.state().status == "stopped"
    page = part("Report")
    assert "not evaluated yet" in page_text(page)
    assert not page.dataframe
    press(page, "Evaluate on the held-out images")
    assert page.metric[0].value == f"{run.state().validation_accuracy:.2%}"


def test_missing_data_is_said_with_the_fix(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ROOT", "/nowhere")
    for name in ("Confusion", "Network"):
        page = part(name)
        assert re.search("MNIST is not in /nowhere.*Set MNIST_ROOT", page.error[0].value)


def test_damaged_files_are_said_and_other_runs_unharmed(run: Run, small_splits: Splits) -> None:
    other = create_run(CONFIG, run.folder.parent)
    other.state_path.write_text("{")
    page = open_page("understand", run=other.id)
    assert "state.json cannot be read" in page.error[0].value
    shown = open_page("understand", run=run.id)
    assert not shown.error
    assert "Of 500 held-out images" in page_text(shown)

    run.weights_path.write_bytes(run.weights_path.read_bytes()[:100])
    damaged = open_page("understand", run=run.id)
    assert "not a whole safetensors file" in damaged.error[0].value
    run.config_path.write_text("{")
    assert "config.json" in open_page("understand", run=run.id).error[0].value


def test_a_damaged_epoch_is_said(run: Run) -> None:
    (run.folder / "conv1/00001.safetensors").write_bytes(b"half")
    assert "00001.safetensors: cannot be read" in part("Network").error[0].value


@pytest.mark.parametrize("name", ["Confusion", "Pairs", "Report", "Network"])
def test_a_run_that_was_deleted_meanwhile(name: str, run: Run) -> None:
    page = part(name)
    run.delete()
    show(page.run())
    assert "There are no runs yet" in page_text(page)


def test_no_runs_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    assert "There are no runs yet" in page_text(open_page("understand"))


@pytest.mark.parametrize("name", ["Confusion", "Pairs", "Report", "Network"])
def test_every_word_has_its_chinese(name: str, run: Run) -> None:
    page = part(name, lang="zh")
    said = [page_text(page)]
    for kind in (page.button, page.selectbox, page.toggle, page.metric, page.select_slider):
        said += [element.label for element in kind]
    for figure in charts(page):
        said += captions(figure)
        for axis in ("xaxis", "yaxis"):
            said.append(figure["layout"].get(axis, {}).get("title", {}).get("text", ""))
        for trace in figure["data"]:
            said += [trace.get("name", ""), re.sub("<.*?>", "", trace.get("hovertemplate", ""))]
    for text in said:
        bare = re.sub(r"%\{.*?\}|\bECE\b|\bF1\b|\blogits?\b|\bconv1\b|\bnat\b", "", text)
        assert not re.search("[a-z]{2}", bare), text
