"""What is known of a network's layers: parameter counts and receptive fields."""

from __future__ import annotations

import pytest
import torch

from mnist_core.models.architectures import ARCHITECTURES, build_model
from mnist_core.models.layers import count_parameters, receptive_field
from mnist_core.models.shapes import shape_table


@pytest.mark.parametrize("kernel_size", [3, 5])
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_receptive_field_is_where_the_gradient_is(architecture: str, kernel_size: int) -> None:
    torch.manual_seed(0)
    model = build_model(architecture, kernel_size=kernel_size).eval()
    layers = shape_table(model)
    for stage in model.stages:
        frame = torch.rand(1, 1, 28, 28, requires_grad=True)
        _, maps = model.forward_with_maps(frame)
        row, column = maps[stage].shape[2] // 2, maps[stage].shape[3] // 3
        maps[stage][0, :, row, column].sum().backward()
        assert frame.grad is not None
        rows, columns = (axis.tolist() for axis in frame.grad[0, 0].nonzero().unbind(1))
        size, step, start = receptive_field(layers, stage)
        for found, at in ((rows, row), (columns, column)):
            first = start + at * step
            # a unit that is 0 passes no gradient, so the corners may be missing
            assert first <= min(found)
            assert max(found) < first + size
            assert max(found) - min(found) > 0.5 * (min(28, first + size) - max(0, first)) - 1


def test_parameters_are_counted_by_prefix() -> None:
    layers = shape_table(build_model("mnist_cnn"))
    assert count_parameters(layers, "trunk.conv1.") == 260
    assert count_parameters(layers, "head") == 16050 + 510
    assert count_parameters(layers, "") == 21840
