"""A run's network as a classifier: its best weights, or those of its newest checkpoint."""

from __future__ import annotations

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

Which: TypeAlias = Literal["best", "newest"]
BEST: Which = "best"
NEWEST: Which = "newest"


def available_weights(run: Run) -> list[Which]:
    """Return which weights a run has at this moment, the best first; none before an epoch ended."""
    return [which for which in (BEST, NEWEST) if _path(run, which).is_file()]


def weights_version(path: Path) -> str:
    """Return a text that changes when another file takes the place of this one.

    Raises
    ------
    MnistCoreError
        If there is no such file.
    """
    try:
        about = path.stat()
    except OSError as error:
        raise MnistCoreError(
            f"{path}: cannot be read ({error.strerror}); choose other weights"
        ) from error
    return f"{about.st_mtime_ns:x}-{about.st_size:x}-{about.st_ino:x}"


def run_version(run: Run, which: Which = BEST) -> str:
    """Return a text that changes when the run's weights do. Raises as `weights_version`."""
    return weights_version(_path(run, which))


def run_classifier(run: Run, which: Which = BEST) -> Classifier:
    """Return a run's classifier, on the CPU; the run may be training meanwhile.

    Parameters
    ----------
    run : Run
    which : "best" or "newest"
        The epoch that scored best, or the newest checkpoint. Of either, the weights that are
        scored: their moving average where it has begun.

    Returns
    -------
    Classifier
        Named after the run; "epoch" in its card counts the epochs that its weights went through.

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
        # an epoch under way counts too: its steps are in the weights
        epoch = int(state["epoch"]) - (0 if int(state["step"]) else 1)
        model = _scored_network(config, state)
    except (KeyError, TypeError, ValueError, AttributeError, RuntimeError) as error:
        raise MnistCoreError(
            f"{path}: a checkpoint, but not one of a run ({error}); choose the best weights"
        ) from error
    return Classifier(model, name=run.id, architecture=config.model, card=ModelCard(epoch=epoch))


def _path(run: Run, which: Which) -> Path:
    if which not in (BEST, NEWEST):
        raise MnistCoreError(f"which weights is {which!r}; choose {BEST} or {NEWEST}")
    return run.weights_path if which == BEST else run.checkpoint_path


def _scored_network(config: TrainConfig, state: Mapping[str, Any]) -> DigitNet:
    """Return the network that a trainer with this state would score."""
    weights: Mapping[str, Tensor] = state["model"]
    if int(state["average"]["n_averaged"]):
        inside = "module."
        weights = {
            name.removeprefix(inside): tensor
            for name, tensor in state["average"].items()
            if name.startswith(inside)
        }
    options = {"kernel_size": config.kernel_size, "dropout": config.dropout}
    model = build_model(config.model, **options)
    model.load_state_dict(weights)
    return model
