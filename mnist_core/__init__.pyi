from .data.mnist import load_train_validation
from .errors import MnistCoreError
from .inference.classifier import Classifier, load_classifier, read_digits
from .inference.prediction import Prediction, PredictionWithMaps, RefusalReason
from .inference.rows import ReadDigit
from .models.registry import available_models, shipped_models
from .training.config import TrainConfig
from .training.trainer import train

__version__: str

__all__ = [
    "Classifier",
    "MnistCoreError",
    "Prediction",
    "PredictionWithMaps",
    "ReadDigit",
    "RefusalReason",
    "TrainConfig",
    "available_models",
    "load_classifier",
    "load_train_validation",
    "read_digits",
    "shipped_models",
    "train",
]
