"""The page Understand."""

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
from support.board_app import open_page, page_text, press, show, unescape
from support.damage import DAMAGE
from support.drawing_sets import write_drawing_sets
from support.training import small
from support.waiting import until

from board.widgets.image_sheet import make_sheet
from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.evaluation.calibration import Calibration, ReliabilityBin
from mnist_core.evaluation.predictions import Predictions, predict_split
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.evaluation.scores import CLASSIC_PAIRS, Evaluation
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.run_scorecard import is_measuring, measure_scorecard
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.events import Epoch, Event
from mnist_core.utils.json_files import write_json

PARTS = ["Confusion", "Mistakes", "Pairs", "Report", "Network", "Projection"]
CONFIG = small(epochs=2, training_size=1000, validation_size=500)


@pytest.fixture
def validation(run: Run, small_data: Path) -> Split:
    return load_train_validation("cpu", small_data, validation_size=500)[1]


@pytest.fixture
def evaluation(run: Run) -> Evaluation:
    return Evaluation.read(run.evaluation_path)


@pytest.fixture
def predictions(run: Run, validation: Split, evaluation: Evaluation) -> Predictions:
    return evaluation.align(predict_split(load_weights(run.weights_path)[0], validation))


def part(name: str, **session: Any) -> AppTest:
    return open_page("understand", **{"understand-part": name, **session})


def charts(page: AppTest) -> list[dict[str, Any]]:
    """Return the figures, without those that report clicks."""
    return [json.loads(block["figure"]) for block in components(page) if not block["clickable"]]


def components(page: AppTest) -> list[dict[str, Any]]:
    """Return what every chart is given."""
    return [json.loads(block.proto.json) for block in page.get("bidi_component")]


def captions(figure: dict[str, Any]) -> list[str]:
    return [note["text"] for note in figure["layout"].get("annotations", [])]


# --- confusion -----------------------------------------------------------------------------------


def test_the_images_of_a_cell_the_most_confident_first(
    run: Run, predictions: Predictions, evaluation: Evaluation
) -> None:
    page = part("Confusion")
    assert "Of 500 validation images" in page_text(page)
    assert "test set" in page_text(page)
    confusion = np.array(evaluation.confusion)
    np.fill_diagonal(confusion, 0)
    chosen = page.selectbox(key="cell-true").value, page.selectbox(key="cell-predicted").value
    assert confusion[chosen] == confusion.max()
    page.selectbox(key="cell-true").set_value(3)
    page.selectbox(key="cell-predicted").set_value(3)
    for toggle in page.toggle:  # they do not change the selected cell
        toggle.set_value(True)
    show(page.run())
    cell = predictions.cell(3, 3)
    assert f"**3 predicted as 3**: {len(cell)} images" in page_text(page)
    (grid,) = charts(page)
    expected = [f"<b>{predictions.confidence(index):.0%}</b> {index}" for index in cell]
    assert captions(grid) == expected[:24]
    (more,) = (b.label for b in page.button if b.label.startswith("Show more"))
    assert more == f"Show more ({len(cell) - 24} left)"
    press(page, more)
    assert captions(charts(page)[0]) == expected[:48]


def test_an_empty_cell(run: Run, evaluation: Evaluation) -> None:
    true, predicted = np.argwhere(np.array(evaluation.confusion) == 0)[0].tolist()
    page = part("Confusion", **{"cell-true": true, "cell-predicted": predicted})
    assert f"No {true} was predicted as {predicted}." in page_text(page)


# --- pairs ---------------------------------------------------------------------------------------


def test_pairs_show_counts_shares_and_every_error(
    run: Run, predictions: Predictions, evaluation: Evaluation
) -> None:
    page = part("Pairs")
    shown = {metric.label: (metric.value, metric.delta) for metric in page.metric}
    for pair in evaluation.pairs:
        assert shown[f"{pair.true} → {pair.predicted}"] == (str(pair.count), f"{pair.rate:.2%}")
    curves, *_, bars = charts(page)
    assert {line["name"] for line in curves["data"]} == set(shown)
    offered = page.selectbox(key="pair").options
    assert offered[:3] == ["4 / 9", "3 / 8", "1 / 7"]
    confused = [f"{p.first} / {p.second}" for p in evaluation.most_confused]
    assert set(confused) <= set(offered)
    assert {re.sub("</?b>", "", label) for label in bars["data"][0]["y"]} >= {"4 / 9", *confused}

    most = evaluation.most_confused[0]
    page.selectbox(key="pair").set_value((most.first, most.second))
    show(page.run())
    for true, predicted in ((most.first, most.second), (most.second, most.first)):
        for index in predictions.cell(true, predicted)[:4]:
            confidence = f"{predictions.confidence(index):.1%}"
            text = f"Image {index}: true digit {true}, predicted {predicted} ({confidence})"
            assert text in page_text(page)
    explained = [figure for figure in charts(page) if len(figure["data"]) == 4]
    assert len(explained) == min(4, most.first_as_second) + min(4, most.second_as_first)
    for figure in explained:
        assert [trace["type"] for trace in figure["data"]] == ["heatmap"] * 3 + ["bar"]


# --- report --------------------------------------------------------------------------------------


def test_the_report_shows_the_stored_evaluation(
    run: Run, evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_ROOT", "/missing")  # nothing is computed again
    page = part("Report")
    assert page.metric[0].value == f"{evaluation.accuracy:.2%}"
    table = page.dataframe[0].value
    shown = ["digit", "precision", "recall", "F1", "95% of recall", "support"]
    assert list(table.columns) == shown
    for digit, row in table.iterrows():
        scores = evaluation.per_class[str(digit)]
        assert row["precision"] == pytest.approx(100 * scores["precision"])
        assert row["recall"] == pytest.approx(100 * scores["recall"])
        assert row["F1"] == pytest.approx(100 * scores["f1"])
        assert row["support"] == scores["support"]
    text = page_text(page)
    assert f"**{evaluation.calibration.ece:.2%}**" in text
    assert f"Temperature scaling by **{evaluation.calibration.temperature:.2f}**" in text
    assert len(charts(page)) == 1


@pytest.mark.parametrize(
    ("confidence", "accuracy", "scaled_ece", "texts"),
    [
        (0.95, 0.9, 0.01, ("overconfident by 5.00 percentage", "lowers the ECE to 1.00%")),
        (0.95, 0.9, 0.07, ("overconfident by 5.00 percentage", "raises the ECE to 7.00%")),
        (0.90, 0.95, 0.07, ("underconfident by 5.00 percentage", "raises the ECE to 7.00%")),
        (0.95, 0.95, 0.0, ("its confidence is its accuracy", "leaves the ECE at 0.00%")),
    ],
)
def test_calibration_is_told_by_its_measurements(
    run: Run,
    evaluation: Evaluation,
    confidence: float,
    accuracy: float,
    scaled_ece: float,
    texts: tuple[str, ...],
) -> None:
    bins = (ReliabilityBin(low=0.9, high=1, count=500, confidence=confidence, accuracy=accuracy),)
    changed = Calibration(
        ece=abs(confidence - accuracy),
        bins=bins,
        temperature=1.2,
        scaled_ece=scaled_ece,
        scaled_loss=0.1,
        scaled_bins=bins,
    )
    write_json(run.evaluation_path, evaluation.model_copy(update={"calibration": changed}))
    text = page_text(part("Report"))
    assert all(one in text for one in texts)


# --- pen strokes ---------------------------------------------------------------------------------


def scorecard_of(page: AppTest) -> dict[str, dict[str, Any]]:
    (table,) = page.table
    return table.value.set_index("what").to_dict("index")


def test_pen_strokes_are_measured_on_request_beside_mnist(
    run: Run, evaluation: Evaluation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAWINGS_ROOT", str(tmp_path / "drawings"))
    page = part("Report")
    assert re.search("which are not in `.*drawings`.*Set DRAWINGS_ROOT", page_text(page))
    assert len(scorecard_of(page)) == 2
    write_drawing_sets(tmp_path / "drawings")
    page = press(show(page.run()), "Measure on pen strokes")
    assert "Measuring pen strokes" in page_text(page)
    until(lambda: not is_measuring(run))
    table = scorecard_of(show(page.run()))
    low, high = wilson_interval(
        evaluation.images - len(evaluation.misclassified), evaluation.images
    )
    mnist = table["MNIST, held-out training images"]
    assert mnist["share"] == f"{evaluation.accuracy:.2%}"
    assert mnist["95% interval"] == f"{low:.2%} – {high:.2%}"
    pen = table["pendigits, by strokes"]
    assert pen["count"] == "20"
    low, high = wilson_interval(round(float(pen["share"].strip("%")) / 5), 20)
    assert pen["95% interval"] == f"{low:.2%} – {high:.2%}"
    assert len(table) == 8
    assert "Measure on pen strokes" not in [button.label for button in page.button]


def test_pen_strokes_that_cannot_be_measured(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings = write_drawing_sets(tmp_path / "drawings")
    monkeypatch.setenv("DRAWINGS_ROOT", str(drawings))
    shutil.rmtree(drawings / "unipen")
    measure_scorecard(run)
    page = part("Report")
    assert "digits.jsonl.gz: there is no such file" in page_text(page)
    assert "pendigits, by strokes" in scorecard_of(page)
    (drawings / "pendigits/pendigits-orig.tra.gz").write_bytes(b"no archive")
    measure_scorecard(run)
    assert "pendigits-orig.tra.gz" in unescape(show(page.run()).error[0].value)
    (run.folder / "scorecard.json").write_text("{")
    assert "scorecard.json: this file is damaged" in unescape(show(page.run()).error[0].value)
    assert len(scorecard_of(page)) == 2, "MNIST's scores do not depend on it"
    assert "Measure on pen strokes" in [button.label for button in page.button]
    # of other weights: it is offered again
    (run.folder / "scorecard.json").write_text('{"weights": "of before"}')
    assert not show(page.run()).error
    assert "Measure on pen strokes" in [button.label for button in page.button]


# --- network -------------------------------------------------------------------------------------


def kernels(page: AppTest) -> dict[str, Any]:
    return charts(page)[1]["data"][0]


def test_kernels_and_maps_change_with_epoch_and_image(run: Run, validation: Split) -> None:
    page = part("Network", **{f"network-epoch-{run.id}": 77})  # another run had this epoch
    slider = page.select_slider[0]
    best = run.state().best_epoch
    assert slider.value == best
    assert slider.options == ["initial", "1", "2"]
    assert f"The best epoch is {best}" in page_text(page)
    last, maps = kernels(page), charts(page)[2]["data"][0]
    show(slider.set_value(0).run())
    first, other_maps = kernels(page), charts(page)[2]["data"][0]
    assert first["z"] != last["z"]
    assert (first["zmax"], first["zmin"]) == (last["zmax"], last["zmin"])
    assert other_maps["z"] != maps["z"]
    assert other_maps["zmax"] == maps["zmax"]

    page.selectbox(key="network-digit").set_value(7)
    show(page.run())
    show(page.number_input[0].set_value(2).run())
    index = (validation.labels == 7).nonzero()[1].item()
    image, same, maps = charts(page)
    assert captions(image) == [f"image {index}"]
    assert same["data"][0]["z"] == first["z"]
    assert maps["data"][0]["z"] != other_maps["z"]


def test_epochs_that_are_removed_or_damaged(run: Run) -> None:
    page = part("Network")
    show(page.select_slider[0].set_value(1).run())
    (run.folder / "conv1/00001.safetensors").unlink()
    show(page.run())
    assert page.select_slider[0].options == ["initial", "2"]
    assert not page.error
    (run.folder / "conv1/00002.safetensors").write_bytes(b"half")
    assert "00002.safetensors" in show(page.run()).error[0].value
    shutil.rmtree(run.folder / "conv1")
    show(page.run())
    assert "no history" in page_text(page)
    assert not page.select_slider
    assert len(charts(page)) == 3


# --- missing and damaged files -------------------------------------------------------------------


def test_a_pair_of_another_run(run: Run, evaluation: Evaluation) -> None:
    confused = {(p.first, p.second) for p in evaluation.most_confused}
    other = next(p for p in combinations(range(10), 2) if p not in confused | set(CLASSIC_PAIRS))
    assert part("Pairs", pair=other).selectbox(key="pair").value == (4, 9)


@pytest.mark.parametrize("damage", ["FIFO", "directory"])
def test_weights_of_a_trained_run_that_are_no_file(
    run: Run, evaluation: Evaluation, damage: str
) -> None:
    DAMAGE[damage](run.weights_path)
    page = part("Report")
    assert "best.safetensors" in unescape(page.error[0].value)
    assert "No weights yet" not in page_text(page)


@pytest.mark.parametrize("name", PARTS)
def test_a_queued_run(name: str, no_runs: Path) -> None:
    create_run(CONFIG, no_runs)
    page = part(name)
    assert re.search("No weights yet|training has not started", page_text(page))
    assert not [figure for figure in charts(page) if not captions(figure)]


def test_an_unfinished_run_is_evaluated_on_request(no_runs: Path, small_mnist: Path) -> None:
    run, stop = create_run(CONFIG, no_runs), StopFlag()

    def stop_after_an_epoch(event: Event) -> None:
        if isinstance(event, Epoch):
            stop.set(StopReason.REQUESTED)

    splits = load_train_validation("cpu", small_mnist, training_size=1000, validation_size=500)
    execute(run, splits=splits, stop=stop, listen=stop_after_an_epoch)
    assert run.state().status == "stopped"
    page = part("Report")
    assert "Not evaluated yet" in page_text(page)
    assert not page.dataframe
    press(page, "Evaluate on the validation images")
    assert page.metric[0].value == f"{run.state().validation_accuracy:.2%}"


def test_missing_data_is_reported_with_the_fix(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ROOT", "/missing")
    for name in ("Confusion", "Network"):
        error = unescape(part(name).error[0].value)
        assert re.search("MNIST is not in `/missing`.*Set MNIST_ROOT", error)


def test_damaged_files_are_reported_and_other_runs_unaffected(run: Run) -> None:
    other = create_run(CONFIG, run.folder.parent)
    other.state_path.write_text("{")
    page = open_page("understand", run=other.id)
    assert "state.json" in unescape(page.error[0].value)
    page.query_params["run"] = page.session_state["run"] = run.id
    show(page.run())
    assert not page.error
    assert "Of 500 validation images" in page_text(page)

    evaluation = run.evaluation_path.read_bytes()
    run.evaluation_path.write_text("[" * 3000)
    assert "evaluation.json: this file is damaged" in unescape(show(page.run()).error[0].value)
    run.evaluation_path.write_bytes(evaluation)
    run.weights_path.write_bytes(run.weights_path.read_bytes()[:100])
    assert "not a complete safetensors file" in unescape(show(page.run()).error[0].value)
    run.config_path.write_text("{")
    assert "config.json" in unescape(show(page.run()).error[0].value)


@pytest.mark.parametrize("name", PARTS)
def test_in_chinese_and_deleted_meanwhile(name: str, run: Run) -> None:
    page = part(name, lang="zh")
    found = [page_text(page)]
    for kind in (page.button, page.selectbox, page.toggle, page.metric, page.select_slider):
        found += [element.label for element in kind]
    for figure in charts(page):
        found += captions(figure)
        for axis in ("xaxis", "yaxis"):
            found.append(figure["layout"].get(axis, {}).get("title", {}).get("text", ""))
        for trace in figure["data"]:
            found += [trace.get("name", ""), re.sub("<.*?>", "", trace.get("hovertemplate", ""))]
    for text in found:
        names = r"`.*?`|%\{.*?\}|\bECE\b|\bF1\b|\blogits?\b|\bconv1\b|\bnat\b|\bSmoothGrad\b"
        assert not re.search("[a-z]{2}", re.sub(names, "", text)), text
    run.delete()
    assert "还没有任何运行" in page_text(show(page.run()))


def test_no_runs_at_all(no_runs: Path) -> None:
    assert "There are no runs yet" in page_text(open_page("understand"))


def test_all_mistakes_are_shown_and_filtered(run: Run, predictions: Predictions) -> None:
    page = part("Mistakes")
    wrong = predictions.mistakes()
    assert f"**{len(wrong)}** of {len(wrong)} misclassified" in page_text(page)
    first = captions(charts(page)[0])[0]
    assert first.startswith(f"{predictions.true[wrong[0]]}→<b>{predictions.predicted[wrong[0]]}")
    true = int(predictions.true[wrong[0]])
    page.multiselect(key="mistakes-true").set_value([true]).run()
    count = len(predictions.mistakes([true]))
    assert f"**{count}** of {len(wrong)}" in page_text(page)
    show(page.slider(key="mistakes-confidence").set_value((99, 100)).run())
    surest = len(predictions.mistakes([true], confidence=(0.99, 1.0)))
    assert f"**{surest}** of {len(wrong)}" in page_text(page)


def test_a_point_of_the_projection_shows_its_image(run: Run, predictions: Predictions) -> None:
    page = part("Projection")
    shown = predictions.mistakes()[0]
    assert "predicted as" in page_text(page)
    (grid,) = charts(page)
    assert captions(grid) == [f"image {shown}"]
    (sheet,) = [block["images"] for block in components(page) if block["images"]]
    assert (sheet["columns"], sheet["rows"]) == (23, 22)
    page.session_state[f"projection-image-{run.id}"] = 7
    assert captions(charts(show(page.run()))[0]) == ["image 7"]


def test_a_sheet_has_the_images_row_by_row() -> None:
    images = np.arange(5)[:, None, None] / 255 * np.ones((5, 2, 2))
    sheet = make_sheet(images)
    assert sheet[::2, ::2].tolist() == [[0, 1, 2], [3, 4, 0]]


def test_scores_have_confidence_intervals(run: Run, evaluation: Evaluation) -> None:
    page = part("Report")
    assert "95% confidence interval of the accuracy" in page_text(page)
    assert len(page.dataframe[0].value["95% of recall"]) == 10


def test_a_damaged_evaluation_says_how_to_evaluate_again(run: Run, evaluation: Evaluation) -> None:
    run.evaluation_path.write_text("{")
    page = part("Report")
    assert "delete it, and the run is evaluated again" in page_text(page)
    run.evaluation_path.unlink()
    press(part("Report"), "Evaluate on the validation images")
    assert Evaluation.read(run.evaluation_path).accuracy == evaluation.accuracy
