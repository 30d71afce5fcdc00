"""Claims about data: augmentation, transfer, ensembles, and which digits are confused."""

from __future__ import annotations

import itertools
import statistics

import numpy as np
import torch

from mnist_core.data.mnist import Split
from mnist_core.data.pendigits import read_pendigits
from mnist_core.evaluation.claims.bench import (
    FAILS,
    HOLDS,
    NOT_MEASURED,
    UNCLEAR,
    Bench,
    Outcome,
    Row,
    percent,
    verdict,
)
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.inference.classifier import load_classifier
from mnist_core.models.ensemble import VOTES, Ensemble

_AUGMENTATIONS = ("none", "article", "pen")
_FEW = 500
_COMMON = 10
_BLANK = -100  # no digit, and cross entropy leaves it out


def _augmented(bench: Bench) -> dict[str, list[Outcome]]:
    base = bench.base.with_changes(momentum=0.9, epochs=2 * bench.epochs, lr_scheduler="cosine")
    return {name: bench.run(base.with_changes(augment=name)) for name in _AUGMENTATIONS}


def augmentation(bench: Bench) -> Row:
    """Rotation and shift, scored on MNIST's test set; nothing is chosen by it."""
    split = bench.test or bench.validation
    where = "MNIST's test set" if bench.test else "validation (quick)"
    numbers = {
        name: bench.accuracy_on(split, [o.model for o in outcomes])
        for name, outcomes in _augmented(bench).items()
    }
    return Row(
        "augmentation",
        "Augmentation (rotation 10°, shift 0.1) generalises better",
        f"{2 * bench.epochs} epochs, {where}; article vs none decides",
        ", ".join(f"{name} {percent(values)}" for name, values in numbers.items()),
        verdict(numbers["article"], numbers["none"]),
        bench.seeds,
        numbers,
    )


def augmentation_pens(bench: Bench) -> Row:
    """The same networks on real pen strokes, by the pad's own road."""
    claim = "Augmentation generalises to what people draw"
    if bench.pendigits is None:
        why = "no pen strokes here: set PENDIGITS to pendigits-orig.tra.gz"
        return Row("augmentation-pens", claim, "pen strokes", why, NOT_MEASURED)
    labels, drawings = zip(*read_pendigits(bench.pendigits)[: bench.pen_limit], strict=True)
    # what reaches a network is the same for all of them, and takes longer than the network
    seen = load_classifier("mnist_cnn").classify_strokes_many(drawings)
    frames = torch.from_numpy(np.stack([prediction.frame for prediction in seen]))[:, None]
    # a drawing called blank is read wrong
    answers = torch.tensor(
        [_BLANK if p.is_blank else label for p, label in zip(seen, labels, strict=True)]
    )
    numbers = {
        name: bench.accuracy_on(Split(frames, answers), [o.model for o in outcomes])
        for name, outcomes in _augmented(bench).items()
    }
    return Row(
        "augmentation-pens",
        claim,
        f"{2 * bench.epochs} epochs, {len(labels):,} pen-drawn digits; article vs none decides",
        ", ".join(f"{name} {percent(values)}" for name, values in numbers.items()),
        verdict(numbers["article"], numbers["none"]),
        bench.seeds,
        numbers,
    )


def transfer(bench: Bench) -> Row:
    """Trained on 0 to 4; its convolutions kept, the head trained on few images of all digits."""
    low = bench.training.labels <= 4
    bench.add_data(
        "0-4",
        Split(bench.training.images[low], bench.training.labels[low]),
        Split(*_only(bench.validation, bench.validation.labels <= 4)),
    )
    bench.add_data(
        "few",
        Split(bench.training.images[:_FEW], bench.training.labels[:_FEW]),
        bench.validation,
    )
    # a source of its own for each seed: one lucky source must not decide for all
    sources = [o.model for o in bench.run(bench.base.with_changes(momentum=0.9), data="0-4")]
    few = bench.base.with_changes(momentum=0.9, batch_size=16, epochs=2 * bench.epochs)
    frozen = few.with_changes(init_weights="digits 0 to 4", freeze=("conv1", "conv2"))
    scratches = bench.run(few, data="few")
    moves = bench.run(frozen, data="few", initial=sources)
    scratch, moved = [o.best for o in scratches], [o.best for o in moves]
    first = {
        "transferred, first epoch": [o.accuracies[0] for o in moves],
        "scratch, first epoch": [o.accuracies[0] for o in scratches],
    }
    return Row(
        "transfer",
        "Transferred convolutions learn from fewer images",
        f"convolutions of 0-4 kept, {_FEW} images of all ten, {2 * bench.epochs} epochs",
        f"transferred {percent(moved)}, from scratch {percent(scratch)}; after one epoch "
        + ", ".join(percent(values) for values in first.values()),
        verdict(moved, scratch),
        bench.seeds,
        {"transferred": moved, "scratch": scratch, **first},
    )


def _only(split: Split, chosen: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return split.images[chosen], split.labels[chosen]


def ensemble(bench: Bench) -> Row:
    """Three networks that vote, against each of them."""
    config = bench.base.with_changes(momentum=0.9)
    seeds = bench.seeds
    # three networks for each seed, none of them shared
    trained = bench.run(config, seeds=range(3 * len(seeds)))
    groups = [[o.model for o in trained[3 * i : 3 * i + 3]] for i in range(len(seeds))]
    scores = [bench.accuracy_on(bench.validation, group) for group in groups]
    numbers = {
        "member": [statistics.mean(group) for group in scores],
        "best member": [max(group) for group in scores],
    }
    for vote in VOTES:
        # a network whose training failed has no vote
        together = [Ensemble([m for m in group if m is not None], vote) for group in groups]
        numbers[vote] = bench.accuracy_on(bench.validation, together)
    return Row(
        "ensemble",
        "Three networks that vote beat one",
        f"mnist_cnn_fixed, {bench.epochs} epochs, three networks for each seed; the majority "
        "against the members' mean decides",
        f"majority {percent(numbers['majority'])}, mean {percent(numbers['mean'])}, "
        f"one {percent(numbers['member'])}, best of three {percent(numbers['best member'])}",
        verdict(numbers["majority"], numbers["member"]),
        tuple(range(len(trained))),
        numbers,
    )


def confusions(bench: Bench) -> Row:
    """The pairs that the article names, among all 45."""
    counts = torch.stack([o.confusion for o in bench.run(bench.base)]).sum(0)
    totals = {
        (a, b): int(counts[a, b] + counts[b, a]) for a, b in itertools.combinations(range(10), 2)
    }
    ranked = sorted(totals, key=lambda pair: -totals[pair])
    classic = [tuple(sorted(pair)) for pair in CLASSIC_PAIRS]
    # pairs that are confused equally often share the last of their ranks
    ranks = [sum(total >= totals[pair] for total in totals.values()) for pair in classic]
    within = sum(rank <= _COMMON for rank in ranks)
    top = ", ".join(f"{a}/{b}" for a, b in ranked[:3])
    return Row(
        "confusions",
        "4/9, 3/8 and 1/7 are the common confusions",
        "mnist_cnn_fixed, rank among 45 pairs; holds if all are in the first ten, fails if none",
        ", ".join(f"{a}/{b} rank {r}" for (a, b), r in zip(classic, ranks, strict=True))
        + f"; the first: {top}",
        HOLDS if within == len(classic) else UNCLEAR if within else FAILS,
        bench.seeds,
        {f"{a}/{b}": [float(totals[a, b])] for a, b in ranked},
    )
