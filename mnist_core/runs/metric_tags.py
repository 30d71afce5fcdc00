"""Tags of a run's metrics, all over the global step (training steps since the run began)."""

from __future__ import annotations

# every few steps
TRAIN_LOSS = "train/loss"
TRAIN_ACCURACY = "train/accuracy"
LEARNING_RATE = "learning_rate"
IMAGES_PER_SECOND = "images_per_second"
PROCESS_CORES = "process/cores"
"""Processor cores that the process keeps busy."""
PROCESS_MEMORY = "process/memory"
"""Bytes."""
DEVICE_MEMORY = "device/memory"
DEVICE_MEMORY_PEAK = "device/memory_peak"
"""Bytes that torch has allocated: now, and at most since the point before. On a GPU only."""
DEVICE_LOAD = "device/load"
"""Share of the time in which the GPU was computing."""
DEVICE_TEMPERATURE = "device/temperature"
"""Degrees Celsius."""
EARLIER_DEVICE_MEMORY = "device_memory"
"""Bytes, at most since the start of the run; recorded by earlier versions."""
SKIPPED_STEPS = "skipped_steps"
"""Steps since the point before that changed no weights; recorded with fp16 only."""
GRADIENT_NORM_PREFIX = "gradient_norm/"
"""Followed by the layer's name."""

# at the end of every epoch
EPOCH_SECONDS = "epoch/seconds"
EPOCH_TRAIN_LOSS = "epoch/train_loss"
EPOCH_TRAIN_ACCURACY = "epoch/train_accuracy"
VALIDATION_LOSS = "validation/loss"
VALIDATION_ACCURACY = "validation/accuracy"
CONFUSION_PREFIX = "confusion/"


def confusion_tag(true: int, predicted: int) -> str:
    """Return the tag of the share of a digit's images that were read as another digit."""
    return f"{CONFUSION_PREFIX}{true}_as_{predicted}"
