from .calibration import reliability_diagram
from .confusion import confusion_difference, confusion_matrix, pair_confusions
from .curves import (
    accuracy_curves,
    gradient_norms,
    learning_rate_curve,
    learning_rate_range,
    loss_curves,
    metric_curve,
    pair_curves,
    update_ratios,
)
from .histograms import histogram_heatmap
from .images import image_grid
from .networks import feature_maps, kernels
from .parallel import parallel_coordinates, parameter_importance
from .prediction import explained_prediction, prediction_chart
from .sweeps import optimization_history, parameter_slice
from .theme import BLUE, DARK_COLOURS, INK, PALETTE, VERMILLION, Translate, template

__all__ = [
    "BLUE",
    "DARK_COLOURS",
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
    "histogram_heatmap",
    "image_grid",
    "kernels",
    "learning_rate_curve",
    "learning_rate_range",
    "loss_curves",
    "metric_curve",
    "optimization_history",
    "pair_confusions",
    "pair_curves",
    "parallel_coordinates",
    "parameter_importance",
    "parameter_slice",
    "prediction_chart",
    "reliability_diagram",
    "template",
    "update_ratios",
]
