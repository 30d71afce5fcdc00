"""Claims about data: augmentation, transfer, ensembles, and which digits are confused."""

import itertools
import statistics

import numpy as np
import torch

from mnist_core.data.mnist import Split
from mnist_core.data.pendigits import read_pendigits
from mnist_core.evaluation.claims.experiment import Experiment, TrainingResult
from mnist_core.evaluation.claims.verdict import ClaimResult, Verdict, judge, percent
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.inference.classifier import load_classifier
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.options import VOTES

_AUGMENTATIONS = ("none", "article", "pen")
_FEW = 500
_COMMON = 10
_BLANK = -100  # not a digit; cross entropy ignores it


def _augmented(experiment: Experiment) -> dict[str, list[TrainingResult]]:
    base = experiment.base.with_changes(
        momentum=0.9, epochs=2 * experiment.epochs, lr_scheduler="cosine"
    )
    return {name: experiment.run(base.with_changes(augment=name)) for name in _AUGMENTATIONS}


def augmentation(experiment: Experiment) -> ClaimResult:
    """Rotation and shift, scored on MNIST's test set, by which nothing is chosen."""
    split = experiment.test or experiment.validation
    where = "MNIST's test set" if experiment.test else "validation (quick)"
    numbers = {
        name: experiment.accuracy_on(split, [o.model for o in results])
        for name, results in _augmented(experiment).items()
    }
    return ClaimResult(
        "augmentation",
        "Augmentation (rotation 10°, shift 0.1) generalises better",
        f"{2 * experiment.epochs} epochs, {where}; article vs none decides",
        ", ".join(f"{name} {percent(values)}" for name, values in numbers.items()),
        judge(numbers["article"], numbers["none"]),
        experiment.seeds,
        numbers,
    )


def augmentation_pens(experiment: Experiment) -> ClaimResult:
    """The same networks on real pen strokes, through the inference pipeline."""
    claim = "Augmentation generalises to what people draw"
    if experiment.pendigits is None:
        why = "no pen strokes: set PENDIGITS to pendigits-orig.tra.gz"
        return ClaimResult("augmentation-pens", claim, "pen strokes", why, Verdict.NOT_MEASURED)
    labels, drawings = zip(
        *read_pendigits(experiment.pendigits)[: experiment.pen_limit], strict=True
    )
    # preprocessing is the same for all networks and slower than they are
    processed = load_classifier("mnist_cnn").classify_strokes_many(drawings)
    frames = torch.from_numpy(np.stack([prediction.frame for prediction in processed]))[:, None]
    # a drawing that is taken as blank counts as an error
    expected = torch.tensor(
        [_BLANK if p.is_blank else label for p, label in zip(processed, labels, strict=True)]
    )
    numbers = {
        name: experiment.accuracy_on(Split(frames, expected), [o.model for o in results])
        for name, results in _augmented(experiment).items()
    }
    return ClaimResult(
        "augmentation-pens",
        claim,
        f"{2 * experiment.epochs} epochs, {len(labels):,} pen-drawn digits; "
        "article vs none decides",
        ", ".join(f"{name} {percent(values)}" for name, values in numbers.items()),
        judge(numbers["article"], numbers["none"]),
        experiment.seeds,
        numbers,
    )


def transfer(experiment: Experiment) -> ClaimResult:
    """Convolutions trained on 0 to 4 are frozen, the head trained on few images of all digits."""
    training, validation = experiment.training, experiment.validation
    experiment.add_data("0-4", *(_select(s, s.labels <= 4) for s in (training, validation)))
    experiment.add_data("few", _select(training, slice(_FEW)), validation)
    # another source network for each seed, so that a single one does not decide
    pretraining = experiment.base.with_changes(momentum=0.9)
    sources = [o.model for o in experiment.run(pretraining, data="0-4")]
    few = experiment.base.with_changes(momentum=0.9, batch_size=16, epochs=2 * experiment.epochs)
    frozen = few.with_changes(init_weights="digits 0 to 4", freeze=("conv1", "conv2"))
    scratches = experiment.run(few, data="few")
    transfers = experiment.run(frozen, data="few", initial=sources)
    scratch, transferred = [o.best for o in scratches], [o.best for o in transfers]
    first = {
        "transferred, first epoch": [o.accuracies[0] for o in transfers],
        "scratch, first epoch": [o.accuracies[0] for o in scratches],
    }
    return ClaimResult(
        "transfer",
        "Transferred convolutions learn from fewer images",
        f"convolutions of 0-4 kept, {_FEW} images of all ten, {2 * experiment.epochs} epochs",
        f"transferred {percent(transferred)}, from scratch {percent(scratch)}; after one epoch "
        + ", ".join(percent(values) for values in first.values()),
        judge(transferred, scratch),
        experiment.seeds,
        {"transferred": transferred, "scratch": scratch, **first},
    )


def _select(split: Split, chosen: torch.Tensor | slice) -> Split:
    return Split(split.images[chosen], split.labels[chosen])


def ensemble(experiment: Experiment) -> ClaimResult:
    """Three networks that vote, against each of them."""
    config = experiment.base.with_changes(momentum=0.9)
    seeds = experiment.seeds
    # three networks for each seed, none of them shared
    trained = experiment.run(config, seeds=range(3 * len(seeds)))
    groups = [[o.model for o in trained[3 * i : 3 * i + 3]] for i in range(len(seeds))]
    scores = [experiment.accuracy_on(experiment.validation, group) for group in groups]
    numbers = {
        "member": [statistics.mean(group) for group in scores],
        "best member": [max(group) for group in scores],
    }
    for vote in VOTES:
        # networks that diverged are left out
        together = [Ensemble([m for m in group if m is not None], vote) for group in groups]
        numbers[vote] = experiment.accuracy_on(experiment.validation, together)
    return ClaimResult(
        "ensemble",
        "Three networks that vote are better than one",
        f"mnist_cnn_fixed, {experiment.epochs} epochs, three networks for each seed; the majority "
        "against the members' mean decides",
        f"majority {percent(numbers['majority'])}, mean {percent(numbers['mean'])}, "
        f"one {percent(numbers['member'])}, best of three {percent(numbers['best member'])}",
        judge(numbers["majority"], numbers["member"]),
        tuple(range(len(trained))),
        numbers,
    )


def confusions(experiment: Experiment) -> ClaimResult:
    """The rank of the pairs that the article names, among all 45."""
    counts = torch.stack([o.confusion for o in experiment.run(experiment.base)]).sum(0)
    totals = {
        (a, b): int(counts[a, b] + counts[b, a]) for a, b in itertools.combinations(range(10), 2)
    }
    ranked = sorted(totals, key=lambda pair: -totals[pair])
    classic = [tuple(sorted(pair)) for pair in CLASSIC_PAIRS]
    # pairs with equal counts share the last of their ranks
    ranks = [sum(total >= totals[pair] for total in totals.values()) for pair in classic]
    within = sum(rank <= _COMMON for rank in ranks)
    top = ", ".join(f"{a}/{b}" for a, b in ranked[:3])
    return ClaimResult(
        "confusions",
        "4/9, 3/8 and 1/7 are the common confusions",
        "mnist_cnn_fixed, rank among 45 pairs; holds if all are in the first ten, fails if none",
        ", ".join(f"{a}/{b} rank {r}" for (a, b), r in zip(classic, ranks, strict=True))
        + f"; the first: {top}",
        Verdict.HOLDS if within == len(classic) else Verdict.UNCLEAR if within else Verdict.FAILS,
        experiment.seeds,
        {f"{a}/{b}": [float(totals[a, b])] for a, b in ranked},
    )
