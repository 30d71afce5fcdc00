"""Named configurations."""

from mnist_core.errors import MnistCoreError
from mnist_core.training.config import TrainConfig

_ARTICLE = TrainConfig(
    model="mnist_cnn",
    optimizer="sgd",
    learning_rate=0.01,
    momentum=0.5,
    weight_decay=0.0,
    lr_scheduler="none",
    lr_warmup=0.0,
    ema_decay=0.0,
    augment="none",
    batch_size=64,
    epochs=10,
)

PRESETS: dict[str, TrainConfig] = {
    "article": _ARTICLE,
    "fixed": _ARTICLE.with_changes(model="mnist_cnn_fixed"),
    "improved": TrainConfig(epochs=40, batch_size=256, learning_rate=3e-3),
    "gpu-fast": TrainConfig(
        epochs=6,
        batch_size=512,
        learning_rate=6e-3,
        ema_decay=0.99,
        precision="bf16",
        cuda_graph=True,
    ),
    "quick": TrainConfig(
        model="mnist_cnn_bn",
        epochs=2,
        learning_rate=1e-2,
        lr_warmup=0.3,
        ema_decay=0.0,
        augment="none",
    ),
}
"""article: the tutorial article's training; fixed: its network with ReLU and dropout; improved: the
recommended network on MNIST alone (docs/models.md has the shipped networks' commands); gpu-fast:
few epochs in bfloat16, each step a CUDA graph; quick: two epochs, about a minute."""


def preset(name: str) -> TrainConfig:
    """Return a preset. Raises MnistCoreError, listing them, for an unknown name."""
    if name not in PRESETS:
        raise MnistCoreError(f"unknown preset {name!r}; choose from {', '.join(PRESETS)}")
    return PRESETS[name]
