from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from support.drawings import one, paint, seven, zero
from support.networks import MEMBERS, load_members
from torch import Tensor, nn

from mnist_core import Classifier, MnistCoreError, load_classifier, shipped_models
from mnist_core.data.mnist import Split, normalise
from mnist_core.models.architectures import build_model
from mnist_core.models.card_file import read_card
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import DigitNet
from mnist_core.models.options import VOTES
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights, save_weights
from pad.functions import server_functions
from pad.model_registry import ModelRegistry
from pad.payload import encode_prediction_with_maps

DRAWINGS = [zero(), one(), seven()]


class Fixed(DigitNet):
    """Answers the same logits to every frame."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__([("conv1", nn.Conv2d(1, 1, 28))], nn.Linear(1, 10))
        self.logits = logits

    def forward(self, frames: Tensor) -> Tensor:
        return self.logits.expand(len(frames), -1)


def constant_network(**probabilities: float) -> Fixed:
    """A network that is this sure of some digits (`_7=0.6`), and shares the rest."""
    some = {int(name[1:]): p for name, p in probabilities.items()}
    rest = (1 - sum(some.values())) / (10 - len(some))
    return Fixed(torch.tensor([some.get(digit, rest) for digit in range(10)]).log())


def ensemble_probabilities(members: list[DigitNet], vote: str) -> Tensor:
    """Return the ensemble's probabilities (10,) for one frame."""
    return Ensemble(members, vote)(torch.zeros(1, 1, 28, 28)).softmax(1)[0]


# --- the vote ----------------------------------------------------------------------------------


def test_mean_of_the_members_probabilities(small_splits: tuple[Split, Split]) -> None:
    frames = normalise(small_splits[1].images[:200])
    members = load_members()
    with torch.inference_mode():
        expected = torch.stack([member(frames).softmax(1) for member in members]).mean(0)
        logits = Ensemble(members)(frames)
    assert torch.allclose(logits.softmax(1), expected, atol=1e-6)
    # they are logarithms of probabilities: a loss needs no other scale
    assert torch.allclose(logits.exp().sum(1), torch.ones(200), atol=1e-5)


@pytest.mark.parametrize("vote", VOTES)
@pytest.mark.parametrize("size", [1e-30, 1e4, 1e30])
def test_extreme_logits_stay_finite(vote: str, size: float) -> None:
    members = [Fixed(size * torch.eye(10)[digit]) for digit in (3, 3, 8)]
    logits = Ensemble(members, vote)(torch.zeros(2, 1, 28, 28))
    assert logits.isfinite().all()
    if size > 1:
        assert logits[0].softmax(0)[[3, 8]].tolist() == pytest.approx([2 / 3, 1 / 3], abs=1e-3)


def test_a_majority_outvotes_one_that_is_surer() -> None:
    members = [
        constant_network(_4=0.4, _9=0.35),
        constant_network(_9=0.99),
        constant_network(_4=0.4, _9=0.35),
    ]
    assert ensemble_probabilities(members, "mean").argmax() == 9
    probabilities = ensemble_probabilities(members, "majority")
    assert probabilities.argmax() == 4
    assert probabilities[[4, 9]].tolist() == pytest.approx([2 / 3, 1 / 3], abs=1e-3)
    assert probabilities.sum() == pytest.approx(1)


@pytest.mark.parametrize(("first", "second"), [(3, 8), (8, 3)])
def test_a_tie_goes_to_the_higher_mean_probability(first: int, second: int) -> None:
    more_confident = constant_network(**{f"_{first}": 0.9})
    other = constant_network(**{f"_{second}": 0.8})
    for members in ([more_confident, other], [other, more_confident]):
        probabilities = ensemble_probabilities(members, "majority")
        assert probabilities.argmax() == first
        assert probabilities[[first, second]].tolist() == pytest.approx([0.5, 0.5], abs=1e-3)


@given(st.lists(st.lists(st.floats(-8, 8, width=32), min_size=10, max_size=10), min_size=2))
def test_the_most_voted_digit_wins(rows: list[list[float]]) -> None:
    members = [Fixed(torch.tensor(row)) for row in rows]
    votes = torch.stack([member.logits for member in members]).argmax(1).bincount(minlength=10)
    probabilities = ensemble_probabilities(members, "majority")
    assert votes[probabilities.argmax()] == votes.max()
    assert torch.allclose(probabilities, votes / len(members), atol=1.1e-3)


def test_every_member_gets_gradients() -> None:
    ensemble = Ensemble([build_model("mnist_cnn"), build_model("mnist_resnet")])
    frames = torch.randn(8, 1, 28, 28)
    nn.functional.cross_entropy(ensemble(frames), torch.arange(8)).backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in ensemble.parameters())


# --- what is no ensemble -----------------------------------------------------------------------


def test_invalid_members() -> None:
    network, other = build_model("mnist_cnn"), build_model("mnist_cnn")
    for members in ([], [network]):
        with pytest.raises(MnistCoreError, match=f"ensemble of {len(members)}; give at least two"):
            Ensemble(members)
    with pytest.raises(MnistCoreError, match="member 2 is an ensemble"):
        Ensemble([network, Ensemble([network, other])])
    with pytest.raises(MnistCoreError, match="member 1 is a Linear, not a DigitNet"):
        Ensemble([nn.Linear(2, 2), network])
    with pytest.raises(MnistCoreError, match="twice"):
        Ensemble([network, other, network])
    with pytest.raises(MnistCoreError, match="vote is 'median'; choose from mean, majority"):
        Ensemble([network, other], "median")


# --- one file, one model -----------------------------------------------------------------------


def test_round_trip(ensemble_file: Path, small_splits: tuple[Split, Split]) -> None:
    images = small_splits[1].images[:50]
    model, card = load_weights(ensemble_file)
    assert card.architecture == "ensemble"
    assert not model.training
    assert torch.equal(
        predict_logits(model, images),
        predict_logits(Ensemble(load_members(), ensemble_file.stem), images),
    )
    assert [member.spec.architecture for member in model.members] == ["vgg", "mnist_cnn"]
    assert card.as_dict() == {
        "architecture": "ensemble",
        "vote": ensemble_file.stem,
        "members": [member.spec.as_dict() for member in model.members],
        "note": "mine",
    }


def test_members_keep_their_options(tmp_path: Path) -> None:
    ensemble = Ensemble(
        [build_model("improved", kernel_size=5, dropout=0.1), build_model("mnist_cnn_bn")]
    ).eval()
    path = tmp_path / "w.safetensors"
    save_weights(path, ensemble, {})
    again = load_weights(path)[0]
    assert [member.spec for member in again.members] == [m.spec for m in ensemble.members]
    frames = torch.randn(3, 1, 28, 28)
    assert torch.equal(again(frames), ensemble(frames))
    assert all(name.startswith(("members.0.", "members.1.")) for name in load_file(path))
    assert read_card(path).as_dict()["members"] == [
        {"architecture": "improved", "kernel_size": 5, "dropout": 0.1},
        {"architecture": "mnist_cnn_bn"},
    ]


CNN = {"architecture": "mnist_cnn"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vote": "median"}, "vote"),
        ({"vote": None}, "vote"),
        ({"members": None}, "metadata is damaged"),
        ({"members": "{"}, "metadata is damaged"),
        ({"members": "{}"}, "ensemble of 0"),
        ({"members": "[]"}, "ensemble of 0"),
        ({"members": json.dumps([CNN])}, "ensemble of 1"),
        ({"members": json.dumps(["mnist_cnn", "mnist_cnn"])}, "invalid model"),
        (
            {"members": json.dumps([CNN, {"architecture": "ensemble"}])},
            "architecture: Input",
        ),
        ({"members": json.dumps([CNN, {**CNN, "depth": 4}])}, "depth"),
        ({"members": json.dumps([CNN, {**CNN, "kernel_size": 3}])}, r"members\.1\.trunk"),
        ({"members": json.dumps([CNN, CNN, CNN])}, r"members\.2\.trunk"),
    ],
)
def test_damaged_files(tmp_path: Path, change: dict[str, str | None], message: str) -> None:
    path = tmp_path / "w.safetensors"
    ensemble = Ensemble([build_model("mnist_cnn"), build_model("mnist_cnn")])
    metadata = {
        "format": "mnist_core",
        "architecture": "ensemble",
        "vote": "mean",
        "members": json.dumps([CNN, CNN]),
        **change,
    }
    save_file(ensemble.state_dict(), path, {k: v for k, v in metadata.items() if v is not None})
    with pytest.raises(MnistCoreError, match=f"(?s)w.safetensors: .*{message}"):
        load_weights(path)


def test_a_member_that_is_not_finite(ensemble_file: Path, tmp_path: Path) -> None:
    with safe_open(ensemble_file, framework="pt") as opened:
        metadata = opened.metadata()
    state = load_file(ensemble_file)
    state["members.1.head.1.bias"][3] = float("nan")
    save_file(state, tmp_path / "w.safetensors", metadata)
    with pytest.raises(MnistCoreError, match=r"NaN or infinity in members\.1\.head\.1\.bias"):
        load_weights(tmp_path / "w.safetensors")


# --- classifying -------------------------------------------------------------------------------


def test_an_ensemble_classifies_drawings(ensemble_file: Path) -> None:
    classifier = load_classifier(ensemble_file)
    assert (classifier.name, classifier.architecture) == (ensemble_file.stem, "ensemble")
    assert [p.digit for p in classifier.classify_strokes_many(DRAWINGS)] == [0, 1, 7]
    assert classifier.classify(paint(seven())).digit == 7
    blank = classifier.classify_strokes([])
    assert blank.is_blank
    assert np.allclose(blank.probabilities, 0.1)


def test_predictions_are_the_mean_of_the_members() -> None:
    ensemble = Classifier(Ensemble(load_members()), name="both", architecture="ensemble")
    members = [
        # without their calibration, which an ensemble of them does not have
        Classifier(model, name=name, architecture=name).classify_strokes_many(DRAWINGS)
        for name, model in zip(MEMBERS, load_members(), strict=True)
    ]
    for combined, *alone in zip(ensemble.classify_strokes_many(DRAWINGS), *members, strict=True):
        expected = np.mean([prediction.probabilities for prediction in alone], axis=0)
        assert np.allclose(combined.probabilities, expected, atol=1e-6)
        assert np.array_equal(combined.frame, alone[0].frame)


def test_maps_kernels_and_shapes_are_the_first_members(ensemble_file: Path) -> None:
    classifier, first = load_classifier(ensemble_file), load_classifier("default")
    assert classifier.stages == first.stages
    assert classifier.shapes == first.shapes
    assert classifier.head_sizes() == first.head_sizes()
    picture = paint(seven())
    maps = classifier.classify_with_maps(picture, classifier.stages).maps
    expected = first.classify_with_maps(picture, first.stages).maps
    frame = first.classify(picture).frame
    for stage in first.stages:
        assert classifier.stage_shape(stage) == maps[stage].shape
        assert np.array_equal(maps[stage], expected[stage])
        assert np.array_equal(classifier.kernels(stage), first.kernels(stage))
        assert np.array_equal(classifier.feature_maps(frame, stage), maps[stage])


def test_the_pad_shows_an_ensemble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mine.safetensors"
    shutil.copyfile(weights_path("ensemble"), file)  # its graph is in the cache
    monkeypatch.setenv("MNIST_MODELS", str(file.parent))
    offered = ModelRegistry()
    functions = {function.__name__: function for function in server_functions(offered)}
    shown = functions["describe_model"]({"model": file.stem})
    assert shown["models"] == [*shipped_models(), file.stem]
    assert shown["architecture"] == "ensemble"
    result = offered.get(file.stem).classify_with_maps(
        paint(seven()), shown["stages"][0]["name"].split()
    )
    assert encode_prediction_with_maps(result)["digit"] == 7
    kernel = functions["kernel"]({"model": file.stem, "layer": "conv1", "channel": 0})
    assert len(kernel["weights"]) == np.prod(kernel["shape"])
