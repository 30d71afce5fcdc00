"""The usual recipe, to compare with: the article's network on unchanged MNIST, the pad resized."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image

from mnist_core.data.mnist import Split
from mnist_core.evaluation.scorecard.pads import pad_picture
from mnist_core.evaluation.scorecard.recognisers import SetPredictions, from_probabilities
from mnist_core.evaluation.scorecard.results import ModelSummary
from mnist_core.evaluation.scorecard.sets import StrokeSet
from mnist_core.imaging.images import Picture
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import DigitNet
from mnist_core.models.shapes import count_parameters
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import train

NAME = "usual recipe"
PEN = 20.0
"""Pen of the pad, in pixels of its 280."""


def train_baseline(training: Split, validation: Split, seed: int = 0) -> DigitNet:
    """Return the article's network, trained without augmentation: Adam, three epochs."""
    config = TrainConfig(
        model="mnist_cnn",
        epochs=3,
        batch_size=64,
        learning_rate=1e-3,
        optimizer="adam",
        weight_decay=0.0,
        augment="none",
        ema_decay=0.0,
        seed=seed,
    )
    *_, finished = train(config, training, validation)
    return finished.model


class UsualRecipe:
    """A network that sees the whole pad or picture resized to 28x28, inverted if it is light.

    Parameters
    ----------
    model : DigitNet
        See `train_baseline`.
    """

    reads_rows = False
    file_size = None

    def __init__(self, model: DigitNet) -> None:
        self._model = model
        self.parameters = count_parameters(model)
        self.summary = ModelSummary(
            name=NAME, architecture="mnist_cnn", seed=0, command="scorecard --baseline"
        )

    def predict_strokes(self, drawings: StrokeSet) -> SetPredictions:
        """Classify the pad on which the strokes are drawn."""
        pads = [pad_picture(strokes, PEN, drawings.box) for strokes in drawings.drawings]
        return self.predict_pictures(pads)

    def predict_pictures(self, pictures: Sequence[Picture]) -> SetPredictions:
        """Classify pictures, resized as a whole."""
        frames = np.stack([_resized(picture) for picture in pictures])
        return self._predict(torch.from_numpy(frames)[:, None])

    def predict_split(self, split: Split) -> SetPredictions:
        """Classify MNIST's images."""
        return self._predict(split.images)

    def read_row(self, drawing: Picture | Sequence[np.ndarray]) -> str:
        """It knows no rows."""
        raise NotImplementedError

    def _predict(self, images: torch.Tensor) -> SetPredictions:
        return from_probabilities(predict_logits(self._model, images).softmax(1), images)


def _resized(picture: Picture) -> np.ndarray:
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    small = image.convert("L").resize((28, 28), Image.Resampling.BILINEAR)
    frame = np.asarray(small, np.float32) / 255
    border = np.concatenate([frame[0], frame[-1], frame[:, 0], frame[:, -1]])
    return 1 - frame if np.median(border) > 0.5 else frame
