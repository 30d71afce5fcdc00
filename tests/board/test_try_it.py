"""The page Try it."""

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
from support.rows import H
from support.training import small

from board.try_it import page as try_it
from board.try_it.canvas import Drawing
from mnist_core import Classifier
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run

Draw = Callable[[Drawing | None], None]


@pytest.fixture
def draw(monkeypatch: pytest.MonkeyPatch) -> Draw:
    """Puts a drawing onto the canvas, which needs a browser."""

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


def predicted(page: AppTest) -> list[str]:
    return [box.value for box in page.metric if box.label == "Prediction"]


def charts(page: AppTest) -> list[str]:
    return [json.loads(block.proto.json)["title"] for block in page.get("bidi_component")]


@pytest.fixture
def seven(clear_digits: list[tuple[int, Strokes]]) -> Strokes:
    return next(strokes for label, strokes in clear_digits if label == 7)


def test_an_empty_canvas_and_a_dot(run: Run, draw: Draw) -> None:
    page = open_page("try_it")
    assert "The canvas is empty" in page_text(page)
    assert "fast" in page.selectbox[0].options[0]
    draw(pen([np.array([[5.0, 5.0]])]))
    assert "only a dot" in page_text(page.run())
    assert predicted(page) == []


@pytest.mark.parametrize("source", [pen, picture])
def test_real_digits_are_classified(
    run: Run,
    draw: Draw,
    source: Callable[[Strokes], Drawing],
    clear_digits: list[tuple[int, Strokes]],
) -> None:
    page = open_page("try_it")
    page.selectbox[0].set_value("model default")
    for label, strokes in clear_digits[::8]:
        draw(source(strokes))
        assert predicted(show(page.run())) == [str(label)]
    assert charts(page) == [
        "Network input and the probability of each digit",
        "Feature maps of conv1",
    ]


def test_what_is_no_digit(run: Run, draw: Draw, seven: Strokes) -> None:
    page = open_page("try_it")
    page.selectbox[0].set_value("model default")
    draw(pen(H))
    assert "closest is" in page_text(show(page.run()))
    draw(pen(seven))
    assert "closest is" not in page_text(show(page.run()))


def test_two_networks_on_one_drawing(run: Run, draw: Draw, seven: Strokes) -> None:
    draw(pen(seven))
    page = open_page("try_it")
    show(page.selectbox[1].set_value("model default").run())
    assert len(predicted(page)) == 2
    assert predicted(page)[1] == "7"
    stages = page.segmented_control(key="try-layer")
    assert list(stages.options) == [f"conv{number}" for number in range(1, 7)]
    show(stages.set_value("conv4").run())
    assert "This network has no layer conv4" in page_text(page)
    assert charts(page).count("Feature maps of conv4") == 1


def test_best_and_newest_weights(run: Run, draw: Draw) -> None:
    page = open_page("try_it")
    state = run.state()
    assert f"mnist_cnn · epoch {state.best_epoch}" in page_text(page)
    assert f"validation accuracy {state.validation_accuracy:.2%}" in page_text(page)
    show(page.segmented_control(key="try-first-weights").set_value("newest").run())
    assert "mnist_cnn · epoch 2" in page_text(page)
    assert "Newest checkpoint" in page_text(page)
    run.weights_path.unlink()
    show(page.run())
    assert "Newest checkpoint" in page_text(page)


def test_a_drawing_is_classified_once_by_the_same_weights(
    run: Run, draw: Draw, seven: Strokes, monkeypatch: pytest.MonkeyPatch
) -> None:
    classified: list[str] = []
    original = Classifier.classify_strokes_with_maps

    def count(self: Classifier, *args: object) -> object:
        classified.append(self.name)
        return original(self, *args)

    monkeypatch.setattr(Classifier, "classify_strokes_with_maps", count)
    draw(pen([stroke + 0.125 for stroke in seven]))
    page = open_page("try_it")
    show(page.run())
    assert classified == [run.id]
    run.weights_path.write_bytes(run.weights_path.read_bytes())
    show(page.run())
    assert classified == [run.id, run.id], "again by other weights"


def test_the_selected_run_is_kept(root: Path, slow: Run, fast: Run, draw: Draw) -> None:
    fresh = create_run(small(), root, "fresh")
    page = open_page("try_it", slow.id)
    assert page.selectbox[0].value == f"run {slow.id}"
    assert not any(fresh.id in option for option in page.selectbox[0].options), "no weights yet"
    assert "default · shipped" in page.selectbox[0].options
    show(page.selectbox[0].set_value(f"run {fast.id}").run())
    assert page.query_params["run"] == page.session_state["run"] == fast.id
    show(page.selectbox[0].set_value("model default").run())
    assert page.selectbox[0].value == "model default"
    assert "run" not in page.query_params


def test_a_run_without_weights_stays_selected_on_other_pages(run: Run, draw: Draw) -> None:
    fresh = create_run(small(), run.folder.parent, "fresh")
    page = open_page("try_it", fresh.id)
    assert "fresh has no weights yet" in page_text(page)
    assert page.selectbox(key="try-first").value == f"run {run.id}"
    assert page.session_state["run"] == fresh.id
    page = show(page.selectbox(key="try-first").set_value("model default").run())
    assert page.session_state["run"] == fresh.id
    page = show(page.selectbox(key="try-first").set_value(f"run {run.id}").run())
    assert page.session_state["run"] == run.id
    assert "has no weights yet" not in page_text(page)


def test_damaged_and_deleted_runs(run: Run, draw: Draw, seven: Strokes) -> None:
    run.weights_path.write_bytes(b"nothing")
    run.state_path.write_text("{")
    draw(pen(seven))
    page = open_page("try_it")
    assert page.selectbox[0].options[0] == f"{run.id} (damaged)"
    assert "not a complete safetensors file" in page_text(page)
    show(page.selectbox[1].set_value("model default").run())
    assert predicted(page) == ["7"]
    shutil.rmtree(run.folder)
    show(page.run())
    assert page.selectbox[0].value == "model default"


def test_in_chinese(run: Run, draw: Draw, seven: Strokes) -> None:
    draw(pen(seven))
    page = open_page("try_it", lang="zh")
    assert page.title[0].value == "试一试"
    assert page.metric[0].label == "预测"
