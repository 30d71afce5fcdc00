from .attribution import attribution_maps
from .classifier import Classifier, load_classifier, read_digits
from .export import export_graph
from .export_pictures import export_ink_finder
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
    "export_graph",
    "export_ink_finder",
    "load_classifier",
    "read_digits",
]
