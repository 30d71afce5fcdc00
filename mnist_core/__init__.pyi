from .data.mnist import load_train_validation
from .errors import MnistCoreError
from .inference.classifier import Classifier, Prediction, PredictionWithMaps, load_classifier
from .models.registry import available_models, shipped_models
from .training.config import TrainConfig
from .training.trainer import train

__version__: str

__all__ = [
    "Classifier",
    "MnistCoreError",
    "Prediction",
    "PredictionWithMaps",
    "TrainConfig",
    "available_models",
    "load_classifier",
    "load_train_validation",
    "shipped_models",
    "train",
]
