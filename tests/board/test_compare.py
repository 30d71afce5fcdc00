"""The page that puts runs on one another."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash
from support.board_app import open_page, page_text, press, show
from support.chromium import ROOT
from support.training import Splits, part, small

from mnist_core.evaluation.scores import Evaluation
from mnist_core.runs.run import Run, create_run, list_runs
from mnist_core.runs.runner import execute


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, small_splits: Splits) -> Path:
    """A folder with two finished runs: slow, then fast, which is the newer."""
    root = tmp_path_factory.mktemp("trained")
    changes = {"validation_size": 500, "training_size": 1000}
    splits = part(small_splits, 1000, 500)
    slow = create_run(small(learning_rate=1e-4, **changes), root, "slow")
    execute(slow, splits=splits)
    shutil.move(slow.folder, root / "20200101-000000-mnist_cnn")
    execute(create_run(small(epochs=2, **changes), root, "fast"), splits=splits)
    return root


@pytest.fixture
def root(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = tmp_path / "runs"
    shutil.copytree(trained, copy)
    monkeypatch.setenv("MNIST_RUNS", str(copy))
    return copy


def run_named(root: Path, name: str) -> Run:
    return next(run for run in list_runs(root) if run.state().name == name)


def chart(page: AppTest, title: str) -> dict:
    """Return what is drawn under a title: the figure as JSON."""
    for block in page.get("bidi_component"):
        data = json.loads(block.proto.json)
        if data.get("title") == title:
            return json.loads(data["figure"])
    raise AssertionError(f"no chart {title}")


def difference(page: AppTest) -> dict:
    """Return the difference of confusions as JSON."""
    (block,) = page.get("plotly_chart")
    return json.loads(block.proto.spec)


def choose(page: AppTest, *runs: Run) -> AppTest:
    return show(page.multiselect[0].set_value([run.id for run in runs]).run())


def test_without_runs_it_leads_to_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "none"))
    assert "no runs yet" in page_text(open_page("compare"))


def test_curves_lie_on_one_another(root: Path) -> None:
    page = open_page("compare")
    for title in ("Loss", "Accuracy", "Learning rate"):
        lines = chart(page, title)["data"]
        named = [line["name"] for line in lines if line.get("showlegend", True)]
        assert sorted(named) == ["fast", "slow"], "one entry for each run"
    raw = len(chart(page, "Loss")["data"])
    page.slider[0].set_value(0.0).run()
    assert len(chart(page, "Loss")["data"]) == raw - 2  # what is behind the smooth curves
    page.toggle[0].set_value(True).run()
    assert chart(page, "Loss")["layout"]["yaxis"]["type"] == "log"


def test_any_metric_can_be_drawn(root: Path) -> None:
    page = open_page("compare")
    picker = page.selectbox(key="compare-metric")
    assert picker.value == "images_per_second"
    assert {"confusion/4_as_9", "gradient_norm/trunk.conv1.0"} <= set(picker.options)
    show(picker.set_value("gradient_norm/trunk.conv1.0").run())
    assert len(chart(page, "gradient_norm/trunk.conv1.0")["data"]) == 2


def test_only_settings_that_differ_and_results_are_listed(root: Path) -> None:
    page = open_page("compare")
    results, settings = (table.value for table in page.dataframe)
    assert settings.to_dict("list") == {
        "Setting": ["Learning rate", "Epochs"],
        "fast": ["0.005", "2"],
        "slow": ["0.0001", "1"],
    }
    rows = results.set_index("Run")
    fast = run_named(root, "fast").state()
    assert rows.loc["fast", "Held-out accuracy"] == fast.validation_accuracy
    assert rows.loc["fast", "Best epoch"] == fast.best_epoch
    assert rows.loc["fast", "Epochs"] == "2 / 2"
    assert rows.loc["slow", "Status"] == "finished"
    assert (rows["Parameters"] == 21_840).all()
    assert (rows["Training time (s)"] > 0).all()
    counts = Evaluation.read(run_named(root, "fast").evaluation_path).confusion
    share = (counts[4][9] / sum(counts[4]) + counts[9][4] / sum(counts[9])) / 2
    assert rows.loc["fast", "4 / 9 confused"] == pytest.approx(share)


def test_runs_of_equal_settings(root: Path) -> None:
    fast = run_named(root, "fast")
    shutil.copytree(fast.folder, root / "20200202-000000-mnist_cnn")
    page = choose(open_page("compare"), fast, Run(root / "20200202-000000-mnist_cnn"))
    assert "the same settings" in page_text(page)
    assert len(set(page.dataframe[0].value["Run"])) == 2, "told apart by their ids"
    assert "both read every digit alike" in json.dumps(difference(page))


def test_the_difference_of_confusions_is_a_minus_b(root: Path) -> None:
    page = open_page("compare")
    assert (page.selectbox(key="compare-a").value, page.selectbox(key="compare-b").value) == (
        "fast",
        "slow",
    )
    forward = difference(page)["data"][1]["z"]
    show(page.selectbox(key="compare-a").set_value("slow").run())
    assert "the same run" in page_text(page)
    show(page.selectbox(key="compare-b").set_value("fast").run())
    backward = difference(page)["data"][1]["z"]
    assert forward != backward
    fast = run_named(root, "fast").state().validation_accuracy
    assert f"B **{fast:.2%}**" in page_text(page)


def test_an_unfinished_run_is_scored_on_demand(root: Path, mnist_root: Path) -> None:
    run_named(root, "slow").evaluation_path.unlink()
    page = open_page("compare")
    assert "slow is not finished" in page_text(page)
    assert not page.get("plotly_chart")
    page = press(page, "Evaluate on the held-out images")
    assert len(difference(page)["data"]) == 2


def test_a_run_that_waits_has_nothing_to_show_yet(root: Path) -> None:
    fresh = create_run(small(), root, "fresh")
    page = choose(open_page("compare"), run_named(root, "fast"), fresh)
    assert "fresh has no weights yet" in page_text(page)
    rows = page.dataframe[0].value.set_index("Run")
    assert rows.loc["fresh", "Status"] == "queued"
    assert len(chart(page, "Learning rate")["data"]) == 1


def test_broken_runs_are_said_and_cannot_be_chosen(root: Path) -> None:
    broken = create_run(small(), root, "broken")
    broken.state_path.write_text("{")
    page = open_page("compare")
    assert len(page.multiselect[0].options) == 2
    assert f"run {broken.id} is broken" in page_text(page)
    assert page.expander[0].label == "Broken, so they cannot be compared: 1"


def test_damaged_files_harm_no_other_run(root: Path) -> None:
    slow = run_named(root, "slow")
    slow.evaluation_path.write_text("{")
    assert "not JSON" in page_text(open_page("compare"))
    slow.config_path.write_text("[]")
    page = open_page("compare")
    assert "config.json" in page_text(page)
    assert list(page.dataframe[0].value["Run"]) == ["fast"]
    assert len(chart(page, "Learning rate")["data"]) == 1


def test_a_run_that_was_deleted_meanwhile(root: Path) -> None:
    page = open_page("compare")
    run_named(root, "slow").delete()
    show(page.run())
    assert page.multiselect[0].value == [run_named(root, "fast").id]
    assert "Choose two runs or more" in page_text(page)


def test_the_address_says_which_runs(root: Path) -> None:
    slow, fast = run_named(root, "slow"), run_named(root, "fast")
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=120)
    page._page_hash = calc_hash("compare")
    page.query_params["runs"] = [slow.id, "gone"]
    assert show(page.run()).multiselect[0].value == [slow.id]
    choose(page, slow, fast)
    assert page.query_params["runs"] == [slow.id, fast.id]


def test_chinese(root: Path) -> None:
    page = open_page("compare", lang="zh")
    assert page.title[0].value == "比较运行"
    assert len(chart(page, "损失")["data"]) == 6
