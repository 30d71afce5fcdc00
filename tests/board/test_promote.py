"""The page Promote: from a run to a model of the pad, and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, press, show, unescape
from support.training import small

from mnist_core.models.card_file import read_card
from mnist_core.models.registry import promoted_models, weights_path
from mnist_core.reports.html import run_report
from mnist_core.runs.promotion import promote
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run


def opened(**session: object) -> AppTest:
    return open_page("promote", **session)


def texts(elements: object) -> str:
    return unescape("\n".join(str(element.value) for element in elements))  # type: ignore[attr-defined]


def downloads(page: AppTest) -> list[str]:
    return [one.proto.label for one in page.get("download_button")]


def confirm_withdrawing(page: AppTest, name: str) -> None:
    """Press the dialog's button."""
    # AppTest does not run fragments: the dialog has to be opened in the same run
    page.button(key=f"withdraw-{name}").click()
    page.button(key="confirm").click().run()


def test_a_run_is_promoted_and_withdrawn(run: Run) -> None:
    run.rename("My *first* run")
    page = opened()
    shown = {metric.label: metric.value for metric in page.metric}
    accuracy = f"{run.state().validation_accuracy:.2%}"
    assert shown["Validation accuracy"] == accuracy
    assert shown["Default model"] == f"{read_card(weights_path('default')).accuracy():.2%}"
    assert "below the default model's" in texts(page.warning)
    assert page.text_input[0].value == "My-first-run"
    assert "None yet." in texts(page.caption)
    press(page, "Promote")
    assert "`My-first-run` is now in the pad" in texts(page.success)
    assert "python app.py" in texts(page.code)
    assert promoted_models() == ["My-first-run"]
    assert f"validation accuracy {accuracy}" in texts(page.text)
    assert f"My *first* run · {run.id}" in texts(page.text)
    press(page, "Withdraw")
    assert promoted_models() == ["My-first-run"], "it asks first"
    confirm_withdrawing(page, "My-first-run")
    assert promoted_models() == []
    assert "None yet." in texts(page.caption)
    assert run.weights_path.is_file()


def test_invalid_and_taken_names_are_refused(run: Run) -> None:
    path = promote(run, "mine")
    before = path.stat().st_ino
    page = opened()
    for name, message in {
        "a b": "cannot be used",
        "default": "is the name of a shipped model",
        "mine": "there is a promoted model 'mine' already",
    }.items():
        assert not page.checkbox
        page.text_input[0].set_value(name)
        press(page, "Promote")
        assert message in texts(page.error)
    assert path.stat().st_ino == before
    page.checkbox[0].check()
    press(page, "Promote")
    assert "`mine` is now in the pad" in texts(page.success)
    assert path.stat().st_ino != before


def test_slow_files_are_generated_on_request(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []

    def export(path: Path) -> bytes:
        made.append(path)
        return b"onnx"

    monkeypatch.setattr("board.runs.downloads.export_weights", export)
    page = opened()
    assert downloads(page) == ["Weights", "Card"]
    press(page, "Generate ONNX")
    assert downloads(page) == ["Weights", "Card", "ONNX"]
    page.run()
    assert made == [run.weights_path], "it is cached"
    run.weights_path.touch()
    assert downloads(page.run()) == ["Weights", "Card"], "other weights are another file"
    run.evaluation_path.write_text("{")
    press(page, "Generate Report")
    assert "evaluation.json: this file is damaged" in texts(page.error)
    assert downloads(page) == ["Weights", "Card"]


def test_a_report_is_of_the_present_state(run: Run) -> None:
    page = press(opened(), "Generate Report")
    assert "Report" in downloads(page)
    run.rename("another name")
    assert downloads(page.run()) == ["Weights", "Card"]
    assert "Report" in downloads(press(page, "Generate Report"))
    run.update_state(ended="2030-01-01T00:00:00+00:00")  # epochs that did not change the weights
    assert downloads(page.run()) == ["Weights", "Card"]


def test_report_of_an_unfinished_run(run: Run) -> None:
    run.rename("My *first* <run>")
    run.evaluation_path.unlink()
    page = run_report(run)
    assert "<h1>My *first* &lt;run&gt;</h1>" in page
    assert "500 validation images" in page


@pytest.mark.usefixtures("run")
def test_in_chinese() -> None:
    page = press(opened(lang="zh"), "发布")
    assert "`fast` 已在画板" in texts(page.success)


def test_without_runs_with_weights(no_runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_MODELS", str(no_runs / "models"))
    create_run(small(), no_runs, "fresh")
    page = opened()
    assert "No run has weights yet" in texts(page.info)
    assert "None yet." in texts(page.caption)


def test_a_run_without_weights_stays_selected(run: Run) -> None:
    fresh = create_run(small(), run.folder.parent, "*fresh*")
    page = open_page("promote", fresh.id)
    assert "*fresh* has no weights yet" in texts(page.info)
    assert page.selectbox[0].value is None
    assert not page.metric, "no other run is shown in its place"
    assert page.session_state["run"] == fresh.id, "on other pages"
    page = show(page.selectbox[0].set_value(run.id).run())
    assert page.selectbox[0].value == page.session_state["run"] == run.id
    assert page.metric
    assert "has no weights yet" not in texts(page.info)


def test_damaged_and_deleted_runs(run: Run) -> None:
    create_run(small(), run.folder.parent, "fresh")
    (choice,) = opened().selectbox
    assert choice.options == [f"fast · {run.id[:15]}"], "only runs with weights"
    promote(run, "mine")
    page = opened()
    for file in ("config.json", "state.json"):
        (run.folder / file).write_text("{")
        show(page.run())
        assert file in texts(page.error)
        labels = [button.label for button in page.button]
        assert labels == ["Withdraw"]
    shutil.rmtree(run.folder)
    assert "No run has weights yet" in texts(show(page.run()).info)


def test_damaged_weights_cannot_be_promoted(run: Run) -> None:
    run.weights_path.write_bytes(b"nothing")
    page = opened()
    assert "not a complete safetensors file" in texts(page.error)
    assert not page.button
    assert not downloads(page)


def test_a_damaged_model_is_listed_and_can_be_withdrawn(run: Run, tmp_path: Path) -> None:
    promote(run, "good")
    (tmp_path / "models/bad.safetensors").write_bytes(b"nothing")
    page = opened()
    assert "bad.safetensors: not a complete safetensors file" in texts(page.error)
    assert "validation accuracy" in texts(page.text)
    page.button(key="withdraw-bad").click().run()
    confirm_withdrawing(page, "bad")
    assert promoted_models() == ["good"]
