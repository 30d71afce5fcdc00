from __future__ import annotations

import copy
from typing import get_args

import pytest
import torch
from torch import nn

from mnist_core import MnistCoreError
from mnist_core.models.architectures import ARCHITECTURES, ModelSpec, build_model
from mnist_core.models.network import ResidualBlock
from mnist_core.models.options import DROPOUT_ARCHITECTURES, KernelSize
from mnist_core.models.shapes import LayerShape, count_parameters, head_widths, shape_table

PARAMETERS = {
    "mnist_cnn": 21_840,
    "mnist_cnn_fixed": 21_840,
    "mnist_cnn_bn": 21_870,
    "mnist_resnet": 43_770,
    "improved": 871_082,
    "compact": 23_514,
    "vgg": 225_922,
    "simple_cnn": 1_124_180,
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
    "compact": {
        "conv1": (12, 28, 28),
        "conv2": (12, 28, 28),
        "conv3": (22, 14, 14),
        "conv4": (22, 14, 14),
        "conv5": (28, 7, 7),
        "conv6": (28, 7, 7),
    },
    "vgg": {
        "conv1": (24, 28, 28),
        "conv2": (24, 28, 28),
        "conv3": (56, 14, 14),
        "conv4": (56, 14, 14),
        "conv5": (112, 7, 7),
        "conv6": (112, 7, 7),
    },
    "simple_cnn": {f"conv{i}": (16 + 16 * i, 28 - 2 * i, 28 - 2 * i) for i in range(1, 11)},
}

# without padding, a smaller kernel leaves more; the other networks keep their shape
ARTICLE_KERNEL_3 = {"conv1": (10, 26, 26), "conv2": (20, 11, 11)}
STAGES_OF_KERNEL_3 = {
    name: ARTICLE_KERNEL_3 if name.startswith("mnist_cnn") else stages
    for name, stages in STAGES.items()
}
# five unpadded convolutions instead of ten
STAGES_OF_KERNEL_5 = STAGES | {
    "simple_cnn": {f"conv{i}": (32 * i, 28 - 4 * i, 28 - 4 * i) for i in range(1, 6)}
}

every_architecture = pytest.mark.parametrize("architecture", list(ARCHITECTURES))


def test_every_architecture_has_pinned_figures() -> None:
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
def test_shape_table_is_complete_and_changes_nothing(architecture: str, training: bool) -> None:
    model = build_model(architecture).train(training)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    table = shape_table(model)
    assert sum(row.parameters for row in table) == PARAMETERS[architecture]
    assert table[-1].output_shape == (10,)
    assert model.training is training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert not any(module._forward_hooks for module in model.modules())


def test_unknown_architecture_lists_the_known_ones() -> None:
    with pytest.raises(MnistCoreError, match="architecture: Input should be") as caught:
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


def test_the_article_network_has_no_nonlinearity_in_its_head() -> None:
    assert [type(layer) for layer in build_model("mnist_cnn").head] == [nn.Linear, nn.Linear]
    fixed = [type(layer) for layer in build_model("mnist_cnn_fixed").head]
    assert fixed == [nn.Linear, nn.ReLU, nn.Dropout, nn.Linear]


def test_batch_norm_follows_each_convolution_of_mnist_cnn_bn() -> None:
    layers = [
        type(m) for m in build_model("mnist_cnn_bn").trunk.modules() if not list(m.children())
    ]
    after = [layers[i + 1] for i, layer in enumerate(layers) if layer is nn.Conv2d]
    assert after == [nn.BatchNorm2d, nn.BatchNorm2d]


# --- options -----------------------------------------------------------------------------------


@every_architecture
@pytest.mark.parametrize("kernel_size", get_args(KernelSize))
def test_kernel_size(architecture: str, kernel_size: int) -> None:
    model = build_model(architecture, kernel_size=kernel_size).eval()
    logits, maps = model.forward_with_maps(torch.randn(3, 1, 28, 28))
    assert logits.shape == (3, 10)
    expected = STAGES_OF_KERNEL_5 if kernel_size == 5 else STAGES_OF_KERNEL_3
    assert {name: tuple(m.shape[1:]) for name, m in maps.items()} == expected[architecture]
    for stage in model.stages:
        assert model.kernel(stage).shape[2:] == (kernel_size, kernel_size)
    convolutions = [m for m in model.modules() if isinstance(m, nn.Conv2d)]
    assert {m.kernel_size for m in convolutions} == {(kernel_size, kernel_size)}
    assert sum(row.parameters for row in shape_table(model)) == count_parameters(model)


def test_the_article_network_with_kernel_3() -> None:
    # 28 - 26 - 13 - 11 - 5
    assert shape_table(build_model("mnist_cnn", kernel_size=3))[-2:] == [
        LayerShape("head.0", "Linear", (50,), 500 * 50 + 50),
        LayerShape("head.1", "Linear", (10,), 510),
    ]


@every_architecture
def test_options_default_to_those_of_the_architecture(architecture: str) -> None:
    kernel_size = build_model(architecture).kernel("conv1").shape[-1]
    dropout = 0.5 if architecture in DROPOUT_ARCHITECTURES else None
    torch.manual_seed(0)
    plain = build_model(architecture).state_dict()
    torch.manual_seed(0)
    chosen = build_model(architecture, kernel_size=kernel_size, dropout=dropout).state_dict()
    assert list(plain) == list(chosen)
    assert all(torch.equal(plain[name], chosen[name]) for name in plain)


def test_the_networks_that_have_dropout() -> None:
    having = {
        name
        for name in ARCHITECTURES
        if any(isinstance(module, nn.Dropout) for module in build_model(name).head.modules())
    }
    assert having == set(DROPOUT_ARCHITECTURES) == {"mnist_cnn_fixed", "mnist_cnn_bn", "improved"}


@pytest.mark.parametrize("architecture", DROPOUT_ARCHITECTURES)
@pytest.mark.parametrize("rate", [0, 0.25, 0.9])
def test_dropout_probability(architecture: str, rate: float) -> None:
    torch.manual_seed(0)
    model = build_model(architecture, dropout=rate)
    layer = next(module for module in model.head if isinstance(module, nn.Dropout))
    dropped = (layer.train()(torch.ones(10_000)) == 0).float().mean().item()
    assert dropped == pytest.approx(rate, abs=0.02)


@pytest.mark.parametrize("architecture", sorted(set(ARCHITECTURES) - set(DROPOUT_ARCHITECTURES)))
def test_dropout_for_an_architecture_without_it(architecture: str) -> None:
    with pytest.raises(MnistCoreError, match=rf"but {architecture} has no") as caught:
        build_model(architecture, dropout=0.3)
    for name in DROPOUT_ARCHITECTURES:
        assert name in str(caught.value)


@pytest.mark.parametrize("kernel_size", [0, 1, 4, 7, -3, "3", True])
def test_invalid_kernel_sizes(kernel_size: object) -> None:
    with pytest.raises(MnistCoreError, match="kernel_size: Input should be 3 or 5"):
        build_model("mnist_cnn", kernel_size=kernel_size)


@pytest.mark.parametrize("dropout", [-0.1, 0.91, 1, float("nan"), float("inf"), "0.5", True])
def test_invalid_dropout(dropout: object) -> None:
    with pytest.raises(MnistCoreError, match="dropout: Input should be"):
        build_model("improved", dropout=dropout)


def test_a_network_has_its_specification() -> None:
    model = build_model("improved", kernel_size=5, dropout=0.3)
    assert model.spec == ModelSpec(architecture="improved", kernel_size=5, dropout=0.3)
    assert copy.deepcopy(model).spec == model.spec
    assert build_model("improved").spec.as_dict() == {"architecture": "improved"}
    without = build_model("mnist_cnn_bn", dropout=0.0).spec.as_dict()
    assert without == {"architecture": "mnist_cnn_bn", "dropout": 0.0}
    assert ModelSpec.parse(model.spec.as_dict()) == model.spec


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"architecture": "improved", "depth": 4}, "depth: Extra inputs are not permitted"),
        ({"kernel_size": 3}, "architecture: Field required"),
        ({"architecture": ["improved"]}, "architecture: Input should be"),
        (["improved"], "valid dictionary"),
    ],
)
def test_invalid_specifications(values: object, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        ModelSpec.parse(values)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_activations_are_those_of_the_forward_pass(architecture: str) -> None:
    network = build_model(architecture).eval()
    frames = torch.rand(3, 1, 28, 28)
    with torch.inference_mode():
        logits, maps, hidden = network.forward_with_activations(frames)
        assert torch.equal(logits, network(frames))
        assert tuple(maps) == network.stages
        widths = head_widths(network)
        if len(widths) == 2:
            assert hidden is None
        else:
            assert hidden.shape == (3, widths[-2])
            assert torch.allclose(network.head[-1](hidden), logits, atol=1e-5)
