"""Images, predictions, kernels and feature maps."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from plotly.colors import hex_to_rgb

from mnist_core import MnistCoreError, figures
from mnist_core.figures import BLUE, INK, VERMILLION

FRAMES = torch.rand(7, 28, 28, generator=torch.Generator().manual_seed(0))


def test_image_grid() -> None:
    figure = figures.image_grid(FRAMES, list("abcdefg"), columns=3)
    assert [note.text for note in figure.layout.annotations] == list("abcdefg")
    sheet = figure.data[0].z
    for note, frame in zip(figure.layout.annotations, FRAMES, strict=True):
        # each below its caption
        left, top = round(note.x - 13.5), round(note.y + 1)
        np.testing.assert_array_equal(sheet[top : top + 28, left : left + 28], frame.numpy())
    with pytest.raises(MnistCoreError, match="2 captions for 7 images"):
        figures.image_grid(FRAMES, ["a", "b"])
    with pytest.raises(MnistCoreError, match="are \\(N, H, W\\)"):
        figures.image_grid(FRAMES[:, None], list("abcdefg"))


def test_a_prediction_next_to_its_input() -> None:
    probabilities = np.linspace(0, 0.2, 10)
    image, bars = figures.prediction_chart(FRAMES[0], probabilities, 9).data
    np.testing.assert_array_equal(image.z, FRAMES[0].numpy())
    assert list(bars.y) == list(probabilities)
    assert bars.marker.color[9] == VERMILLION
    assert set(bars.marker.color[:9]) == {INK}
    with pytest.raises(MnistCoreError, match="a frame is"):
        figures.prediction_chart(FRAMES, probabilities, 9)


def test_attribution_over_the_digit_in_two_colours() -> None:
    signed, probabilities = np.zeros((28, 28)), np.linspace(0, 0.2, 10)
    signed[3, :15], signed[4, 7] = 2.0, -1.0
    figure = figures.explained_prediction(FRAMES[0], signed, probabilities, 4, 9)
    digit, below, overlay, bars = figure.data
    for image in (digit, below):
        np.testing.assert_array_equal(image.z, FRAMES[0].numpy())
    np.testing.assert_array_equal(overlay.z, signed)
    assert -overlay.zmin == overlay.zmax == 2
    colours = [colour for _, colour in overlay.colorscale]
    negative, positive = (f"rgba{hex_to_rgb(c)}".replace(" ", "") for c in (BLUE, VERMILLION))
    assert (colours[0], colours[-1]) == (negative[:-1] + ",1)", positive[:-1] + ",1)")
    assert all(colour.endswith(",0)") for colour in colours[1:-1])  # transparent at zero
    assert (bars.marker.color[4], bars.marker.color[9]) == (BLUE, VERMILLION)
    flat = figures.explained_prediction(FRAMES[0], np.zeros((28, 28)), probabilities, 4, 9)
    assert flat.data[2].zmax > 0
    with pytest.raises(MnistCoreError, match="one shape"):
        figures.explained_prediction(FRAMES[0], signed[:5], probabilities, 4, 9)


def test_feature_maps() -> None:
    maps = torch.rand(10, 12, 12)
    (sheet,) = figures.feature_maps(maps).data
    for channel in range(len(maps)):
        shown = sheet.z[(sheet.customdata == channel) & ~np.isnan(sheet.z)]
        np.testing.assert_array_equal(shown, maps[channel].numpy().ravel())


def test_kernels_with_one_input_channel_and_with_many() -> None:
    first, second = torch.randn(10, 1, 5, 5), torch.randn(20, 10, 5, 5)
    (sheet,) = figures.kernels(first).data
    assert np.count_nonzero(~np.isnan(sheet.z)) == first.numel()
    assert sheet.zmax == -sheet.zmin == pytest.approx(first.abs().max().item())
    (sheet,) = figures.kernels(second).data
    owner = sheet.customdata
    shown = sheet.z[(owner[..., 0] == 7) & (owner[..., 1] == 3)]
    np.testing.assert_array_equal(shown, second[7, 3].numpy().ravel())


def test_given_colour_scales() -> None:
    (sheet,) = figures.kernels(torch.randn(3, 1, 5, 5), extent=5).data
    assert (sheet.zmin, sheet.zmax) == (-5, 5)
    (sheet,) = figures.feature_maps(np.ones((3, 4, 4)), highest=7).data
    assert (sheet.zmin, sheet.zmax) == (0, 7)
    (sheet,) = figures.feature_maps(np.ones((3, 4, 4))).data
    assert (sheet.zmin, sheet.zmax) == (None, None)


def test_maps_and_kernels_of_other_shapes() -> None:
    for shape in ((3, 3), (0, 3, 3), (2, 2, 2, 2, 2)):
        for draw in (figures.feature_maps, figures.kernels):
            with pytest.raises(MnistCoreError, match="are \\("):
                draw(np.zeros(shape))
