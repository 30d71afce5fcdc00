from __future__ import annotations

import pytest
import torch
from torch import nn

from mnist_core import MnistCoreError
from mnist_core.models import (
    ARCHITECTURES,
    LayerShape,
    ResidualBlock,
    build_model,
    count_parameters,
    shape_table,
)

PARAMETERS = {
    "mnist_cnn": 21_840,
    "mnist_cnn_fixed": 21_840,
    "mnist_cnn_bn": 21_870,
    "mnist_resnet": 43_770,
    "improved": 871_082,
}

STAGES = {
    "mnist_cnn": {"conv1": (10, 24, 24), "conv2": (20, 8, 8)},
    "mnist_cnn_fixed": {"conv1": (10, 24, 24), "conv2": (20, 8, 8)},
    "mnist_cnn_bn": {"conv1": (10, 24, 24), "conv2": (20, 8, 8)},
    "mnist_resnet": {
        "conv1": (16, 28, 28),
        "block1": (16, 14, 14),
        "conv2": (32, 14, 14),
        "block2": (32, 7, 7),
    },
    "improved": {
        "conv1": (32, 28, 28),
        "conv2": (32, 28, 28),
        "conv3": (64, 14, 14),
        "conv4": (64, 14, 14),
    },
}

every_architecture = pytest.mark.parametrize("architecture", list(ARCHITECTURES))


def test_every_architecture_is_pinned_here() -> None:
    assert set(PARAMETERS) == set(STAGES) == set(ARCHITECTURES)


@every_architecture
def test_parameter_count(architecture: str) -> None:
    assert count_parameters(build_model(architecture)) == PARAMETERS[architecture]


@every_architecture
@pytest.mark.parametrize("batch", [1, 3])
def test_logits_and_maps(architecture: str, batch: int) -> None:
    model = build_model(architecture).eval()
    frames = torch.randn(batch, 1, 28, 28)
    logits, maps = model.forward_with_maps(frames)
    assert logits.shape == (batch, 10)
    assert torch.equal(logits, model(frames))
    assert {name: tuple(m.shape[1:]) for name, m in maps.items()} == STAGES[architecture]
    assert model.stages == tuple(STAGES[architecture])


@every_architecture
def test_conv1_is_the_first_layer(architecture: str) -> None:
    model = build_model(architecture).eval()
    frames = torch.randn(2, 1, 28, 28)
    maps = model.conv1(frames)
    assert torch.equal(maps, model.forward_with_maps(frames)[1]["conv1"])
    assert maps.min() >= 0  # after the ReLU
    assert model.kernel("conv1").shape[:2] == (maps.shape[1], 1)


@every_architecture
def test_every_parameter_learns(architecture: str) -> None:
    torch.manual_seed(0)
    model = build_model(architecture)
    nn.functional.cross_entropy(model(torch.randn(8, 1, 28, 28)), torch.arange(8)).backward()
    still = [
        name for name, p in model.named_parameters() if p.grad is None or not p.grad.abs().sum()
    ]
    assert still == []


def test_shape_table_of_the_article_network() -> None:
    assert shape_table(build_model("mnist_cnn")) == [
        LayerShape("trunk.conv1.0", "Conv2d", (10, 24, 24), 260),
        LayerShape("trunk.conv1.1", "ReLU", (10, 24, 24), 0),
        LayerShape("trunk.pool1", "MaxPool2d", (10, 12, 12), 0),
        LayerShape("trunk.conv2.0", "Conv2d", (20, 8, 8), 5_020),
        LayerShape("trunk.conv2.1", "ReLU", (20, 8, 8), 0),
        LayerShape("trunk.pool2", "MaxPool2d", (20, 4, 4), 0),
        LayerShape("head.0", "Linear", (50,), 16_050),
        LayerShape("head.1", "Linear", (10,), 510),
    ]


@every_architecture
@pytest.mark.parametrize("training", [True, False])
def test_shape_table_accounts_for_all_and_changes_nothing(
    architecture: str, training: bool
) -> None:
    model = build_model(architecture).train(training)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    table = shape_table(model)
    assert sum(row.parameters for row in table) == PARAMETERS[architecture]
    assert table[-1].output_shape == (10,)
    assert model.training is training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_unknown_architecture_lists_the_known_ones() -> None:
    with pytest.raises(MnistCoreError, match="lenet") as caught:
        build_model("lenet")
    for name in ARCHITECTURES:
        assert name in str(caught.value)


def test_kernel_of_a_stage_without_convolution() -> None:
    with pytest.raises(MnistCoreError, match="pool1"):
        build_model("mnist_cnn").kernel("pool1")


def test_residual_block_adds_its_input() -> None:
    block = ResidualBlock(4).eval()
    x = torch.randn(2, 4, 6, 6)
    for parameter in block.residual.parameters():
        nn.init.zeros_(parameter)
    assert torch.equal(block(x), x.relu())


def test_the_article_network_has_nothing_between_its_linear_layers() -> None:
    assert [type(layer) for layer in build_model("mnist_cnn").head] == [nn.Linear, nn.Linear]
    fixed = [type(layer) for layer in build_model("mnist_cnn_fixed").head]
    assert fixed == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]


def test_batch_norm_follows_each_convolution_of_mnist_cnn_bn() -> None:
    layers = [
        type(m) for m in build_model("mnist_cnn_bn").trunk.modules() if not list(m.children())
    ]
    after = [layers[i + 1] for i, layer in enumerate(layers) if layer is nn.Conv2d]
    assert after == [nn.BatchNorm2d, nn.BatchNorm2d]
