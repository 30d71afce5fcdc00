"""What a network answers to every image of a split."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split
from mnist_core.evaluation.predictions import Answers, answer, explain, images_of
from mnist_core.evaluation.scores import evaluate
from mnist_core.models.architectures import DigitNet
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights


@pytest.fixture(scope="module")
def network() -> DigitNet:
    return load_weights(weights_path("mnist_cnn"))[0]


@pytest.fixture(scope="module")
def answers(network: DigitNet, train_validation: tuple[Split, Split]) -> Answers:
    return answer(network, train_validation[1])


def test_every_image_lies_in_its_cell_the_most_confident_first(answers: Answers) -> None:
    found = []
    for true in range(10):
        for read in range(10):
            cell = answers.cell(true, read)
            assert len(cell) == answers.evaluation.confusion[true][read]
            sure = [answers.confidence(index) for index in cell]
            assert sure == sorted(sure, reverse=True)
            for index in cell:
                assert (answers.label(index), answers.predicted[index]) == (true, read)
                assert answers.confidence(index) == answers.probabilities[index].max()
            found += cell
    assert sorted(found) == list(range(len(answers))) == list(range(5000))


def test_its_evaluation_is_that_of_the_network(network: DigitNet, answers: Answers) -> None:
    assert answers.evaluation == evaluate(network, answers.split)


def test_images_of_a_digit(answers: Answers) -> None:
    parts = [images_of(answers.split, digit) for digit in range(10)]
    assert sorted(index for part in parts for index in part) == list(range(5000))
    assert (answers.split.labels[parts[3]] == 3).all()
    frames = answers.frames(parts[3][:2])
    assert torch.equal(frames, answers.split.images[parts[3][:2], 0])


def test_explanations(network: DigitNet, answers: Answers) -> None:
    wrong = answers.evaluation.misclassified[0].index
    right = answers.cell(0, 0)[0]
    maps = explain(network, answers, [wrong, right])
    assert maps.shape == (2, 28, 28)
    assert np.abs(maps[0]).max() > 0
    assert not maps[1].any()
    assert explain(network, answers, []).shape == (0, 28, 28)


def test_no_images(network: DigitNet, answers: Answers) -> None:
    empty = Split(answers.split.images[:0], answers.split.labels[:0])
    with pytest.raises(MnistCoreError, match="no images"):
        answer(network, empty)
