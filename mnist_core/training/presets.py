"""Named configurations."""

from __future__ import annotations

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
        epochs=12, batch_size=1024, learning_rate=8e-3, precision="bf16", compile=True
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
training of the shipped default model; gpu-fast: large batches in bfloat16; quick: two epochs, about
a minute."""


def preset(name: str) -> TrainConfig:
    """Return a preset. Raises MnistCoreError, listing them, for an unknown name."""
    if name not in PRESETS:
        raise MnistCoreError(f"unknown preset {name!r}; choose from {', '.join(PRESETS)}")
    return PRESETS[name]
