"""Tags of a run's metrics, all over the global step (training steps since the run began).

TensorBoard groups them by what is before the slash, and shows the names that `describe` returns.
"""

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
UPDATE_RATIO_PREFIX = "update_ratio/"
"""Norm of a layer's update / norm of its weights; followed by the layer's name."""

# at the end of every epoch
EPOCH_SECONDS = "epoch/seconds"
EPOCH_TRAIN_LOSS = "epoch/train_loss"
EPOCH_TRAIN_ACCURACY = "epoch/train_accuracy"
VALIDATION_LOSS = "validation/loss"
VALIDATION_ACCURACY = "validation/accuracy"
CONFUSION_PREFIX = "confusion/"

# at the end of an epoch, but in a long run not of every one
WEIGHTS_PREFIX = "weights/"
GRADIENTS_PREFIX = "gradients/"
"""Histograms; followed by the layer's name."""
HARDEST_IMAGES = "mistakes/highest_loss"
"""Validation images, as a picture."""

_NAMES = {
    TRAIN_LOSS: ("Training loss", "Cross entropy in nats, mean since the point before."),
    TRAIN_ACCURACY: ("Training accuracy", "Share in [0, 1], mean since the point before."),
    LEARNING_RATE: ("Learning rate", "Of the convolutions, where the head has its own."),
    IMAGES_PER_SECOND: ("Images per second", "Without validation and pauses."),
    PROCESS_CORES: ("Busy CPU cores", "Processor cores that the process keeps busy."),
    PROCESS_MEMORY: ("Memory of the process", "Bytes."),
    DEVICE_MEMORY: ("Device memory", "Bytes that torch has allocated on the GPU."),
    DEVICE_MEMORY_PEAK: ("Peak device memory", "Bytes, at most since the point before."),
    DEVICE_LOAD: ("GPU load", "Share of the time in which the GPU was computing."),
    DEVICE_TEMPERATURE: ("GPU temperature", "Degrees Celsius."),
    SKIPPED_STEPS: ("Skipped steps", "Steps whose gradient was not finite in fp16."),
    EPOCH_SECONDS: ("Seconds per epoch", "With validation."),
    EPOCH_TRAIN_LOSS: ("Training loss, epoch", "Cross entropy in nats, mean over the epoch."),
    EPOCH_TRAIN_ACCURACY: ("Training accuracy, epoch", "Share in [0, 1], mean over the epoch."),
    VALIDATION_LOSS: ("Validation loss", "Cross entropy in nats, on the held-out images."),
    VALIDATION_ACCURACY: ("Validation accuracy", "Share in [0, 1], on the held-out images."),
    HARDEST_IMAGES: (
        "Held-out images with the highest loss",
        "Above each: true digit, predicted digit and its probability.",
    ),
}
_PREFIX_NAMES = {
    GRADIENT_NORM_PREFIX: ("Gradient norm of {}", "L2 norm, before clipping."),
    UPDATE_RATIO_PREFIX: (
        "Update ratio of {}",
        "Norm of the update / norm of the weights; about 0.001 is usual.",
    ),
    CONFUSION_PREFIX: ("{}", "Share of the true digit's images, on the held-out images."),
    WEIGHTS_PREFIX: ("Weights of {}", "After the epoch."),
    GRADIENTS_PREFIX: ("Gradient of {}", "At the epoch's last step, after clipping."),
}


def describe(tag: str) -> tuple[str, str]:
    """Return a tag's name and description for people; the tag itself and nothing if unknown."""
    for prefix, (name, description) in _PREFIX_NAMES.items():
        if tag.startswith(prefix):
            return name.format(tag.removeprefix(prefix).replace("_as_", " read as ")), description
    return _NAMES.get(tag, (tag, ""))


def confusion_tag(true: int, predicted: int) -> str:
    """Return the tag of the share of a digit's images that were read as another digit."""
    return f"{CONFUSION_PREFIX}{true}_as_{predicted}"
