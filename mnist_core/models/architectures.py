"""The architectures, by name.

Every model takes normalised frames (B, 1, 28, 28) float32 and returns logits (B, 10). `trunk` is
its convolutional part, an `nn.Sequential` of named stages, and `head` the fully connected part.
The stages called `conv1`, `conv2`, ... (or `block1`, ...) are the ones whose feature maps are
worth looking at; the first is always `conv1`.
"""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any

import torch
from torch import Tensor, nn

from mnist_core.errors import MnistCoreError

NUM_CLASSES = 10
FRAME_SIZE = 28


@dataclass(frozen=True)
class ModelSpec:
    """What a network is built from: the architecture and its options; None is its own choice."""

    architecture: str
    kernel_size: int | None = None
    dropout: float | None = None

    def options(self) -> dict[str, float]:
        """Return the options that were chosen, as plain JSON types."""
        return {k: v for k, v in self.as_dict().items() if k != "architecture"}

    def as_dict(self) -> dict[str, Any]:
        """Return the architecture and the options that were chosen, as plain JSON types."""
        return {name: value for name, value in asdict(self).items() if value is not None}

    @classmethod
    def from_dict(cls, values: object) -> ModelSpec:
        """Return the specification that `as_dict` described; `build_model` checks its values.

        Raises
        ------
        MnistCoreError
            If that is no dict, lacks the architecture, or holds something unknown.
        """
        if not isinstance(values, dict) or not isinstance(values.get("architecture"), str):
            raise MnistCoreError(f"no model specification: {values!r}")
        known = [field.name for field in fields(cls)]
        unknown = [name for name in values if name not in known]
        if unknown:
            raise MnistCoreError(f"unknown option {unknown[0]!r}; known: {', '.join(known[1:])}")
        return cls(**values)


class DigitNet(nn.Module):
    """A convolutional network for 28x28 digits: trunk of named stages, then a head.

    Parameters
    ----------
    stages : list of (str, nn.Module)
        The convolutional part in order; the first name is `conv1`.
    head : nn.Module
        Takes the flattened trunk output, returns logits (B, 10).

    Attributes
    ----------
    spec : ModelSpec or None
        What `build_model` built it from; None for a network that was put together by hand.
    """

    spec: ModelSpec | None = None

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

    def __init__(self, channels: int, kernel_size: int = 3) -> None:
        super().__init__()
        padding = kernel_size // 2
        self.residual = nn.Sequential(
            nn.Conv2d(channels, channels, kernel_size, padding=padding, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels, channels, kernel_size, padding=padding, bias=False),
            nn.BatchNorm2d(channels),
        )
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.residual(x))


def _conv(cin: int, cout: int, kernel: int, *, padding: int = 0, bn: bool = False) -> nn.Sequential:
    # BatchNorm subtracts the mean, so a bias before it would be a dead parameter
    layers: list[nn.Module] = [nn.Conv2d(cin, cout, kernel, padding=padding, bias=not bn)]
    if bn:
        layers.append(nn.BatchNorm2d(cout))
    return nn.Sequential(*layers, nn.ReLU(inplace=True))


def _article_trunk(kernel_size: int, *, bn: bool) -> list[tuple[str, nn.Module]]:
    return [
        ("conv1", _conv(1, 10, kernel_size, bn=bn)),
        ("pool1", nn.MaxPool2d(2)),
        ("conv2", _conv(10, 20, kernel_size, bn=bn)),
        ("pool2", nn.MaxPool2d(2)),
    ]


def _article_features(kernel_size: int) -> int:
    """Return what leaves the article's trunk: two unpadded convolutions, each halved after."""
    side = FRAME_SIZE
    for _ in range(2):
        side = (side - kernel_size + 1) // 2
    return 20 * side**2


def _fixed_head(kernel_size: int, dropout: float) -> nn.Sequential:
    features = _article_features(kernel_size)
    return nn.Sequential(
        nn.Linear(features, 50),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(50, NUM_CLASSES),
    )


def mnist_cnn(kernel_size: int = 5) -> DigitNet:
    """The article's original. Its two linear layers have nothing in between: kept on purpose."""
    head = nn.Sequential(nn.Linear(_article_features(kernel_size), 50), nn.Linear(50, NUM_CLASSES))
    return DigitNet(_article_trunk(kernel_size, bn=False), head)


def mnist_cnn_fixed(kernel_size: int = 5, dropout: float = 0.5) -> DigitNet:
    """`mnist_cnn` with ReLU and Dropout between the linear layers."""
    return DigitNet(_article_trunk(kernel_size, bn=False), _fixed_head(kernel_size, dropout))


def mnist_cnn_bn(kernel_size: int = 5, dropout: float = 0.5) -> DigitNet:
    """`mnist_cnn_fixed` with BatchNorm after each convolution."""
    return DigitNet(_article_trunk(kernel_size, bn=True), _fixed_head(kernel_size, dropout))


def mnist_resnet(kernel_size: int = 3) -> DigitNet:
    """A small residual network: conv1, then two residual blocks at 14x14 and 7x7."""
    padding = kernel_size // 2
    stages = [
        ("conv1", _conv(1, 16, kernel_size, padding=padding, bn=True)),
        ("pool1", nn.MaxPool2d(2)),
        ("block1", ResidualBlock(16, kernel_size)),
        ("conv2", _conv(16, 32, kernel_size, padding=padding, bn=True)),
        ("pool2", nn.MaxPool2d(2)),
        ("block2", ResidualBlock(32, kernel_size)),
    ]
    return DigitNet(stages, nn.Linear(32 * 7 * 7, NUM_CLASSES))


def improved(kernel_size: int = 3, dropout: float = 0.5) -> DigitNet:
    """Two blocks of twice conv-BN-ReLU (32, then 64 channels), pool, Dropout2d; fc 256.

    `dropout` is the fully connected part's; the blocks drop a quarter of their channels.
    """
    padding = kernel_size // 2
    stages = [
        ("conv1", _conv(1, 32, kernel_size, padding=padding, bn=True)),
        ("conv2", _conv(32, 32, kernel_size, padding=padding, bn=True)),
        ("pool1", nn.MaxPool2d(2)),
        ("drop1", nn.Dropout2d(0.25)),
        ("conv3", _conv(32, 64, kernel_size, padding=padding, bn=True)),
        ("conv4", _conv(64, 64, kernel_size, padding=padding, bn=True)),
        ("pool2", nn.MaxPool2d(2)),
        ("drop2", nn.Dropout2d(0.25)),
    ]
    head = nn.Sequential(
        nn.Linear(64 * 7 * 7, 256, bias=False),
        nn.BatchNorm1d(256),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(256, NUM_CLASSES),
    )
    return DigitNet(stages, head)


ARCHITECTURES: dict[str, Callable[..., DigitNet]] = {
    build.__name__: build
    for build in (mnist_cnn, mnist_cnn_fixed, mnist_cnn_bn, mnist_resnet, improved)
}
KERNEL_SIZES = (3, 5)
MAX_DROPOUT = 0.9
DROPOUT_ARCHITECTURES = tuple(
    name
    for name, build in ARCHITECTURES.items()
    if "dropout" in inspect.signature(build).parameters
)
"""Those with a dropout layer in the fully connected part."""


def build_model(
    architecture: str, *, kernel_size: int | None = None, dropout: float | None = None
) -> DigitNet:
    """Return a fresh network of the named architecture.

    Parameters
    ----------
    architecture : one of `ARCHITECTURES`
    kernel_size : 3, 5 or None
        Side of every convolution kernel in pixels; None for the architecture's own.
    dropout : float in [0, 0.9] or None
        Share of the fully connected part that is dropped; None for the architecture's own.

    Raises
    ------
    MnistCoreError
        If the name is none of `ARCHITECTURES`, an option is out of its range, or the
        architecture has nothing to drop.
    """
    if architecture not in ARCHITECTURES:
        raise MnistCoreError(
            f"unknown architecture {architecture!r}; choose from {', '.join(ARCHITECTURES)}"
        )
    if kernel_size is not None and not (_is_a(kernel_size, int) and kernel_size in KERNEL_SIZES):
        sizes = " or ".join(map(str, KERNEL_SIZES))
        raise MnistCoreError(f"kernel_size is {kernel_size!r}; choose {sizes}")
    if dropout is not None and not (_is_a(dropout, (int, float)) and 0 <= dropout <= MAX_DROPOUT):
        raise MnistCoreError(f"dropout is {dropout!r}; it must lie in 0 to {MAX_DROPOUT}")
    if dropout is not None and architecture not in DROPOUT_ARCHITECTURES:
        raise MnistCoreError(
            f"dropout is {dropout}, but {architecture} has nothing to drop; leave it out, or "
            f"choose from {', '.join(DROPOUT_ARCHITECTURES)}"
        )
    spec = ModelSpec(architecture, kernel_size, dropout)
    model = ARCHITECTURES[architecture](**spec.options())
    model.spec = spec
    return model


def _is_a(value: object, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


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
