"""A network whose BatchNorm is folded answers as before."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mnist_core.models.architectures import ARCHITECTURES, build_model
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.folding import folded_for_inference
from mnist_core.models.network import DigitNet


def trained(architecture: str) -> DigitNet:
    """Return a network whose BatchNorm layers are those of no new network."""
    torch.manual_seed(0)
    model = build_model(architecture)
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_()
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(0.5, 2)
            module.bias.data.normal_()
    return model.eval()


def norms(model: nn.Module) -> int:
    return sum(isinstance(module, nn.BatchNorm2d) for module in model.modules())


@pytest.mark.parametrize("architecture", sorted(ARCHITECTURES))
def test_logits_and_maps_are_the_same(architecture: str) -> None:
    model = trained(architecture)
    count, frames = norms(model), torch.rand(3, 1, 28, 28)
    folded = folded_for_inference(model)
    assert (norms(folded), norms(model)) == (0, count)
    with torch.inference_mode():
        before = model.forward_with_activations(frames)
        after = folded.forward_with_activations(frames)
    torch.testing.assert_close(after.logits, before.logits, rtol=1e-4, atol=1e-4)
    assert after.maps.keys() == before.maps.keys()
    for stage, maps in before.maps.items():
        torch.testing.assert_close(after.maps[stage], maps, rtol=1e-4, atol=1e-4)


def test_members_of_an_ensemble_are_folded() -> None:
    ensemble = Ensemble([trained("vgg"), trained("compact")])
    folded = folded_for_inference(ensemble)
    assert (norms(folded), norms(ensemble)) == (0, 12)
    frames = torch.rand(2, 1, 28, 28)
    with torch.inference_mode():
        torch.testing.assert_close(folded(frames), ensemble(frames), rtol=1e-4, atol=1e-4)
