"""Sizes of updates, histograms and hardest images that a training reports."""

from __future__ import annotations

import pytest
import torch
from support.training import Splits, part, small
from torch import nn

from mnist_core.models.scoring import hardest_images
from mnist_core.training.events import Epoch, Step
from mnist_core.training.layer_statistics import (
    Histogram,
    copy_parameters,
    gradient_histograms,
    takes_histograms,
    update_ratios,
    weight_histograms,
)
from mnist_core.training.trainer import Trainer, train

LAYERS = ["trunk.conv1.0", "trunk.conv2.0", "head.0", "head.1"]


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """Four steps of fifty images."""
    return part(small_splits, 200, 100)


def histogram(values: torch.Tensor) -> Histogram:
    layer = nn.Linear(values.numel(), 1, bias=False)
    layer.weight.data = values.reshape(1, -1).float()
    return weight_histograms(nn.Sequential(layer))["0"]


def test_the_update_ratio_is_that_of_the_layers_weights_and_biases() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2), nn.Linear(2, 1))
    model[1].requires_grad_(False)
    before = copy_parameters(model)
    old = torch.cat([before[0].flatten(), before[1]])
    with torch.no_grad():
        model[0].weight += 0.5
        model[0].bias -= 0.25
    ratios = update_ratios(model, before)
    changed = (6 * 0.5**2 + 2 * 0.25**2) ** 0.5
    assert ratios == {"0": pytest.approx(changed / old.norm().item()), "2": 0.0}


def test_a_layer_of_zeros_has_no_update_ratio() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    nn.init.zeros_(model[0].weight)
    nn.init.zeros_(model[0].bias)
    assert update_ratios(model, copy_parameters(model)) == {"1": 0.0}


def test_a_histogram_counts_every_value_between_the_smallest_and_the_largest() -> None:
    values = torch.cat(
        [torch.randn(10_000, generator=torch.Generator().manual_seed(0)), torch.tensor([50.0])]
    )
    found = histogram(values)
    assert (found.edges[0], found.edges[-1]) == pytest.approx((values.min().item(), 50.0))
    assert list(found.edges) == sorted(set(found.edges))
    assert sum(found.counts) == 10_001
    assert found.total == pytest.approx(values.sum().item(), rel=1e-3)
    # the outlier leaves the bins narrow
    assert found.edges[2] - found.edges[1] < 0.2
    assert found.counts[-1] == 1
    within = ((values >= found.edges[10]) & (values < found.edges[20])).sum().item()
    assert sum(found.counts[10:20]) == pytest.approx(within, abs=2)


@pytest.mark.parametrize("value", [0.0, 1.0, -3e-18, 1e15])
def test_equal_values_have_a_histogram(value: float) -> None:
    found = histogram(torch.full((7,), value))
    assert sum(found.counts) == 7
    assert found.edges[0] < value < found.edges[-1] or value == pytest.approx(found.edges[0])
    assert list(found.edges) == sorted(set(found.edges))


def test_a_gradient_that_is_not_finite_has_no_histogram() -> None:
    model = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 1))
    for layer in model:
        layer.weight.grad = torch.ones_like(layer.weight)
    model[0].weight.grad[0, 0] = float("inf")
    assert list(gradient_histograms(model)) == ["1"]
    model[1].weight.grad[0, 0] = float("nan")
    assert gradient_histograms(model) == {}


def test_a_training_reports_its_layers(few: Splits) -> None:
    config = small(epochs=2, optimizer="sgd", momentum=0.0, learning_rate=0.1, lr_scheduler="none")
    trainer = Trainer(config, *few)
    for event in trainer.run(report_every=2):
        if isinstance(event, Step):
            assert list(event.update_ratios) == list(event.gradient_norms) == LAYERS
            for name, ratio in event.update_ratios.items():
                layer = trainer.train_state.model.get_submodule(name)
                size = torch.cat([p.detach().flatten() for p in layer.parameters()]).norm().item()
                assert ratio == pytest.approx(0.1 * event.gradient_norms[name] / size, rel=0.05)
        if isinstance(event, Epoch):
            assert list(event.weights) == list(event.gradients) == LAYERS
            weight = trainer.train_state.model.trunk.conv1[0].weight
            assert sum(event.weights["trunk.conv1.0"].counts) == weight.numel()
            assert event.weights["trunk.conv1.0"].edges[0] == pytest.approx(weight.min().item())


def test_frozen_layers_have_weights_only(few: Splits) -> None:
    config = small(freeze=("conv1",), init_weights="itself")
    initial = Trainer(small(), *few).scored_model.state_dict()
    *_, step, epoch, _ = train(config, *few, initial=initial)
    assert list(step.update_ratios) == list(epoch.gradients) == LAYERS[1:]
    assert list(epoch.weights) == LAYERS


def test_a_long_run_has_histograms_of_some_epochs() -> None:
    assert all(takes_histograms(epoch, 200) for epoch in range(1, 201))
    assert [epoch for epoch in range(1, 1001) if takes_histograms(epoch, 1000)] == [
        1,
        *range(5, 1001, 5),
    ]


def test_an_epoch_that_was_resumed_at_its_end_has_no_gradient(few: Splits) -> None:
    trainer = Trainer(small(), *few)
    list(trainer.run(lambda: trainer.step == trainer.steps))
    resumed = Trainer(small(), *few)
    resumed.load_state_dict(trainer.state_dict())
    epoch, _ = resumed.run()
    assert isinstance(epoch, Epoch)
    assert (list(epoch.weights), list(epoch.gradients)) == (LAYERS, [])


def test_the_hardest_images_are_those_of_highest_loss(few: Splits) -> None:
    logits = torch.zeros(20, 10)
    labels = torch.arange(20) % 10
    logits[5, 2], logits[7, 7], logits[12, 0] = 9.0, 9.0, 3.0
    found = hardest_images(logits, labels, 3)
    assert [one.index for one in found[:2]] == [5, 12]
    assert [one.label for one in found[:2]] == [5, 2]
    assert [one.loss for one in found] == sorted((one.loss for one in found), reverse=True)
    assert max(found[0].probabilities) == found[0].probabilities[2] > 0.99
    assert len(hardest_images(logits[:2], labels[:2])) == 2
    *_, epoch, _ = train(small(), *few)
    assert len(epoch.hardest) == 12
    assert all(few[1].labels[one.index] == one.label for one in epoch.hardest)
