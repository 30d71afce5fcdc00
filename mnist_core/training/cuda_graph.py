"""A training step as one CUDA graph: small networks are limited by the launch of their kernels."""

from typing import NamedTuple

import torch
from torch import Tensor

from mnist_core.training.step import TrainingStep

_WARM_UP_STEPS = 3


class _Captured(NamedTuple):
    """A graph, and the tensors that it reads and writes."""

    graph: torch.cuda.CUDAGraph
    frames: Tensor
    labels: Tensor
    result: Tensor


class CapturedStep:
    """Takes training steps on batches of one size by replaying a captured CUDA graph.

    The first steps are taken without the graph: they allocate the optimizer's state and choose the
    algorithms. Source: "CUDA semantics, CUDA Graphs" in torch's documentation.

    Parameters
    ----------
    step : TrainingStep
        On a GPU, with an optimizer that `prepare_for_capture` has changed.
    """

    def __init__(self, step: TrainingStep) -> None:
        self._step = step
        self._stream = torch.cuda.Stream()
        self._warm_up_steps = 0
        self._captured: _Captured | None = None

    def __call__(self, frames: Tensor, labels: Tensor) -> Tensor:
        """Train on one batch; see `TrainingStep`. The result is overwritten by the next step."""
        if self._captured is None and self._warm_up_steps < _WARM_UP_STEPS:
            self._warm_up_steps += 1
            return self._warm_up(frames, labels)
        if self._captured is None:
            self._captured = self._capture(frames, labels)
        captured = self._captured
        captured.frames.copy_(frames)
        captured.labels.copy_(labels)
        captured.graph.replay()
        return captured.result

    def _warm_up(self, frames: Tensor, labels: Tensor) -> Tensor:
        current = torch.cuda.current_stream()
        self._stream.wait_stream(current)
        with torch.cuda.stream(self._stream):
            result = self._step(frames, labels)
        current.wait_stream(self._stream)
        return result

    def _capture(self, frames: Tensor, labels: Tensor) -> _Captured:
        frames, labels = frames.clone(), labels.clone()
        self._step.zero_grad()  # the graph has gradients of its own
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=self._stream):
            result = self._step(frames, labels)
        return _Captured(graph, frames, labels, result)


def prepare_for_capture(optimizer: torch.optim.Optimizer, device: torch.device) -> None:
    """Let an optimizer's steps be captured: its learning rates become tensors on the device.

    Call it before a schedule is made, and after a state was loaded.
    """
    for group in optimizer.param_groups:
        rate = torch.tensor(float(group["lr"]), dtype=torch.float32, device=device)
        group.update(capturable=True, lr=rate)
