"""The scorecard on the page Understand: what a run makes of pen strokes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import page_text, press, show, unescape
from support.drawing_sets import write_drawing_sets
from support.understand_page import part
from support.waiting import until

from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.runs.run import Run
from mnist_core.runs.run_scorecard import is_measuring, measure_scorecard

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
