"""Frames of generated drawings, to be mixed into the batches of a training run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.allographs.frame_cache import cached_frames
from mnist_core.data.allographs.frames import Report
from mnist_core.data.allographs.generator import NON_DIGIT
from mnist_core.utils.devices import choose_device


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
        cls,
        digits: int,
        non_digits: int,
        device: torch.device | str,
        *,
        seed: int = 0,
        report: Report | None = None,
    ) -> DrawingPool:
        """Draw `digits` digits, equally many of each, and `non_digits` other things.

        Many drawings are kept on the disk, and `report` says how far they are: see `cached_frames`.
        """
        device = choose_device(device)
        labels = np.concatenate([np.arange(digits) % 10, np.full(non_digits, NON_DIGIT)])
        frames = cached_frames(labels, seed, report=report)
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
