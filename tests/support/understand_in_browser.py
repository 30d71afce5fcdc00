"""What the page Understand shows of a run that is open in the browser."""

from __future__ import annotations

import hashlib
import math

from playwright.sync_api import expect

from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.evaluation.scorecard.results import Measurement, Row, Scorecard
from mnist_core.runs.run import Run
from mnist_core.runs.run_scorecard import RunScorecard
from mnist_core.utils.json_files import write_json
from support.board_page import BoardPage


def write_scorecard(run: Run) -> None:
    """Leave the file of a measurement on pen strokes."""
    measured = Measurement(value=0.968, low=0.95, high=0.98, count=500, correct=484)
    row = Row(key="unipen", title="UNIPEN digits, by strokes", measured={run.id: measured})
    weights = hashlib.sha256(run.weights_path.read_bytes()).hexdigest()
    card = Scorecard(models=(), rows=(row,), pictures=0, seed=0)
    write_json(run.folder / "scorecard.json", RunScorecard(weights=weights, card=card))


def expect_mistakes_of_a_cell(
    board: BoardPage, evaluation: Evaluation, true: int, predicted: int
) -> None:
    """All misclassified images are shown, then those of a digit, a cell, and a certainty."""
    board.page.get_by_role("radio", name="Mistakes").click()
    gallery = board.page.get_by_role("figure", name="Misclassified images")
    images = gallery.locator(".annotation-text")
    mistakes = evaluation.misclassified
    expect(images).to_have_count(len(mistakes))
    _choose(board, "True digit", true)
    mistakes = [one for one in mistakes if one.label == true]
    expect(images).to_have_count(len(mistakes))
    _choose(board, "Predicted digit", predicted)
    mistakes = [one for one in mistakes if one.predicted == predicted]
    expect(images).to_have_count(len(mistakes))
    board.settle()
    confidence = [max(one.probabilities) for one in mistakes]
    tens = math.ceil(10 * min(confidence))
    highest = board.page.get_by_role("slider", name="end")
    for _ in range(tens, 10):
        highest.press("PageDown")
    expect(highest).to_have_value(str(10 * tens))
    mistakes = [one for one in mistakes if max(one.probabilities) <= tens / 10]
    expect(images).to_have_count(len(mistakes))
    count = f"{len(mistakes)} of {len(evaluation.misclassified)} misclassified images"
    expect(board.page.get_by_text(count)).to_be_visible()


def _choose(board: BoardPage, label: str, digit: int) -> None:
    """Add a digit to a filter, and close its list."""
    board.page.get_by_role("combobox", name=label).click()
    board.page.get_by_role("option", name=str(digit), exact=True).click()
    board.page.keyboard.press("Escape")


def expect_pairs_as_many_as_there_are(board: BoardPage, evaluation: Evaluation) -> None:
    """The chart of the most confused pairs has a row for each; its title gives no other number."""
    board.page.get_by_role("radio", name="Pairs").click()
    pairs = {(pair.first, pair.second) for pair in evaluation.most_confused}
    pairs |= {(4, 9), (3, 8), (1, 7)}
    chart = board.page.get_by_role("figure", name="The most confused pairs, in both directions")
    expect(chart.locator(".ytick")).to_have_count(len(pairs))
    heading = board.page.get_by_role("heading", name="most confused pairs")
    expect(heading).to_have_text("The most confused pairs")


def expect_scores_with_intervals(board: BoardPage, evaluation: Evaluation) -> None:
    """MNIST's accuracy and that of pen strokes, each with its interval; calibration in words."""
    board.page.get_by_role("radio", name="Report").click()
    correct = evaluation.images - len(evaluation.misclassified)
    low, high = wilson_interval(correct, evaluation.images)
    calibration = evaluation.calibration
    for text in (
        f"95% confidence interval of the accuracy: {low:.2%} to {high:.2%}",
        f"Expected calibration error (ECE): {calibration.ece:.2%}",
        f"Temperature scaling by 3.00 raises the ECE to {calibration.scaled_ece:.2%}.",
    ):
        expect(board.page.get_by_text(text, exact=False).first).to_be_visible()
    expect(board.page.get_by_role("heading", name="handwriting")).to_be_visible()
    rows = board.page.get_by_test_id("stTable").locator("tr")
    expect(rows.filter(has_text="MNIST, held-out")).to_contain_text(f"{low:.2%} – {high:.2%}")
    strokes = rows.filter(has_text="UNIPEN digits, by strokes")
    for text in ("96.80%", "95.00% – 98.00%", "500"):
        expect(strokes).to_contain_text(text)
