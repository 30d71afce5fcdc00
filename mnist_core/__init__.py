"""Model, ink, training and evaluation for hand-drawn digits. Knows no user interface."""

import os

# Threads of torch that wait for one another spin. Where two trainings share the cores they would
# spin in each other's way: 185 images/s in place of 1,700. torch reads it when it is loaded.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

from mnist_core.errors import MnistCoreError
from mnist_core.inference.classifier import Classifier, Prediction, Reading, load_classifier
from mnist_core.models.weights import available_models, shipped_models

__all__ = [
    "Classifier",
    "MnistCoreError",
    "Prediction",
    "Reading",
    "available_models",
    "load_classifier",
    "shipped_models",
]
