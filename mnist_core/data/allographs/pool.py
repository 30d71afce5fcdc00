"""Frames of generated drawings, to be mixed into the batches of a training run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.allographs.generator import NON_DIGIT, draw_digit, draw_non_digit
from mnist_core.data.allographs.pen import Drawing
from mnist_core.imaging.normalize import frame_from_canvas
from mnist_core.imaging.rasterize import draw_strokes

NARROWEST_PEN, WIDEST_PEN = 1.6, 3.2
"""Range of the pen's diameter in frame pixels."""

_CHUNK = 1000  # drawings with one random generator


def generate_frames(labels: np.ndarray, seed: int) -> Tensor:
    """Return frames of random drawings, made by the functions that a visitor's strokes go through.

    Parameters
    ----------
    labels : int array (N,)
        Digits, or `NON_DIGIT`.
    seed : int
        Equal seeds and labels give equal frames.

    Returns
    -------
    uint8 Tensor (N, 1, 28, 28)
    """
    frames = [torch.zeros(0, 1, 28, 28, dtype=torch.uint8)]
    for number, first in enumerate(range(0, len(labels), _CHUNK)):
        rng = np.random.default_rng([seed, number])
        drawings = [
            draw_non_digit(rng) if label == NON_DIGIT else draw_digit(rng, int(label))
            for label in labels[first : first + _CHUNK]
        ]
        frames.append(draw_frames(drawings, rng))
    return torch.cat(frames)


def draw_frames(drawings: Sequence[Drawing], rng: np.random.Generator) -> Tensor:
    """Return the frames of drawings, uint8 (N, 1, 28, 28), each with a pen of random width."""
    pens = rng.uniform(NARROWEST_PEN, WIDEST_PEN, len(drawings))
    frames = frame_from_canvas(draw_strokes(drawings, pens))
    return (255 * frames + 0.5).byte()


@dataclass(frozen=True)
class DrawingPool:
    """Generated frames from which training batches are completed.

    Attributes
    ----------
    frames : uint8 Tensor (N, 1, 28, 28)
        Digits first, then non-digits, on the device of the training.
    labels : int64 Tensor (N,)
        `NON_DIGIT` for a non-digit.
    digits : int
        How many of them are digits.
    """

    frames: Tensor
    labels: Tensor
    digits: int

    @classmethod
    def generate(
        cls, digits: int, non_digits: int, seed: int, device: torch.device | str
    ) -> DrawingPool:
        """Draw `digits` digits, equally many of each, and `non_digits` other things."""
        labels = np.concatenate([np.arange(digits) % 10, np.full(non_digits, NON_DIGIT)])
        frames = generate_frames(labels, seed)
        return cls(frames.to(device), torch.from_numpy(labels).to(device), digits)

    def sample(self, digits: int, non_digits: int) -> tuple[Tensor, Tensor]:
        """Return random frames in [0, 1], float32 (B, 1, 28, 28), and labels (B,).

        Draws from torch's generator of the device.
        """
        device = self.labels.device
        index = torch.cat(
            [
                torch.randint(max(self.digits, 1), (digits,), device=device),
                torch.randint(
                    self.digits,
                    max(len(self.labels), self.digits + 1),
                    (non_digits,),
                    device=device,
                ),
            ]
        )
        return self.frames[index].float().div_(255), self.labels[index]
