"""Tags of a run's metrics, all over the global step (training steps since the run began)."""

from __future__ import annotations

# every few steps
TRAIN_LOSS = "train/loss"
TRAIN_ACCURACY = "train/accuracy"
LEARNING_RATE = "learning_rate"
IMAGES_PER_SECOND = "images_per_second"
DEVICE_MEMORY = "device_memory"
"""Bytes; recorded on a GPU only."""
SKIPPED_STEPS = "skipped_steps"
"""Steps since the point before that changed no weights; recorded with fp16 only."""
GRADIENT_NORM_PREFIX = "gradient_norm/"
"""Followed by the layer's name."""

# at the end of every epoch
EPOCH_TRAIN_LOSS = "epoch/train_loss"
EPOCH_TRAIN_ACCURACY = "epoch/train_accuracy"
VALIDATION_LOSS = "validation/loss"
VALIDATION_ACCURACY = "validation/accuracy"
CONFUSION_PREFIX = "confusion/"


def confusion_tag(true: int, predicted: int) -> str:
    """Return the tag of the share of a digit's images that were read as another digit."""
    return f"{CONFUSION_PREFIX}{true}_as_{predicted}"
