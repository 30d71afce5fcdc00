"""Several networks that answer as one."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_core.errors import MnistCoreError
from mnist_core.models.network import DigitNet
from mnist_core.models.options import VOTES

ENSEMBLE = "ensemble"
"""The architecture of an ensemble, in weights files and lists."""
_TIE_BREAK = 1e-3
"""Weight of the mean probabilities beside the votes: decides ties, and nothing else."""


class Ensemble(nn.Module):
    """Networks that vote; loads, classifies and exports like one `DigitNet`.

    What is looked into is the first member: stages, maps, kernels and head are its.

    Parameters
    ----------
    members : sequence of DigitNet
        At least two, of any architectures, each given once.
    vote : "mean" or "majority"
        The mean of the members' probabilities, or the share of members that read a digit
        (ties go to the higher mean probability).

    Raises
    ------
    MnistCoreError
        For fewer than two members, a member that is no DigitNet or is there twice, or an
        unknown vote.
    """

    def __init__(self, members: Sequence[DigitNet], vote: str = "mean") -> None:
        super().__init__()
        if len(members) < 2:
            raise MnistCoreError(f"an ensemble of {len(members)}; give at least two networks")
        for number, member in enumerate(members, 1):
            if isinstance(member, Ensemble):
                raise MnistCoreError(
                    f"member {number} is an ensemble itself; give its members instead"
                )
            if not isinstance(member, DigitNet):
                raise MnistCoreError(f"member {number} is a {type(member).__name__}, no DigitNet")
        if len(set(map(id, members))) < len(members):
            raise MnistCoreError("a network is a member twice; give each once")
        if vote not in VOTES:
            raise MnistCoreError(f"vote is {vote!r}; choose from {', '.join(VOTES)}")
        self.members = nn.ModuleList(members)
        self.vote = vote

    @property
    def _first(self) -> DigitNet:
        return self.members[0]

    @property
    def head(self) -> nn.Module:
        """The first member's fully connected part."""
        return self._first.head

    @property
    def conv1(self) -> nn.Module:
        """The first member's first convolution stage."""
        return self._first.conv1

    @property
    def stages(self) -> tuple[str, ...]:
        """The first member's stages that have feature maps to look at."""
        return self._first.stages

    def kernel(self, stage: str) -> Tensor:
        """Return the first member's kernel (out, in, kh, kw) in `stage`."""
        return self._first.kernel(stage)

    def forward(self, frames: Tensor) -> Tensor:
        """Return logits (B, 10) for normalised frames: the log of the ensemble's probabilities."""
        return self._combine([member(frames) for member in self.members])

    def forward_with_maps(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return logits (B, 10) and the first member's feature maps in one pass."""
        logits, maps = self._first.forward_with_maps(frames)
        others = [member(frames) for member in list(self.members)[1:]]
        return self._combine([logits, *others]), maps

    def _combine(self, logits: list[Tensor]) -> Tensor:
        stacked = torch.stack(logits)
        mean = stacked.log_softmax(2).logsumexp(0) - math.log(len(logits))
        if self.vote == "mean":
            return mean
        votes = F.one_hot(stacked.argmax(2), mean.shape[1]).to(mean.dtype).mean(0)
        # softmax of the logarithm gives the shares back, up to the tie break; never log(0)
        return (votes + _TIE_BREAK * mean.exp()).clamp(min=1e-30).log()
