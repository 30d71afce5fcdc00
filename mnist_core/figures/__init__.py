"""Every plotly figure of the project, as functions of data: for pages, notebooks and reports.

A figure has no title (a page has headings), fits 390 px of width, and is drawn on whatever lies
behind it: a transparent background and one grey that can be read on white and on near-black.
`translate` maps the English words on a figure to another language.

Colours: Okabe and Ito 2008, "Color Universal Design"; cividis by Nuñez, Anderton and Renslow 2018.
"""

from __future__ import annotations

from mnist_core.figures.curves import (
    POINTS,
    accuracy_curves,
    gradient_norms,
    learning_rate_curve,
    learning_rate_range,
    loss_curves,
    metric_curve,
    pair_curves,
    thin,
)
from mnist_core.figures.evaluations import confusion_matrix, pair_confusions, reliability_diagram
from mnist_core.figures.networks import feature_maps, kernels
from mnist_core.figures.pictures import (
    explained_read,
    image_grid,
    misclassified_frames,
    misclassified_images,
    saliency_overlay,
)
from mnist_core.figures.theme import BLUE, INK, PALETTE, VERMILLION, Translate, template

__all__ = [
    "BLUE",
    "INK",
    "PALETTE",
    "POINTS",
    "VERMILLION",
    "Translate",
    "accuracy_curves",
    "confusion_matrix",
    "explained_read",
    "feature_maps",
    "gradient_norms",
    "image_grid",
    "kernels",
    "learning_rate_curve",
    "learning_rate_range",
    "loss_curves",
    "metric_curve",
    "misclassified_frames",
    "misclassified_images",
    "pair_confusions",
    "pair_curves",
    "reliability_diagram",
    "saliency_overlay",
    "template",
    "thin",
]
