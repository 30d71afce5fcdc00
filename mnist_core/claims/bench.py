"""What the claims share: trained arms, each only once, and the rule for a verdict."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch

from mnist_core.config import TrainConfig
from mnist_core.data import MEAN, STD, Split
from mnist_core.errors import MnistCoreError
from mnist_core.evaluate import score
from mnist_core.events import Epoch, Finished
from mnist_core.models import DigitNet
from mnist_core.train import Trainer
from mnist_core.weights import load_weights, weights_path

HOLDS, FAILS, UNCLEAR, NOT_MEASURED = "holds", "fails", "no clear difference", "not measured here"
VERDICTS = (HOLDS, FAILS, UNCLEAR, NOT_MEASURED)


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
    """A trained arm: validation accuracy after every epoch, confusion counts, the best network."""

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
            raise MnistCoreError(f"{len(seeds)} seed; a difference needs at least 2")
        self.training, self.validation, self.test = training, validation, test
        self.seeds, self.epochs = tuple(seeds), epochs
        self.pendigits, self.pen_limit = pendigits, pen_limit
        self._note = note
        self._outcomes: dict[tuple[str, str, int], Outcome] = {}
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
        initial: DigitNet | None = None,
        label: str = "",
        seeds: Sequence[int] | None = None,
    ) -> list[Outcome]:
        """Train an arm with every seed; `label` tells arms with equal configurations apart."""
        outcomes = []
        for seed in seeds or self.seeds:
            key = (config.model_dump_json(), f"{data} {label}", seed)
            if key not in self._outcomes:
                seeded = config.with_changes(seed=seed)
                self._outcomes[key] = self._train(seeded, data, change, initial)
                best = self._outcomes[key].best
                self._note(f"{config.model} {data} {label} seed {seed}: {best:.2%}")
            outcomes.append(self._outcomes[key])
        return outcomes

    def accuracy_on(self, split: Split, outcomes: Sequence[Outcome]) -> list[float]:
        """Return the accuracy of each outcome's network; 0.1 where training failed."""
        return [score(o.model, split)[0] if o.model else 0.1 for o in outcomes]

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
            change(trainer.scored_model)
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
            guess = 1 / 10
            return Outcome((guess,), guess, float("inf"), torch.zeros(10, 10), None)
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
    fails if that is so the other way round; anything else is no clear difference.
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
