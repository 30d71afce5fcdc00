"""One training step: its batch, loss, gradient norms and clipping."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.training import Splits, small, weights
from torch import Tensor

from mnist_core.data.mnist import normalise
from mnist_core.models.architectures import build_model
from mnist_core.training.trainer import Trainer


def test_generated_drawings_complete_every_batch(few: Splits) -> None:
    sizes: list[Tensor] = []
    config = small(allographs=0.5, non_digits=0.2)
    trainer = Trainer(config, *few)
    model = trainer.train_state.model
    seen = model.register_forward_pre_hook(lambda _, args: sizes.append(args[0].shape[0]))
    trainer.train_step(few[0].images[:50], few[0].labels[:50])
    seen.remove()
    assert sizes == [50 + 25 + 10]


def test_gradient_norms(few: Splits) -> None:
    trainer = Trainer(small(optimizer="sgd", learning_rate=1e-8), *few)
    step = next(trainer.run(report_every=1))
    layers = {n.rpartition(".")[0] for n, _ in trainer.scored_model.named_parameters()}
    assert set(step.gradient_norms) == layers
    parameters = dict(trainer.scored_model.named_parameters())
    for layer, norm in step.gradient_norms.items():
        parts = [p.grad.flatten() for n, p in parameters.items() if n.rpartition(".")[0] == layer]
        assert norm == pytest.approx(torch.cat(parts).norm().item(), rel=1e-5)


def test_gradient_norms_are_those_before_clipping(few: Splits) -> None:
    free, clipped = (
        next(Trainer(small(clip_grad_norm=c), *few).run(report_every=1)) for c in (0.0, 1e-3)
    )
    assert clipped.gradient_norms == pytest.approx(free.gradient_norms, rel=1e-5)


def test_gradient_norms_are_of_unscaled_gradients(fewer: Splits) -> None:
    whole, half = (
        next(Trainer(small(precision=p), *fewer).run(report_every=1)) for p in ("fp32", "fp16")
    )
    assert half.gradient_norms == pytest.approx(whole.gradient_norms, rel=0.05)


def test_frozen_layers_have_no_gradient(few: Splits) -> None:
    config = small(init_weights="given", freeze=["conv1", "head.0"])
    initial = build_model("mnist_cnn").state_dict()
    step = next(Trainer(config, *few, initial=initial).run(report_every=1))
    assert set(step.gradient_norms) == {"trunk.conv2.0", "head.1"}


def test_clipping_bounds_the_step(few: Splits) -> None:
    config = small(
        optimizer="sgd", learning_rate=1.0, momentum=0.0, weight_decay=0.0, clip_grad_norm=1e-3
    ).with_changes(lr_scheduler="none", lr_warmup=0.0)
    trainer = Trainer(config, *few)
    before = weights(trainer.scored_model)
    trainer.train_step(few[0].images[:50], few[0].labels[:50])
    assert (weights(trainer.scored_model) - before).norm().item() == pytest.approx(1e-3, rel=1e-2)


def test_smoothed_labels_are_torchs(few: Splits) -> None:
    trainer = Trainer(small(label_smoothing=0.2), *few)
    frames, labels = few[0].images[:50], few[0].labels[:50]
    with torch.no_grad():
        logits = trainer.scored_model(normalise(frames))
    expected = F.cross_entropy(logits, labels, label_smoothing=0.2)
    assert trainer.train_step(frames, labels)[0].item() == pytest.approx(expected.item(), rel=1e-4)
