"""A click counts, once, even if the page is refreshed at that moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.runtime.state.safe_session_state import SafeSessionState
from support.board_app import open_page, press, show
from support.overview_page import select
from support.training import small

from mnist_core.runs import queue
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.search.job_control import list_jobs


@pytest.fixture(autouse=True)
def refreshes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a refresh end just after each click: it resets what `st.button` would return."""
    begin = SafeSessionState.on_script_will_rerun

    def begin_while_another_ends(state: SafeSessionState, *args: Any, **options: Any) -> None:
        begin(state, *args, **options)
        state.on_script_finished(frozenset(), remove_stale_widgets=False)

    monkeypatch.setattr(SafeSessionState, "on_script_will_rerun", begin_while_another_ends)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    return tmp_path


def test_stop_and_resume(root: Path) -> None:
    run = create_run(small(), root)
    queue.enqueue(run)
    page = press(open_page("watch", run.id), "Stop")
    assert run.state().status == "stopped"
    press(page, "Resume")
    assert run.is_in_queue()
    queue_place = run.queue_path.read_text()
    show(page.run())
    assert run.queue_path.read_text() == queue_place


def test_start(root: Path) -> None:
    page = press(open_page("train"), "Start")
    assert page.title[0].value == "Watch a run"
    assert len(list_runs(root)) == 1
    page._page_hash = open_page("train")._page_hash
    assert show(page.run()).title[0].value == "Train a network"
    assert len(list_runs(root)) == 1


@pytest.mark.parametrize("name", ["watch", "runs"])
def test_delete_asks_and_deletes(root: Path, name: str) -> None:
    run = create_run(small(), root, "one")
    page = open_page(name, run.id)
    if name == "runs":
        page = select(page, "one")
    page = press(page, "Delete")
    assert run.exists, "it asks first"
    show(page.button(key="keep").click().run())
    assert run.exists
    page = press(page, "Delete")
    show(page.button(key="confirm").click().run())
    assert not run.exists


def test_other_pages_are_opened(root: Path) -> None:
    runs = [create_run(small(), root, name) for name in ("one", "two")]
    page = press(open_page("runs"), "Start a run")
    assert page.title[0].value == "Train a network"
    page = press(select(open_page("runs"), "one"), "Watch")
    assert page.title[0].value == "Watch a run"
    assert page.selectbox[0].value == runs[0].id
    page = press(select(open_page("runs"), "one", "two"), "Compare")
    assert page.title[0].value == "Compare runs"
    assert set(page.multiselect[0].value) == {run.id for run in runs}


def test_a_click_whose_button_is_not_reached_is_forgotten(root: Path) -> None:
    # another page was opened before the script came to it
    page = open_page("runs", clicked="start-button")
    page._page_hash = open_page("train")._page_hash
    assert show(page.run()).title[0].value == "Train a network"
    assert not list_runs(root)


def test_a_start_that_is_followed_by_another_page_at_once_is_carried_out(root: Path) -> None:
    page = open_page("train")
    page.text_input(key="run-name").set_value("mine")
    page.number_input(key="form-epochs").set_value(7)
    next(button for button in page.button if button.label == "Start").click()
    page._page_hash = open_page("runs")._page_hash  # one message has both clicks
    assert show(page.run()).title[0].value == "Watch a run"
    (run,) = list_runs(root)
    assert (run.state().name, run.config().epochs) == ("mine", 7)
    page._page_hash = open_page("runs")._page_hash
    assert show(page.run()).title[0].value == "Runs"
    assert len(list_runs(root)) == 1


def test_a_click_is_not_answered_by_a_button_of_another_page(root: Path) -> None:
    page = open_page("train")
    page.session_state["clicked"] = "start-button"
    page._page_hash = open_page("search")._page_hash
    assert show(page.run()).title[0].value == "Search"
    assert not list_jobs(root)
