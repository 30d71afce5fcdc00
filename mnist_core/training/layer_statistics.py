"""The layers while they train: sizes of updates, and histograms of weights and gradients."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

_BINS = 50
_HISTOGRAM_EPOCHS = 200
_SPREAD = 4.0
"""Standard deviations on both sides of the mean that the inner bins cover."""


@dataclass(frozen=True)
class Histogram:
    """How the values of a tensor are distributed.

    Attributes
    ----------
    edges : tuple of float
        Ascending, one more than there are bins; the first is the smallest value, the last the
        largest. The inner ones are equidistant around the mean, so that outliers leave them narrow.
    counts : tuple of int
        Values in each bin.
    total, squares : float
        Sum of the values, and of their squares.
    """

    edges: tuple[float, ...]
    counts: tuple[int, ...]
    total: float
    squares: float


def copy_parameters(model: nn.Module) -> list[Tensor]:
    """Return a copy of the parameters that have been or can be trained, for `update_ratios`."""
    return [parameter.detach().clone() for _, parameter in _trained(model)]


@torch.no_grad()
def update_ratios(model: nn.Module, before: Iterable[Tensor]) -> dict[str, float]:
    """Return norm of the update / norm of the weights of each layer that was trained, by its name.

    Parameters
    ----------
    model : nn.Module
        After the step.
    before : tensors
        What `copy_parameters` returned before it.

    Returns
    -------
    dict of str to float
        Without layers whose weights were all zero. Read with one synchronisation of the device.
    """
    old = list(before)
    names, new = zip(*_trained(model), strict=True)
    differences = torch._foreach_sub(new, old)
    norms = torch.stack(torch._foreach_norm([*differences, *old])).double().tolist()
    changes: dict[str, float] = {}
    sizes: dict[str, float] = {}
    for name, change, size in zip(names, norms, norms[len(old) :], strict=False):
        layer = name.rpartition(".")[0]
        changes[layer] = math.hypot(changes.get(layer, 0.0), change)
        sizes[layer] = math.hypot(sizes.get(layer, 0.0), size)
    return {layer: change / sizes[layer] for layer, change in changes.items() if sizes[layer]}


def weight_histograms(model: nn.Module) -> dict[str, Histogram]:
    """Return a histogram of the weights of each convolution and linear layer, by its name."""
    return _histograms({name: weight.detach() for name, weight in _matrices(model)})


def gradient_histograms(model: nn.Module) -> dict[str, Histogram]:
    """Return a histogram of the gradient of each convolution and linear layer that has one.

    It is the gradient that the last step used: unscaled, and clipped if that is configured. A layer
    is left out if its gradient is not finite, as after a step that fp16 skipped.
    """
    return _histograms(
        {name: weight.grad for name, weight in _matrices(model) if weight.grad is not None}
    )


def _trained(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, one) for name, one in model.named_parameters() if one.requires_grad)


def _matrices(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    """Yield the layers with a kernel or matrix; those of biases and of normalisation are small."""
    for name, parameter in model.named_parameters():
        if parameter.ndim > 1:
            yield name.rpartition(".")[0], parameter


def _histograms(tensors: dict[str, Tensor]) -> dict[str, Histogram]:
    if not tensors:
        return {}
    values = [tensor.float() for tensor in tensors.values()]
    moments = torch.stack([torch.stack([*v.aminmax(), v.sum(), v.square().sum()]) for v in values])
    # the device is read twice in all, not for each tensor
    found = {
        name: (_Range.of(*row, v.numel()), v)
        for name, v, row in zip(tensors, values, moments.tolist(), strict=True)
        if all(map(math.isfinite, row))
    }
    if not found:
        return {}
    # values beyond the inner range count in the first and the last bin
    binned = [torch.histc(v.clamp(r.low, r.high), _BINS, r.low, r.high) for r, v in found.values()]
    return {
        name: Histogram(r.edges(), tuple(map(int, counts)), r.total, r.squares)
        for (name, (r, _)), counts in zip(found.items(), torch.stack(binned).tolist(), strict=True)
    }


@dataclass(frozen=True)
class _Range:
    """Smallest and largest value, sums, and the ends of the inner bins."""

    minimum: float
    maximum: float
    total: float
    squares: float
    low: float
    high: float

    @classmethod
    def of(cls, minimum: float, maximum: float, total: float, squares: float, count: int) -> _Range:
        mean = total / count
        reach = _SPREAD * math.sqrt(max(0.0, squares / count - mean**2))
        low, high = max(minimum, mean - reach), min(maximum, mean + reach)
        if not low < high or not high - low > 1e-6 * max(abs(low), abs(high)):
            # all values are equal, as far as float32 tells: bins around them
            margin = max(1e-6 * max(abs(minimum), abs(maximum)), 1e-30)
            low, high = minimum - margin, maximum + margin
        return cls(minimum, maximum, total, squares, low, high)

    def edges(self) -> tuple[float, ...]:
        width = (self.high - self.low) / _BINS
        inner = [self.low + width * index for index in range(1, _BINS)]
        return min(self.minimum, self.low), *inner, max(self.maximum, self.high)


def takes_histograms(epoch: int, epochs: int) -> bool:
    """Return whether an epoch (from 1) has histograms: the first, the last, about 200 others."""
    return epoch in (1, epochs) or epoch % math.ceil(epochs / _HISTOGRAM_EPOCHS) == 0
