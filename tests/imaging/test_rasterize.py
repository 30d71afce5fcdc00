from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.drawings import Drawing, one, scribble, seven, zero

from mnist_core import Classifier, MnistCoreError
from mnist_core.imaging.normalize import ink_box, stroke_width
from mnist_core.imaging.rasterize import INK_BOX, INK_PEN, INK_SIZE, check_strokes, draw_strokes
from mnist_core.imaging.sizes import SCALE

numbers = st.floats(-1e6, 1e6)


def test_canvas() -> None:
    ink = draw_strokes([one(), zero(), seven()])
    assert ink.shape == (3, 1, INK_SIZE, INK_SIZE)
    assert ink.dtype == torch.float32
    assert (ink.min(), ink.max()) == (0, 1)
    greys = ink * 255
    assert torch.allclose(greys, greys.round(), atol=1e-4)


@given(
    number=st.integers(0, 39),
    x=st.floats(-1e4, 1e4),
    y=st.floats(-1e4, 1e4),
    scale=st.floats(1e-3, 1e3),
)
def test_place_and_size_do_not_matter(
    clear_digits: list[tuple[int, Drawing]], number: int, x: float, y: float, scale: float
) -> None:
    _, strokes = clear_digits[number]
    moved = [stroke * scale + (x, y) for stroke in strokes]
    assert torch.allclose(draw_strokes([strokes]), draw_strokes([moved]), atol=1.01 / 255)


@pytest.mark.parametrize("drawing", [one(), zero(), seven()], ids=["one", "zero", "seven"])
def test_drawing_is_centred_and_fills_its_box(drawing: Drawing) -> None:
    centre, sides = ink_box(draw_strokes([drawing]))
    assert torch.allclose(centre, torch.tensor([[INK_SIZE / 2, INK_SIZE / 2]]), atol=0.1)
    assert sides.max().item() == pytest.approx(INK_BOX, abs=0.3)


@pytest.mark.parametrize("scale", [0.01, 1, 100])
def test_pen_has_the_same_width_for_any_scale(scale: float) -> None:
    ink = draw_strokes([[one()[0] * scale]])
    assert ink[0, 0, INK_SIZE // 2].sum().item() == pytest.approx(INK_PEN, abs=0.1)
    zeros = draw_strokes([[zero()[0] * scale]])
    assert stroke_width(zeros).item() == pytest.approx(INK_PEN, rel=0.1)


@pytest.mark.parametrize("pen", [1.6, 2.4, 3.2])
def test_pen_width_is_in_pixels_of_the_frame(pen: float) -> None:
    ink = draw_strokes([one(), zero()], pen)
    assert ink[0, 0, INK_SIZE // 2].sum().item() == pytest.approx(SCALE * pen, abs=0.1)
    assert stroke_width(ink[1:]).item() == pytest.approx(SCALE * pen, rel=0.1)
    # pen included, each drawing fills the box
    assert ink_box(ink)[1].amax(1).tolist() == pytest.approx([INK_BOX] * 2, abs=0.3)


def test_each_drawing_can_have_its_own_pen() -> None:
    pens = np.array([1.6, 3.2, 2.0])
    drawings = [one(), zero(), seven()]
    each = torch.cat([draw_strokes([d], pen) for d, pen in zip(drawings, pens, strict=True)])
    assert torch.equal(draw_strokes(drawings, pens), each)


@pytest.mark.parametrize("pen", [1.6, 3.2])
def test_coverage_is_the_distance_to_the_nearest_segment(pen: float) -> None:
    drawing = [*scribble(), *zero(), np.array([[20.0, 30.0]])]
    points = np.concatenate(drawing)
    low, high = points.min(0), points.max(0)
    scale = (INK_BOX - SCALE * pen) / (high - low).max()
    nearest = np.full((INK_SIZE, INK_SIZE), np.inf)
    y, x = np.mgrid[:INK_SIZE, :INK_SIZE] + 0.5
    for stroke in drawing:
        placed = (stroke - (low + high) / 2) * scale + INK_SIZE / 2
        for (ax, ay), (bx, by) in itertools.pairwise(placed):
            along = max((bx - ax) ** 2 + (by - ay) ** 2, 1e-12)
            t = (((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / along).clip(0, 1)
            nearest = np.minimum(nearest, np.hypot(x - ax - t * (bx - ax), y - ay - t * (by - ay)))
        if len(placed) == 1:
            nearest = np.minimum(nearest, np.hypot(x - placed[0, 0], y - placed[0, 1]))
    expected = (0.5 + SCALE * pen / 2 - nearest).clip(0, 1)
    assert np.abs(draw_strokes([drawing], pen)[0, 0].numpy() - expected).max() <= 0.51 / 255


def test_order_and_direction_of_strokes_do_not_matter(
    clear_digits: list[tuple[int, Drawing]],
) -> None:
    for _, strokes in clear_digits:
        turned = [stroke[::-1] for stroke in reversed(strokes)]
        assert torch.allclose(draw_strokes([strokes]), draw_strokes([turned]), atol=1.01 / 255)


def test_drawings_of_a_batch_are_independent(clear_digits: list[tuple[int, Drawing]]) -> None:
    drawings = [strokes for _, strokes in clear_digits]
    alone = torch.cat([draw_strokes([strokes]) for strokes in drawings])
    assert torch.equal(draw_strokes(drawings), alone)


def test_long_strokes_are_complete() -> None:
    ends = np.array([[0.0, 0.0], [100.0, 300.0]])
    for count in (65, 77, 20_000):
        line = np.linspace(ends[0], ends[1], count)
        assert torch.allclose(draw_strokes([[line]]), draw_strokes([[ends]]), atol=1.01 / 255)


def test_more_pieces_than_are_visited_at_once() -> None:
    drawings = [scribble(), seven()]
    repeated = [300 * strokes for strokes in drawings]
    assert sum(len(stroke) - 1 for strokes in repeated for stroke in strokes) > 10_000
    assert torch.equal(draw_strokes(repeated), draw_strokes(drawings))


def test_a_stroke_of_one_point_is_a_dot() -> None:
    bar = one()[0]
    dot = bar[:1] + np.array([150, 0])
    with_dot, twice = draw_strokes([[bar, dot], [bar, np.repeat(dot, 2, axis=0)]])
    assert torch.equal(with_dot, twice)
    # as much ink as a disc of the pen's width has
    scale = (INK_BOX - INK_PEN) / 300
    right = with_dot[0, :, round(INK_SIZE / 2 + 75 * scale - INK_PEN) :]
    assert right.sum().item() == pytest.approx(np.pi / 4 * INK_PEN**2, rel=0.1)


@pytest.mark.parametrize(
    "drawing",
    [
        [],
        [[]],
        [np.zeros((0, 2))],
        [np.array([[3.0, 4.0]])],
        [np.array([[3.0, 4.0]] * 5), np.array([[3.0, 4.0]])],
        [np.array([[0.0, 0.0], [1e-320, 0.0]])],
    ],
    ids=["no strokes", "empty list", "empty array", "point", "same point", "no extent"],
)
def test_drawings_without_extent_are_blank(classifier: Classifier, drawing: Drawing) -> None:
    assert draw_strokes([drawing]).sum() == 0
    prediction = classifier.classify_strokes(drawing)
    assert prediction.is_blank
    assert prediction.digit is None


def test_no_drawings() -> None:
    assert draw_strokes([]).shape == (0, 1, INK_SIZE, INK_SIZE)


def test_a_scribble_is_blank(classifier: Classifier) -> None:
    assert classifier.classify_strokes(scribble()).is_blank


@pytest.mark.parametrize(
    ("strokes", "message"),
    [
        ("scribble", "got str"),
        (b"scribble", "got bytes"),
        (None, "got NoneType"),
        (7, "got int"),
        ({"x": 1}, "got dict"),
        (["ab"], "stroke 0"),
        ([None], "stroke 0"),
        ([[["1", "2"], ["3", "4"]]], "stroke 0"),
        ([[[1j, 2]]], "stroke 0"),
        ([[[1, 2], [3]]], "stroke 0"),
        ([[[1, 2]], [[1, 2], ["a", 3]]], "stroke 1"),
        ([[1, 2]], r"shape \(2,\)"),
        ([np.zeros((4, 3))], r"shape \(4, 3\)"),
        ([np.zeros((2, 4))], r"shape \(2, 4\)"),
        ([np.zeros((1, 2, 2))], r"shape \(1, 2, 2\)"),
        ([[[1, 2]], [[1, float("nan")]]], "stroke 1 contains NaN"),
        ([[[float("inf"), 2]]], "stroke 0 contains NaN or infinity"),
        ([[[-1e308, 2], [1e308, 2]]], "stroke 0 has positions beyond"),
    ],
)
def test_malformed_strokes_are_refused(
    classifier: Classifier, strokes: object, message: str
) -> None:
    with pytest.raises(MnistCoreError, match=message):
        classifier.classify_strokes(strokes)


@given(drawing=st.lists(st.lists(st.tuples(numbers, numbers), max_size=6), min_size=0, max_size=4))
def test_any_finite_strokes_are_classified(
    classifier: Classifier, drawing: list[list[tuple[float, float]]]
) -> None:
    prediction = classifier.classify_strokes(drawing)
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert (prediction.digit is None) == prediction.is_blank


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.float16, np.float32, np.float64])
def test_numeric_dtypes(dtype: type) -> None:
    plain = seven()[0] // 2
    assert torch.equal(draw_strokes([[plain.astype(dtype)]]), draw_strokes([[plain]]))
    assert torch.equal(draw_strokes([[plain.tolist()]]), draw_strokes([[plain]]))


def test_the_input_is_not_changed() -> None:
    strokes = seven()
    copy = strokes[0].copy()
    check_strokes(strokes)
    draw_strokes([strokes])
    assert np.array_equal(strokes[0], copy)
