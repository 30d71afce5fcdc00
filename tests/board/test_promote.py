"""The page Promote: from a run to a model of the pad, and back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.training import Splits, part, small

from board.translation import Translator
from mnist_core.models.registry import promoted_models
from mnist_core.reports.run_html import run_report
from mnist_core.runs.promote import promote
from mnist_core.runs.run import Run, create_run
from mnist_core.runs.runner import execute

PAGE = """
from board.page_context import PageContext
from board.promote import show
from board.translation import Translator
from mnist_core.runs.run import runs_root

show(PageContext(runs_root(), Translator("{language}"), {{}}))
"""


@pytest.fixture(scope="module")
def trained(small_splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with one finished run."""
    root = tmp_path_factory.mktemp("runs")
    run = create_run(small(), root, "My *first* run")
    execute(run, splits=part(small_splits, 500, 100))
    return root


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    (folder,) = trained.iterdir()
    return Run(Path(shutil.copytree(folder, tmp_path / "runs" / folder.name)))


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of promoted models."""
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def opened(language: str = "en") -> AppTest:
    page = AppTest.from_string(PAGE.format(language=language), default_timeout=120).run()
    assert not page.exception
    return page


def press(page: AppTest, label: str) -> AppTest:
    (button,) = [one for one in page.button if one.label == label]
    button.click().run()
    assert not page.exception
    return page


def said(elements: object) -> str:
    return "\n".join(str(element.value) for element in elements)  # type: ignore[attr-defined]


def downloads(page: AppTest) -> list[str]:
    return [one.proto.label for one in page.get("download_button")]


def confirm_withdrawing(page: AppTest, name: str) -> None:
    """Press the dialog's button."""
    # AppTest knows no part of a page that runs alone: the dialog has to be opened in the same run
    page.button(key=f"withdraw-{name}").click()
    page.button(key="really-withdraw").click().run()


def test_a_run_is_promoted_and_the_page_says_where_to_find_it(run: Run) -> None:
    page = opened()
    shown = {metric.label: metric.value for metric in page.metric}
    accuracy = f"{run.state().validation_accuracy:.2%}"
    assert shown["Held-out accuracy"] == accuracy
    assert shown["The default's"] == "99.60%"
    assert "fewer held-out digits right than the default" in said(page.warning)
    assert page.text_input[0].value == "My-first-run"
    assert "None yet." in said(page.caption)
    press(page, "Promote")
    assert "The pad offers `My-first-run` now" in said(page.success)
    assert "python app.py" in said(page.code)
    assert promoted_models() == ["My-first-run"]
    assert f"{accuracy} of the held-out images" in said(page.text)
    assert f"My *first* run · {run.id}" in said(page.text)


def test_a_name_that_cannot_be_is_refused_in_words(run: Run) -> None:
    page = opened()
    for name, message in {
        "a b": "cannot be used",
        "default": "is the name of a shipped model",
    }.items():
        page.text_input[0].set_value(name).run()
        press(page, "Promote")
        assert message in said(page.error)
    assert promoted_models() == []


def test_a_model_is_replaced_only_when_that_is_ticked(run: Run) -> None:
    path = promote(run, "mine")
    before = path.stat().st_ino
    page = opened()
    assert not page.checkbox
    page.text_input[0].set_value("mine").run()
    press(page, "Promote")
    assert "there is a promoted model 'mine' already" in said(page.error)
    assert path.stat().st_ino == before
    page.checkbox[0].check().run()
    press(page, "Promote")
    assert "The pad offers `mine` now" in said(page.success)
    assert path.stat().st_ino != before


def test_withdrawing_asks_first(run: Run) -> None:
    promote(run, "mine")
    page = press(opened(), "Withdraw")
    assert promoted_models() == ["mine"]
    assert "The pad offers `mine` no more" in said(page.markdown)
    confirm_withdrawing(page, "mine")
    assert promoted_models() == []
    assert "None yet." in said(page.caption)
    assert run.weights_path.is_file()


def test_files_are_offered_and_slow_ones_made_on_demand(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def export(path: Path) -> bytes:
        made.append(path)
        return b"onnx"

    monkeypatch.setattr("board.downloads.export_file", export)
    page = opened()
    assert downloads(page) == ["Weights", "Card"]
    press(page, "Make: ONNX")
    assert downloads(page) == ["Weights", "Card", "ONNX"]
    page.run()
    assert made == [run.weights_path], "it is kept"
    run.weights_path.touch()
    assert downloads(page.run()) == ["Weights", "Card"], "better weights are another file"
    press(page, "Make: ONNX")
    assert made == [run.weights_path] * 2


def test_a_file_that_cannot_be_made_is_said(run: Run) -> None:
    page = opened()
    run.evaluation_path.write_text("{")
    press(page, "Make: Report")
    assert "evaluation.json: not JSON" in said(page.error)
    assert downloads(page) == ["Weights", "Card"]


def test_report_of_a_run(run: Run, mnist_root: Path) -> None:
    run.evaluation_path.unlink()  # as where it was stopped
    page = run_report(run, mnist_root)
    assert "<h1>My *first* run</h1>" in page
    assert "5,000 validation images" in page


@pytest.mark.usefixtures("run")
def test_in_chinese() -> None:
    page = press(opened("zh"), Translator("zh")("Promote"))
    assert "画板现在提供 `My-first-run`" in said(page.success)


def test_without_runs_it_says_so() -> None:
    page = opened()
    assert "No run has weights yet" in said(page.info)
    assert "None yet." in said(page.caption)


def test_a_run_without_weights_is_not_offered(run: Run) -> None:
    create_run(small(), run.folder.parent, "fresh")
    (choice,) = opened().selectbox
    assert [run.id in option for option in choice.options] == [True]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("state.json", "is broken"),
        ("config.json", "config.json"),
        ("best.json", "best.json: this file is damaged"),
    ],
)
def test_a_broken_run_is_said_in_words(run: Run, file: str, message: str) -> None:
    promote(run, "mine")
    (run.folder / file).write_text("{")
    page = opened()
    assert message in said(page.error)
    assert [button.label for button in page.button] == ["Withdraw"]


def test_damaged_weights_are_not_promoted(run: Run) -> None:
    run.weights_path.write_bytes(b"nothing")
    page = press(opened(), "Promote")
    assert "not a complete safetensors file" in said(page.error)
    press(page, "Make: ONNX")
    assert "not a complete safetensors file" in said(page.error)


def test_a_run_that_was_deleted_meanwhile(run: Run) -> None:
    page = opened()
    shutil.rmtree(run.folder)
    press(page, "Promote")
    assert "No run has weights yet" in said(page.info)


def test_a_damaged_model_is_listed_and_can_be_withdrawn(run: Run, models: Path) -> None:
    promote(run, "good")
    (models / "bad.safetensors").write_bytes(b"nothing")
    page = opened()
    assert "bad.safetensors: not a complete safetensors file" in said(page.error)
    assert "of the held-out images" in said(page.text)
    page.button(key="withdraw-bad").click().run()
    confirm_withdrawing(page, "bad")
    assert promoted_models() == ["good"]
