"""Optimizer and learning-rate schedule of a configuration, from torch.optim."""

import functools
import inspect
from typing import Any

import torch
from torch import nn
from torch.optim import lr_scheduler

from mnist_core.training.config import TrainConfig

_WARMUP_START = 0.01
"""Share of the maximum learning rate at which a warm-up starts."""


def build_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """Return the optimizer of the trainable parameters; with head_learning_rate in two groups."""
    rate, head_rate = config.learning_rate, config.head_learning_rate
    trained = [(name, p) for name, p in model.named_parameters() if p.requires_grad]
    if head_rate is None:
        groups = [{"params": [p for _, p in trained], "lr": rate}]
    else:
        groups = [
            {"params": [p for name, p in trained if _is_head(name) == head], "lr": lr}
            for head, lr in ((False, rate), (True, head_rate))
        ]
        groups = [group for group in groups if group["params"]]
    common: dict[str, Any] = {"lr": rate, "weight_decay": config.weight_decay}
    if config.optimizer == "rmsprop":  # has no fused version
        return _class(torch.optim.RMSprop, config)(groups, momentum=config.momentum, **common)
    if config.optimizer == "sgd":
        # after a skipped first step, the momentum of torch's fused SGD is uninitialised memory
        fused = config.precision != "fp16"
        return _class(torch.optim.SGD, config)(
            groups, momentum=config.momentum, nesterov=config.nesterov, fused=fused, **common
        )
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return _class(kind, config)(groups, fused=True, **common)


def _class(kind: Any, config: TrainConfig) -> Any:
    return kind if config.compile else _without_compiler(kind)


@functools.cache
def _without_compiler(kind: Any) -> Any:
    """Return an optimizer class that does the same without importing torch.compile's packages.

    torch wraps these methods for `torch.compile`, and the wrappers import torch._dynamo, 900
    modules that take longer than torch itself. Only calls from compiled code need them.
    """
    names = ("add_param_group", "zero_grad", "state_dict", "load_state_dict")
    methods = {name: inspect.unwrap(getattr(kind, name)) for name in names}
    # the wrapper of `step` also disables gradients
    methods["step"] = torch.no_grad()(inspect.unwrap(kind.step))
    return type(kind.__name__, (kind,), methods)


class Schedule:
    """Sets the learning rate: call `after_step` after each step, `after_epoch` after each epoch.

    Source: torch.optim.lr_scheduler; onecycle is Smith and Topin 2017, cosine without restarts
    Loshchilov and Hutter 2016.
    """

    def __init__(self, optimizer: torch.optim.Optimizer, config: TrainConfig, steps: int) -> None:
        total = steps * config.epochs
        self._optimizer = optimizer
        self._plateau: lr_scheduler.ReduceLROnPlateau | None = None
        self._every_step: lr_scheduler.LRScheduler | None = None
        self._warmup = 0 if config.lr_scheduler == "onecycle" else int(config.lr_warmup * total)
        self._steps = 0
        after = max(1, total - self._warmup)
        main: lr_scheduler.LRScheduler | None = None
        if config.lr_scheduler == "onecycle" and total > 1:
            main = lr_scheduler.OneCycleLR(
                optimizer,
                [float(group["lr"]) for group in optimizer.param_groups],
                total_steps=total,
                pct_start=_rise(config.lr_warmup, total),
                cycle_momentum=False,
                final_div_factor=1e3,
            )
        elif config.lr_scheduler == "cosine":
            main = lr_scheduler.CosineAnnealingLR(optimizer, after)
        elif config.lr_scheduler == "step":
            main = lr_scheduler.StepLR(optimizer, config.lr_step_size * steps, config.lr_gamma)
        elif config.lr_scheduler == "plateau":
            self._plateau = lr_scheduler.ReduceLROnPlateau(
                optimizer, factor=config.lr_gamma, patience=config.lr_patience
            )
        if self._warmup:
            rise = lr_scheduler.LinearLR(optimizer, _WARMUP_START, total_iters=self._warmup)
            main = (
                lr_scheduler.SequentialLR(optimizer, [rise, main], milestones=[self._warmup])
                if main
                else rise
            )
        self._every_step = main

    @property
    def learning_rate(self) -> float:
        """The rate of the next step, of the first group (the trunk, if it is trained)."""
        return float(self._optimizer.param_groups[0]["lr"])

    def after_step(self) -> None:
        """Advance by a step."""
        self._steps += 1
        if self._every_step is not None:
            self._every_step.step()

    def after_epoch(self, validation_loss: float) -> None:
        """Advance by an epoch; the plateau schedule ignores the loss during the warm-up."""
        if self._plateau is not None and self._steps >= self._warmup:
            self._plateau.step(validation_loss)

    def state_dict(self) -> dict[str, Any]:
        """Return plain types."""
        parts = {"every_step": self._every_step, "plateau": self._plateau}
        return {"steps": self._steps, **{k: v.state_dict() for k, v in parts.items() if v}}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Resume from a state of the same configuration."""
        self._steps = state["steps"]
        if self._every_step is not None:
            self._every_step.load_state_dict(state["every_step"])
        if self._plateau is not None:
            self._plateau.load_state_dict(state["plateau"])


def _rise(share: float, total: int) -> float:
    """Return a share that OneCycleLR accepts: neither exactly one step nor all of them."""
    steps = share * total
    if abs(steps - 1) < 1e-4:  # it divides by the steps less one
        steps = 1 + 1e-4
    return min(steps / total, 1 - 1e-6)


def _is_head(parameter: str) -> bool:
    return parameter.startswith("head.")
