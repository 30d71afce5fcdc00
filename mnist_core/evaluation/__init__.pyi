from .calibration import Calibration, calibrate, fit_temperature
from .predictions import Predictions, predict_split
from .scores import CLASSIC_PAIRS, Evaluation, evaluate

__all__ = [
    "CLASSIC_PAIRS",
    "Calibration",
    "Evaluation",
    "Predictions",
    "calibrate",
    "evaluate",
    "fit_temperature",
    "predict_split",
]
