"""DigitNet: a convolutional trunk of named stages and a fully connected head."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from torch import Tensor, nn

from mnist_core.errors import MnistCoreError

if TYPE_CHECKING:
    from mnist_core.models.architectures import ModelSpec

NUM_CLASSES = 10


class Activations(NamedTuple):
    """Logits (B, 10), every stage's feature maps (B, C, H, W), and the hidden layer (B, H).

    hidden is the input of the last fully connected layer; None where it is the only one.
    """

    logits: Tensor
    maps: dict[str, Tensor]
    hidden: Tensor | None


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
        Set by `build_model`; None for a network that was constructed in another way.
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
        """Names of the stages whose feature maps are returned, in order."""
        return tuple(
            name for name, _ in self.trunk.named_children() if name.startswith(("conv", "block"))
        )

    def forward(self, frames: Tensor) -> Tensor:
        """Return logits (B, 10) for normalised frames (B, 1, 28, 28)."""
        return self.head(self.trunk(frames).flatten(1))

    def forward_with_maps(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return logits (B, 10) and every stage's feature maps (B, C, H, W) in one pass."""
        activations = self.forward_with_activations(frames)
        return activations.logits, activations.maps

    def forward_with_activations(self, frames: Tensor) -> Activations:
        """Return what the network computes for normalised frames (B, 1, 28, 28)."""
        stages = self.stages
        maps: dict[str, Tensor] = {}
        x = frames
        for name, stage in self.trunk.named_children():
            x = stage(x)
            if name in stages:
                maps[name] = x
        x, hidden = x.flatten(1), None
        layers = list(self.head) if isinstance(self.head, nn.Sequential) else [self.head]
        linear = [index for index, layer in enumerate(layers) if isinstance(layer, nn.Linear)]
        for index, layer in enumerate(layers):
            if len(linear) > 1 and index == linear[-1]:
                hidden = x
            x = layer(x)
        return Activations(x, maps, hidden)

    def kernel(self, stage: str) -> Tensor:
        """Return the weights (out, in, kh, kw) of the first convolution in `stage`.

        Raises MnistCoreError if it has none.
        """
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
