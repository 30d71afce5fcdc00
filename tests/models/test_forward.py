"""Logits in batches."""

from __future__ import annotations

import torch

from mnist_core.data.mnist import normalise
from mnist_core.models.architectures import build_model
from mnist_core.models.forward import predict_logits


def test_logits_are_computed_in_eval_mode() -> None:
    torch.manual_seed(0)
    model = build_model("mnist_cnn_bn").train()
    images = torch.rand(5, 1, 28, 28)
    logits = predict_logits(model, images)
    assert (logits.shape, logits.dtype) == ((5, 10), torch.float32)
    with torch.no_grad():
        assert torch.allclose(model.eval()(normalise(images)), logits, atol=1e-6)


def test_the_mode_of_each_module_is_restored() -> None:
    model = build_model("mnist_cnn_bn").train()
    model.trunk.conv1.eval()  # frozen
    predict_logits(model, torch.rand(1, 1, 28, 28))
    assert model.training
    assert model.trunk.conv2.training
    assert not model.trunk.conv1[1].training


def test_it_stops_between_batches() -> None:
    calls = iter([False, True])
    images = torch.rand(2500, 1, 28, 28)
    model = build_model("mnist_cnn")
    assert predict_logits(model, images, should_stop=lambda: next(calls)) is None
    assert next(calls, None) is None
    assert model.training
    assert len(predict_logits(model, images, should_stop=lambda: False)) == 2500
