from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.training import Splits, part

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.training.config import TrainConfig
from mnist_core.training.lr_finder import Outcome, RangeTest, find_learning_rate
from mnist_core.training.trainer import train


@pytest.mark.parametrize("optimizer", ["adamw", "sgd"])
def test_training_at_the_suggested_rate_converges_and_at_thirty_times_diverges(
    small_splits: Splits, optimizer: str
) -> None:
    config = TrainConfig(
        model="mnist_cnn", optimizer=optimizer, augment="none", ema_decay=0, batch_size=25, epochs=2
    )
    splits = part(small_splits, 1000, 250)
    test = find_learning_rate(config, splits[0], low=1e-4, high=10.0, steps=120)
    assert len(test.rates) == len(test.losses) == len(test.smoothed) <= 120

    def accuracy(rate: float) -> float:
        try:
            *_, last = train(config.with_changes(learning_rate=min(rate, 10)), *splits)
        except MnistCoreError:
            return 0.0
        return last.validation_accuracy

    good = accuracy(test.suggestion)
    assert good > 0.8
    assert good > accuracy(30 * test.suggestion) + 0.02


def test_a_range_in_which_nothing_is_learned(small_splits: Splits) -> None:
    config = TrainConfig(model="mnist_cnn", optimizer="sgd", augment="none")
    test = find_learning_rate(config, small_splits[0], low=1e-8, high=1e-6, steps=30)
    assert (test.outcome, test.learning_rate, len(test.losses)) == (Outcome.NOT_FALLEN, None, 30)


def test_a_range_that_ends_too_early(small_splits: Splits) -> None:
    config = TrainConfig(model="mnist_cnn", augment="none", batch_size=50)
    test = find_learning_rate(config, small_splits[0], low=1e-5, high=1e-3, steps=80)
    assert (test.outcome, test.learning_rate, len(test.losses)) == (Outcome.NOT_RISEN, 1e-3, 80)


def test_trained_weights_to_start_from(small_splits: Splits) -> None:
    config = TrainConfig(model="mnist_cnn", init_weights="mnist_cnn")
    with pytest.raises(MnistCoreError, match="new network"):
        find_learning_rate(config, small_splits[0])


@pytest.mark.parametrize("bounds", [(1.0, 0.1, 100), (0.0, 1.0, 100), (1e-5, 1.0, 3), (1, 99, 50)])
def test_bounds_that_are_no_range(small_splits: Splits, bounds: tuple[float, float, int]) -> None:
    low, high, steps = bounds
    with pytest.raises(MnistCoreError, match="0 < lowest < highest"):
        find_learning_rate(TrainConfig(), small_splits[0], low=low, high=high, steps=steps)


def test_a_curve_with_lists_of_unequal_lengths_is_no_result() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        RangeTest(rates=[0.1, 0.2], losses=[1.0], smoothed=[1.0], suggestion=0.1)


def test_the_command(mnist_root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = "find-lr --model mnist_cnn --augment none --training-size 2000 --batch-size 32"
    command = [*flags.split(), "--steps", "60"]
    plot = tmp_path / "plots" / "lr.html"
    assert cli.main([*command, "--plot", str(plot)]) == 0
    out = capsys.readouterr().out
    assert "suggested learning rate" in out
    assert "python -m mnist_core train --model mnist_cnn --learning-rate" in out
    assert "plotly" in plot.read_text()
    assert cli.main([*command, "--json", "--teacher", "mnist_cnn"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert 1e-5 < result["suggestion"] < 0.5
    assert set(result) == {"suggestion", "outcome", "rates", "losses", "smoothed"}
    assert result["outcome"] == "found"
    assert len(result["rates"]) == len(result["smoothed"])
    low = [*command, "--low", "1e-8", "--high", "1e-6", "--steps", "20", "--plot", str(plot)]
    assert cli.main(low) == 2
    assert "the loss does not fall between 1e-08 and 1e-06" in capsys.readouterr().err
    assert "plotly" in plot.read_text()
