"""The page of every error behind a scorecard."""

from __future__ import annotations

import re

import numpy as np

from mnist_core.evaluation.scorecard.intervals import proportion
from mnist_core.evaluation.scorecard.results import Misclassified, ModelSummary, Row, Scorecard
from mnist_core.reports.errors_html import errors_report


def error(true: str, predicted: str, confidence: float, *, row: str = "digits") -> Misclassified:
    probabilities = np.full(10, (1 - confidence) / 9, np.float32)
    probabilities[int(predicted) if predicted.isdigit() else 0] = confidence
    frame = np.full((28, 28), 40, np.uint8)
    return Misclassified("<model>", row, 17, true, predicted, probabilities, frame)


def page(*errors: Misclassified) -> str:
    measured = {"<model>": proportion(np.arange(10) < 8)}
    card = Scorecard(
        models=(ModelSummary(name="<model>", architecture="x"),),
        rows=(Row(key="digits", title="digits", measured=measured), Row(key="b", title="letters")),
        pictures=5,
        seed=0,
    )
    return errors_report(card, errors)


def test_errors_are_grouped_by_row_and_kind() -> None:
    text = page(
        error("0", "8", 0.6),
        error("7", "1", 0.9),
        error("0", "8", 0.95),
        error("A", "4", 0.5, row="letters"),
    )
    kinds = re.findall(r'<b class="correct">(.)</b> → <b class="wrong">(.)</b> <span>(\d)', text)
    # the most frequent first
    assert kinds == [("0", "8", "2"), ("7", "1", "1"), ("A", "4", "1")]
    first = text.split("<figure")[1]
    assert "8: 95.0%" in first  # the most confident first
    assert text.count("<figure") == text.count("data:image/png;base64,") == 4
    assert "80.00% (49.02 to 94.33%)" in text


def test_the_page_is_self_contained_and_escapes_names() -> None:
    text = page(error("0", "8", 0.6))
    assert "<model>" not in text
    assert "&lt;model&gt;" in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!data:|#)', text)
    assert "default-src 'none'" in text


def test_a_row_of_digits_has_a_wide_picture_and_no_bars() -> None:
    row = Misclassified(
        "<model>", "digits", 0, "42", "4?", np.zeros(0, np.float32), np.zeros((28, 70), np.uint8)
    )
    text = page(row)
    assert 'width="70" height="28"' in text
    assert 'class="bar' not in text


def test_no_errors() -> None:
    text = page()
    assert "0 errors" in text
    assert "<figure" not in text
