"""The best epoch of a run so far, and early stopping."""

import copy
import math
from collections.abc import Mapping
from typing import Any, Literal

from mnist_core.models.network import DigitNet
from mnist_core.models.scoring import Scores


class BestEpoch:
    """Keeps the weights of the epoch with the highest validation accuracy, or of the last epoch.

    Of equal accuracies, the lower loss is better; of equal losses, the earlier epoch.

    Parameters
    ----------
    model : DigitNet
    keep : "best" or "last"
        With "last", each epoch takes the place of the one before.

    Attributes
    ----------
    epoch : int
        From 1; 0 before the first epoch has been scored.
    accuracy, loss : float
        On validation; NaN before the first epoch has been scored.
    model : DigitNet
        The network of that epoch.
    """

    def __init__(self, model: DigitNet, keep: Literal["best", "last"] = "best") -> None:
        self._keep = keep
        self.epoch = 0
        self.accuracy = self.loss = math.nan
        self.model = copy.deepcopy(model)

    def update(self, epoch: int, scores: Scores, model: DigitNet) -> bool:
        """Score an epoch; return whether it was kept."""
        no_better = (scores.accuracy, -scores.loss) <= (self.accuracy, -self.loss)
        if self._keep == "best" and self.epoch and no_better:
            return False
        self.epoch, self.accuracy, self.loss = epoch, scores.accuracy, scores.loss
        self.model.load_state_dict(model.state_dict())
        return True

    def patience_exhausted(self, patience: int, completed: int) -> bool:
        """Return whether the last `patience` of the completed epochs were no better; 0: never."""
        return 0 < patience <= completed - self.epoch

    def state_dict(self) -> dict[str, Any]:
        """Return plain types and tensors."""
        return {
            "best": (self.accuracy, -self.loss) if self.epoch else None,
            "best_epoch": self.epoch,
            "best_model": self.model.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned; other keys are ignored."""
        self.model.load_state_dict(state["best_model"])
        accuracy, negative_loss = state["best"] or (math.nan, math.nan)
        self.epoch = int(state["best_epoch"])
        self.accuracy, self.loss = float(accuracy), -float(negative_loss)
