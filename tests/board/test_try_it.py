"""The page where a run answers to a drawing."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, show
from support.drawings import Drawing as Strokes
from support.drawings import paint
from support.training import Splits, small

from board import try_it
from board.canvas import Drawing
from mnist_core import Classifier
from mnist_core.runs.run import create_run, list_runs
from mnist_core.runs.runner import execute

Draw = Callable[[Drawing | None], None]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_splits: Splits) -> Path:
    """A folder with one finished run."""
    root = tmp_path_factory.mktemp("trained")
    execute(create_run(small(epochs=2), root, "mine"), splits=small_splits)
    return root


@pytest.fixture
def root(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "runs"
    shutil.copytree(trained, copy)
    monkeypatch.setenv("MNIST_RUNS", str(copy))
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    return copy


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Puts a drawing onto the paper, which needs a browser."""

    def put(drawing: Drawing | None) -> None:
        monkeypatch.setattr(try_it, "draw_canvas", lambda t: drawing)

    put(None)
    return put


def pen(strokes: Strokes) -> Drawing:
    return Drawing(json.dumps([stroke.tolist() for stroke in strokes]), b"")


def picture(strokes: Strokes) -> Drawing:
    file = io.BytesIO()
    paint(strokes).point(lambda grey: 255 - grey).save(file, "PNG")
    return Drawing("", file.getvalue())


def answers(page: AppTest) -> list[str]:
    return [box.value for box in page.metric if box.label == "Reads"]


def charts(page: AppTest) -> list[str]:
    return [json.loads(block.proto.json)["title"] for block in page.get("bidi_component")]


@pytest.fixture
def seven(clear_digits: list[tuple[int, Strokes]]) -> Strokes:
    return next(strokes for label, strokes in clear_digits if label == 7)


@pytest.mark.usefixtures("root")
def test_blank_paper_is_said_to_be_blank(draw: Draw) -> None:
    page = open_page("try_it")
    assert "The paper is blank" in page_text(page)
    assert "mine" in page.selectbox[0].options[0]
    draw(pen([np.array([[5.0, 5.0]])]))
    assert "A dot is no digit" in page_text(page.run())
    assert answers(page) == []


@pytest.mark.parametrize("road", [pen, picture])
def test_real_digits_are_read(
    root: Path,
    draw: Draw,
    road: Callable[[Strokes], Drawing],
    clear_digits: list[tuple[int, Strokes]],
) -> None:
    page = open_page("try_it")
    show(page.selectbox[0].set_value("model default").run())
    for label, strokes in clear_digits[::4]:
        draw(road(strokes))
        assert answers(show(page.run())) == [str(label)]
    assert charts(page) == [
        "What it sees, and how probable each digit is",
        "Feature maps of conv1",
    ]


def test_two_networks_answer_to_one_drawing(root: Path, draw: Draw, seven: Strokes) -> None:
    draw(pen(seven))
    page = open_page("try_it")
    show(page.selectbox[1].set_value("model default").run())
    assert len(answers(page)) == 2
    assert answers(page)[1] == "7"
    stages = page.segmented_control(key="try-layer")
    assert list(stages.options) == ["conv1", "conv2", "conv3", "conv4"]
    show(stages.set_value("conv4").run())
    assert "This network has no conv4" in page_text(page)
    assert charts(page).count("Feature maps of conv4") == 1


def test_best_and_newest_weights(root: Path, draw: Draw) -> None:
    (run,) = list_runs(root)
    page = open_page("try_it")
    best = run.state().best_epoch
    assert f"mnist_cnn · epoch {best}" in page_text(page)
    assert f"{run.state().validation_accuracy:.2%} of the held-out" in page_text(page)
    show(page.segmented_control(key="try-first-weights").set_value("newest").run())
    assert "mnist_cnn · epoch 2" in page_text(page)
    assert "Newest checkpoint" in page_text(page)
    run.weights_path.unlink()
    show(page.run())
    assert "Newest checkpoint" in page_text(page)


def test_nothing_is_read_again_while_nothing_changes(
    root: Path, draw: Draw, seven: Strokes, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    original = Classifier.read_strokes

    def count(self: Classifier, *args: object) -> object:
        read.append(self.name)
        return original(self, *args)

    monkeypatch.setattr(Classifier, "read_strokes", count)
    (run,) = list_runs(root)
    moved = [stroke + 0.125 for stroke in seven]
    draw(pen(moved))
    page = open_page("try_it")
    show(page.run())
    assert read == [run.id]
    run.weights_path.write_bytes(run.weights_path.read_bytes())
    show(page.run())
    assert read == [run.id, run.id], "other weights are asked anew"


def test_the_chosen_run_comes_along(root: Path, draw: Draw) -> None:
    (mine,) = list_runs(root)
    shutil.copytree(mine.folder, root / "20200101-000000-mnist_cnn")
    page = open_page("try_it", "20200101-000000-mnist_cnn")
    assert page.selectbox[0].value == "run 20200101-000000-mnist_cnn"
    show(page.selectbox[0].set_value(f"run {mine.id}").run())
    assert page.query_params["run"] == mine.id
    assert page.session_state["run"] == mine.id
    show(page.selectbox[0].set_value("model default").run())
    assert page.selectbox[0].value == "model default"
    assert "run" not in page.query_params


def test_runs_without_weights_are_not_offered(root: Path, draw: Draw) -> None:
    fresh = create_run(small(), root, "fresh")
    page = open_page("try_it", fresh.id)
    assert not any("fresh" in option for option in page.selectbox[0].options)
    assert "default · shipped" in page.selectbox[0].options


def test_damage_is_said_and_harms_no_other(root: Path, draw: Draw, seven: Strokes) -> None:
    (run,) = list_runs(root)
    run.weights_path.write_bytes(b"nothing")
    run.state_path.write_text("{")
    draw(pen(seven))
    page = open_page("try_it")
    assert page.selectbox[0].options[0] == f"{run.id} (broken)"
    assert "not a complete safetensors file" in page_text(page)
    show(page.selectbox[1].set_value("model default").run())
    assert answers(page) == ["7"]


def test_a_run_that_was_deleted_meanwhile(root: Path, draw: Draw) -> None:
    page = open_page("try_it")
    shutil.rmtree(list_runs(root)[0].folder)
    show(page.run())
    assert page.selectbox[0].value == "model default"


@pytest.mark.usefixtures("root")
def test_chinese(draw: Draw, seven: Strokes) -> None:
    draw(pen(seven))
    page = open_page("try_it", lang="zh")
    assert page.title[0].value == "试一试"
    assert page.metric[0].label == "读作"
