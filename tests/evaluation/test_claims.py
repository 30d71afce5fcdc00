from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from support.pendigits import PENDIGITS

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.evaluation.claims.bench import (
    CHANCE,
    FAILS,
    HOLDS,
    NOT_MEASURED,
    UNCLEAR,
    VERDICTS,
    Bench,
    Outcome,
    percent,
    verdict,
)
from mnist_core.evaluation.claims.data import confusions
from mnist_core.evaluation.claims.network import residual
from mnist_core.evaluation.claims.table import CLAIMS
from mnist_core.models.architectures import build_model

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
    # equal configurations on other images are another arm
    assert bench.run(bench.base, data=bench.raw())[0].loss != first[0].loss
    assert len(set(lines)) == len(lines) == 4
    assert [arm["seed"] for arm in bench.arms()] == [0, 1, 0, 1]


def test_every_seed_starts_from_its_own_weights(small_splits: Splits) -> None:
    training, validation = small_splits
    part = Split(training.images[:200], training.labels[:200])
    bench = Bench(part, validation, seeds=[0, 1], epochs=1, note=lambda _: None)
    sources = [build_model("mnist_cnn_fixed") for _ in range(2)]
    config = bench.base.with_changes(init_weights="given", freeze=("conv1",))
    outcomes = bench.run(config, initial=sources)
    for outcome, source in zip(outcomes, sources, strict=True):
        assert torch.equal(outcome.model.kernel("conv1"), source.kernel("conv1"))


def test_the_skip_makes_the_difference(small_splits: Splits) -> None:
    training, validation = small_splits
    part = Split(training.images[:1000], training.labels[:1000])
    bench = Bench(part, validation, seeds=[0, 1], epochs=1, note=lambda _: None)
    row = residual(bench)
    assert row.verdict == HOLDS
    assert min(row.numbers["with"]) > max(row.numbers["without"]) + 0.2
    assert "43,770 parameters" in row.setting


class Confused(Bench):
    """A bench whose networks are confused as told."""

    def __init__(self, splits: Splits, pairs: dict[tuple[int, int], int]) -> None:
        super().__init__(*splits, seeds=[0, 1], epochs=1)
        self._counts = torch.zeros(10, 10)
        for (true, read), count in pairs.items():
            self._counts[true, read] = count

    def run(self, *_: object, **__: object) -> list[Outcome]:
        return [Outcome((0.9,), 0.9, 0.3, self._counts, None)] * 2


@pytest.mark.parametrize(
    ("pairs", "measured", "expected"),
    [
        ({(9, 4): 5, (3, 8): 4, (7, 1): 3}, "4/9 rank 1, 3/8 rank 2, 1/7 rank 3", HOLDS),
        ({(4, 9): 1, (9, 4): 1, (0, 6): 2}, "4/9 rank 2, 3/8 rank 45, 1/7 rank 45", UNCLEAR),
        ({}, "4/9 rank 45, 3/8 rank 45, 1/7 rank 45", FAILS),
    ],
    ids=["the usual", "ties share the last rank", "no confusion is no evidence"],
)
def test_common_confusions(
    small_splits: Splits, pairs: dict[tuple[int, int], int], measured: str, expected: str
) -> None:
    row = confusions(Confused(small_splits, pairs))
    assert row.measured.startswith(measured)
    assert row.verdict == expected


def test_a_network_that_diverges_is_a_result(small_splits: Splits) -> None:
    bench = Bench(*small_splits, seeds=[0, 1], epochs=2, note=lambda _: None)
    outcome = bench.run(bench.base.with_changes(model="mnist_cnn", learning_rate=10))[0]
    assert outcome.best == CHANCE
    assert bench.accuracy_on(bench.validation, [outcome.model]) == [CHANCE]
    # JSON knows no infinity
    assert json.loads(json.dumps(bench.arms(), allow_nan=False))[0]["validation_loss"] is None


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
    measured = torch.cuda.is_available()
    assert (rows["mixed-precision"]["verdict"] != NOT_MEASURED) == measured
    assert content["seeds"] == [0, 1]
    arms = {(arm["arm"], arm["seed"]): arm for arm in content["arms"]}
    assert len(arms) == len(content["arms"]) > 60
    plain = [arms["mnist_cnn_fixed", seed]["validation_accuracies"][0] for seed in (0, 1)]
    assert plain == rows["momentum"]["numbers"]["0.5"]
    assert rows["augmentation"]["setting"].startswith("2 epochs, validation (quick)")
    assert rows["ensemble"]["numbers"]["member"] != rows["ensemble"]["numbers"]["mean"]


def test_a_table_for_a_terminal(mnist_root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "--quick", "--only", "momentum", "--seeds", "3"]) == 0
    out, err = capsys.readouterr()
    assert max(map(len, out.splitlines())) == 100
    assert any(word in out for word in VERDICTS)
    assert "0, 1, 2" in out
    # a line for every network that was trained
    assert len(err.splitlines()) == 9


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


def test_pen_strokes_that_are_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "--quick", "--pendigits", str(tmp_path / "gone.gz")]) == 2
    err = capsys.readouterr().err
    assert "gone.gz: no such file" in err
    assert "seed 0" not in err


def test_claims_that_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "--only", "gravity"]) == 2
    assert "choose from relu-dropout" in capsys.readouterr().err
