"""Classifiers of runs: the weights of the kept epoch, or those of the newest checkpoint."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from torch import Tensor

from mnist_core.errors import MnistCoreError
from mnist_core.inference.classifier import Classifier
from mnist_core.models.architectures import build_model
from mnist_core.models.card import ModelCard
from mnist_core.models.network import DigitNet
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import file_version

Which: TypeAlias = Literal["best", "newest"]
BEST: Which = "best"
NEWEST: Which = "newest"


def available_weights(run: Run) -> list[Which]:
    """Return which weights a run has, the kept ones first; none before the first epoch's end."""
    return [which for which in (BEST, NEWEST) if _path(run, which).is_file()]


def weights_version(path: Path) -> str:
    """Return an identifier that changes when the file is replaced.

    Raises MnistCoreError if there is no such file.
    """
    if (version := file_version(path)) is None:
        raise MnistCoreError(f"{path}: cannot be read; choose other weights")
    return version


def run_version(run: Run, which: Which = BEST) -> str:
    """Return an identifier that changes with the run's weights. Raises as `weights_version`."""
    return weights_version(_path(run, which))


def load_run_classifier(run: Run, which: Which = BEST) -> Classifier:
    """Return a run's classifier, on the CPU; the run may be training at the same time.

    Parameters
    ----------
    run : Run
    which : "best" or "newest"
        The kept epoch's, or the newest checkpoint's. In either case the weights that are
        evaluated: their exponential moving average, once it has started.

    Returns
    -------
    Classifier
        Named after the run; its card's epoch counts the epochs of training.

    Raises
    ------
    MnistCoreError
        If the run has no such weights yet, or they are damaged.
    """
    path = _path(run, which)
    if not path.is_file():
        raise MnistCoreError(
            f"run {run.id} has no weights yet: no epoch is complete; wait for its first"
        )
    if which == BEST:
        model, card = load_weights(path)
        return Classifier(model, name=run.id, architecture=card.architecture, card=card)
    state = load_checkpoint(path)
    try:
        config = TrainConfig(**state["config"])
        # an incomplete epoch counts too: its steps are in the weights
        epoch = int(state["epoch"]) - (0 if int(state["step"]) else 1)
        model = _evaluated_network(config, state)
        card = ModelCard(epoch=epoch)
    except (LookupError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise MnistCoreError(
            f"{path}: a checkpoint, but not of a run ({error}); choose the kept weights"
        ) from error
    return Classifier(model, name=run.id, architecture=config.model, card=card)


def _path(run: Run, which: Which) -> Path:
    if which not in (BEST, NEWEST):
        raise MnistCoreError(f"which weights is {which!r}; choose {BEST} or {NEWEST}")
    return run.weights_path if which == BEST else run.checkpoint_path


def _evaluated_network(config: TrainConfig, state: Mapping[str, Any]) -> DigitNet:
    """Return the network that a trainer with this state evaluates."""
    weights: Mapping[str, Tensor] = state["model"]
    if int(state["average"]["n_averaged"]):
        prefix = "module."
        weights = {
            name.removeprefix(prefix): tensor
            for name, tensor in state["average"].items()
            if name.startswith(prefix)
        }
    options = {"kernel_size": config.kernel_size, "dropout": config.dropout}
    model = build_model(config.model, **options)
    model.load_state_dict(weights)
    return model
