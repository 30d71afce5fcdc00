"""Pictures without a digit."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from support.drawings import paint, scribble

from mnist_core import Classifier


def dot(radius: int, ink: int, paper: int) -> Image.Image:
    picture = Image.new("L", (280, 280), paper)
    box = (140 - radius, 100 - radius, 140 + radius, 100 + radius)
    ImageDraw.Draw(picture).ellipse(box, fill=ink)
    return picture


BLANK = {
    "black": Image.new("L", (280, 280), 0),
    "grey": Image.new("L", (280, 280), 128),
    "white": Image.new("RGB", (280, 280), "white"),
    "transparent": Image.new("RGBA", (280, 280), (0, 0, 0, 0)),
    "small": np.zeros((8, 8), np.uint8),
    "pen dot": dot(10, 255, 0),
    "dark dot": dot(14, 0, 255),
    "large dot": dot(60, 255, 0),
    "scribble": paint(scribble(), pen=20),
    "noise": np.random.default_rng(0).normal(0.5, 0.02, (280, 280)).clip(0, 1),
    "gradient": np.tile(np.linspace(0.3, 0.7, 280), (280, 1)),
    "faint": dot(10, 129, 128),
}


@pytest.mark.parametrize("name", list(BLANK))
def test_blank_pictures_are_not_classified(classifier: Classifier, name: str) -> None:
    prediction = classifier.classify(BLANK[name])
    assert prediction.is_blank
    assert prediction.digit is None
    assert prediction.close_call is None
    assert np.allclose(prediction.probabilities, 0.1)
