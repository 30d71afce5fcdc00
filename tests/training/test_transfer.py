"""Distillation from a teacher, initial weights and frozen parts."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from support.training import Splits, finish, small, weights
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split, normalise
from mnist_core.models.architectures import build_model
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.training.step import distillation_loss
from mnist_core.training.trainer import Trainer, train


def test_the_distillation_loss_is_the_formula() -> None:
    generator = torch.Generator().manual_seed(0)
    student, teacher = (5 * torch.randn(7, 10, generator=generator) for _ in range(2))
    for temperature in (1.0, 4.0):
        p, q = (teacher / temperature).softmax(1), (student / temperature).softmax(1)
        expected = (p * (p.log() - q.log())).sum(1).mean() * temperature**2
        assert distillation_loss(student, teacher, temperature).item() == pytest.approx(
            expected.item(), rel=1e-4
        )
    assert distillation_loss(teacher, teacher, 3.0).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize(("alpha", "temperature"), [(0.3, 2.0), (0.7, 4.0), (1.0, 1.0)])
def test_the_loss_of_a_student(few: Splits, alpha: float, temperature: float) -> None:
    teacher = build_model("mnist_cnn").eval()
    config = small(teacher="given", distill_alpha=alpha, distill_temperature=temperature)
    trainer = Trainer(config, *few, teacher=teacher)
    frames, labels = few[0].images[:50], few[0].labels[:50]
    with torch.no_grad():
        student, taught = (m(normalise(frames)) for m in (trainer.scored_model, teacher))
    kl = F.kl_div(
        torch.log_softmax(student / temperature, 1),
        torch.softmax(taught / temperature, 1),
        reduction="batchmean",
    )
    expected = (1 - alpha) * F.cross_entropy(student, labels) + alpha * temperature**2 * kl
    assert trainer.train_step(frames, labels)[0].item() == pytest.approx(expected.item(), rel=1e-4)


def test_the_teacher_is_not_trained(fewer: Splits) -> None:
    teacher = build_model("mnist_cnn_bn").train()
    before = weights(teacher)
    finish(train(small(teacher="given"), *fewer, teacher=teacher))
    assert torch.equal(weights(teacher), before)


def test_the_weight_of_the_distillation_loss(fewer: Splits) -> None:
    teacher = load_weights(weights_path("mnist_cnn"))[0]
    training, validation = fewer
    wrong = Split(training.images, (training.labels + 1) % 10)

    def taught(alpha: float, split: Split) -> Tensor:
        config = small(teacher="mnist_cnn", distill_alpha=alpha)
        return weights(finish(train(config, split, validation, teacher=teacher)).model)

    alone = weights(finish(train(small(), training, validation)).model)
    assert torch.equal(taught(0.0, training), alone)
    assert torch.equal(taught(1.0, training), taught(1.0, wrong))
    assert not torch.equal(taught(0.5, training), taught(0.5, wrong))


def test_distillation_alone_teaches_the_classes(few: Splits) -> None:
    teacher = load_weights(weights_path("mnist_cnn"))[0]
    unlabelled = Split(few[0].images, torch.zeros_like(few[0].labels))
    config = small(epochs=6, teacher="mnist_cnn", distill_alpha=1.0)
    student = finish(train(config, unlabelled, few[1], teacher=teacher))
    assert student.validation_accuracy > 0.7  # all labels were zero


@pytest.mark.parametrize("model", ["mnist_cnn_fixed", "mnist_cnn_bn"])
def test_frozen_parts_stay_and_the_rest_moves(fewer: Splits, model: str) -> None:
    source = build_model(model)
    config = small(model=model, init_weights="given", freeze=["conv1"], epochs=2, ema_decay=0.5)
    trained = finish(train(config, *fewer, initial=source.state_dict())).model
    for name, before in source.state_dict().items():
        after = trained.state_dict()[name]
        if name.startswith("trunk.conv1."):
            assert torch.equal(before, after), name
        elif before.is_floating_point():
            assert not torch.equal(before, after), name


def test_transferred_weights_need_fewer_epochs(few: Splits) -> None:
    source, _ = load_weights(weights_path("mnist_cnn"))
    config = small(model="mnist_cnn_fixed", epochs=2)
    start = config.with_changes(init_weights="mnist_cnn", freeze=["conv1", "conv2"])
    moved = finish(train(start, *few, initial=source.state_dict())).validation_accuracy
    assert moved > finish(train(config, *few)).validation_accuracy + 0.1


@pytest.mark.parametrize(
    ("freeze", "message"),
    [
        (["conv9"], "conv1, pool1"),
        (["trunk", "head"], "no trainable parameters"),
        ([""], "choose from"),
    ],
)
def test_parts_that_cannot_be_frozen(few: Splits, freeze: list[str], message: str) -> None:
    config = small(init_weights="given", freeze=freeze)
    with pytest.raises(MnistCoreError, match=message):
        Trainer(config, *few, initial=build_model("mnist_cnn").state_dict())


def test_weights_that_do_not_fit_or_are_missing(few: Splits) -> None:
    config = small(init_weights="given")
    with pytest.raises(MnistCoreError, match="no tensor matches"):
        Trainer(config, *few, initial={"other": torch.zeros(3)})
    with pytest.raises(MnistCoreError, match="init_weights is 'given'"):
        Trainer(config, *few)
    with pytest.raises(MnistCoreError, match="teacher is none: name them there"):
        Trainer(small(), *few, teacher=build_model("mnist_cnn"))
