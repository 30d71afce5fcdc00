"""The page Understand for runs that are queued, unfinished, damaged or deleted."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from support.board_app import open_page, page_text, press, show, unescape
from support.damage import DAMAGE
from support.training import small
from support.understand_page import captions, charts, part

from mnist_core.data.mnist import load_train_validation
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.events import Epoch, Event

PARTS = ["Confusion", "Mistakes", "Pairs", "Report", "Network", "Projection"]
CONFIG = small(epochs=2, training_size=1000, validation_size=500)


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
