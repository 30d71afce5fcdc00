"""Ensembles: several networks whose predictions are combined."""

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_core.errors import MnistCoreError
from mnist_core.models.calibration import digit_log_odds
from mnist_core.models.network import Activations, DigitNet
from mnist_core.models.options import ENSEMBLE, VOTES

__all__ = ["ENSEMBLE", "Ensemble", "combine_members"]

_TIE_BREAK = 1e-3
"""Weight of the mean probabilities relative to the votes: it only breaks ties."""


class Ensemble(nn.Module):
    """Networks that vote; it is loaded, used and exported like one `DigitNet`.

    Stages, feature maps, kernels and head are the first member's.

    Parameters
    ----------
    members : sequence of DigitNet
        At least two different networks, of any architectures.
    vote : "mean" or "majority"
        The mean of the members' probabilities, or the share of members that predict a digit
        (the higher mean probability breaks ties).
    refuses : bool
        Whether the members were trained with non-digits. Then the ensemble's digit score is that
        of the mean of their eleven-class probabilities, for either vote.

    Raises
    ------
    MnistCoreError
        For fewer than two members, a member that is not a DigitNet or is given twice, or an
        unknown vote.
    """

    def __init__(
        self, members: Sequence[DigitNet], vote: str = "mean", *, refuses: bool = False
    ) -> None:
        super().__init__()
        if len(members) < 2:
            raise MnistCoreError(f"an ensemble of {len(members)}; give at least two networks")
        for number, member in enumerate(members, 1):
            if isinstance(member, Ensemble):
                raise MnistCoreError(f"member {number} is an ensemble; give its members instead")
            if not isinstance(member, DigitNet):
                raise MnistCoreError(
                    f"member {number} is a {type(member).__name__}, not a DigitNet"
                )
        if len(set(map(id, members))) < len(members):
            raise MnistCoreError("a network is given twice; give each once")
        if vote not in VOTES:
            raise MnistCoreError(f"vote is {vote!r}; choose from {', '.join(VOTES)}")
        self.members = nn.ModuleList(members)
        self.vote = vote
        self.refuses = refuses

    @property
    def _first(self) -> DigitNet:
        return self.members[0]

    @property
    def head(self) -> nn.Module:
        """The first member's fully connected part."""
        return self._first.head

    @property
    def stages(self) -> tuple[str, ...]:
        """The first member's stages that have feature maps."""
        return self._first.stages

    def kernel(self, stage: str) -> Tensor:
        """Return the first member's kernel (out, in, kh, kw) in `stage`."""
        return self._first.kernel(stage)

    def forward(self, frames: Tensor) -> Tensor:
        """Return logits (B, 10) for normalised frames: the log of the ensemble's probabilities.

        If it `refuses`, relative to the log-probability of "no digit".
        """
        return self._combine([member(frames) for member in self.members])

    def forward_with_maps(self, frames: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Return logits (B, 10) and the first member's feature maps in one pass."""
        activations = self.forward_with_activations(frames)
        return activations.logits, activations.maps

    def forward_with_activations(self, frames: Tensor) -> Activations:
        """Return logits (B, 10), and the first member's maps and hidden layer, in one pass."""
        first = self._first.forward_with_activations(frames)
        others = [member(frames) for member in list(self.members)[1:]]
        return first._replace(logits=self._combine([first.logits, *others]))

    def _combine(self, logits: list[Tensor]) -> Tensor:
        stacked = torch.stack(logits)
        if self.refuses:
            mean = combine_members(stacked)
        else:
            mean = stacked.log_softmax(2).logsumexp(0) - math.log(len(logits))
        if self.vote == "mean":
            return mean
        votes = F.one_hot(stacked.argmax(2), mean.shape[1]).to(mean.dtype).mean(0)
        # softmax inverts the logarithm: shares of votes, up to the tie break; clamp avoids log(0)
        shares = (votes + _TIE_BREAK * mean.softmax(1)).clamp(min=1e-30).log()
        if not self.refuses:
            return shares
        return shares.log_softmax(1) + digit_log_odds(mean)[:, None]


def combine_members(logits: Tensor) -> Tensor:
    """Return the logits (B, 10) of the members' mean eleven-class probabilities.

    Parameters
    ----------
    logits : Tensor (M, B, 10)
        Of networks that were trained with non-digits. The result has the same form: relative to
        the log-probability of "no digit".
    """
    padded = F.pad(logits, (0, 1))
    mean = padded.log_softmax(2).logsumexp(0) - math.log(len(logits))
    return mean[:, :-1] - mean[:, -1:]
