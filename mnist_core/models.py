"""The architectures, by name.

Every model takes normalised frames (B, 1, 28, 28) float32 and returns logits (B, 10). `trunk` is
its convolutional part, an `nn.Sequential` of named stages, and `head` the fully connected part.
The stages called `conv1`, `conv2`, ... (or `block1`, ...) are the ones whose feature maps are
worth looking at; the first is always `conv1`.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mnist_core.errors import MnistCoreError

NUM_CLASSES = 10
FRAME_SIZE = 28


class DigitNet(nn.Module):
    """A convolutional network for 28x28 digits: trunk of named stages, then a head.

    Parameters
    ----------
    stages : list of (str, nn.Module)
        The convolutional part in order; the first name is `conv1`.
    head : nn.Module
        Takes the flattened trunk output, returns logits (B, 10).
    """

    def __init__(self, stages: list[tuple[str, nn.Module]], head: nn.Module) -> None:
        super().__init__()
        self.trunk = nn.Sequential(OrderedDict(stages))
        self.head = head

    @property
    def conv1(self) -> nn.Module:
        """The first convolution stage (convolution, normalisation where it has one, ReLU)."""
        return self.trunk.conv1

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that have feature maps to look at, in order."""
        return tuple(
            name for name, _ in self.trunk.named_children() if name.startswith(("conv", "block"))
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Return logits (B, 10) for normalised frames (B, 1, 28, 28)."""
        return self.head(self.trunk(frames).flatten(1))

    def forward_with_maps(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return logits (B, 10) and every stage's feature maps (B, C, H, W) in one pass."""
        maps: dict[str, Tensor] = {}
        x = frames
        for name, stage in self.trunk.named_children():
            x = stage(x)
            if name in self.stages:
                maps[name] = x
        return self.head(x.flatten(1)), maps

    def kernel(self, stage: str) -> Tensor:
        """Return the weights (out, in, kh, kw) of the first convolution in `stage`."""
        for module in self.trunk.get_submodule(stage).modules():
            if isinstance(module, nn.Conv2d):
                return module.weight
        raise MnistCoreError(f"stage {stage!r} has no convolution; choose from {self.stages}")


class ResidualBlock(nn.Module):
    """conv-BN-ReLU-conv-BN plus the input, ReLU after the sum (He et al. 2015, figure 2).

    Keeps shape: (B, channels, H, W) in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.residual = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.relu = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.residual(x))


def _conv(cin: int, cout: int, kernel: int, *, padding: int = 0, bn: bool = False) -> nn.Sequential:
    # BatchNorm subtracts the mean, so a bias before it would be a dead parameter
    layers: list[nn.Module] = [nn.Conv2d(cin, cout, kernel, padding=padding, bias=not bn)]
    if bn:
        layers.append(nn.BatchNorm2d(cout))
    return nn.Sequential(*layers, nn.ReLU())


def _article_trunk(*, bn: bool) -> list[tuple[str, nn.Module]]:
    return [
        ("conv1", _conv(1, 10, 5, bn=bn)),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", _conv(10, 20, 5, bn=bn)),
        ("pool2", nn.MaxPool2d(2)),
    ]


def _fixed_head() -> nn.Sequential:
    return nn.Sequential(nn.Linear(320, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, NUM_CLASSES))


def mnist_cnn() -> DigitNet:
    """The article's original. Its two linear layers have nothing in between: kept on purpose."""
    head = nn.Sequential(nn.Linear(320, 50), nn.Linear(50, NUM_CLASSES))
    return DigitNet(_article_trunk(bn=False), head)


def mnist_cnn_fixed() -> DigitNet:
    """`mnist_cnn` with ReLU and Dropout 0.5 between the linear layers."""
    return DigitNet(_article_trunk(bn=False), _fixed_head())


def mnist_cnn_bn() -> DigitNet:
    """`mnist_cnn_fixed` with BatchNorm after each convolution."""
    return DigitNet(_article_trunk(bn=True), _fixed_head())


def mnist_resnet() -> DigitNet:
    """A small residual network: conv1, then two residual blocks at 14x14 and 7x7."""
    stages = [
        ("conv1", _conv(1, 16, 3, padding=1, bn=True)),
        ("pool1", nn.MaxPool2d(2)),
        ("block1", ResidualBlock(16)),
        ("conv2", _conv(16, 32, 3, padding=1, bn=True)),
        ("pool2", nn.MaxPool2d(2)),
        ("block2", ResidualBlock(32)),
    ]
    return DigitNet(stages, nn.Linear(32 * 7 * 7, NUM_CLASSES))


def improved() -> DigitNet:
    """Two blocks of twice conv3x3-BN-ReLU (32, then 64 channels), pool, Dropout2d; fc 256."""
    stages = [
        ("conv1", _conv(1, 32, 3, padding=1, bn=True)),
        ("conv2", _conv(32, 32, 3, padding=1, bn=True)),
        ("pool1", nn.MaxPool2d(2)),
        ("drop1", nn.Dropout2d(0.25)),
        ("conv3", _conv(32, 64, 3, padding=1, bn=True)),
        ("conv4", _conv(64, 64, 3, padding=1, bn=True)),
        ("pool2", nn.MaxPool2d(2)),
        ("drop2", nn.Dropout2d(0.25)),
    ]
    head = nn.Sequential(
        nn.Linear(64 * 7 * 7, 256, bias=False),
        nn.BatchNorm1d(256),
        nn.ReLU(),
        nn.Dropout(0.5),
        nn.Linear(256, NUM_CLASSES),
    )
    return DigitNet(stages, head)


ARCHITECTURES: dict[str, Callable[[], DigitNet]] = {
    build.__name__: build
    for build in (mnist_cnn, mnist_cnn_fixed, mnist_cnn_bn, mnist_resnet, improved)
}


def build_model(architecture: str) -> DigitNet:
    """Return a fresh network of the named architecture.

    Raises
    ------
    MnistCoreError
        If the name is none of `ARCHITECTURES`.
    """
    if architecture not in ARCHITECTURES:
        raise MnistCoreError(
            f"unknown architecture {architecture!r}; choose from {', '.join(ARCHITECTURES)}"
        )
    return ARCHITECTURES[architecture]()


def count_parameters(model: nn.Module) -> int:
    """Return the number of parameters; a frozen one counts too, a buffer does not."""
    return sum(p.numel() for p in model.parameters())


@dataclass(frozen=True)
class LayerShape:
    """One row of a shape table: a leaf layer, what leaves it (without batch), what it learns."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int


def shape_table(model: DigitNet) -> list[LayerShape]:
    """Return one `LayerShape` for every leaf layer, in the order in which a frame meets them."""
    rows: list[LayerShape] = []
    names = {module: name for name, module in model.named_modules()}

    def record(module: nn.Module, _args: object, output: Tensor) -> None:
        rows.append(
            LayerShape(
                names[module],
                type(module).__name__,
                tuple(output.shape[1:]),
                count_parameters(module),
            )
        )

    leaves = [m for m in model.modules() if not list(m.children())]
    handles = [leaf.register_forward_hook(record) for leaf in leaves]
    was_training = model.training
    device = next(model.parameters()).device
    try:
        model.eval()
        with torch.inference_mode():
            model(torch.zeros(1, 1, FRAME_SIZE, FRAME_SIZE, device=device))
    finally:
        model.train(was_training)
        for handle in handles:
            handle.remove()
    return rows
