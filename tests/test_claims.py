from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from pendigits import PENDIGITS

from mnist_core import MnistCoreError, cli
from mnist_core.claims.bench import FAILS, HOLDS, UNCLEAR, VERDICTS, Bench, percent, verdict
from mnist_core.claims.table import CLAIMS
from mnist_core.data import Split

Splits = tuple[Split, Split]


@pytest.mark.parametrize(
    ("better", "worse", "expected"),
    [
        ([0.9, 0.91, 0.92], [0.8, 0.81, 0.82], HOLDS),
        ([0.8, 0.81, 0.82], [0.9, 0.91, 0.92], FAILS),
        ([0.9, 0.8, 0.9], [0.8, 0.9, 0.85], UNCLEAR),
        ([0.9, 0.9], [0.9, 0.9], UNCLEAR),
        ([0.9001, 0.95, 0.9001], [0.9, 0.9, 0.9], UNCLEAR),
    ],
    ids=["all better", "all worse", "seeds disagree", "equal", "one seed makes the difference"],
)
def test_verdicts(better: list[float], worse: list[float], expected: str) -> None:
    assert verdict(better, worse) == expected


def test_percent() -> None:
    assert percent([0.98, 0.99, 0.982]) == "98.40±0.50%"


def test_an_arm_is_trained_once(small_splits: Splits) -> None:
    training, validation = small_splits
    lines: list[str] = []
    part = Split(training.images[:200], training.labels[:200])
    bench = Bench(part, validation, seeds=[0, 1], epochs=1, note=lines.append)
    first = bench.run(bench.base)
    assert bench.run(bench.base) == first
    assert len(lines) == 2
    assert bench.run(bench.base, data=bench.raw())[0].best != first[0].best


def test_a_network_that_diverges_is_a_result(small_splits: Splits) -> None:
    bench = Bench(*small_splits, seeds=[0, 1], epochs=2, note=lambda _: None)
    outcome = bench.run(bench.base.with_changes(learning_rate=10))[0]
    assert outcome.best < 0.2


def test_one_seed_is_no_difference(small_splits: Splits) -> None:
    with pytest.raises(MnistCoreError, match="at least 2"):
        Bench(*small_splits, seeds=[0], epochs=1)


def test_the_whole_table(
    mnist_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "claims.json"
    assert cli.main(["claims", "--quick", "--markdown", "--output", str(output)]) == 0
    lines = capsys.readouterr().out.splitlines()
    content = json.loads(output.read_text())
    rows = {row["name"]: row for row in content["claims"]}
    assert list(rows) == list(CLAIMS)
    for row in rows.values():
        assert row["verdict"] in VERDICTS
        line = f"| {row['claim']} | {row['setting']} | {row['measured']} | {row['verdict']} |"
        assert line in lines
    assert "no evidence" in content["title"]
    assert "seeds 0, 1" in content["title"]
    if not torch.cuda.is_available():
        assert rows["mixed-precision"]["verdict"] == "not measured here"
    assert rows["augmentation"]["setting"].endswith("validation (quick)")
    assert rows["ensemble"]["numbers"]["member"] != rows["ensemble"]["numbers"]["mean"]


def test_pen_strokes_are_read_where_they_are(
    mnist_root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["claims", "--quick", "--only", "augmentation-pens"]
    monkeypatch.delenv("PENDIGITS", raising=False)
    assert cli.main(words) == 0
    assert "PENDIGITS" in capsys.readouterr().out
    if not PENDIGITS.is_file():
        pytest.skip(f"pen strokes are not in {PENDIGITS}")
    assert cli.main([*words, "--markdown", "--pendigits", str(PENDIGITS)]) == 0
    assert "300 pen-drawn digits" in capsys.readouterr().out


def test_claims_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "--only", "gravity"]) == 2
    assert "choose from relu-dropout" in capsys.readouterr().err
