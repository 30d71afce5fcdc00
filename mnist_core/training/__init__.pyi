from .config import FIELDS, TrainConfig
from .estimate import estimate_seconds
from .events import Epoch, Event, Finished, Step, Stopped
from .fields import ConfigField
from .lr_finder import RangeTest, find_learning_rate
from .presets import PRESETS, preset
from .trainer import Trainer, train

__all__ = [
    "FIELDS",
    "PRESETS",
    "ConfigField",
    "Epoch",
    "Event",
    "Finished",
    "RangeTest",
    "Step",
    "Stopped",
    "TrainConfig",
    "Trainer",
    "estimate_seconds",
    "find_learning_rate",
    "preset",
    "train",
]
