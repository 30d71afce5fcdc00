"""The claims of the tutorial article."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from support.training import Splits, part

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.cli.commands import claims as claims_command
from mnist_core.evaluation.claims.data import confusions
from mnist_core.evaluation.claims.experiment import CHANCE, Experiment, TrainingResult
from mnist_core.evaluation.claims.network import residual
from mnist_core.evaluation.claims.table import CLAIMS, markdown
from mnist_core.evaluation.claims.verdict import Verdict, judge, percent
from mnist_core.models.architectures import build_model


@pytest.mark.parametrize(
    ("better", "worse", "expected"),
    [
        ([0.9, 0.91, 0.92], [0.8, 0.81, 0.82], Verdict.HOLDS),
        ([0.8, 0.81, 0.82], [0.9, 0.91, 0.92], Verdict.FAILS),
        ([0.9, 0.8, 0.9], [0.8, 0.9, 0.85], Verdict.UNCLEAR),
        ([0.9, 0.9], [0.9, 0.9], Verdict.UNCLEAR),
        ([0.9001, 0.95, 0.9001], [0.9, 0.9, 0.9], Verdict.UNCLEAR),
    ],
    ids=["all better", "all worse", "seeds disagree", "equal", "one seed makes the difference"],
)
def test_verdicts(better: list[float], worse: list[float], expected: str) -> None:
    assert judge(better, worse) == expected


def test_percent() -> None:
    assert percent([0.98, 0.99, 0.982]) == "98.40±0.50%"


def test_a_variant_is_trained_once(small_splits: Splits) -> None:
    lines: list[str] = []
    splits = part(small_splits, 200, 100)
    experiment = Experiment(*splits, seeds=[0, 1], epochs=1, note=lines.append)
    first = experiment.run(experiment.base)
    assert experiment.run(experiment.base) == first
    assert len(lines) == 2
    # equal configurations on other images are another variant
    assert experiment.run(experiment.base, data=experiment.raw())[0].loss != first[0].loss
    assert len(set(lines)) == len(lines) == 4
    assert [one["seed"] for one in experiment.trained()] == [0, 1, 0, 1]


def test_every_seed_starts_from_its_own_weights(small_splits: Splits) -> None:
    splits = part(small_splits, 200, 100)
    experiment = Experiment(*splits, seeds=[0, 1], epochs=1, note=lambda _: None)
    sources = [build_model("mnist_cnn_fixed") for _ in range(2)]
    config = experiment.base.with_changes(init_weights="given", freeze=("conv1",))
    results = experiment.run(config, initial=sources)
    for result, source in zip(results, sources, strict=True):
        assert torch.equal(result.model.kernel("conv1"), source.kernel("conv1"))


def test_the_skip_makes_the_difference(small_splits: Splits) -> None:
    splits = part(small_splits, 800, 200)
    experiment = Experiment(*splits, seeds=[0, 1], epochs=1, note=lambda _: None)
    row = residual(experiment)
    assert row.verdict == Verdict.HOLDS
    assert min(row.numbers["with"]) > max(row.numbers["without"]) + 0.2
    assert "43,770 parameters" in row.setting


class Confused(Experiment):
    """An experiment whose networks have the given confusions."""

    def __init__(self, splits: Splits, pairs: dict[tuple[int, int], int]) -> None:
        super().__init__(*splits, seeds=[0, 1], epochs=1)
        self._counts = torch.zeros(10, 10)
        for (true, predicted), count in pairs.items():
            self._counts[true, predicted] = count

    def run(self, *_: object, **__: object) -> list[TrainingResult]:
        return [TrainingResult((0.9,), 0.9, 0.3, self._counts, None)] * 2


@pytest.mark.parametrize(
    ("pairs", "measured", "expected"),
    [
        ({(9, 4): 5, (3, 8): 4, (7, 1): 3}, "4/9 rank 1, 3/8 rank 2, 1/7 rank 3", Verdict.HOLDS),
        (
            {(4, 9): 1, (9, 4): 1, (0, 6): 2},
            "4/9 rank 2, 3/8 rank 45, 1/7 rank 45",
            Verdict.UNCLEAR,
        ),
        ({}, "4/9 rank 45, 3/8 rank 45, 1/7 rank 45", Verdict.FAILS),
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
    experiment = Experiment(*small_splits, seeds=[0, 1], epochs=2, note=lambda _: None)
    result = experiment.run(experiment.base.with_changes(model="mnist_cnn", learning_rate=10))[0]
    assert result.best == CHANCE
    assert experiment.accuracy_on(experiment.validation, [result.model]) == [CHANCE]
    trained = json.dumps(experiment.trained(), allow_nan=False)
    assert json.loads(trained)[0]["validation_loss"] is None, "JSON has no infinity"


def test_at_least_two_seeds(small_splits: Splits) -> None:
    with pytest.raises(MnistCoreError, match="at least 2"):
        Experiment(*small_splits, seeds=[0], epochs=1)


def test_all_claims(small_splits: Splits) -> None:
    experiment = Experiment(
        *part(small_splits, 100, 50), seeds=[0, 1], epochs=1, note=lambda _: None
    )
    rows = {name: claim(experiment) for name, claim in CLAIMS.items()}
    lines = markdown(rows.values()).splitlines()
    for name, row in rows.items():
        assert row.name == name
        assert row.verdict in list(Verdict)
        assert f"| {row.claim} | {row.setting} | {row.measured} | {row.verdict} |" in lines
    assert rows["mixed-precision"].verdict == rows["augmentation-pens"].verdict
    assert rows["augmentation-pens"].verdict == Verdict.NOT_MEASURED
    assert "PENDIGITS" in rows["augmentation-pens"].measured
    assert rows["augmentation"].setting.startswith("2 epochs, validation (quick)")
    assert rows["ensemble"].numbers["member"] != rows["ensemble"].numbers["mean"]
    trained = {(one["variant"], one["seed"]): one for one in experiment.trained()}
    assert len(trained) == len(experiment.trained()) > 60
    plain = [trained["mnist_cnn_fixed", seed]["validation_accuracies"][0] for seed in (0, 1)]
    assert plain == rows["momentum"].numbers["0.5"]


@pytest.fixture
def few_images(mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--quick` takes 200 images of each split."""
    for split in ("training_size", "validation_size"):
        monkeypatch.setitem(claims_command.QUICK, split, 200)


@pytest.mark.usefixtures("few_images")
def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "claims.json"
    arguments = ["claims", "--quick", "--only", "momentum", "--seeds", "2"]
    assert cli.main([*arguments, "--output", str(output)]) == 0
    out, err = capsys.readouterr()
    assert max(map(len, out.splitlines())) == 100
    assert len(err.splitlines()) == 6, "a line for each trained network"
    content = json.loads(output.read_text())
    (row,) = content["claims"]
    assert row["verdict"] in out
    assert "not evidence" in content["title"]
    assert "seeds 0, 1" in content["title"]
    assert content["seeds"] == [0, 1]
    assert len(content["trained"]) == 6


@pytest.mark.usefixtures("few_images")
def test_real_pen_strokes(few_pen_digits: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["claims", "--quick", "--markdown", "--only", "augmentation-pens"]
    assert cli.main([*arguments, "--pendigits", str(few_pen_digits)]) == 0
    assert "300 pen-drawn digits" in capsys.readouterr().out


def test_missing_pen_strokes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PENDIGITS", str(tmp_path / "missing.gz"))
    assert cli.main(["claims", "--quick"]) == 2
    err = capsys.readouterr().err
    assert "missing.gz: no such file" in err
    assert "seed 0" not in err


def test_unknown_claims(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["claims", "--only", "gravity"]) == 2
    assert "choose from relu-dropout" in capsys.readouterr().err
