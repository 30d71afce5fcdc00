"""Comparison of an exported graph with torch, on drawings that the package makes up."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.data.allographs import draw_digit, draw_non_digit
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.rasterize import PEN_WIDTH, draw_strokes
from mnist_core.inference.graph_format import CANVAS
from mnist_core.inference.prediction import DIGIT_THRESHOLD
from mnist_core.models.onnx_session import open_session, run_session

FRAME_TOLERANCE = 1 / 255
PROBABILITY_TOLERANCE = 1e-3
"""Largest differences from torch, of probabilities and digit scores also."""
RELATIVE_TOLERANCE = 1e-3
"""The same of logits and maps, relative to the largest value (at least 1)."""

_BATCHES = (1, 40, 23)
_SEED = 0


def sample_canvases() -> Tensor:
    """Return canvases uint8 (64, 1, 56, 56): digits, non-digits, a blank, a dot, thin and wide."""
    rng = np.random.default_rng(_SEED)
    drawings = [draw_digit(rng, number % 10) for number in range(40)]
    drawings += [draw_non_digit(rng) for _ in range(22)]
    drawings += [[], [np.zeros((1, 2))]]
    widths = rng.uniform(0.5, 2, len(drawings)) * PEN_WIDTH
    canvases = (255 * draw_strokes(drawings, widths)).round().to(torch.uint8)
    canvases[-1] = 255  # filled: a dot
    return canvases


def check_graph(content: bytes, pipeline: nn.Module, names: Sequence[str]) -> None:
    """Compare a graph with the torch module that it was traced from, whose outputs have `names`.

    Raises
    ------
    MnistCoreError
        If onnxruntime cannot run it, or differs by more than the tolerances.
    """
    session = open_session(content)
    for batch in sample_canvases().split(_BATCHES):
        found = run_session(session, names, {CANVAS: batch.numpy()})
        with torch.inference_mode():
            expected = [output.numpy() for output in pipeline(batch)]
        compare_outputs(
            dict(zip(names, found, strict=True)), dict(zip(names, expected, strict=True))
        )


def compare_outputs(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    """Raise MnistCoreError if a graph's outputs, by name, differ from torch's."""
    for name, reference in expected.items():
        actual = found[name]
        if actual.shape != reference.shape or actual.dtype != reference.dtype:
            raise MnistCoreError(
                f"the exported model's {name} are {actual.dtype} {actual.shape} instead of "
                f"{reference.dtype} {reference.shape}"
            )
        if name == "blank":
            difference = float((actual != reference).any())
        else:
            difference = float(np.abs(actual - reference).max(initial=0))
        if not difference <= _tolerance(name, reference):  # also if it is NaN
            raise MnistCoreError(
                f"the exported model's {name} differ from torch's by {difference:.2g}; "
                "update onnx, onnxscript and onnxruntime"
            )
    if not np.array_equal(_decisions(found), _decisions(expected)):
        raise MnistCoreError("the exported model takes other decisions than torch")


def _tolerance(name: str, reference: np.ndarray) -> float:
    if name == "blank":
        return 0.0
    if name == "frame":
        return FRAME_TOLERANCE
    if name in ("probabilities", "digit_score"):
        return PROBABILITY_TOLERANCE
    return RELATIVE_TOLERANCE * max(1.0, float(np.abs(reference).max(initial=0)))


def _decisions(outputs: dict[str, np.ndarray]) -> np.ndarray:
    """Return (N,) the digit, or -1 where the drawing is refused."""
    accepted = ~outputs["blank"] & (outputs["digit_score"] >= DIGIT_THRESHOLD)
    return np.where(accepted, outputs["probabilities"].argmax(1), -1)
