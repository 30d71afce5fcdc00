"""Scores of the weights that a run keeps on its validation images, computed once."""

import contextlib
import os

from mnist_core.data.mnist import Split, load_validation
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import evaluate
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import run_version
from mnist_core.utils.json_files import DamagedFileError, MissingFileError, read_json, write_json


def run_validation(run: Run, data: str | os.PathLike[str] | None = None) -> Split:
    """Return a run's validation images, on the CPU; `data` as in `run_evaluation`.

    Raises MnistCoreError if the configuration is damaged or MNIST is missing.
    """
    return load_validation("cpu", data, size=run.config().validation_size)


def run_evaluation(run: Run, data: str | os.PathLike[str] | None = None) -> Evaluation:
    """Return evaluation.json of a run; a run without one is evaluated on the CPU, and it is kept.

    It is not kept while the run trains: the weights that it keeps may still change.

    Parameters
    ----------
    run : Run
    data : path, optional
        See `data_root`.

    Raises
    ------
    MnistCoreError
        If evaluation.json, the configuration or the weights are damaged, there are no weights yet,
        or MNIST is missing.
    """
    try:
        return read_json(run.evaluation_path, Evaluation)
    except MissingFileError:
        pass
    except DamagedFileError as error:
        raise DamagedFileError(f"{error}; delete it, and the run is evaluated again") from error
    version = run_version(run)
    network, _ = load_weights(run.weights_path)
    evaluation = evaluate(network, run_validation(run, data))
    if not run.is_active() and run_version(run) == version:
        with contextlib.suppress(MnistCoreError):  # a folder that cannot be written
            write_json(run.evaluation_path, evaluation)
    return evaluation
