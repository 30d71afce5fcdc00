"""The page Compare."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from support.board_app import open_page, page_text, press, show, unescape
from support.chromium import ROOT
from support.training import small

from mnist_core.evaluation.results import Evaluation
from mnist_core.runs.labels import change_labels
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.utils.json_files import read_json


def chart(page: AppTest, title: str) -> dict:
    """Return what is drawn under a title: the figure as JSON."""
    for block in page.get("bidi_component"):
        data = json.loads(block.proto.json)
        if data.get("title") == title:
            return json.loads(data["figure"])
    raise AssertionError(f"no chart {title}")


def difference(page: AppTest) -> dict:
    """Return the difference of confusions as JSON."""
    return chart(page, "Confusion matrix of A minus that of B")


def choose(page: AppTest, *runs: Run) -> AppTest:
    return show(page.multiselect[0].set_value([run.id for run in runs]).run())


def test_without_runs_a_message_is_shown(no_runs: Path) -> None:
    assert "no runs yet" in page_text(open_page("compare"))


def test_archived_runs_are_offered_only_where_they_are_selected(fast: Run, slow: Run) -> None:
    change_labels(fast, archived=True)

    def offered(name: str, key: str, run: str | None = None) -> list[str]:
        page = open_page(name, run=run)
        widgets = {one.key: one for one in (*page.selectbox, *page.multiselect)}
        return [text for text in widgets[key].options if "shipped" not in text]

    lists = {"understand": "run", "compare": "runs"}  # every page of one run has the same list
    for name, key in {**lists, "try_it": "try-first"}.items():
        assert [text.split(" ")[0] for text in offered(name, key)] == ["slow"], name
    weights = offered("train", "form-init_weights")
    assert slow.id in weights
    assert fast.id not in weights
    assert len(offered("understand", "run", run=fast.id)) == 2, "it was selected on the page Runs"
    assert len(offered("try_it", "try-first", run=fast.id)) == 2
    page = open_page("compare", runs=[fast.id, slow.id])
    assert len(page.multiselect(key="runs").options) == 2
    change_labels(slow, archived=True)
    assert "All runs are archived" in page_text(open_page("watch"))


def test_trials_are_preselected_only_without_other_runs(fast: Run, slow: Run) -> None:
    def preselected() -> list[str]:
        return [text.split(" ")[0] for text in open_page("compare").multiselect(key="runs").value]

    root = fast.folder.parent
    trials = [
        create_run(small(), root, f"trial {number}", RunOrigin(study="rates", trial=number))
        for number in range(2)
    ]
    for trial in trials:
        trial.update_state(status="finished", epoch=1, best_epoch=1)
    assert set(preselected()) == {fast.id, slow.id}
    for run in (fast, slow):
        change_labels(run, archived=True)
    assert set(preselected()) == {trial.id for trial in trials}


@pytest.mark.usefixtures("root")
def test_curves_in_common_charts() -> None:
    page = open_page("compare")
    for title in ("Loss", "Accuracy", "Learning rate"):
        lines = chart(page, title)["data"]
        named = [line["name"] for line in lines if line.get("showlegend", True)]
        assert sorted(named) == ["fast", "slow"], "one entry for each run"
    raw = len(chart(page, "Loss")["data"])
    page.slider[0].set_value(0.0)
    page.toggle(key="log").set_value(True)
    picker = page.selectbox(key="compare-metric")
    assert picker.value == "images_per_second"
    assert {"4 read as 9", "Gradient norm of trunk.conv1.0"} <= set(picker.options)
    picker.set_value("gradient_norm/trunk.conv1.0")
    show(page.run())
    assert len(chart(page, "Loss")["data"]) == raw - 2  # without the unsmoothed curves
    assert chart(page, "Loss")["layout"]["yaxis"]["type"] == "log"
    assert len(chart(page, "gradient_norm/trunk.conv1.0")["data"]) == 2


def test_results_and_different_settings(fast: Run) -> None:
    page = open_page("compare")
    results, settings = (table.value for table in page.dataframe)
    assert settings.to_dict("list") == {
        "Setting": ["Learning rate", "Epochs"],
        "fast": ["0.005", "2"],
        "slow": ["0.0001", "1"],
    }
    rows = results.set_index("Run")
    state = fast.state()
    assert rows.loc["fast", "Validation accuracy"] == 100 * state.validation_accuracy
    assert rows.loc["fast", "Kept epoch"] == state.best_epoch
    assert rows.loc["fast", "Epochs"] == "2 / 2"
    assert rows.loc["slow", "Status"] == "finished"
    assert (rows["Parameters"] == 21_840).all()
    assert (rows["Training time (s)"] > 0).all()
    counts = read_json(fast.evaluation_path, Evaluation).confusion
    share = (counts[4][9] / sum(counts[4]) + counts[9][4] / sum(counts[9])) / 2
    assert rows.loc["fast", "4 / 9 confused"] == pytest.approx(100 * share)


def test_three_runs_in_parallel_coordinates(root: Path, slow: Run, fast: Run) -> None:
    third = Run(root / "20200303-000000-mnist_cnn")
    shutil.copytree(fast.folder, third.folder)
    title = "Settings and accuracy of every run"
    page = choose(open_page("compare"), slow, fast, third)
    (lines,) = chart(page, title)["data"]
    labels = [one["label"] for one in lines["dimensions"]]
    assert labels == ["Learning rate", "Epochs", "accuracy"]
    page = choose(page, slow, fast)
    with pytest.raises(AssertionError, match="no chart"):
        chart(page, title)


def test_runs_of_equal_settings(root: Path, fast: Run) -> None:
    shutil.copytree(fast.folder, root / "20200202-000000-mnist_cnn")
    page = choose(open_page("compare"), fast, Run(root / "20200202-000000-mnist_cnn"))
    assert "the same settings" in page_text(page)
    assert len(set(page.dataframe[0].value["Run"])) == 2, "distinguished by their ids"
    assert "both confusion matrices are equal" in json.dumps(difference(page))


def test_the_difference_of_confusions_is_a_minus_b(fast: Run) -> None:
    page = open_page("compare")
    assert (page.selectbox(key="compare-a").value, page.selectbox(key="compare-b").value) == (
        "fast",
        "slow",
    )
    forward = difference(page)["data"][1]["z"]
    show(page.selectbox(key="compare-a").set_value("slow").run())
    assert "the same run" in page_text(page)
    show(page.selectbox(key="compare-b").set_value("fast").run())
    assert forward != difference(page)["data"][1]["z"]
    assert f"B **{fast.state().validation_accuracy:.2%}**" in page_text(page)


def test_an_unfinished_run_is_evaluated_on_request(slow: Run) -> None:
    slow.evaluation_path.unlink()
    page = open_page("compare")
    assert "Not evaluated yet" in page_text(page)
    with pytest.raises(AssertionError, match="no chart"):
        difference(page)
    page = press(page, "Evaluate on the validation images")
    assert difference(page)["data"]


def test_queued_and_damaged_runs(root: Path, slow: Run, fast: Run) -> None:
    fresh, broken = create_run(small(), root, "fresh"), create_run(small(), root, "broken")
    broken.state_path.write_text("{")
    page = choose(open_page("compare"), fast, fresh)
    assert "No weights yet" in page_text(page)
    rows = page.dataframe[0].value.set_index("Run")
    assert rows.loc["fresh", "Status"] == "queued"
    assert len(chart(page, "Learning rate")["data"]) == 1
    assert len(page.multiselect[0].options) == 3, "the damaged run cannot be selected"
    assert broken.id in page_text(page)
    assert page.expander[0].label == "Damaged runs, which cannot be compared: 1"

    slow.evaluation_path.write_text("{")
    page = open_page("compare")
    assert "evaluation.json: this file is damaged" in page_text(page)
    slow.config_path.write_text("[]")
    assert "config.json" in page_text(show(page.run()))
    assert list(page.dataframe[0].value["Run"]) == ["fast"]
    assert len(chart(page, "Learning rate")["data"]) == 1


def test_the_address_says_which_runs(slow: Run, fast: Run) -> None:
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    page._page_hash = calc_hash("compare")
    page.query_params["runs"] = [slow.id, "unknown"]
    assert show(page.run()).multiselect[0].value == [slow.id]
    choose(page, slow, fast)
    assert page.query_params["runs"] == [slow.id, fast.id]
    slow.delete()
    show(page.run())
    assert page.multiselect[0].value == [fast.id]
    assert "Select at least two runs" in page_text(page)


@pytest.mark.usefixtures("root")
def test_in_chinese() -> None:
    page = open_page("compare", lang="zh")
    assert page.title[0].value == "比较运行"
    assert len(chart(page, "损失")["data"]) == 6


def test_a_compared_run_that_is_deleted_is_named(slow: Run, fast: Run) -> None:
    page = choose(open_page("compare"), slow, fast)
    shutil.rmtree(slow.folder)
    for _ in range(2):
        page = show(page.run())
        assert f"{slow.id}: there is no such run any more" in unescape(page.warning[0].value)
        assert page.multiselect[0].value == [fast.id]


def test_an_address_without_a_name_is_as_none(root: Path, slow: Run, fast: Run) -> None:
    page = open_page("compare", address={"runs": ""})
    assert not page.warning
    assert set(page.multiselect[0].value) == {slow.id, fast.id}
