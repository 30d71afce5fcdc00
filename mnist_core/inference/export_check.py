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
from mnist_core.models.onnx_session import check_agreement, open_session, run_session

_TOLERANCES = {"blank": 0.0, "frame": 1 / 255, "probabilities": 1e-3, "digit_score": 1e-3}
"""Largest differences from torch; those of logits and maps are relative to the largest value."""
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
        what = f"the exported model's {name}"
        check_agreement(what, found[name], reference, _TOLERANCES.get(name))
    if not np.array_equal(_decisions(found), _decisions(expected)):
        raise MnistCoreError("the exported model takes other decisions than torch")


def _decisions(outputs: dict[str, np.ndarray]) -> np.ndarray:
    """Return (N,) the digit, or -1 where the drawing is refused."""
    accepted = ~outputs["blank"] & (outputs["digit_score"] >= DIGIT_THRESHOLD)
    return np.where(accepted, outputs["probabilities"].argmax(1), -1)
