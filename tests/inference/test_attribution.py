"""What in a picture spoke for one digit against another."""

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
    """Frames that the network reads wrongly, what it reads, and what they are."""
    validation = train_validation[1]
    read = predict_logits(network, validation.images).argmax(1)
    wrong = (read != validation.labels).nonzero().squeeze(1)
    return validation.images[wrong], read[wrong], validation.labels[wrong]


class Linear(nn.Module):
    """A network whose gradient is known: logits are sums over pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(10, 784, generator=torch.manual_seed(0)))

    def forward(self, frames: Tensor) -> Tensor:
        return frames.flatten(1) @ self.weight.T


def test_of_a_linear_network_every_pixels_share_is_exact(errors: tuple[Tensor, ...]) -> None:
    frames, wrong, true = (part[:3] for part in errors)
    network = Linear()
    maps = attribution_maps(network, frames, wrong, true)
    assert maps.shape == (3, 28, 28)
    logits = network(normalise(frames))
    margin = logits.gather(1, wrong[:, None]) - logits.gather(1, true[:, None])
    torch.testing.assert_close(maps.sum((1, 2)), margin.squeeze(1), rtol=1e-3, atol=1e-3)


def test_taking_away_what_spoke_for_the_error_makes_it_smaller(
    network: DigitNet, errors: tuple[Tensor, ...]
) -> None:
    frames, wrong, true = errors
    maps = attribution_maps(network, frames, wrong, true)

    def margin(changed: Tensor) -> Tensor:
        logits = predict_logits(network, changed)
        return (logits.gather(1, wrong[:, None]) - logits.gather(1, true[:, None])).squeeze(1)

    def without(most: Tensor) -> Tensor:
        """Wipe out the fifteen ink pixels that are most."""
        ink = most.masked_fill(frames.squeeze(1) < 0.5, -torch.inf).flatten(1)
        return frames.flatten(1).scatter(1, ink.topk(15).indices, 0.0).view_as(frames)

    before = margin(frames)
    assert (before > 0).all()
    assert (margin(without(maps)) < before).float().mean() > 0.8
    assert (margin(without(-maps)) > before).float().mean() > 0.8


def test_the_other_way_round_is_the_negative(network: DigitNet, errors: tuple[Tensor, ...]) -> None:
    frames, wrong, true = (part[:4] for part in errors)
    there, back = (
        attribution_maps(network, frames, wrong, true),
        attribution_maps(network, frames, true, wrong),
    )
    torch.testing.assert_close(there, -back, rtol=1e-4, atol=1e-5)
    assert attribution_maps(network, frames, wrong, wrong).count_nonzero() == 0


def test_it_is_the_same_every_time_and_alone_or_among_others(
    network: DigitNet, errors: tuple[Tensor, ...]
) -> None:
    frames, wrong, true = (part.repeat_interleave(3, 0)[:40] for part in errors)
    torch.manual_seed(1)
    drawn = torch.rand(1)
    torch.manual_seed(1)
    maps = attribution_maps(network, frames, wrong, true)
    assert torch.equal(torch.rand(1), drawn)
    assert torch.equal(maps, attribution_maps(network, frames, wrong, true))
    alone = attribution_maps(network, frames[33:34], wrong[33:34], true[33:34])
    torch.testing.assert_close(maps[33:34], alone, rtol=1e-4, atol=1e-5)


def test_the_network_is_left_as_it_was(network: DigitNet, errors: tuple[Tensor, ...]) -> None:
    frames, wrong, true = (part[:2] for part in errors)
    ours = load_weights(weights_path("default"))[0].train()
    first = attribution_maps(ours, frames, wrong, true)
    assert ours.training
    assert all(p.grad is None for p in ours.parameters())
    assert torch.equal(first, attribution_maps(ours, frames, wrong, true))  # no dropout
    with torch.inference_mode():
        assert torch.equal(first, attribution_maps(ours, frames.clone(), wrong, true))
    assert torch.equal(first, attribution_maps(ours.requires_grad_(False), frames, wrong, true))


@pytest.mark.parametrize("vote", ["mean", "majority"])
def test_of_an_ensemble_it_is_the_mean(
    vote: str, network: DigitNet, errors: tuple[Tensor, ...]
) -> None:
    frames, wrong, true = (part[:2] for part in errors)
    other = load_weights(weights_path("default"))[0]
    both = [attribution_maps(member, frames, wrong, true) for member in (network, other)]
    together = attribution_maps(Ensemble([network, other], vote), frames, wrong, true)
    torch.testing.assert_close(together, torch.stack(both).mean(0))


def test_nothing_and_nonsense(network: DigitNet) -> None:
    none = torch.zeros(0, dtype=torch.int64)
    assert attribution_maps(network, torch.zeros(0, 1, 28, 28), none, none).shape == (0, 28, 28)
    frame, one = torch.zeros(1, 1, 28, 28), torch.ones(1, dtype=torch.int64)
    with pytest.raises(MnistCoreError, match="give \\(N, 1, 28, 28\\)"):
        attribution_maps(network, frame[0], one, one)
    with pytest.raises(MnistCoreError, match="one for each of the 1 frames"):
        attribution_maps(network, frame, one, none)
    with pytest.raises(MnistCoreError, match="0 to 9"):
        attribution_maps(network, frame, 10 * one, one)
