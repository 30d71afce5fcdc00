"""Export of networks to ONNX: from frames to logits, probabilities and digit score.

The graph that the pad runs, from ink to feature maps, is `mnist_core.inference.export`'s.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import normalise
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.calibration import UNCALIBRATED, LogitCalibration
from mnist_core.models.network import NUM_CLASSES
from mnist_core.models.onnx_session import check_agreement, open_session, run_session
from mnist_core.models.onnx_trace import check_exporter, trace_module
from mnist_core.models.weights import Network, describe, load_weights

if TYPE_CHECKING:
    import onnx

INPUT = "frames"
OUTPUTS = ("logits", "probabilities", "digit_score")
_BATCHES = (1, 7)


class _Frames(nn.Module):
    """Frames (N, 1, 28, 28) in [0, 1] -> logits and probabilities (N, 10), digit score (N,)."""

    def __init__(self, network: Network, calibration: LogitCalibration) -> None:
        super().__init__()
        self.network = network
        self.calibration = calibration

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits = self.network(normalise(frames))
        score = self.calibration.digit_score(logits)
        return logits, self.calibration.probabilities(logits), score


def export_onnx(
    network: Network,
    notes: Mapping[str, str] | None = None,
    calibration: LogitCalibration = UNCALIBRATED,
    *,
    trace: Callable[[nn.Module], onnx.ModelProto] | None = None,
) -> bytes:
    """Return a network as an ONNX model whose outputs were compared with torch's.

    Its input `frames` is float32 (N, 1, 28, 28) in [0, 1], ink light on dark, N >= 1; it
    includes the normalisation. Its outputs are `logits` and `probabilities`, float32 (N, 10), of
    the digits 0 to 9, and `digit_score`, float32 (N,): the probability of a single digit, 1 for
    weights that cannot refuse. Its metadata contain the architecture, the input, the classes, and
    `notes`.

    Parameters
    ----------
    network : DigitNet of `build_model`, or Ensemble of such
        On any device and in any mode; it is not changed.
    notes : mapping of str to str, optional
        Additional metadata, for example the accuracy.
    calibration : LogitCalibration
        Of the network's card.
    trace : callable, optional
        Makes the ONNX model of a module in eval mode; `trace_onnx` by default.

    Raises
    ------
    MnistCoreError
        If onnx, onnxscript or onnxruntime is not installed, the network cannot be exported, or
        onnxruntime does not compute what torch computes.
    """
    description = describe(network)
    check_exporter()
    import onnx

    frames = _Frames(copy.deepcopy(network).cpu().float(), calibration).eval()
    model = (trace or trace_onnx)(frames)
    onnx.helper.set_model_props(
        model,
        {
            "architecture": description["architecture"],
            "network": json.dumps(description),
            "input": "one channel, 28 x 28, values in [0, 1], ink light on dark",
            "classes": ",".join(map(str, range(NUM_CLASSES))),
            **(notes or {}),
        },
    )
    content = model.SerializeToString()
    _verify(content, frames)
    return content


def export_file(path: Path) -> bytes:
    """Return the network of a weights file as `export_onnx` does, with its card's data,
    scores and calibration.

    Raises MnistCoreError as `load_weights` and `export_onnx` do.
    """
    network, model_card = load_weights(path)
    card = model_card.as_dict()
    notes = {key: json.dumps(card[key]) for key in ("data", "validation") if key in card}
    return export_onnx(network, notes, model_card.calibration or UNCALIBRATED)


def trace_onnx(frames: nn.Module) -> onnx.ModelProto:
    """Export a module that takes frames (N, 1, 28, 28). Raises MnistCoreError if it cannot be."""
    example = torch.rand(2, 1, FRAME_SIZE, FRAME_SIZE)
    return trace_module(frames, (example,), ({0: torch.export.Dim("batch")},), [INPUT], OUTPUTS)


def _verify(content: bytes, frames: nn.Module) -> None:
    """Raise MnistCoreError if onnxruntime cannot run the model or differs from torch."""
    generator = torch.Generator().manual_seed(0)
    session = open_session(content)
    for batch in _BATCHES:
        images = torch.rand(batch, 1, FRAME_SIZE, FRAME_SIZE, generator=generator)
        images[-1] = images[-1] > 0.8  # like ink: mostly 0, some 1
        found = run_session(session, OUTPUTS, {INPUT: images.numpy()})
        with torch.inference_mode():
            expected = frames(images)
        for name, actual, reference in zip(OUTPUTS, found, expected, strict=True):
            check_agreement(f"the exported network's {name}", actual, reference.numpy())
