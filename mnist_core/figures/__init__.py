"""Every plotly figure of the project, as functions of data: for pages, notebooks and reports.

A figure has no title (a page has headings), fits 390 px of width, and has a transparent background
and grey text that is legible on white and on near-black. `translate` maps the English texts of a
figure to another language.

Colours: Okabe and Ito 2008, "Color Universal Design"; cividis by Nuñez, Anderton and Renslow 2018.
"""

from __future__ import annotations

from mnist_core.figures.calibration import reliability_diagram
from mnist_core.figures.confusion import confusion_difference, confusion_matrix, pair_confusions
from mnist_core.figures.curves import (
    accuracy_curves,
    gradient_norms,
    learning_rate_curve,
    learning_rate_range,
    loss_curves,
    metric_curve,
    pair_curves,
)
from mnist_core.figures.images import image_grid
from mnist_core.figures.networks import feature_maps, kernels
from mnist_core.figures.prediction import explained_prediction, prediction_chart
from mnist_core.figures.theme import BLUE, INK, PALETTE, VERMILLION, Translate, template

__all__ = [
    "BLUE",
    "INK",
    "PALETTE",
    "VERMILLION",
    "Translate",
    "accuracy_curves",
    "confusion_difference",
    "confusion_matrix",
    "explained_prediction",
    "feature_maps",
    "gradient_norms",
    "image_grid",
    "kernels",
    "learning_rate_curve",
    "learning_rate_range",
    "loss_curves",
    "metric_curve",
    "pair_confusions",
    "pair_curves",
    "prediction_chart",
    "reliability_diagram",
    "template",
]
