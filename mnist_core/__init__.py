"""Model, ink, training and evaluation for hand-drawn digits. Knows no user interface."""

from mnist_core.errors import MnistCoreError
from mnist_core.predict import Classifier, Prediction, Reading, load_classifier
from mnist_core.weights import shipped_models

__all__ = [
    "Classifier",
    "MnistCoreError",
    "Prediction",
    "Reading",
    "load_classifier",
    "shipped_models",
]
