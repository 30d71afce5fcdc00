"""benchmarks.load with two visitors: what it prints, and that nothing goes wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks import load, load_soak


def test_two_visitors_get_answers_without_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "load.json"
    options = ["--visitors", "2", "--seconds", "0.1", "--soak", "0.2", "--json", str(path)]
    assert load.main(options) == 0
    found = json.loads(path.read_text())
    assert [row["what"] for row in found["rows"]] == list(load.PHASES)
    # people may still wait for their turn
    assert all(row["answers_per_second"] > 0 for row in found["rows"] if row["what"] != "people")
    assert sum(row["errors"] for row in found["rows"]) == found["soak"]["errors"] == 0
    table, progress = capsys.readouterr()
    assert table.startswith("| visitors | what |")
    assert "2 visitors, /classify" in progress
    assert "temporary files" in table


@pytest.mark.parametrize("number", ["0", "100000"])
def test_the_number_of_visitors_is_bounded(number: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load.main(["--visitors", number])
    assert "from 1 to 1000" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--seconds=0", "--seconds=nan", "--soak=-5", "--soak=1e9"])
def test_the_time_is_bounded(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        load.main([option])
    assert "at most 3600" in capsys.readouterr().err


@pytest.mark.parametrize(("last", "good"), [(205.0, True), (230.0, False)])
def test_memory_that_grows_is_no_good_soak(last: float, good: bool) -> None:
    found = load_soak.Soak(600, 1000, 0, 0, memory=(200.0, last), files=(100, 100))
    assert found.good is good
    assert ("grows" in str(found)) is not good
