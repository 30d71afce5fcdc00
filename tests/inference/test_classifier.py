from __future__ import annotations

import threading

import numpy as np
import pytest
from support.drawings import Drawing, one, paint, scribble, seven, zero

from mnist_core import Classifier, MnistCoreError, Prediction, load_classifier
from mnist_core.data.mnist import Split
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.models.architectures import build_model
from mnist_core.models.registry import weights_path
from mnist_core.models.shapes import count_parameters
from mnist_core.models.weights import load_weights

Digits = list[tuple[int, Drawing]]


@pytest.fixture(scope="module", params=["default", "mnist_cnn"])
def shipped(request: pytest.FixtureRequest) -> Classifier:
    return load_classifier(request.param)


def assert_same(one: Prediction, other: Prediction) -> None:
    assert (one.digit, one.is_blank) == (other.digit, other.is_blank)
    assert np.allclose(one.probabilities, other.probabilities, atol=1e-5)
    assert np.allclose(one.frame, other.frame, atol=1e-5)


def check(prediction: Prediction) -> None:
    assert prediction.probabilities.shape == (10,)
    assert prediction.probabilities.dtype == np.float32
    assert prediction.probabilities.sum() == pytest.approx(1, abs=1e-5)
    assert prediction.probabilities.min() >= 0
    assert prediction.frame.shape == (28, 28)
    assert prediction.frame.dtype == np.float32
    assert type(prediction.is_blank) is bool
    assert type(prediction.confidence) is float
    assert prediction.confidence == pytest.approx(prediction.probabilities.max())
    if not prediction.is_blank:
        assert type(prediction.digit) is int
        assert prediction.digit == prediction.probabilities.argmax()


# --- predictions -------------------------------------------------------------------------------


def test_prediction_fields(shipped: Classifier, clear_digits: Digits) -> None:
    drawings = [strokes for _, strokes in clear_digits[::6]] + [[], scribble()]
    for prediction in shipped.classify_strokes_many(drawings):
        check(prediction)
    for prediction in shipped.classify_many([paint(strokes) for strokes in drawings]):
        check(prediction)


def prediction_of(*probabilities: float, is_blank: bool = False) -> Prediction:
    padded = np.array([*probabilities, *[0.0] * (10 - len(probabilities))], np.float32)
    return Prediction(padded, int(padded.argmax()), padded.max(), np.zeros((28, 28)), is_blank)


@pytest.mark.parametrize(
    ("prediction", "expected"),
    [
        (prediction_of(0.05, 0.4, 0.0, 0.55), (3, 1)),
        (prediction_of(0.66, 0.34), (0, 1)),
        (prediction_of(0.67, 0.33), None),
        (prediction_of(0.99, 0.01), None),
        (prediction_of(*[0.1] * 10, is_blank=True), None),
    ],
)
def test_close_call(prediction: Prediction, expected: tuple[int, int] | None) -> None:
    assert prediction.close_call == expected


def test_a_batch_of_strokes_gives_the_same_as_single_drawings(
    shipped: Classifier, clear_digits: Digits
) -> None:
    drawings = [strokes for _, strokes in clear_digits[::6]] + [[], scribble(), one()]
    for alone, among in zip(drawings, shipped.classify_strokes_many(drawings), strict=True):
        assert_same(shipped.classify_strokes(alone), among)


def test_a_batch_of_pictures_gives_the_same_as_single_pictures(shipped: Classifier) -> None:
    pictures = [
        paint(zero()),
        np.asarray(paint(seven(), pen=10, size=(160, 120), scale=0.2)),
        np.zeros((8, 30), np.uint8),
        paint(one(), pen=60, size=(900, 900), scale=1.8).convert("RGBA"),
    ]
    for alone, among in zip(pictures, shipped.classify_many(pictures), strict=True):
        assert_same(shipped.classify(alone), among)


def test_more_than_one_batch(shipped: Classifier) -> None:
    drawings = [one(), zero(), seven()] * 100
    predictions = [prediction.digit for prediction in shipped.classify_strokes_many(drawings)]
    assert predictions == predictions[:3] * 100


def test_empty_batches(shipped: Classifier) -> None:
    assert shipped.classify_many([]) == []
    assert shipped.classify_strokes_many([]) == []


def test_a_malformed_drawing_among_others_is_an_error(classifier: Classifier) -> None:
    with pytest.raises(MnistCoreError, match="stroke 0"):
        classifier.classify_strokes_many([one(), [np.zeros((3, 3))]])


@pytest.mark.parametrize("several", [None, 3, "seven.png", b"bytes", paint(one())])
def test_what_is_no_list_is_an_error(classifier: Classifier, several: object) -> None:
    kind = type(several).__name__
    with pytest.raises(MnistCoreError, match=f"images must be a list, got {kind}"):
        classifier.classify_many(several)
    with pytest.raises(MnistCoreError, match=f"drawings must be a list, got {kind}"):
        classifier.classify_strokes_many(several)


def test_generators_are_lists(classifier: Classifier) -> None:
    (by_strokes,) = classifier.classify_strokes_many(drawing for drawing in [seven()])
    (by_picture,) = classifier.classify_many(paint(drawing) for drawing in [seven()])
    assert by_strokes.digit == by_picture.digit == 7


def test_threads_share_a_classifier(classifier: Classifier, clear_digits: Digits) -> None:
    drawings = [strokes for _, strokes in clear_digits]
    expected = classifier.classify_strokes_many(drawings)
    read: dict[int, Prediction] = {}

    def work(start: int) -> None:
        for i in range(start, len(drawings), 4):
            read[i] = classifier.classify_strokes(drawings[i])

    threads = [threading.Thread(target=work, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for i, prediction in enumerate(expected):
        assert_same(read[i], prediction)


# --- feature maps and kernels ------------------------------------------------------------------


def test_feature_maps_of_a_picture(shipped: Classifier) -> None:
    result = shipped.classify_with_maps(paint(seven()), shipped.stages)
    assert tuple(result.maps) == shipped.stages
    assert_same(result.prediction, shipped.classify(paint(seven())))
    for layer, maps in result.maps.items():
        assert maps.shape == shipped.stage_shape(layer)
        assert maps.dtype == np.float32
        assert maps.max() > 0
        again = shipped.feature_maps(result.prediction.frame, layer)
        assert np.allclose(again, maps, atol=1e-4)


def test_ink_is_classified_as_its_strokes(shipped: Classifier, clear_digits: Digits) -> None:
    for _, strokes in [*clear_digits[::10], (None, [])]:
        ink = draw_strokes([strokes])[0, 0].numpy()
        expected = shipped.classify_strokes(strokes)
        for given in (ink, ink.astype(np.float64), (ink * 255).round().astype(np.uint8)):
            assert_same(shipped.classify_ink_with_maps(given).prediction, expected)
    assert tuple(shipped.classify_ink_with_maps(ink).maps) == ("conv1",)
    assert shipped.classify_ink_with_maps(ink, layers=[]).maps == {}


def test_first_maps_are_frame_times_kernels() -> None:
    classifier = load_classifier("mnist_cnn")
    frame = classifier.classify_strokes(seven()).frame
    maps, kernels = classifier.feature_maps(frame), classifier.kernels()
    assert kernels.shape == (10, 1, 5, 5)
    bias = load_weights(weights_path("mnist_cnn"))[0].conv1[0].bias.detach().numpy()
    window = (frame[8:13, 10:15] - 0.1307) / 0.3081
    expected = np.maximum((kernels[:, 0] * window).sum((1, 2)) + bias, 0)
    assert np.allclose(maps[:, 8, 10], expected, atol=1e-4)


def test_kernels_are_copies(shipped: Classifier) -> None:
    for stage in shipped.stages:
        kernels = shipped.kernels(stage)
        assert kernels.shape[0] == shipped.stage_shape(stage)[0]
        assert kernels.dtype == np.float32
        kernels[:] = 0
        assert shipped.kernels(stage).any()


def test_the_network_is_described(shipped: Classifier) -> None:
    assert shipped.stages[0] == "conv1"
    assert shipped.card.architecture == shipped.architecture
    expected = count_parameters(build_model(shipped.architecture))
    assert sum(layer.parameters for layer in shipped.shapes) == expected
    channels, side, _ = shipped.stage_shape(shipped.stages[-1])
    pooled = side // 2 if side % 2 == 0 else (side - 1) // 2  # after the last pool
    assert shipped.head_sizes()[0] == channels * pooled**2
    assert shipped.head_sizes()[-1] == 10


# --- errors ------------------------------------------------------------------------------------

INK, FRAME = np.zeros((56, 56), np.float32), np.zeros((28, 28), np.float32)


def holding(array: np.ndarray, value: float) -> np.ndarray:
    array = array.copy()
    array[3, 4] = value
    return array


@pytest.mark.parametrize(
    ("ink", "message"),
    [
        (np.zeros((28, 28)), r"\(28, 28\)"),
        (np.zeros((1, 56, 56)), r"\(1, 56, 56\)"),
        ("ink", r"shape \(\)"),
        (None, r"shape \(\)"),
        (INK.astype(np.int64), "int64"),
        (INK.astype(bool), "bool"),
        (INK.astype(np.uint16), "uint16"),
        (INK.astype(complex), "complex"),
        (holding(INK, 1.01), r"\[0, 1\]"),
        (holding(INK, -0.01), r"\[0, 1\]"),
        (holding(INK, np.nan), "finite"),
        (holding(INK, np.inf), "finite"),
    ],
)
def test_invalid_ink(classifier: Classifier, ink: object, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        classifier.classify_ink_with_maps(ink)


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (INK, r"\(56, 56\)"),
        (FRAME[None], r"\(1, 28, 28\)"),
        ([[0.0], [0.0, 1.0]], "frame cannot be made an array"),
        ([], r"\(0,\)"),
        (FRAME.astype(np.uint8), "uint8"),
        (holding(FRAME, 255.0), r"\[0, 1\]"),
        (holding(FRAME, np.nan), "finite"),
    ],
)
def test_invalid_frames(classifier: Classifier, frame: object, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        classifier.feature_maps(frame)


@pytest.mark.parametrize("layers", ["conv1", None, (stage for stage in ["conv1"])])
def test_layers_are_a_list(classifier: Classifier, layers: object) -> None:
    with pytest.raises(MnistCoreError, match=r"layers is .*; give a list of names, of \('conv1'"):
        classifier.classify_ink_with_maps(INK, layers)


@pytest.mark.parametrize("layer", ["conv9", "pool1", "head", "", None, 0])
def test_unknown_layers(classifier: Classifier, layer: object) -> None:
    for ask in (
        lambda: classifier.feature_maps(FRAME, layer),
        lambda: classifier.kernels(layer),
        lambda: classifier.stage_shape(layer),
        lambda: classifier.classify_ink_with_maps(INK, ["conv1", layer]),
        lambda: classifier.classify_with_maps(paint(one()), [layer]),
    ):
        with pytest.raises(MnistCoreError, match=r"choose from .*conv1") as caught:
            ask()
        assert repr(layer) in str(caught.value)


# --- accuracy ----------------------------------------------------------------------------------


def test_accuracy_on_pen_strokes(classifier: Classifier, pen_digits: Digits) -> None:
    digits = pen_digits[:300]
    predictions = classifier.classify_strokes_many([strokes for _, strokes in digits])
    right = [p.digit == label for p, (label, _) in zip(predictions, digits, strict=True)]
    assert np.mean(right) >= 0.96


def test_accuracy_on_pictures_of_pen_strokes(classifier: Classifier, pen_digits: Digits) -> None:
    digits = pen_digits[:100]
    predictions = classifier.classify_many([paint(strokes) for _, strokes in digits])
    right = [p.digit == label for p, (label, _) in zip(predictions, digits, strict=True)]
    assert np.mean(right) >= 0.94


def test_accuracy_on_mnist_as_pictures(
    classifier: Classifier, train_validation: tuple[Split, Split]
) -> None:
    """With segmentation and normalisation."""
    images, labels = train_validation[1].images[:300], train_validation[1].labels[:300]
    predictions = classifier.classify_many([image[0].numpy() for image in images])
    assert (
        np.mean([p.digit == label for p, label in zip(predictions, labels.tolist(), strict=True)])
        > 0.98
    )
