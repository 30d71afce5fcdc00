from .architectures import ARCHITECTURES, ModelSpec, build_model
from .card import ModelCard
from .card_file import read_card
from .ensemble import Ensemble
from .forward import predict_logits
from .network import DigitNet
from .registry import available_models, promoted_models, shipped_models, weights_path
from .scoring import Scores, score_logits
from .shapes import count_parameters, shape_table
from .weights import load_weights, save_weights, update_card

__all__ = [
    "ARCHITECTURES",
    "DigitNet",
    "Ensemble",
    "ModelCard",
    "ModelSpec",
    "Scores",
    "available_models",
    "build_model",
    "count_parameters",
    "load_weights",
    "predict_logits",
    "promoted_models",
    "read_card",
    "save_weights",
    "score_logits",
    "shape_table",
    "shipped_models",
    "update_card",
    "weights_path",
]
