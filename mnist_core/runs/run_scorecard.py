"""The scorecard of a run's weights on pen strokes of other people, kept in the run's folder.

`python -m mnist_core.runs.run_scorecard FOLDER` measures the run in a folder and writes
scorecard.json there.
"""

import contextlib
import hashlib
import os
import sys
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scorecard.context import Context
from mnist_core.evaluation.scorecard.measure import PICTURES, measure
from mnist_core.evaluation.scorecard.recognisers import ModelRecogniser
from mnist_core.evaluation.scorecard.results import Scorecard
from mnist_core.evaluation.scorecard.sets import Sets, drawings_root
from mnist_core.evaluation.scorecard.strokes import ROWS
from mnist_core.models.weights_format import MAX_WEIGHTS_BYTES
from mnist_core.runs.run import Run
from mnist_core.utils.files import explain_errors
from mnist_core.utils.json_files import (
    JsonModel,
    MissingFileError,
    read_json,
    read_regular_file,
    write_json,
)
from mnist_core.utils.locks import acquire_lock, is_locked
from mnist_core.utils.processes import open_output, start_module
from mnist_core.utils.runtime import configure_server_process

_FILE, _LOCK, _OUTPUT = "scorecard.json", "scorecard.lock", "scorecard.txt"
_LOCK_TIMEOUT = 1.0
"""Seconds; a process that only tests the lock holds it for an instant."""


class RunScorecard(JsonModel):
    """scorecard.json of a run: what was measured, or why it could not be.

    Attributes
    ----------
    weights : str
        SHA-256 of the weights that were measured.
    card : Scorecard or None
        The rows about pen strokes, of one model, which is named after the run.
    error : str
    """

    weights: str
    card: Scorecard | None = None
    error: str = ""


def read_scorecard(run: Run) -> RunScorecard | None:
    """Return the scorecard of the run's present weights; None if they were not measured.

    Raises MnistCoreError if the file is damaged, or the weights cannot be read.
    """
    try:
        found = read_json(run.folder / _FILE, RunScorecard)
    except MissingFileError:
        return None
    return found if found.weights == _digest(run) else None


def measure_scorecard(run: Run) -> RunScorecard:
    """Measure the weights that the run keeps in this process, write scorecard.json and return it.

    The drawings are those in `drawings_root()`; rows whose file is missing say so. What cannot be
    measured is a result with an error. Raises MnistCoreError if the result cannot be written.
    """
    weights = _digest(run)
    try:
        model = ModelRecogniser(str(run.weights_path), run.id)
        context = Context([model], Sets(drawings_root()), PICTURES)
        result = RunScorecard(weights=weights, card=measure(context, [row.key for row in ROWS]))
    except MnistCoreError as error:
        result = RunScorecard(weights=weights, error=str(error))
    write_json(run.folder / _FILE, result)
    return result


def start_scorecard(run: Run) -> None:
    """Measure in a process that outlives this one; nothing is started if another measures it.

    Raises MnistCoreError if the process cannot be started.
    """
    lock = acquire_lock(run.folder / _LOCK, _LOCK_TIMEOUT)
    if lock is None:
        return
    with lock, explain_errors(run.folder, "the measurement cannot be started"):
        (run.folder / _FILE).unlink(missing_ok=True)
        with open_output(run.folder / _OUTPUT) as output:
            start_module(__name__, str(run.folder), output=output, lock=lock)


def is_measuring(run: Run) -> bool:
    """Return whether a process measures the run."""
    return is_locked(run.folder / _LOCK)


def _digest(run: Run) -> str:
    return hashlib.sha256(read_regular_file(run.weights_path, MAX_WEIGHTS_BYTES)).hexdigest()


if __name__ == "__main__":
    configure_server_process()
    with contextlib.suppress(OSError):
        os.nice(10)  # trainings come first
    measure_scorecard(Run(Path(sys.argv[1])))
