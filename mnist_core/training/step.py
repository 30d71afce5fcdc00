"""One training step: forward and backward pass, clipping and the optimizer's update."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm

from mnist_core.data.augmentation import ARTICLE, PEN, STRONG, augment
from mnist_core.data.mnist import normalise
from mnist_core.training.config import TrainConfig

if TYPE_CHECKING:
    from mnist_core.data.allographs.pool import DrawingPool

_AUGMENTATIONS = {"none": None, "article": ARTICLE, "pen": PEN, "strong": STRONG}
_PRECISIONS = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}


class TrainingStep:
    """Trains a network on one batch, in the configured precision.

    Parameters
    ----------
    config : TrainConfig
    model : nn.Module
        On the device of the batches, in training mode: frames (B, 1, 28, 28) -> logits (B, 10).
    optimizer : torch.optim.Optimizer
    teacher : nn.Module or None
        In eval mode on the same device; None: no distillation.
    pool : DrawingPool or None
        Generated drawings that complete each batch, as `config.allographs` and
        `config.non_digits` say.
    """

    def __init__(
        self,
        config: TrainConfig,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        teacher: nn.Module | None,
        pool: DrawingPool | None = None,
    ) -> None:
        self._config = config
        self._model = model
        self._forward = torch.compile(model) if config.compile else model
        self._optimizer = optimizer
        self._teacher = teacher
        self._pool = pool
        self._device_type = next(model.parameters()).device.type
        self.scaler = torch.amp.GradScaler(self._device_type, enabled=config.precision == "fp16")
        self._scale = self.scaler.get_scale()
        self._augmentation = _AUGMENTATIONS[config.augment]

    def __call__(
        self, frames: Tensor, labels: Tensor, norms: dict[str, float] | None = None
    ) -> Tensor:
        """Train on one batch.

        Parameters
        ----------
        frames : Tensor (B, 1, 28, 28) in [0, 1]
        labels : int64 Tensor (B,)
        norms : dict or None
            Receives each layer's gradient norm before clipping.

        Returns
        -------
        Tensor (2,)
            Loss and accuracy before the update. It stays on the device: reading it would
            synchronise with a GPU.
        """
        if self._pool is not None:
            config, size = self._config, len(labels)
            drawn, drawn_labels = self._pool.sample(
                round(config.allographs * size), round(config.non_digits * size)
            )
            frames, labels = torch.cat([frames, drawn]), torch.cat([labels, drawn_labels])
        if self._augmentation is not None:
            frames = augment(frames, self._augmentation)
        frames = normalise(frames)
        with self._autocast():
            logits = self._forward(frames)
        logits = self._with_non_digit(logits.float())
        loss = self._loss(frames, logits, labels)
        self.zero_grad()
        self.scaler.scale(loss).backward()
        self.scaler.unscale_(self._optimizer)  # norms and clipping need the unscaled gradients
        if norms is not None:
            norms.update(gradient_norms(self._model))
        if self._config.clip_grad_norm:
            clip_grad_norm_(self._model.parameters(), self._config.clip_grad_norm)
        self.scaler.step(self._optimizer)
        self.scaler.update()
        accuracy = (logits.detach().argmax(1) == labels).float().mean()
        return torch.stack([loss.detach(), accuracy])

    def was_skipped(self) -> bool:
        """Return whether the last step changed no weights: a gradient was not finite in fp16.

        Call it after each step. With fp16 it waits for a GPU: the loss scale, which a skipped step
        lowers, is there. Source: torch's AMP recipe; `GradScaler` reports a skip in no other way.
        """
        if not self.scaler.is_enabled():
            return False
        before, self._scale = self._scale, self.scaler.get_scale()
        return self._scale < before or not self._scale

    def load_scaler_state(self, state: Mapping[str, Any]) -> None:
        """Continue with the loss scale of a checkpoint."""
        self.scaler.load_state_dict(dict(state))
        self._scale = self.scaler.get_scale()

    def zero_grad(self) -> None:
        """Drop the gradients of the last step."""
        self._optimizer.zero_grad(set_to_none=True)

    def _loss(self, frames: Tensor, logits: Tensor, labels: Tensor) -> Tensor:
        config = self._config
        loss = F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
        if self._teacher is None:
            return loss
        with torch.no_grad(), self._autocast():
            teacher_logits = self._with_non_digit(self._teacher(frames).float())
        distillation = distillation_loss(logits, teacher_logits, config.distill_temperature)
        return torch.lerp(loss, distillation, config.distill_alpha)

    def _with_non_digit(self, logits: Tensor) -> Tensor:
        """Add the logit 0 of "no digit" if the network learns to refuse; see `digit_log_odds`."""
        return F.pad(logits, (0, 1)) if self._config.non_digits else logits

    def _autocast(self) -> AbstractContextManager[Any]:
        dtype = _PRECISIONS[self._config.precision]
        return nullcontext() if dtype == torch.float32 else torch.autocast(self._device_type, dtype)


def gradient_norms(model: nn.Module) -> dict[str, float]:
    """Return the L2 norm of the gradient of each layer that has one, by the layer's name."""
    layers: dict[str, list[Tensor]] = {}
    for name, parameter in model.named_parameters():
        if parameter.grad is not None:
            layers.setdefault(name.rpartition(".")[0], []).append(parameter.grad)
    norms = torch.stack([get_total_norm(gradients) for gradients in layers.values()])
    return dict(zip(layers, norms.tolist(), strict=True))


def distillation_loss(logits: Tensor, teacher_logits: Tensor, temperature: float) -> Tensor:
    """Return KL(teacher || student) of softened probabilities, times temperature squared.

    The factor makes the gradient's magnitude independent of the temperature. Source: Hinton,
    Vinyals, Dean 2015, "Distilling the Knowledge in a Neural Network", section 2.

    Parameters
    ----------
    logits, teacher_logits : Tensor (B, 10)
    temperature : float > 0
    """
    student = F.log_softmax(logits / temperature, 1)
    teacher = F.log_softmax(teacher_logits / temperature, 1)
    loss = F.kl_div(student, teacher, reduction="batchmean", log_target=True)
    return loss * temperature**2
