from .config import FIELDS, TrainConfig
from .estimate import Speed, measure_speed
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
    "Speed",
    "Step",
    "Stopped",
    "TrainConfig",
    "Trainer",
    "find_learning_rate",
    "measure_speed",
    "preset",
    "train",
]
