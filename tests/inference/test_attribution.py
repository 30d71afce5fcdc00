"""Attribution of the margin between two digits to pixels."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split, normalise
from mnist_core.inference.attribution import attribution_maps
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import DigitNet
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights


@pytest.fixture(scope="module")
def network() -> DigitNet:
    return load_weights(weights_path("mnist_cnn"))[0]


@pytest.fixture(scope="module")
def errors(network: DigitNet, train_validation: tuple[Split, Split]) -> tuple[Tensor, ...]:
    """Misclassified frames, the predicted and the true digits."""
    validation = train_validation[1]
    predicted = predict_logits(network, validation.images).argmax(1)
    errors = (predicted != validation.labels).nonzero().squeeze(1)
    return validation.images[errors], predicted[errors], validation.labels[errors]


class Linear(nn.Module):
    """A network whose gradient is known: logits are sums over pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 784, generator=torch.manual_seed(0)))

    def forward(self, frames: Tensor) -> Tensor:
        return frames.flatten(1) @ self.weight.T


def test_attribution_of_a_linear_network_is_exact(errors: tuple[Tensor, ...]) -> None:
    frames, predicted, true = (part[:3] for part in errors)
    network = Linear()
    maps = attribution_maps(network, frames, predicted, true)
    assert maps.shape == (3, 28, 28)
    logits = network(normalise(frames))
    margin = logits.gather(1, predicted[:, None]) - logits.gather(1, true[:, None])
    torch.testing.assert_close(maps.sum((1, 2)), margin.squeeze(1), rtol=1e-3, atol=1e-3)


def test_erasing_attributed_pixels_changes_the_margin(
    network: DigitNet, errors: tuple[Tensor, ...]
) -> None:
    frames, predicted, true = errors
    maps = attribution_maps(network, frames, predicted, true)

    def margin(changed: Tensor) -> Tensor:
        logits = predict_logits(network, changed)
        return (logits.gather(1, predicted[:, None]) - logits.gather(1, true[:, None])).squeeze(1)

    def without(most: Tensor) -> Tensor:
        """Erase the fifteen ink pixels with the highest values."""
        ink = most.masked_fill(frames.squeeze(1) < 0.5, -torch.inf).flatten(1)
        return frames.flatten(1).scatter(1, ink.topk(15).indices, 0.0).view_as(frames)

    before = margin(frames)
    assert (before > 0).all()
    assert (margin(without(maps)) < before).float().mean() > 0.8
    assert (margin(without(-maps)) > before).float().mean() > 0.8


def test_exchanged_digits_change_the_sign(network: DigitNet, errors: tuple[Tensor, ...]) -> None:
    frames, predicted, true = (part[:4] for part in errors)
    maps = attribution_maps(network, frames, predicted, true)
    reverse = attribution_maps(network, frames, true, predicted)
    torch.testing.assert_close(maps, -reverse, rtol=1e-4, atol=1e-5)
    assert attribution_maps(network, frames, predicted, predicted).count_nonzero() == 0


def test_attribution_is_deterministic_and_independent_of_the_batch(
    network: DigitNet, errors: tuple[Tensor, ...]
) -> None:
    frames, predicted, true = (part.repeat_interleave(3, 0)[:40] for part in errors)
    torch.manual_seed(1)
    drawn = torch.rand(1)
    torch.manual_seed(1)
    maps = attribution_maps(network, frames, predicted, true)
    assert torch.equal(torch.rand(1), drawn)
    assert torch.equal(maps, attribution_maps(network, frames, predicted, true))
    alone = attribution_maps(network, frames[33:34], predicted[33:34], true[33:34])
    torch.testing.assert_close(maps[33:34], alone, rtol=1e-4, atol=1e-5)


def test_the_network_is_not_changed(network: DigitNet, errors: tuple[Tensor, ...]) -> None:
    frames, predicted, true = (part[:2] for part in errors)
    ours = load_weights(weights_path("default"))[0].train()
    first = attribution_maps(ours, frames, predicted, true)
    assert ours.training
    assert all(p.grad is None for p in ours.parameters())
    assert torch.equal(first, attribution_maps(ours, frames, predicted, true))  # no dropout
    with torch.inference_mode():
        assert torch.equal(first, attribution_maps(ours, frames.clone(), predicted, true))
    assert torch.equal(first, attribution_maps(ours.requires_grad_(False), frames, predicted, true))


@pytest.mark.parametrize("vote", ["mean", "majority"])
def test_attribution_of_an_ensemble_is_the_mean(
    vote: str, network: DigitNet, errors: tuple[Tensor, ...]
) -> None:
    frames, predicted, true = (part[:2] for part in errors)
    other = load_weights(weights_path("default"))[0]
    both = [attribution_maps(member, frames, predicted, true) for member in (network, other)]
    together = attribution_maps(Ensemble([network, other], vote), frames, predicted, true)
    torch.testing.assert_close(together, torch.stack(both).mean(0))


def test_empty_and_invalid_input(network: DigitNet) -> None:
    none = torch.zeros(0, dtype=torch.int64)
    assert attribution_maps(network, torch.zeros(0, 1, 28, 28), none, none).shape == (0, 28, 28)
    frame, one = torch.zeros(1, 1, 28, 28), torch.ones(1, dtype=torch.int64)
    with pytest.raises(MnistCoreError, match="give \\(N, 1, 28, 28\\)"):
        attribution_maps(network, frame[0], one, one)
    with pytest.raises(MnistCoreError, match="one for each of the 1 frames"):
        attribution_maps(network, frame, one, none)
    with pytest.raises(MnistCoreError, match="0 to 9"):
        attribution_maps(network, frame, 10 * one, one)
