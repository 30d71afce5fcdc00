"""The page Runs: the table, its filters, and what is done with the selected rows."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press, show, unescape
from support.overview_page import names, select, table
from support.run_folders import Runs, make_runs
from support.training import small

from board.overview.table import table_csv
from mnist_core.runs import queue
from mnist_core.runs.labels import change_labels, read_baseline, read_labels
from mnist_core.runs.queue import enqueue, waiting
from mnist_core.runs.removal import stop_and_delete
from mnist_core.runs.run_list import create_run
from mnist_core.runs.run_rows import RunIndex
from mnist_core.search.job_control import start_job
from mnist_core.search.job_state import JobEnd
from mnist_core.search.requests import SweepRequest
from mnist_core.search.sweep_list import delete_sweep, sweep_states
from mnist_core.utils.json_files import write_json


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    return tmp_path


@pytest.fixture
def runs(root: Path) -> Runs:
    return make_runs(root)


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_without_runs_the_page_offers_to_start_one(root: Path) -> None:
    page = open_page("runs")
    assert "no runs yet" in page_text(page)
    assert labels(page) == ["Start a run"]
    assert open_page("").title[0].value == "Runs", "it is the first page"


def test_all_runs_in_one_table(runs: Runs) -> None:
    page = open_page("runs")
    assert names(page)[:2] == ["first", "second"], "the queue in its order, then the newest"
    assert set(names(page)[2:]) == {"good", "bad", "▸ rates (2 trials)"}
    rows = table(page).set_index("Run")
    assert list(rows.columns) == [
        *("Accuracy", "Status", "Loss", "Progress", "Duration", "Tags", "Note"),
        *("Optimizer", "Seed", "Device", "Created", "id"),
    ], "only the settings that differ"
    good = rows.loc["good"]
    assert (good["Accuracy"], good["Loss"], good["Duration"]) == (97.5, 0.1, "00:01:15")
    assert (good["Status"], good["Progress"], good["Optimizer"]) == ("✓ finished", 1, "adam")
    assert rows.loc["▸ rates (2 trials)", "Accuracy"] == 90, "that of the best trial"
    assert "6 of 6 runs: 4 finished, 2 queued" in page_text(page)


def test_search_status_tags_and_archive(runs: Runs) -> None:
    change_labels(runs["bad"], tags=["late"])
    change_labels(runs["good"], note="a note", archived=True)
    page = open_page("runs")
    assert "good" not in names(page)
    page.text_input(key="runs-text").set_value("optimizer=sgd finished").run()
    assert sorted(names(page)) == ["bad", "▸ rates (2 trials)"]
    page.text_input(key="runs-text").set_value("nothing like it").run()
    assert "No run matches" in page_text(page)
    page.text_input(key="runs-text").set_value("").run()
    page.button_group(key="runs-status").set_value(["queued"]).run()
    assert names(page) == ["first", "second"]
    page.button_group(key="runs-status").set_value([]).run()
    page.multiselect(key="runs-tags").set_value(["late"]).run()
    assert names(page) == ["bad"]
    page.multiselect(key="runs-tags").set_value([]).run()
    page.toggle(key="runs-archived").set_value(True).run()
    assert names(page) == ["good"]
    press(select(page, "good"), "Restore")
    assert not read_labels(runs["good"].folder).archived
    assert read_labels(runs["good"].folder).note == "a note"


def test_a_selection_stays_with_its_runs_when_the_order_changes(runs: Runs) -> None:
    page = select(open_page("runs"), "good", "second")
    assert {"Compare", "Stop", "Archive", "Delete"} <= set(labels(page))
    create = create_run(small(), runs["good"].folder.parent, "newest")
    enqueue(create)
    page = show(page.run())
    assert set(page.session_state["runs-selected"]) == {runs["second"].id, runs["good"].id}


def test_a_baseline_is_first_and_others_show_the_difference(root: Path, runs: Runs) -> None:
    page = press(select(open_page("runs"), "bad"), "Set as baseline")
    assert read_baseline(root) == runs["bad"].id
    assert names(page)[0] == "★ bad"
    rows = table(page).set_index("Run")
    assert rows.loc["good", "Δ accuracy"] == pytest.approx(7.5)
    assert rows.loc["good", "Changed settings"] == "Optimizer adam, Seed 1"
    page = press(select(page, "good"), "Compare with baseline")
    assert page.multiselect[0].value == [runs["bad"].id, runs["good"].id]
    press(select(open_page("runs"), "★ bad"), "Clear baseline")
    assert read_baseline(root) is None


def test_stopping_archiving_and_watching(runs: Runs) -> None:
    page = press(select(open_page("runs"), "first", "second"), "Stop")
    assert runs["first"].state().status == runs["second"].state().status == "stopped"
    page = press(select(page, "first"), "Resume")
    assert runs["first"].is_in_queue()
    page = press(select(page, "▸ rates (2 trials)"), "Archive")
    assert "▸ rates (2 trials)" not in names(page)
    assert read_labels(runs["trial 0"].folder).archived
    page = press(select(page, "good"), "Watch")
    assert page.title[0].value == "Watch a run"
    assert page.selectbox[0].value == runs["good"].id


def test_the_queue_and_its_order(root: Path, runs: Runs) -> None:
    page = open_page("runs")
    text = page_text(page)
    assert "1. first · next" in text
    # one epoch took each of the ended runs 75 s
    assert "2. second · 1 ahead, starts in about 75 seconds" in text
    page = show(page.button(key=f"earlier-{runs['second'].id}").click().run())
    assert [one.item.id for one in waiting(root)] == [runs["second"].id, runs["first"].id]
    assert names(page)[:2] == ["second", "first"]
    start_job(SweepRequest(study="rates 2", config=small(), grid={"seed": (1, 2)}), root)
    assert "3. Sweep rates 2 · 2 ahead" in page_text(show(page.run()))
    second = runs["second"]
    with second.exclusive():
        second.leave_queue()
        second.update_state(status="running")
        text = page_text(show(page.run()))
    assert "1. second · running" in text
    assert "2. first · next" in text, "as the page Watch says"
    assert "3. Sweep rates 2 · 1 ahead" in text


@pytest.fixture
def sweep_job(root: Path, runs: Runs) -> Path:
    folder = root / "jobs/20260101-000000-000000-sweep"
    folder.mkdir(parents=True)
    request = SweepRequest(study="rates", config=small(), grid={"seed": (1, 2)}, trials=2)
    write_json(folder / "job.json", request)
    write_json(folder / "end.json", JobEnd(status="stopped"))
    return folder


def test_a_sweep_has_the_status_of_its_job_and_is_deleted_with_its_trials(
    root: Path, runs: Runs, sweep_job: Path
) -> None:
    assert sweep_states(root)["rates"].status == "stopped"
    row = table(open_page("runs")).set_index("Run").loc["▸ rates (2 trials)"]
    assert row["Status"] == "■ stopped"
    delete_sweep(root, "rates", [runs["trial 0"], runs["trial 1"]])
    assert not sweep_job.exists()
    assert not runs["trial 1"].exists
    assert sweep_states(root) == {}
    assert "▸ rates (2 trials)" not in names(open_page("runs"))


def test_damaged_runs_are_listed(root: Path, runs: Runs) -> None:
    runs["bad"].state_path.write_text("{")
    page = open_page("runs")
    damaged = table(page).set_index("Run").loc[runs["bad"].id]
    assert damaged["Status"] == "✗ damaged"
    assert "Delete" in labels(select(page, runs["bad"].id))
    stop_and_delete([runs["bad"]])
    assert runs["bad"].id not in names(show(page.run()))


def test_a_run_without_its_configuration_is_listed_as_damaged(root: Path, runs: Runs) -> None:
    run = runs["good"]
    run.weights_path.write_bytes(b"")
    run.config_path.unlink()
    page = open_page("runs")
    row = table(page).set_index("Run").loc["good"]
    assert (row["Status"], row["Accuracy"]) == ("✗ damaged", 97.5)
    page = select(page, "good")
    message = unescape(page.error[0].value)
    assert f"{run.config_path}: this file is missing" in message
    assert "put the file back from a copy, or delete the run" in message
    shown = labels(page)
    assert "Delete" in shown
    assert "Understand" in shown, "its weights can be used"
    assert "Resume" not in shown
    assert f"{run.config_path}：此文件缺失" in page_text(open_page("watch", run.id, lang="zh"))
    assert f"{run.config_path}: this file is missing" in page_text(open_page("watch", run.id))
    stop_and_delete([run])
    assert "good" not in names(show(page.run()))


def test_the_table_as_csv(root: Path, runs: Runs) -> None:
    change_labels(runs["first"], note="=cmd()")
    rows = pd.read_csv(io.StringIO(table_csv(RunIndex(root).rows()))).set_index("name")
    assert "'=cmd()" in set(rows["note"])  # a spreadsheet would take it for a formula
    assert rows.loc["good", "optimizer"] == "adam"
    assert rows.loc["trial 1", "study"] == "rates"
    assert len(rows) == 6


def test_text_from_files_is_no_markdown_in_the_queue(root: Path, runs: Runs) -> None:
    state = json.loads(runs["first"].state_path.read_text())
    runs["first"].state_path.write_text(json.dumps({**state, "name": "**b** [x](http://y)"}))
    page = open_page("runs")
    raw = "\n".join(str(element.value) for element in page.markdown)
    assert "[x](" not in raw.replace("`[x](http://y)`", "")


def test_in_chinese(runs: Runs) -> None:
    page = open_page("runs", lang="zh")
    assert page.title[0].value == "运行"
    assert "✓ 已完成" in list(table(page)["状态"])
    assert "6 / 6 次运行：4 已完成，2 排队中。选中若干行" in page_text(page)


def test_damaged_runs_are_not_compared(root: Path, runs: Runs) -> None:
    for name in ("bad", "second"):
        (runs[name].folder / "state.json").write_text("{")
    page = select(open_page("runs"), runs["bad"].id, runs["second"].id)
    assert "Compare" not in labels(page)
    page = select(page, runs["bad"].id, "good", "first")
    press(page, "Compare")
