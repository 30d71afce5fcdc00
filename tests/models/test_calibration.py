"""From logits to probabilities and a digit score, alone and for ensembles."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from mnist_core import MnistCoreError
from mnist_core.models.architectures import build_model
from mnist_core.models.calibration import UNCALIBRATED, LogitCalibration
from mnist_core.models.card import ModelCard
from mnist_core.models.card_file import read_card
from mnist_core.models.ensemble import Ensemble, combine_members
from mnist_core.models.options import VOTES, Vote
from mnist_core.models.weights import load_weights, save_weights, update_card

LOGITS = torch.randn(50, 10, generator=torch.Generator().manual_seed(0)) * 4


def test_scores_of_known_logits() -> None:
    calibration = LogitCalibration(temperature=2.0, digit_scale=0.5, digit_offset=-1.0)
    logits = torch.full((1, 10), math.log(3 / 10))  # the log-odds of being a digit are log 3
    assert calibration.digit_score(logits).item() == pytest.approx(
        1 / (1 + math.exp(1 - 0.5 * math.log(3)))
    )
    assert torch.allclose(calibration.probabilities(LOGITS), (LOGITS / 2).softmax(1))


def test_without_non_digits_nothing_is_refused() -> None:
    for calibration in (UNCALIBRATED, LogitCalibration(temperature=3.0)):
        assert not calibration.can_refuse
        assert calibration.digit_score(LOGITS).tolist() == [1.0] * 50
    assert torch.equal(UNCALIBRATED.probabilities(LOGITS), LOGITS.softmax(1))


def test_the_digit_score_is_that_of_eleven_classes() -> None:
    eleven = F.pad(LOGITS, (0, 1)).softmax(1)
    score = LogitCalibration(digit_scale=1.0, digit_offset=0.0).digit_score(LOGITS)
    assert torch.allclose(score, 1 - eleven[:, 10], atol=1e-6)


@pytest.mark.parametrize(
    "content",
    [
        {"temperature": 0},
        {"temperature": -1},
        {"digit_scale": 1.0},
        {"digit_offset": 1.0},
        {"digit_scale": -1.0, "digit_offset": 0.0},
        {"temperature": "hot"},
        [],
    ],
)
def test_an_impossible_calibration_in_a_card(content: object) -> None:
    with pytest.raises(MnistCoreError, match="the model card is invalid"):
        ModelCard.parse({"architecture": "mnist_cnn", "calibration": content})


def test_the_card_keeps_a_calibration(tmp_path: Path) -> None:
    path = tmp_path / "weights.safetensors"
    save_weights(path, build_model("mnist_cnn"), {"note": "mine"})
    assert read_card(path).calibration is None
    update_card(path, calibration={"temperature": 1.5})
    assert read_card(path).calibration == LogitCalibration(temperature=1.5)
    assert read_card(path).as_dict()["note"] == "mine"


@pytest.mark.parametrize("config", [{}, {"non_digits": 0.0}, {"non_digits": "0.5"}])
def test_whether_a_network_was_trained_with_non_digits(config: dict[str, object]) -> None:
    assert not ModelCard(config=config).trained_with_non_digits
    assert ModelCard(config={"non_digits": 0.25}).trained_with_non_digits


# --- ensembles ---------------------------------------------------------------------------------


def eleven_class_mean(logits: torch.Tensor) -> torch.Tensor:
    return F.pad(logits, (0, 1)).softmax(2).mean(0)


def test_members_are_combined_as_eleven_classes() -> None:
    members = torch.stack([LOGITS, LOGITS.flip(0), -LOGITS])
    mean = eleven_class_mean(members)
    combined = combine_members(members)
    assert torch.allclose(F.pad(combined, (0, 1)).softmax(1), mean, atol=1e-6)


@pytest.mark.parametrize("vote", VOTES)
def test_an_ensemble_refuses_as_its_members_do(vote: Vote, tmp_path: Path) -> None:
    torch.manual_seed(0)
    members = [build_model("mnist_cnn"), build_model("mnist_cnn_bn")]
    path = tmp_path / "both.safetensors"
    save_weights(path, Ensemble(members, vote, refuses=True), {})
    ensemble, card = load_weights(path)
    assert card.trained_with_non_digits
    frames = torch.rand(20, 1, 28, 28)
    with torch.inference_mode():
        mean = eleven_class_mean(torch.stack([member.eval()(frames) for member in members]))
        logits = ensemble(frames)
    score = LogitCalibration(digit_scale=1.0, digit_offset=0.0).digit_score(logits)
    assert torch.allclose(score, 1 - mean[:, 10], atol=1e-5)
    digits = mean[:, :10] / (1 - mean[:, 10:])
    if vote == "mean":
        assert torch.allclose(logits.softmax(1), digits, atol=1e-5)


def test_extreme_logits_stay_finite() -> None:
    for size in (1e-30, 1e4, 1e30):
        members = torch.stack([size * torch.eye(10)[[3, 8]], -size * torch.eye(10)[[3, 8]]])
        assert combine_members(members).isfinite().all()


def test_an_ensemble_of_networks_that_cannot_refuse_is_as_before(tmp_path: Path) -> None:
    path = tmp_path / "both.safetensors"
    save_weights(path, Ensemble([build_model("mnist_cnn"), build_model("mnist_cnn")]), {})
    assert "refuses" not in read_card(path).as_dict()
    assert not load_weights(path)[0].refuses
