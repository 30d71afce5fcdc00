"""What the claims share: trained arms, each only once, and the rule for a verdict."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field
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
from mnist_core.training.trainer import Trainer

HOLDS, FAILS, UNCLEAR, NOT_MEASURED = "holds", "fails", "no clear difference", "not measured here"
VERDICTS = (HOLDS, FAILS, UNCLEAR, NOT_MEASURED)
RULE = (
    "holds: better with every seed, and by more than twice the standard error of the mean "
    "difference; fails: the same the other way round"
)
"""What `verdict` judges by; a claim with another rule says so in its setting."""
CHANCE = 0.1
"""Accuracy of a network whose training failed."""


@dataclass(frozen=True)
class Row:
    """One claim: what is claimed, in which setting, what was measured, and the verdict."""

    name: str
    claim: str
    setting: str
    measured: str
    verdict: str
    seeds: tuple[int, ...] = ()
    numbers: dict[str, list[float]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


@dataclass(frozen=True, eq=False)
class Outcome:
    """One trained network of an arm.

    Attributes
    ----------
    accuracies : tuple of float
        Validation accuracy after every epoch; chance alone where the loss was no longer finite.
    best, loss : float
        Of the best epoch, on validation.
    confusion : Tensor (10, 10)
        Counts of the best epoch: true digit, read as.
    model : DigitNet or None
        The best epoch's network, on the CPU; None where there is none to use.
    """

    accuracies: tuple[float, ...]
    best: float
    loss: float
    confusion: torch.Tensor
    model: DigitNet | None


class Bench:
    """Trains the arms of the claims and remembers them.

    Parameters
    ----------
    training, validation : Split
    seeds : sequence of int
    epochs : int
        Of most arms.
    test : Split or None
        For the one claim about it; None: validation stands in.
    pendigits : Path or None
        Real pen strokes.
    pen_limit : int or None
        How many of them to read; None for all.
    note : callable
        Called with a line about every arm that is trained.
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
        self._outcomes: dict[tuple[TrainConfig, str, str], Outcome] = {}
        self._splits: dict[str, tuple[Split, Split]] = {"plain": (training, validation)}

    @property
    def base(self) -> TrainConfig:
        """The article's training: SGD, rate 0.01, momentum 0.5, batch 64, nothing else."""
        return TrainConfig(
            model="mnist_cnn_fixed",
            optimizer="sgd",
            learning_rate=0.01,
            momentum=0.5,
            weight_decay=0.0,
            lr_scheduler="none",
            lr_warmup=0.0,
            ema_decay=0.0,
            augment="none",
            batch_size=64,
            epochs=self.epochs,
        )

    def add_data(self, name: str, training: Split, validation: Split) -> None:
        """Give other images a name, for arms that train on them."""
        self._splits[name] = (training, validation)

    def raw(self) -> str:
        """Return the name of images that reach the network as they are, in [0, 1].

        The engine always normalises: images that were stretched the other way cancel it.
        """
        if "raw" not in self._splits:
            stretched = [
                Split(split.images * STD + MEAN, split.labels) for split in self._splits["plain"]
            ]
            self.add_data("raw", *stretched)
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
    ) -> list[Outcome]:
        """Train an arm with every seed, or return it as it was trained before.

        Parameters
        ----------
        config : TrainConfig
            Its seed is replaced.
        data : str
            "plain", or a name from `add_data`.
        change : callable or None
            Given the fresh network, before it is trained.
        initial : sequence of DigitNet or None
            What `config.init_weights` names, one for each seed.
        label : str
            Tells arms apart that differ in `change` or `initial`.
        seeds : sequence of int or None
            None for the bench's.
        """
        outcomes = []
        for index, seed in enumerate(seeds or self.seeds):
            seeded = config.with_changes(seed=seed)
            key = (seeded, data, label)
            if key not in self._outcomes:
                start = None if initial is None else initial[index]
                self._outcomes[key] = self._train(seeded, data, change, start)
                best = self._outcomes[key].best
                self._note(f"{self._describe(*key)}, seed {seed}: {best:.2%}")
            outcomes.append(self._outcomes[key])
        return outcomes

    def arms(self) -> list[dict[str, Any]]:
        """Return every network that was trained, as plain JSON types; no finite loss is None."""
        return [
            {
                "arm": self._describe(config, data, label),
                "seed": config.seed,
                "validation_accuracies": list(outcome.accuracies),
                "best_validation_accuracy": outcome.best,
                "validation_loss": outcome.loss if math.isfinite(outcome.loss) else None,
                "config": config.model_dump(mode="json"),
            }
            for (config, data, label), outcome in self._outcomes.items()
        ]

    def _describe(self, config: TrainConfig, data: str, label: str) -> str:
        shown = ("model", "seed")  # beside the changes
        changes = self.base.differences(config)
        words = [f"{name} {value}" for name, (_, value) in changes.items() if name not in shown]
        images = [] if data == "plain" else [f"{data} images"]
        return ", ".join([config.model, *images, *filter(None, [label]), *words])

    @staticmethod
    def accuracy_on(split: Split, models: Iterable[nn.Module | None]) -> list[float]:
        """Return the accuracy of each network; chance where there is none."""
        # a network that was trained comes back on the CPU, wherever the images are
        there = Split(split.images.cpu(), split.labels.cpu())
        return [CHANCE if model is None else score(model, there).accuracy for model in models]

    def _train(
        self,
        config: TrainConfig,
        data: str,
        change: Callable[[DigitNet], None] | None,
        initial: DigitNet | None,
    ) -> Outcome:
        training, validation = self._splits[data]
        teacher = load_weights(weights_path(config.teacher))[0] if config.teacher else None
        start = initial.state_dict() if initial is not None else None
        trainer = Trainer(config, training, validation, initial=start, teacher=teacher)
        if change is not None:
            change(trainer.scored_model)  # no moving average yet: the network itself
        epochs: list[Epoch] = []
        finished: Finished | None = None
        try:
            for event in trainer.run(report_every=10**9):
                if isinstance(event, Epoch):
                    epochs.append(event)
                elif isinstance(event, Finished):
                    finished = event
        except MnistCoreError:
            # the loss is no longer finite: for a claim that is a result, not an error
            return Outcome((CHANCE,), CHANCE, math.inf, torch.zeros(10, 10), None)
        assert finished is not None
        last = torch.tensor(epochs[finished.epoch - 1].confusion)
        return Outcome(
            tuple(e.validation_accuracy for e in epochs),
            finished.validation_accuracy,
            finished.validation_loss,
            last,
            finished.model if change is None else None,
        )


def verdict(better: Sequence[float], worse: Sequence[float]) -> str:
    """Judge "better beats worse" by the paired differences over the seeds.

    It holds if every seed agrees and the mean difference exceeds twice its standard error; it
    fails if that is so the other way round; anything else is no clear difference. With three
    seeds this is a rule of thumb: by chance alone it would speak in about one case of six.
    """
    differences = [a - b for a, b in zip(better, worse, strict=True)]
    mean = statistics.mean(differences)
    error = statistics.stdev(differences) / len(differences) ** 0.5 if len(differences) > 1 else 0.0
    if all(d > 0 for d in differences) and mean > 2 * error:
        return HOLDS
    if all(d < 0 for d in differences) and -mean > 2 * error:
        return FAILS
    return UNCLEAR


def percent(values: Sequence[float]) -> str:
    """Return mean and spread (half the range) over the seeds, as "98.12±0.10%"."""
    spread = (max(values) - min(values)) / 2
    return f"{100 * statistics.mean(values):.2f}±{100 * spread:.2f}%"
