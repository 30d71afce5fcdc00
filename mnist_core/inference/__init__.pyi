from .attribution import attribution_maps
from .classifier import Classifier, Prediction, PredictionWithMaps, load_classifier
from .pipeline import InferencePipeline, PipelineOutput

__all__ = [
    "Classifier",
    "InferencePipeline",
    "PipelineOutput",
    "Prediction",
    "PredictionWithMaps",
    "attribution_maps",
    "load_classifier",
]
