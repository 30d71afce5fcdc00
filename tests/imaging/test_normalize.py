from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter
from support.drawings import Drawing, one, paint, pencil_photo, seven, zero
from torch import Tensor

from mnist_core import Classifier, Prediction
from mnist_core.imaging.images import to_grey
from mnist_core.imaging.normalize import (
    centre_of_mass,
    fit_canvas,
    fit_frame,
    ink_box,
    is_dot,
    set_thickness,
)
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.imaging.segment import find_ink
from mnist_core.inference.pipeline import InferencePipeline
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights

Digits = list[tuple[int, Drawing]]

numbers = st.integers(0, 39)


@pytest.fixture(scope="module")
def pictures(clear_digits: Digits) -> list[tuple[int, Image.Image]]:
    """The clear drawings as pictures of the pad."""
    return [(label, paint(strokes)) for label, strokes in clear_digits]


def frames_of(ink: Tensor) -> Tensor:
    return fit_frame(set_thickness(fit_canvas(ink)))


def read(classifier: Classifier, pictures: list[Image.Image]) -> list[int | None]:
    return [prediction.digit for prediction in classifier.classify_many(pictures)]


def labels(digits: list[tuple[int, object]]) -> list[int]:
    return [label for label, _ in digits]


def agreement(got: list[int | None], expected: list[int]) -> float:
    return float(np.mean([a == b for a, b in zip(got, expected, strict=True)]))


# --- place, size and pen ---------------------------------------------------------------------


@given(number=numbers, x=st.floats(-1e4, 1e4), y=st.floats(-1e4, 1e4), scale=st.floats(0.01, 100))
def test_position_and_scale_of_strokes_do_not_matter(
    classifier: Classifier,
    clear_digits: Digits,
    number: int,
    x: float,
    y: float,
    scale: float,
) -> None:
    label, strokes = clear_digits[number]
    moved = classifier.classify_strokes([stroke * scale + (x, y) for stroke in strokes])
    assert moved.digit == label
    assert np.allclose(
        moved.probabilities, classifier.classify_strokes(strokes).probabilities, atol=0.02
    )


@given(number=numbers, right=st.floats(0, 1), down=st.floats(0, 1), scale=st.floats(0.12, 1))
def test_position_and_scale_in_a_picture_do_not_matter(
    classifier: Classifier,
    clear_digits: Digits,
    number: int,
    right: float,
    down: float,
    scale: float,
) -> None:
    label, strokes = clear_digits[number]
    points = np.concatenate(strokes)
    low, size = points.min(0), np.ptp(points, 0)
    pen = max(2.0, 0.09 * float(size.max()) * scale)
    room = 440 - size * scale - 2 * pen
    place = pen + room.clip(min=0) * (right, down)
    moved = [(stroke - low) * scale + place for stroke in strokes]
    assert classifier.classify(paint(moved, pen, (440, 440), 1.0)).digit == label


@pytest.mark.parametrize("pen", [12, 20, 28])
def test_predictions_for_any_pen(classifier: Classifier, clear_digits: Digits, pen: int) -> None:
    some = clear_digits[::2]
    got = read(classifier, [paint(strokes, pen) for _, strokes in some])
    assert agreement(got, labels(some)) >= 0.95


# --- the frame -------------------------------------------------------------------------------


@given(number=numbers, pen=st.sampled_from([12, 20, 28]))
def test_frames_look_like_those_of_mnist(
    classifier: Classifier, clear_digits: Digits, number: int, pen: int
) -> None:
    strokes = clear_digits[number][1]
    for prediction in (
        classifier.classify_strokes(strokes),
        classifier.classify(paint(strokes, pen)),
    ):
        frame = torch.from_numpy(prediction.frame)[None, None]
        assert frame.min() >= 0
        assert 0.8 < frame.max() <= 1
        assert 18.5 <= ink_box(frame)[1].max() <= 20.5
        assert torch.allclose(centre_of_mass(frame), torch.tensor([14.5, 14.5]), atol=0.3)
        assert frame[..., :1].max() < 0.5


def test_a_frame_of_mnist_is_fitted_to_itself(train_validation: tuple) -> None:
    frames = train_validation[1].images[:200]
    assert (frames_of(frames) - frames).abs().mean() < 0.05
    centres = centre_of_mass(frames).mean(0)
    assert torch.allclose(centres, torch.tensor([14.5, 14.5]), atol=0.1)


# --- paper and light ---------------------------------------------------------------------------


def test_dark_on_light_equals_light_on_dark(
    classifier: Classifier, pictures: list[tuple[int, Image.Image]]
) -> None:
    for _, picture in pictures[::4]:
        light = classifier.classify(picture)
        dark = classifier.classify(picture.point(lambda grey: 255 - grey))
        assert light.digit == dark.digit
        assert np.allclose(light.frame, dark.frame, atol=0.02)


@pytest.mark.parametrize("ink", [0, 255], ids=["black ink", "white ink"])
def test_transparent_paper(
    classifier: Classifier, pictures: list[tuple[int, Image.Image]], ink: int
) -> None:
    transparent = []
    for _, picture in pictures[::4]:
        plain = Image.new("L", picture.size, ink)
        transparent.append(Image.merge("RGBA", [plain, plain, plain, picture]))
    assert read(classifier, transparent) == labels(pictures[::4])


@pytest.mark.parametrize(
    ("paper", "ink"), [(30, 90), (200, 140), (255, 200), (90, 255)], ids=lambda grey: str(grey)
)
def test_faint_ink(
    classifier: Classifier, pictures: list[tuple[int, Image.Image]], paper: int, ink: int
) -> None:
    some = pictures[::4]
    faint = [p.point(lambda grey: paper + (ink - paper) * grey // 255) for _, p in some]
    assert agreement(read(classifier, faint), labels(some)) >= 0.95


def test_pencil_photos(classifier: Classifier, clear_digits: Digits) -> None:
    some = clear_digits[::4]
    photos = [pencil_photo(strokes, seed) for seed, (_, strokes) in enumerate(some)]
    assert agreement(read(classifier, photos), labels(some)) >= 0.9


def test_blurred_and_noisy_pictures(
    classifier: Classifier, pictures: list[tuple[int, Image.Image]]
) -> None:
    random = np.random.default_rng(0)
    noisy = []
    for _, picture in pictures:
        blurred = np.asarray(picture.filter(ImageFilter.GaussianBlur(2)), np.float32)
        grey = 40 + 0.7 * blurred + random.normal(0, 8, blurred.shape)
        noisy.append(grey.clip(0, 255).astype(np.uint8))
    assert agreement(read(classifier, noisy), labels(pictures)) >= 0.95


def cropped(picture: Image.Image, margin: float) -> Image.Image:
    """Return the drawing with a margin around its box, given in parts of the longest side."""
    left, top, right, bottom = picture.getbbox()
    width, height = right - left, bottom - top
    wide = round(margin * max(width, height))
    paper = Image.new("L", (width + 2 * wide, height + 2 * wide))
    paper.paste(picture.crop((left, top, right, bottom)), (wide, wide))
    return paper


@pytest.mark.parametrize(
    ("pen", "margin", "share"), [(12, 0.05, 0.95), (12, 0.3, 0.97), (28, 0.1, 0.8), (28, 0.3, 0.9)]
)
def test_close_crops(
    classifier: Classifier, clear_digits: Digits, pen: int, margin: float, share: float
) -> None:
    """Ink that fills the picture is still ink, and the holes in it are still paper."""
    some = clear_digits[::4]
    crops = [cropped(paint(strokes, pen), margin) for _, strokes in some]
    dark = [crop.point(lambda grey: 255 - grey) for crop in crops]
    assert agreement(read(classifier, crops), labels(some)) >= share
    assert agreement(read(classifier, dark), labels(some)) >= share


# --- kinds and sizes of pictures ---------------------------------------------------------------

KINDS: dict[str, Callable[[Image.Image], Image.Image | np.ndarray]] = {
    "RGB": lambda p: p.convert("RGB"),
    "RGBA": lambda p: p.convert("RGBA"),
    "LA": lambda p: p.convert("LA"),
    "1": lambda p: p.point(lambda grey: 255 * (grey > 127)).convert("1"),
    "(H, W)": np.asarray,
    "(H, W, 1)": lambda p: np.asarray(p)[:, :, None],
    "(H, W, 3)": lambda p: np.asarray(p.convert("RGB")),
    "(H, W, 4)": lambda p: np.asarray(p.convert("RGBA")),
    "bool": lambda p: np.asarray(p) > 127,
    "uint16": lambda p: np.asarray(p).astype(np.uint16) * 257,
    "uint16 RGB": lambda p: np.asarray(p.convert("RGB")).astype(np.uint16) * 257,
    "float16": lambda p: (np.asarray(p) / 255).astype(np.float16),
    "float32": lambda p: (np.asarray(p) / 255).astype(np.float32),
    "float64": lambda p: np.asarray(p) / 255,
    "float RGB": lambda p: np.asarray(p.convert("RGB")) / 255,
    "not contiguous": lambda p: np.asarray(p.transpose(Image.Transpose.TRANSPOSE)).T,
    "read only": lambda p: np.frombuffer(p.tobytes(), np.uint8).reshape(p.size[::-1]),
    "tensor": lambda p: torch.from_numpy(np.array(p)),
}


@pytest.fixture(scope="module")
def plain(classifier: Classifier, pictures: list[tuple[int, Image.Image]]) -> list[Prediction]:
    """Of some pictures as they are."""
    return [classifier.classify(picture) for _, picture in pictures[::10]]


@pytest.mark.parametrize("kind", list(KINDS))
def test_kinds_of_pictures_give_the_same_digit(
    classifier: Classifier,
    pictures: list[tuple[int, Image.Image]],
    plain: list[Prediction],
    kind: str,
) -> None:
    for (label, picture), expected in zip(pictures[::10], plain, strict=True):
        prediction = classifier.classify(KINDS[kind](picture))
        assert prediction.digit == label
        assert np.abs(prediction.frame - expected.frame).mean() < 0.03


@pytest.mark.parametrize("size", [(8, 8), (10, 13), (28, 28), (64, 40), (1000, 700), (4000, 4000)])
def test_sizes(classifier: Classifier, size: tuple[int, int]) -> None:
    side = min(size)
    digits = {}
    for digit, drawing in ((0, zero()), (1, one())):
        picture = paint(drawing, pen=max(1.0, 0.08 * side), size=(side, side), scale=side / 500)
        paper = Image.new("L", size)
        paper.paste(picture, ((size[0] - side) // 2, (size[1] - side) // 2))
        digits[digit] = classifier.classify(paper).digit
    assert digits == {0: 0, 1: 1}


@settings(max_examples=15)
@given(width=st.integers(8, 4000), height=st.sampled_from([8, 9, 15, 33, 100]), turn=st.booleans())
def test_extreme_aspect_ratios(classifier: Classifier, width: int, height: int, turn: bool) -> None:
    picture = np.zeros((height, width), np.uint8)
    picture[2:-2, width // 3 : width // 2] = 255
    prediction = classifier.classify(picture.T if turn else picture)
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert np.isfinite(prediction.frame).all()


# --- blank -------------------------------------------------------------------------------------


def test_digits_are_not_blank(
    classifier: Classifier, pictures: list[tuple[int, Image.Image]]
) -> None:
    predictions = classifier.classify_many([picture for _, picture in pictures])
    assert not any(prediction.is_blank for prediction in predictions)
    assert not is_dot(draw_strokes([one(), zero(), seven()])).any()


# --- the same pipeline for one and for many -----------------------------


def test_batches_give_the_same_as_single_canvases(clear_digits: Digits) -> None:
    canvases = draw_strokes([strokes for _, strokes in clear_digits])
    canvases[3] = 0  # a blank one among them must not disturb the others
    grey = torch.cat([to_grey(paint(strokes)) for _, strokes in clear_digits[:8]])
    pipeline = InferencePipeline(load_weights(weights_path())[0].eval())
    together, frames = pipeline(canvases), frames_of(find_ink(grey))
    for i in range(len(canvases)):
        alone = pipeline(canvases[i : i + 1])
        assert torch.allclose(alone.probabilities[0], together.probabilities[i], atol=1e-5)
        assert torch.allclose(alone.frame[0], together.frame[i], atol=1e-5)
        assert alone.blank[0] == together.blank[i]
    for i in range(len(grey)):
        assert torch.allclose(frames_of(find_ink(grey[i : i + 1]))[0], frames[i], atol=1e-5)
