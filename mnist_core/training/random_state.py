"""The state of torch's random generators that belongs to one training run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class RandomState:
    """Random generators of a run, kept apart from those of the process.

    torch draws dropout and augmentation from generators that the whole process shares. While
    `active`, these continue the run's own sequence; before and after, they are the caller's.
    """

    def __init__(self, device: torch.device, seed: int) -> None:
        self._device = device
        devices = ["cpu", device] if device.type == "cuda" else ["cpu"]
        self._states = [torch.Generator(name).manual_seed(seed).get_state() for name in devices]

    @contextmanager
    def active(self) -> Iterator[None]:
        """Let torch draw from this state within the context."""
        outside = self._get()
        self._set(self._states)
        try:
            yield
        finally:
            self._states = self._get()
            self._set(outside)

    def state(self) -> list[Tensor]:
        """Return the states, uint8 on the CPU: of the CPU, and of the GPU where one is used."""
        return self._states

    def load_state(self, states: Sequence[Tensor]) -> None:
        """Continue from what `state` returned, possibly on another kind of device.

        Raises ValueError, TypeError or RuntimeError if the states are no such thing.
        """
        states = [state.cpu() for state in states]
        if not states:
            raise ValueError("random_state is empty")
        torch.Generator().set_state(states[0])
        # a GPU's state that the other device did not have stays that of the seed
        self._states = [*states, *self._states[len(states) :]][: len(self._states)]

    def _get(self) -> list[Tensor]:
        states = [torch.get_rng_state()]
        if self._device.type == "cuda":
            states.append(torch.cuda.get_rng_state(self._device))
        return states

    def _set(self, states: Sequence[Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self._device.type == "cuda":
            torch.cuda.set_rng_state(states[1], self._device)
