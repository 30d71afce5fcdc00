"""Exponential moving average (EMA) of a network's weights."""

import math
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mnist_core.training.config import TrainConfig

_SKIPPED_SHARE = 0.1
"""Share of the epochs before the average starts: the first weights would distort it."""


class WeightAverage:
    """Moving average of a network's weights, which starts after the first tenth of the epochs.

    Source: torch.optim.swa_utils.AveragedModel.
    """

    def __init__(self, model: nn.Module, config: TrainConfig) -> None:
        self._multi_average = get_ema_multi_avg_fn(config.ema_decay)
        self._averaged = AveragedModel(model, multi_avg_fn=self._multi_average, use_buffers=True)
        self._includes_weights = False
        skipped = math.ceil(_SKIPPED_SHARE * config.epochs) if config.epochs > 1 else 0
        self._first_epoch = 1 + skipped if config.ema_decay else math.inf

    @property
    def model(self) -> nn.Module:
        """The network with the averaged weights."""
        return self._averaged.module

    def update(self, model: nn.Module, epoch: int) -> None:
        """Include the weights after a step of an epoch (from 1)."""
        if epoch < self._first_epoch:
            return
        if not self._includes_weights:
            self._averaged.update_parameters(model)
            self._includes_weights = True
            return
        # AveragedModel would read its counter in each step, and so wait for a GPU
        for averaged, current in self._pairs_by_dtype(model):
            self._multi_average(averaged, current, self._averaged.n_averaged)
        self._averaged.n_averaged += 1

    @property
    def has_started(self) -> bool:
        """Whether it includes weights."""
        return self._includes_weights

    def state_dict(self) -> dict[str, Any]:
        """Return the averaged tensors."""
        return self._averaged.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from what `state_dict` returned."""
        self._averaged.load_state_dict(state)
        self._includes_weights = bool(self._averaged.n_averaged > 0)

    def _pairs_by_dtype(self, model: nn.Module) -> Iterable[tuple[list[Tensor], list[Tensor]]]:
        """Return the averaged tensors and those of the model, in one list for each dtype."""
        groups: dict[torch.dtype, tuple[list[Tensor], list[Tensor]]] = {}
        for averaged, current in zip(_tensors(self.model), _tensors(model), strict=True):
            pair = groups.setdefault(current.dtype, ([], []))
            pair[0].append(averaged)
            pair[1].append(current)
        return groups.values()


def _tensors(model: nn.Module) -> Iterator[Tensor]:
    return (tensor.detach() for tensor in chain(model.parameters(), model.buffers()))
