from .calibration import Calibration, calibrate, fit_temperature
from .calibration_data import calibration_sources
from .calibration_fit import CalibrationSource, fit_calibration
from .predictions import Predictions, predict_split
from .results import Evaluation
from .scores import CLASSIC_PAIRS, evaluate

__all__ = [
    "CLASSIC_PAIRS",
    "Calibration",
    "CalibrationSource",
    "Evaluation",
    "Predictions",
    "calibrate",
    "calibration_sources",
    "evaluate",
    "fit_calibration",
    "fit_temperature",
    "predict_split",
]
