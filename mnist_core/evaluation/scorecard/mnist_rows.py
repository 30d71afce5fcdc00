"""Rows about MNIST: the held-out images, and the test set where it was asked for."""

from collections.abc import Callable, Iterator

from mnist_core.data.mnist import Split
from mnist_core.evaluation.scorecard.context import Context, measured
from mnist_core.evaluation.scorecard.intervals import calibration_error
from mnist_core.evaluation.scorecard.results import Measurement, Row

TEST_SKIPPED = "the test set is scored with --test, once at the end"

VALIDATION = Row(key="mnist-validation", title="MNIST, held-out training images")
VALIDATION_ECE = Row(
    key="ece-mnist-validation",
    title="calibration error (ECE), MNIST's held-out images",
    lower_is_better=True,
)
TEST = Row(
    key="mnist-test",
    title="MNIST test",
    aims={"default": 0.997, "ensemble": 0.998, "student": 0.995},
)
TEST_ECE = Row(
    key="ece-mnist-test",
    title="calibration error (ECE), MNIST test",
    aim=0.003,
    lower_is_better=True,
)
ROWS = (VALIDATION, VALIDATION_ECE, TEST, TEST_ECE)


def mnist_rows(context: Context, wanted: set[str]) -> Iterator[Row]:
    """Measure all of `ROWS`, whichever are wanted: a score comes with its calibration error."""
    yield from _split_rows(context, VALIDATION, VALIDATION_ECE, lambda s: s.mnist_validation)
    if context.test:
        yield from _split_rows(context, TEST, TEST_ECE, lambda s: s.mnist_test)
    else:
        for row in (TEST, TEST_ECE):
            yield row.model_copy(update={"skipped": TEST_SKIPPED})


def _split_rows(
    context: Context, accuracy: Row, ece: Row, choose: Callable[..., Split]
) -> Iterator[Row]:
    errors: dict[str, Measurement] = {}

    def score(row: Row) -> dict[str, Measurement]:
        split = choose(context.sets)
        context.note(row.title)
        labels, result = split.labels.numpy(), {}
        for model in context.models:
            predictions = model.predict_split(split)
            result[model.summary.name] = context.accuracy(model, row, predictions, labels)
            errors[model.summary.name] = calibration_error(
                predictions.probabilities, labels, context.seed
            )
        return result

    scored = measured(accuracy, score)
    yield scored
    yield ece.model_copy(update={"measured": errors, "skipped": scored.skipped})
