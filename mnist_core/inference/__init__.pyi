from .attribution import attribution_maps
from .classifier import Classifier, load_classifier, read_digits
from .grouping import Box
from .pipeline import InferencePipeline, PipelineOutput
from .prediction import Prediction, PredictionWithMaps, RefusalReason
from .rows import ReadDigit

__all__ = [
    "Box",
    "Classifier",
    "InferencePipeline",
    "PipelineOutput",
    "Prediction",
    "PredictionWithMaps",
    "ReadDigit",
    "RefusalReason",
    "attribution_maps",
    "load_classifier",
    "read_digits",
]
