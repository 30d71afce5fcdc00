"""Training of the variants that the claims compare, each once."""

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from mnist_core.data.mnist import MEAN, STD, Split
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scores import score
from mnist_core.models.network import DigitNet
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Finished
from mnist_core.training.presets import preset
from mnist_core.training.trainer import Trainer

CHANCE = 0.1
"""Accuracy assigned to a network whose training diverged."""


@dataclass(frozen=True, eq=False)
class TrainingResult:
    """One trained network of a variant.

    Attributes
    ----------
    accuracies : tuple of float
        Validation accuracy after every epoch; only `CHANCE` if the loss was not finite.
    best, loss : float
        Validation accuracy and loss of the best epoch.
    confusion : Tensor (10, 10)
        Counts of the best epoch: true digit, predicted digit.
    model : DigitNet or None
        The best epoch's network, on the CPU; None if it diverged or was modified.
    """

    accuracies: tuple[float, ...]
    best: float
    loss: float
    confusion: torch.Tensor
    model: DigitNet | None


class Experiment:
    """Trains the variants that the claims compare, each once.

    Parameters
    ----------
    training, validation : Split
    seeds : sequence of int
    epochs : int
        Of most variants.
    test : Split or None
        For the claim about the test set; None for the validation images instead.
    pendigits : Path or None
        Real pen strokes.
    pen_limit : int or None
        Number of pen drawings to use; None for all.
    note : callable
        Called with a line of text about every network that was trained.
    """

    def __init__(
        self,
        training: Split,
        validation: Split,
        *,
        seeds: Sequence[int],
        epochs: int,
        test: Split | None = None,
        pendigits: Path | None = None,
        pen_limit: int | None = None,
        note: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> None:
        if len(seeds) < 2:
            raise MnistCoreError(f"{len(seeds)} seeds; a difference needs at least 2")
        self.training, self.validation, self.test = training, validation, test
        self.seeds, self.epochs = tuple(seeds), epochs
        self.pendigits, self.pen_limit = pendigits, pen_limit
        self._note = note
        self._results: dict[tuple[TrainConfig, str, str], TrainingResult] = {}
        self._splits: dict[str, tuple[Split, Split]] = {"plain": (training, validation)}

    @property
    def base(self) -> TrainConfig:
        """The article's training: SGD, learning rate 0.01, momentum 0.5, batch size 64."""
        return preset("fixed").with_changes(epochs=self.epochs)

    def add_data(self, name: str, training: Split, validation: Split) -> None:
        """Add other images under a name, for variants that train on them."""
        self._splits[name] = (training, validation)

    def raw(self) -> str:
        """Return the name of images that reach the network unnormalised, in [0, 1].

        The trainer always normalises: these images are transformed inversely beforehand.
        """
        if "raw" not in self._splits:
            denormalised = [
                Split(split.images * STD + MEAN, split.labels) for split in self._splits["plain"]
            ]
            self.add_data("raw", *denormalised)
        return "raw"

    def run(
        self,
        config: TrainConfig,
        *,
        data: str = "plain",
        change: Callable[[DigitNet], None] | None = None,
        initial: Sequence[DigitNet] | None = None,
        label: str = "",
        seeds: Sequence[int] | None = None,
    ) -> list[TrainingResult]:
        """Train a variant with every seed; one that was trained already is returned at once.

        Parameters
        ----------
        config : TrainConfig
            Its seed is replaced by each of the seeds.
        data : str
            "plain", or a name from `add_data`.
        change : callable or None
            Modifies the new network before training.
        initial : sequence of DigitNet or None
            Networks to start from, one for each seed; see `config.init_weights`.
        label : str
            Distinguishes variants with different `change` or `initial`.
        seeds : sequence of int or None
            None for those of the experiment.
        """
        results = []
        for index, seed in enumerate(seeds or self.seeds):
            seeded = config.with_changes(seed=seed)
            key = (seeded, data, label)
            if key not in self._results:
                start = None if initial is None else initial[index]
                self._results[key] = self._train(seeded, data, change, start)
                best = self._results[key].best
                self._note(f"{self._describe(*key)}, seed {seed}: {best:.2%}")
            results.append(self._results[key])
        return results

    def trained(self) -> list[dict[str, Any]]:
        """Return every trained network as plain JSON types; an infinite loss is None."""
        return [
            {
                "variant": self._describe(config, data, label),
                "seed": config.seed,
                "validation_accuracies": list(result.accuracies),
                "best_validation_accuracy": result.best,
                "validation_loss": result.loss if math.isfinite(result.loss) else None,
                "config": config.model_dump(mode="json"),
            }
            for (config, data, label), result in self._results.items()
        ]

    def _describe(self, config: TrainConfig, data: str, label: str) -> str:
        changes = self.base.differences(config)
        options = [
            f"{name} {value}"
            for name, (_, value) in changes.items()
            if name not in ("model", "seed")
        ]
        images = [] if data == "plain" else [f"{data} images"]
        return ", ".join([config.model, *images, *filter(None, [label]), *options])

    @staticmethod
    def accuracy_on(split: Split, models: Iterable[nn.Module | None]) -> list[float]:
        """Return the accuracy of each network; `CHANCE` for None."""
        # trained networks are on the CPU, whatever the device of the images
        on_cpu = Split(split.images.cpu(), split.labels.cpu())
        return [CHANCE if model is None else score(model, on_cpu).accuracy for model in models]

    def _train(
        self,
        config: TrainConfig,
        data: str,
        change: Callable[[DigitNet], None] | None,
        initial: DigitNet | None,
    ) -> TrainingResult:
        training, validation = self._splits[data]
        teacher = load_weights(weights_path(config.teacher))[0] if config.teacher else None
        start = initial.state_dict() if initial is not None else None
        trainer = Trainer(config, training, validation, initial=start, teacher=teacher)
        if change is not None:
            change(trainer.scored_model)  # before the first step, this is the network itself
        epochs: list[Epoch] = []
        finished: Finished | None = None
        try:
            for event in trainer.run(report_every=10**9):
                if isinstance(event, Epoch):
                    epochs.append(event)
                elif isinstance(event, Finished):
                    finished = event
        except MnistCoreError:
            # the loss is not finite: for a claim, this is a result
            return TrainingResult((CHANCE,), CHANCE, math.inf, torch.zeros(10, 10), None)
        assert finished is not None
        last = torch.tensor(epochs[finished.epoch - 1].confusion)
        return TrainingResult(
            tuple(e.validation_accuracy for e in epochs),
            finished.validation_accuracy,
            finished.validation_loss,
            last,
            finished.model if change is None else None,
        )
