"""The page Understand."""

from __future__ import annotations

import re
import shutil
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import page_text, press, show
from support.understand_page import captions, charts, components, part

from board.widgets.image_sheet import make_sheet
from mnist_core.data.mnist import Split
from mnist_core.evaluation.calibration import Calibration, ReliabilityBin
from mnist_core.evaluation.predictions import Predictions, predict_split
from mnist_core.evaluation.results import Evaluation
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run
from mnist_core.utils.json_files import read_json, write_json


@pytest.fixture
def predictions(run: Run, validation: Split, evaluation: Evaluation) -> Predictions:
    return evaluation.align(predict_split(load_weights(run.weights_path)[0], validation))


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
    assert read_json(run.evaluation_path, Evaluation).accuracy == evaluation.accuracy
