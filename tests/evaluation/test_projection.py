"""The projection of the hidden layer."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from mnist_core.evaluation.projection import project_hidden
from mnist_core.figures.projection import nearest, projection_scatter
from mnist_core.models.architectures import build_model
from mnist_core.models.forward import normalise


def test_the_points_are_the_principal_components_of_the_hidden_layer() -> None:
    torch.manual_seed(0)
    model, images = build_model("mnist_cnn").eval(), torch.rand(40, 1, 28, 28)
    found = project_hidden(model, images)
    with torch.inference_mode():
        hidden = model.forward_with_activations(normalise(images)).hidden.double().numpy()
    expected = PCA(2, svd_solver="full").fit(hidden)
    assert found.units == hidden.shape[1]
    assert found.explained == pytest.approx(expected.explained_variance_ratio_, rel=1e-6)
    points = expected.transform(hidden)
    np.testing.assert_allclose(np.abs(found.points), np.abs(points), atol=1e-6)


def test_equal_images_are_at_one_point() -> None:
    found = project_hidden(build_model("mnist_cnn").eval(), torch.zeros(3, 1, 28, 28))
    assert found.points == pytest.approx(np.zeros((3, 2)), abs=1e-6)
    assert np.isfinite(found.explained).all()


def test_every_image_is_a_point_and_mistakes_are_crosses() -> None:
    torch.manual_seed(0)
    found = project_hidden(build_model("mnist_cnn").eval(), torch.rand(6, 1, 28, 28))
    true, predicted = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 1, 1, 2, 0])
    figure = projection_scatter(found, true, predicted, selected=1)
    by_symbol = {"circle": 0, "x": 0, "circle-open": 0}
    for line in figure.data:
        by_symbol[line.marker.symbol] += len(line.x)
    assert by_symbol == {"circle": 4, "x": 2, "circle-open": 1}
    images = [
        index for line in figure.data if line.customdata is not None for index in line.customdata
    ]
    assert sorted(images) == list(range(6))
    assert any("image 1: 0 → 1" in line.text for line in figure.data if line.text is not None)
    assert nearest(found, *found.points[4]) == 4
