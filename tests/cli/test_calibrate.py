"""`calibrate`: what it fits is in the card, and classifiers use it."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import numpy as np
import pytest
from support.unipen import LETTERS

from mnist_core import load_classifier
from mnist_core.cli import main as cli
from mnist_core.data.allographs import draw_non_digit
from mnist_core.data.mnist import Split
from mnist_core.evaluation import calibration_data
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import update_card

QUICK = ["--drawings", "200", "--device", "cpu"]


@pytest.fixture
def small_mnist(small_splits: tuple[Split, Split], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command sees 500 of the 5,000 held-out images."""
    monkeypatch.setattr(calibration_data, "load_validation", lambda *_: small_splits[1])


@pytest.fixture
def refusing_file(tmp_path: Path) -> Path:
    """Weights trained with non-digits, without a calibration."""
    path = tmp_path / "weights.safetensors"
    shutil.copy(weights_path("student"), path)
    update_card(path, calibration=None)
    return path


def shares(output: str, name: str) -> list[str]:
    """Return the cells of a row of the printed table."""
    (line,) = [line for line in output.splitlines() if line.strip().startswith(name)]
    return line.removeprefix(name).split()


@pytest.mark.usefixtures("small_mnist")
def test_a_network_that_can_refuse(refusing_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    others = [draw_non_digit(rng) for _ in range(60)]
    before = load_classifier(refusing_file).classify_strokes_many(others)
    assert all(p.is_digit or p.is_blank for p in before)
    assert cli.main(["calibrate", str(refusing_file), "--keep", "0.8", *QUICK]) == 0
    output = capsys.readouterr().out
    assert "wrote the calibration" in output
    assert float(shares(output, "MNIST")[-1].rstrip("%")) >= 80
    assert shares(output, "generated non-digits")[0] == "200"
    calibration = read_card(refusing_file).calibration
    assert calibration.can_refuse
    assert f"temperature {calibration.temperature:.3f}" in output
    after = load_classifier(refusing_file).classify_strokes_many(others)
    assert np.mean([p.is_digit for p in after]) < 0.5
    assert read_card(refusing_file).config["non_digits"] > 0  # the rest of the card is kept


@pytest.mark.usefixtures("small_mnist")
def test_a_network_that_cannot_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "weights.safetensors"
    shutil.copy(weights_path("mnist_cnn"), path)
    assert cli.main(["calibrate", str(path), *QUICK]) == 0
    output = capsys.readouterr().out
    assert "never refuses" in output
    calibration = read_card(path).calibration
    assert not calibration.can_refuse
    assert calibration.temperature != 1.0
    # more confident or less, but the same digits
    images = [np.random.default_rng(0).random((28, 28)).round() for _ in range(3)]
    expected = load_classifier("mnist_cnn").classify_many(images)
    assert [p.digit for p in load_classifier(path).classify_many(images)] == [
        p.digit for p in expected
    ]


@pytest.mark.usefixtures("small_mnist")
@pytest.mark.skipif(not LETTERS.is_file(), reason="no letters")
def test_real_pen_strokes_as_further_validation_data(
    refusing_file: Path,
    few_pen_digits: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    some = tmp_path / "letters.jsonl.gz"
    with gzip.open(LETTERS, "rt") as lines, gzip.open(some, "wt") as few:
        few.writelines(line for _, line in zip(range(100), lines, strict=False))
    files = ["--pendigits", str(few_pen_digits), "--letters", str(some)]
    assert cli.main(["calibrate", str(refusing_file), *QUICK, *files]) == 0
    output = capsys.readouterr().out
    assert shares(output, "letters")[0] == "100"
    number, before, after, kept = shares(output, "pendigits")
    assert number == "500"
    assert float(kept.rstrip("%")) >= 97
    assert before.endswith("%")
    assert after.endswith("%")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--keep", "1.5"], "--keep is 1.5"),
        (["--keep", "0"], "--keep is 0"),
        (["--drawings", "3"], "--drawings is 3"),
        (["--unipen", "damaged.gz"], "not UNIPEN"),
        (["--pendigits", "damaged.gz"], "not UCI's pendigits-orig.tra.gz"),
        (["--data", "damaged"], "damaged/MNIST/raw/train-images-idx3-ubyte: this file is damaged"),
    ],
)
@pytest.mark.usefixtures("mnist_root")
def test_bad_arguments(
    refusing_file: Path,
    arguments: list[str],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("damaged.gz").write_bytes(b"damaged")
    raw = Path("damaged/MNIST/raw")
    raw.mkdir(parents=True)
    for name in ("images-idx3", "labels-idx1"):
        (raw / f"train-{name}-ubyte").write_bytes(b"damaged")
    content = refusing_file.read_bytes()
    assert cli.main(["calibrate", str(refusing_file), *QUICK, *arguments]) == 2
    assert message in capsys.readouterr().err
    assert refusing_file.read_bytes() == content
