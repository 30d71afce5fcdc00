from .attribution import attribution_maps
from .classifier import Classifier, Prediction, Reading, load_classifier
from .pipeline import InferencePipeline, PipelineOutput

__all__ = [
    "Classifier",
    "InferencePipeline",
    "PipelineOutput",
    "Prediction",
    "Reading",
    "attribution_maps",
    "load_classifier",
]
