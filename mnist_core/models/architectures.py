"""The architectures, by name.

Every model takes normalised frames (B, 1, 28, 28) float32 and returns logits (B, 10). `trunk` is
its convolutional part, an `nn.Sequential` of named stages, and `head` the fully connected part.
Feature maps are those of the stages called `conv1`, `conv2`, ... and `block1`, ...; the first is
always `conv1`.
"""

from collections.abc import Callable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import nn

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.network import NUM_CLASSES, DigitNet, ResidualBlock
from mnist_core.models.options import (
    DROPOUT_ARCHITECTURES,
    MAX_DROPOUT,
    Architecture,
    KernelSize,
    installed_architectures,
)
from mnist_core.utils.json_files import describe_error


def _conv(cin: int, cout: int, kernel: int, *, padding: int = 0, bn: bool = False) -> nn.Sequential:
    # BatchNorm subtracts the mean, so a bias before it would have no effect
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
    """Return the output size of the article's trunk: two unpadded convolutions, each pooled."""
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
    """The article's original network, without a nonlinearity between its two linear layers."""
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


def improved(kernel_size: int = 3, dropout: float = 0.1) -> DigitNet:
    """Two blocks of twice conv-BN-ReLU (32, then 64 channels) and pool; fc 256.

    Little dropout: with data augmentation and BatchNorm, more of it is underfitting.
    """
    padding = kernel_size // 2
    stages = [
        ("conv1", _conv(1, 32, kernel_size, padding=padding, bn=True)),
        ("conv2", _conv(32, 32, kernel_size, padding=padding, bn=True)),
        ("pool1", nn.MaxPool2d(2)),
        ("conv3", _conv(32, 64, kernel_size, padding=padding, bn=True)),
        ("conv4", _conv(64, 64, kernel_size, padding=padding, bn=True)),
        ("pool2", nn.MaxPool2d(2)),
    ]
    head = nn.Sequential(
        nn.Linear(64 * 7 * 7, 256, bias=False),
        nn.BatchNorm1d(256),
        nn.ReLU(inplace=True),
        nn.Dropout(dropout),
        nn.Linear(256, NUM_CLASSES),
    )
    return DigitNet(stages, head)


def compact(kernel_size: int = 3) -> DigitNet:
    """A network of fewer than 25,000 parameters (with 3x3 kernels), for distillation.

    Six convolutions of 12 to 28 channels, each two of them pooled.
    """
    return _three_blocks((12, 22, 28), kernel_size)


def vgg(kernel_size: int = 3) -> DigitNet:
    """Three blocks of twice conv-BN-ReLU (24, 56 and 112 channels) and pool, as `compact`'s.

    It takes as many multiplications as `improved` and has a quarter of its parameters. Source:
    Simonyan and Zisserman 2014, "Very Deep Convolutional Networks for Large-Scale Image
    Recognition", section 2.1, with BatchNorm and without their fully connected layers.
    """
    return _three_blocks((24, 56, 112), kernel_size)


def _three_blocks(channels: tuple[int, int, int], kernel_size: int) -> DigitNet:
    padding = kernel_size // 2
    stages: list[tuple[str, nn.Module]] = []
    cin = 1
    for block, cout in enumerate(channels):
        for number in (2 * block + 1, 2 * block + 2):
            stages.append(
                (f"conv{number}", _conv(cin, cout, kernel_size, padding=padding, bn=True))
            )
            cin = cout
        # the last pooling, to 3x3, keeps the fully connected layer small
        pool = nn.MaxPool2d(2) if block < 2 else nn.MaxPool2d(3, stride=2)
        stages.append((f"pool{block + 1}", pool))
    return DigitNet(stages, nn.Linear(channels[-1] * 3 * 3, NUM_CLASSES))


def simple_cnn(kernel_size: int = 3) -> DigitNet:
    """Unpadded convolutions without pooling: ten of 3x3, or five of 5x5.

    Source: An et al. 2020, "An Ensemble of Simple Convolutional Neural Network Models for MNIST
    Digit Recognition", table 1: their M3 and M5.
    """
    channels = (
        [32 + 16 * i for i in range(10)] if kernel_size == 3 else [32 * i for i in range(1, 6)]
    )
    stages = [
        (f"conv{number}", _conv(cin, cout, kernel_size, bn=True))
        for number, (cin, cout) in enumerate(zip([1, *channels], channels, strict=False), 1)
    ]
    side = FRAME_SIZE - len(channels) * (kernel_size - 1)
    head = nn.Sequential(
        nn.Linear(channels[-1] * side**2, NUM_CLASSES, bias=False), nn.BatchNorm1d(NUM_CLASSES)
    )
    return DigitNet(stages, head)


ARCHITECTURES: dict[str, Callable[..., DigitNet]] = {
    build.__name__: build
    for build in (
        mnist_cnn,
        mnist_cnn_fixed,
        mnist_cnn_bn,
        mnist_resnet,
        improved,
        compact,
        vgg,
        simple_cnn,
    )
}


class ModelSpec(BaseModel):
    """An architecture and its options; None selects the architecture's default.

    Attributes
    ----------
    architecture : one of `ARCHITECTURES`, or of an installed package (`options.ENTRY_POINTS`)
    kernel_size : 3, 5 or None
        Side of every convolution kernel in pixels.
    dropout : float in [0, 0.9] or None
        Dropout probability in the fully connected part, for `DROPOUT_ARCHITECTURES`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)

    architecture: Architecture
    kernel_size: KernelSize | None = None
    dropout: float | None = Field(None, ge=0, le=MAX_DROPOUT)

    @model_validator(mode="after")
    def _has_dropout(self) -> Self:
        if self.dropout is not None and self.architecture not in DROPOUT_ARCHITECTURES:
            raise ValueError(
                f"dropout is {self.dropout}, but {self.architecture} has no dropout layer; leave "
                f"it out, or choose from {', '.join(DROPOUT_ARCHITECTURES)}"
            )
        return self

    @classmethod
    def parse(cls, values: object) -> Self:
        """Return the specification that `as_dict` described. Raises MnistCoreError if invalid."""
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise MnistCoreError(f"invalid model: {describe_error(error)}") from None

    def as_dict(self) -> dict[str, Any]:
        """Return the architecture and the options that were set, as JSON types."""
        return self.model_dump(exclude_none=True)

    def build(self) -> DigitNet:
        """Return a network with new random weights."""
        options = self.model_dump(exclude={"architecture"}, exclude_none=True)
        build = ARCHITECTURES.get(self.architecture)
        model = build(**options) if build else _build_installed(self.architecture, options)
        model.spec = self
        return model


def _build_installed(name: str, options: dict[str, Any]) -> DigitNet:
    """Build another package's network.

    Raises
    ------
    MnistCoreError
        If it is not installed any more, cannot be imported, takes none of the options, or is not a
        `DigitNet` whose first stage is conv1.
    """
    point = installed_architectures().get(name)
    if point is None:
        raise MnistCoreError(f"the package with the architecture {name} is not installed")
    try:
        model = point.load()(**options)
    except Exception as error:  # of any kind: it is another package's code
        given = "".join(f" with {option} {value}" for option, value in options.items())
        raise MnistCoreError(f"{point.value} cannot build {name}{given}: {error}") from error
    if not isinstance(model, DigitNet) or model.stages[:1] != ("conv1",):
        raise MnistCoreError(f"{point.value} must return a DigitNet whose first stage is conv1")
    return model


def build_model(
    architecture: str, *, kernel_size: int | None = None, dropout: float | None = None
) -> DigitNet:
    """Return a network with new random weights; parameters as the attributes of `ModelSpec`.

    Raises
    ------
    MnistCoreError
        If the architecture is unknown, an option is out of range, or dropout is given for an
        architecture that has none.
    """
    options = {"kernel_size": kernel_size, "dropout": dropout}
    return ModelSpec.parse({"architecture": architecture, **options}).build()
