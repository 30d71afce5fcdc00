from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.drawing_sets import write_drawing_sets
from support.drawings import Drawing
from support.unipen import DIGITS

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split
from mnist_core.data.unipen import read_unipen_digits
from mnist_core.evaluation.pictures import KINDS
from mnist_core.evaluation.scorecard import sets as sets_module
from mnist_core.evaluation.scorecard.baseline import UsualRecipe
from mnist_core.evaluation.scorecard.context import Context
from mnist_core.evaluation.scorecard.measure import MEAN, ROWS, measure, with_mean
from mnist_core.evaluation.scorecard.pads import pad_picture, stroke_row
from mnist_core.evaluation.scorecard.recognisers import (
    BLANK,
    ModelRecogniser,
    SetPredictions,
)
from mnist_core.evaluation.scorecard.results import ModelSummary, Scorecard
from mnist_core.evaluation.scorecard.sets import Sets, StrokeSet
from mnist_core.evaluation.scorecard.table import cells, header, markdown, skipped
from mnist_core.evaluation.scorecard.unreadable import UNREADABLE, unreadable_note
from mnist_core.models.architectures import build_model
from mnist_core.models.registry import weights_path
from mnist_core.utils.json_files import read_json, write_json

COUNT = 20
SQUARE = [np.array([[100.0, 100.0], [200.0, 100.0], [200.0, 200.0], [100.0, 200.0]])]


class Constant:
    """Predicts the same for every drawing."""

    reads_rows = True
    parameters = 12
    file_size = None

    def __init__(self, digit: int, *, accepts: bool = True, name: str = "constant") -> None:
        self.summary = ModelSummary(name=name, architecture="none", seed=4)
        self._digit, self._accepts = digit, accepts

    def predict_strokes(self, drawings: StrokeSet) -> SetPredictions:
        return self._predict(len(drawings))

    def predict_pictures(self, pictures: Sequence[object]) -> SetPredictions:
        return self._predict(len(pictures))

    def predict_split(self, split: Split) -> SetPredictions:
        return self._predict(len(split))

    def read_row(self, drawing: object) -> str:
        return "12"

    def _predict(self, count: int) -> SetPredictions:
        probabilities = np.full((count, 10), 0.05, np.float32)
        probabilities[:, self._digit] = 0.55
        return SetPredictions(
            np.full(count, self._digit),
            np.full(count, self._accepts),
            probabilities,
            np.zeros((count, 28, 28), np.uint8),
        )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawing_sets(tmp_path_factory.mktemp("drawings"), COUNT)


@pytest.fixture
def small_mnist(monkeypatch: pytest.MonkeyPatch) -> Split:
    """Thirty images in place of MNIST's held-out ones, and no test set."""
    split = Split(torch.zeros(30, 1, 28, 28), torch.arange(30) % 10)

    def refuse(*_: object) -> Split:
        raise AssertionError("the test set is read")

    monkeypatch.setattr(sets_module, "load_validation", lambda *_: split)
    monkeypatch.setattr(sets_module, "load_test", refuse)
    return split


def card_of(folder: Path, *only: str, models: Sequence[Constant] = ()) -> tuple[Scorecard, Context]:
    context = Context(models or [Constant(3)], Sets(folder), pictures=10)
    return measure(context, only), context


# --- sets ---------------------------------------------------------------------------------------


def test_sets_are_read_up_to_the_limit(folder: Path) -> None:
    sets = Sets(folder, limit=15)
    for drawings in (sets.unipen, sets.pendigits):
        assert drawings.digits.tolist() == [n % 10 for n in range(15)]
        assert len(drawings.drawings) == len(drawings) == 15
    assert set(sets.letters.labels) == {"A"}
    pictures, labels = sets.digits_8x8
    assert len(pictures) == len(labels) == 15
    assert pictures[0].shape == (8, 8)
    assert pictures[0].dtype == np.uint8


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(
        MnistCoreError, match=r"digits\.jsonl\.gz.*--data, or DRAWINGS_ROOT, names the folder"
    ):
        _ = Sets(tmp_path).unipen
    assert Sets(tmp_path).available == []


def test_a_sample_is_spread_over_the_set(folder: Path) -> None:
    some = Sets(folder).unipen.spread(4)
    assert len(some) == 4
    assert some.labels[0] == "0"
    assert some.labels[-1] == str((COUNT - 1) % 10)
    assert len(Sets(folder).unipen.spread(10 * COUNT)) == COUNT


# --- drawings -----------------------------------------------------------------------------------


def test_a_pad_keeps_place_and_size() -> None:
    pad = np.asarray(pad_picture(SQUARE, pen=10, box=500))
    assert pad.shape == (280, 280)
    rows, columns = np.nonzero(pad > 128)
    for marked in (rows, columns):
        assert marked.min() == pytest.approx(100 * 0.56 - 5, abs=1.5)
        assert marked.max() == pytest.approx(200 * 0.56 + 5, abs=1.5)


def test_a_drawing_without_a_box_is_in_the_middle() -> None:
    rows, columns = np.nonzero(np.asarray(pad_picture(SQUARE, pen=10, box=None)) > 128)
    for marked in (rows, columns):
        assert (marked.min() + marked.max()) / 2 == pytest.approx(139.5, abs=1)
        assert np.ptp(marked) == pytest.approx(0.6 * 280, abs=2)


def test_digits_of_a_row_do_not_touch() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        row = stroke_row([SQUARE, SQUARE, SQUARE], rng)
        assert len(row) == 3
        for left, right in itertools.pairwise(row):
            assert left[:, 0].max() + 0.1 < right[:, 0].min()


# --- the whole ----------------------------------------------------------------------------------


def test_every_row_is_measured(folder: Path, small_mnist: Split) -> None:
    notes: list[str] = []
    context = Context([Constant(3)], Sets(folder, limit=30), pictures=10, note=notes.append)
    card = measure(context)
    rows = {row.key: row for row in card.rows}
    assert list(rows) == [row.key for row in ROWS]
    assert {key for key, row in rows.items() if row.skipped} == {"mnist-test", "ece-mnist-test"}
    assert notes

    value = {key: row.measured["constant"].value for key, row in rows.items() if row.measured}
    assert value["unipen"] == value["pendigits"] == 0.1
    assert value["mnist-validation"] == 0.1
    assert value["ece-strokes"] == pytest.approx(0.45, abs=1e-6)
    assert value["kept"] == value["kept-pictures"] == 1
    assert value["letters"] == value["pairs-refused"] == 0
    assert value["confident-letters"] == 0  # 0.55 is not confident
    assert value["parameters"] == 12
    assert value["seconds"] >= 0
    assert len([key for key in value if key.startswith("picture-")]) == len(KINDS)
    assert rows["unipen"].measured["constant"].count == COUNT
    assert rows["picture-pen-12"].measured["constant"].count == 10
    assert rows["bytes"].measured == {}


def test_errors_are_kept(folder: Path) -> None:
    _, context = card_of(folder, "unipen", "letters", "rows-read")
    errors = [e for e in context.errors if e.row.startswith("UNIPEN")]
    assert [e.true for e in errors] == [str(n % 10) for n in range(COUNT) if n % 10 != 3]
    assert {e.predicted for e in errors} == {"3"}
    assert errors[3].index == 4
    letters = [e for e in context.errors if e.row.startswith("letters")]
    assert {(e.true, e.predicted) for e in letters} == {("A", "3")}
    rows = [e for e in context.errors if e.row.startswith("pairs and triples")]
    assert rows
    assert {e.frame.shape[0] for e in rows} == {28}


def test_a_model_that_refuses_everything(folder: Path) -> None:
    card, context = card_of(folder, "kept", "letters", models=[Constant(3, accepts=False)])
    assert [row.measured["constant"].value for row in card.rows] == [0, 1]
    assert {error.predicted for error in context.errors} == {"refused"}


def test_blank_is_an_error(folder: Path) -> None:
    _, context = card_of(folder, "pendigits", models=[Constant(BLANK)])
    assert {error.predicted for error in context.errors} == {"blank"}


def test_rows_without_their_data_are_skipped(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "unipen").symlink_to(folder / "unipen")
    card, _ = card_of(tmp_path, "unipen", "pendigits")
    assert [bool(row.measured) for row in card.rows] == [True, False]
    assert "pendigits-orig.tra.gz: there is no such file; --data" in card.rows[1].skipped
    (line,) = skipped(card)
    assert line.startswith("Not measured: pendigits, by strokes. ")


def test_nothing_to_measure(tmp_path: Path) -> None:
    with pytest.raises(
        MnistCoreError, match=r"nothing could be measured.*--data, or DRAWINGS_ROOT, names"
    ):
        card_of(tmp_path, "unipen")


def test_the_test_set_needs_to_be_asked_for(folder: Path, small_mnist: Split) -> None:
    with pytest.raises(MnistCoreError, match="--test"):
        card_of(folder, "mnist-test")
    context = Context([Constant(3)], Sets(folder), pictures=10, test=True)
    with pytest.raises(AssertionError, match="the test set is read"):
        measure(context, ["mnist-test"])


def test_unknown_rows_and_equal_names(folder: Path) -> None:
    with pytest.raises(MnistCoreError, match="unknown row 'unipan'; choose from unipen"):
        card_of(folder, "unipan")
    with pytest.raises(MnistCoreError, match="same name"):
        card_of(folder, "unipen", models=[Constant(1), Constant(2)])


def test_the_mean_of_several_models(folder: Path) -> None:
    models = [Constant(3, name="a"), Constant(BLANK, name="b")]
    card = with_mean(card_of(folder, "unipen", models=models)[0])
    assert [model.name for model in card.models] == ["a", "b", MEAN]
    mean = card.rows[0].measured[MEAN]
    assert (mean.low, mean.value, mean.high) == (0, pytest.approx(0.05), 0.1)


def test_the_seed_decides(folder: Path) -> None:
    def drawn(seed: int) -> np.ndarray:
        context = Context([Constant(3)], Sets(folder), pictures=4, seed=seed)
        return context.rng("pen 12").random(3)

    assert np.array_equal(drawn(1), drawn(1))
    assert not np.array_equal(drawn(1), drawn(2))


# --- the models ---------------------------------------------------------------------------------


def test_a_shipped_model(folder: Path) -> None:
    model = ModelRecogniser(weights_path("mnist_cnn"), "mnist_cnn")
    assert model.parameters == 21_840
    assert model.file_size == weights_path("mnist_cnn").stat().st_size
    card = measure(
        Context([model], Sets(folder, limit=COUNT), pictures=4),
        ["unipen", "pendigits", "letters", "picture-pen-12", "digits-8x8", "rows-read"],
    )
    rows = {row.key: row.measured["mnist_cnn"] for row in card.rows}
    assert rows["pendigits"].value > 0.6  # generated digits
    assert rows["unipen"].value > 0.6
    assert card.models[0].architecture == "mnist_cnn"


def test_the_usual_recipe_sees_the_whole_pad(folder: Path) -> None:
    recipe = UsualRecipe(build_model("mnist_cnn"))
    white = Image.fromarray(np.full((280, 280), 255, np.uint8))
    frames = recipe.predict_pictures([white, np.zeros((56, 56), np.uint8)]).frames
    assert frames.max() == 0  # light pictures are inverted
    pad = recipe.predict_strokes(StrokeSet("squares", ["0"], [SQUARE], box=500)).frames[0]
    rows, columns = np.nonzero(pad > 60)
    assert 4 <= rows.min() <= columns.max() <= 12  # small, and where it was drawn
    assert recipe.predict_strokes(Sets(folder).unipen).accepted.all()


# --- the table ----------------------------------------------------------------------------------


def test_tables(folder: Path) -> None:
    card, _ = card_of(folder, "unipen", "parameters", "bytes", models=[Constant(3, name="a|b")])
    assert header(card) == ["what", "aim", "a|b"]
    first, second, third = cells(card)
    assert first == [
        "UNIPEN digits, by strokes", "98.80%, student 98.00%", "10.00% (2.79 to 30.10%)",
    ]  # fmt: skip
    assert second == ["parameters", "student 25,000", "12"]
    assert third == ["weights file", "", "–"]
    lines = markdown(card).splitlines()
    assert lines[0] == "| what | aim | a\\|b |"
    assert lines[1] == "| --- | --- | --- |"
    assert "Seeds of training: a|b 4." in lines[-1]
    assert lines[-1].endswith(unreadable_note())
    card, _ = card_of(folder, "parameters")
    assert unreadable_note() not in markdown(card)


def test_the_unreadable_drawings_have_the_labels_that_are_listed(
    pen_digits: list[tuple[int, Drawing]],
) -> None:
    files = {"pendigits": pen_digits, "UNIPEN": read_unipen_digits(DIGITS)}
    for name, kinds in UNREADABLE.items():
        indices = [index for listed in kinds.values() for index in listed]
        assert len(set(indices)) == len(indices) < 0.01 * len(files[name])
        for why, listed in kinds.items():
            labels = {files[name][index][0] for index in listed}
            assert why == "lines that run back and forth" or labels == {
                int(re.findall(r"\d", why)[0])
            }


def test_a_scorecard_is_a_file(folder: Path, tmp_path: Path) -> None:
    card, _ = card_of(folder, "unipen", "kept")
    write_json(tmp_path / "card.json", card)
    assert read_json(tmp_path / "card.json", Scorecard) == card
