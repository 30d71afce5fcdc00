"""What happened between two reports of a training run."""

import time

from torch import Tensor


class Interval:
    """The steps since the last report: their mean loss and accuracy, number, and duration.

    Parameters
    ----------
    sums : Tensor (2,)
        Sums of loss and accuracy over the epoch's steps so far.
    step : int
        Steps taken in the epoch so far.
    """

    def __init__(self, sums: Tensor, step: int) -> None:
        self.skipped = 0
        self._sums, self._step, self._began = sums.clone(), step, time.perf_counter()

    def means(self, sums: Tensor, step: int) -> tuple[float, float]:
        """Return mean loss and accuracy of the steps up to `step`; waits for a GPU."""
        loss, accuracy = ((sums - self._sums) / (step - self._step)).tolist()
        return loss, accuracy

    def steps_per_second(self, step: int) -> float:
        """Return the speed of the steps up to `step`."""
        return (step - self._step) / (time.perf_counter() - self._began)
