"""What the measurements of one scorecard share: models, sets, settings, predictions and errors."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scorecard.intervals import proportion
from mnist_core.evaluation.scorecard.recognisers import BLANK, Recogniser, SetPredictions
from mnist_core.evaluation.scorecard.results import Measurement, Misclassified, Row
from mnist_core.evaluation.scorecard.sets import Sets, StrokeSet
from mnist_core.utils.notes import Note, no_note


@dataclass
class Context:
    """One measurement of all models.

    Attributes
    ----------
    models : sequence of Recogniser
    sets : Sets
    pictures : int
        Most drawings of each kind of picture.
    seed : int
    test : bool
        Whether MNIST's test set is scored as well.
    note : callable
        Called with a line of text before each set.
    errors : list of Misclassified
        Filled while measuring.
    """

    models: Sequence[Recogniser]
    sets: Sets
    pictures: int
    seed: int = 0
    test: bool = False
    note: Note = no_note
    errors: list[Misclassified] = field(default_factory=list)
    _strokes: dict[tuple[str, str], SetPredictions] = field(default_factory=dict)

    def rng(self, name: str) -> np.random.Generator:
        """Return a generator for one set; the others do not depend on how much it draws."""
        return np.random.default_rng([self.seed, *name.encode()])

    def strokes(self, model: Recogniser, drawings: StrokeSet) -> SetPredictions:
        """Return a model's predictions for a whole set, computed once."""
        key = (model.summary.name, drawings.name)
        if key not in self._strokes:
            self.note(f"{drawings.name} by strokes: {model.summary.name}")
            self._strokes[key] = model.predict_strokes(drawings)
        return self._strokes[key]

    def accuracy(
        self, model: Recogniser, row: Row, predictions: SetPredictions, labels: np.ndarray
    ) -> Measurement:
        """Return the accuracy for labels int64 (N,).

        Blank is wrong, and whether it is refused does not matter.
        """
        correct = predictions.digits == labels
        predicted = ["blank" if d == BLANK else str(d) for d in predictions.digits]
        self.add_errors(model, row, predictions, ~correct, [str(n) for n in labels], predicted)
        return proportion(correct)

    def add_errors(
        self,
        model: Recogniser,
        row: Row,
        predictions: SetPredictions,
        wrong: np.ndarray,
        true: Sequence[str],
        predicted: Sequence[str],
    ) -> None:
        """Keep the predictions of a set where `wrong` (N,) is True."""
        self.errors += [
            Misclassified(
                model.summary.name,
                row.title,
                int(i),
                true[i],
                predicted[i],
                predictions.probabilities[i],
                predictions.frames[i],
            )
            for i in np.flatnonzero(wrong)
        ]


Measure = Callable[[Row], dict[str, Measurement]]
"""Returns a row's measurements: model name -> measurement."""


def measure_rows(
    rows: Iterable[Row], measures: Mapping[str, Measure], wanted: set[str]
) -> Iterator[Row]:
    """Yield those rows whose keys are wanted, each as `measured`."""
    for row in rows:
        if row.key in wanted:
            yield measured(row, measures[row.key])


def measured(row: Row, measure: Measure) -> Row:
    """Return the row with its measurements, or with the reason why there are none."""
    try:
        return row.model_copy(update={"measured": measure(row)})
    except MnistCoreError as error:
        return row.model_copy(update={"skipped": str(error)})
