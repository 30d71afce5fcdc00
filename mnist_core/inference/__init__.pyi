from .attribution import attribution_maps
from .classifier import Classifier, load_classifier, read_digits
from .export import export_graph
from .export_imaging import export_imaging
from .grouping import Box
from .onnx_classifier import OnnxClassifier, load_onnx_classifier
from .pipeline import InferencePipeline, PipelineOutput
from .prediction import Prediction, PredictionWithMaps, RefusalReason
from .rows import ReadDigit

__all__ = [
    "Box",
    "Classifier",
    "InferencePipeline",
    "OnnxClassifier",
    "PipelineOutput",
    "Prediction",
    "PredictionWithMaps",
    "ReadDigit",
    "RefusalReason",
    "attribution_maps",
    "export_graph",
    "export_imaging",
    "load_classifier",
    "load_onnx_classifier",
    "read_digits",
]
