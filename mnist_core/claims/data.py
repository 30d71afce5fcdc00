"""Claims about data: augmentation, transfer, ensembles, and which digits are confused."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import torch

from mnist_core.claims.bench import (
    HOLDS,
    NOT_MEASURED,
    UNCLEAR,
    Bench,
    Outcome,
    Row,
    percent,
    verdict,
)
from mnist_core.data import Split
from mnist_core.ensemble import VOTES, Ensemble
from mnist_core.evaluate import score
from mnist_core.metrics import CLASSIC_PAIRS
from mnist_core.pendigits import read_pendigits
from mnist_core.predict import Classifier

_AUGMENTATIONS = ("none", "article", "pen")
_FEW = 500


def _augmented(bench: Bench) -> dict[str, list[Outcome]]:
    base = bench.base.with_changes(momentum=0.9, epochs=2 * bench.epochs, lr_scheduler="cosine")
    return {name: bench.run(base.with_changes(augment=name)) for name in _AUGMENTATIONS}


def augmentation(bench: Bench) -> Row:
    """Rotation and shift, scored on MNIST's test set; nothing is chosen by it."""
    split = bench.test or bench.validation
    where = "MNIST's test set" if bench.test else "validation (quick)"
    numbers = {n: bench.accuracy_on(split, outcomes) for n, outcomes in _augmented(bench).items()}
    return Row(
        "augmentation",
        "Augmentation (rotation 10°, shift 0.1) generalises better",
        f"{2 * bench.epochs} epochs, {where}",
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
    numbers = {
        name: [_read_share(outcome, labels, drawings) for outcome in outcomes]
        for name, outcomes in _augmented(bench).items()
    }
    return Row(
        "augmentation-pens",
        claim,
        f"{2 * bench.epochs} epochs, {len(labels):,} pen-drawn digits",
        ", ".join(f"{name} {percent(values)}" for name, values in numbers.items()),
        verdict(numbers["article"], numbers["none"]),
        bench.seeds,
        numbers,
    )


def _read_share(outcome: Outcome, labels: Sequence[int], drawings: Sequence[object]) -> float:
    if outcome.model is None:
        return 0.1
    classifier = Classifier(outcome.model, name="arm", architecture="mnist_cnn_fixed")
    read = classifier.classify_strokes_many(drawings)
    return sum(p.digit == label for p, label in zip(read, labels, strict=True)) / len(labels)


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
    source = bench.run(bench.base.with_changes(momentum=0.9), data="0-4")[0].model
    few = bench.base.with_changes(momentum=0.9, batch_size=16, epochs=2 * bench.epochs)
    scratch = [o.best for o in bench.run(few, data="few")]
    moved_config = few.with_changes(init_weights="digits 0 to 4", freeze=("conv1", "conv2"))
    moved = [o.best for o in bench.run(moved_config, data="few", initial=source)]
    return Row(
        "transfer",
        "Transferred convolutions learn from fewer images",
        f"from digits 0-4 to all ten, {_FEW} images, {2 * bench.epochs} epochs",
        f"transferred {percent(moved)}, from scratch {percent(scratch)}",
        verdict(moved, scratch),
        bench.seeds,
        {"transferred": moved, "scratch": scratch},
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
    numbers: dict[str, list[float]] = {"member": []}
    for group in groups:
        members = [model for model in group if model is not None]
        scores = [score(model, bench.validation)[0] for model in members]
        numbers["member"].append(sum(scores) / len(scores))
        for vote in VOTES:
            together = score(Ensemble(members, vote), bench.validation)[0]
            numbers.setdefault(vote, []).append(together)
    return Row(
        "ensemble",
        "Three networks that vote beat one",
        f"mnist_cnn_fixed, {bench.epochs} epochs, validation accuracy",
        f"majority {percent(numbers['majority'])}, mean {percent(numbers['mean'])}, "
        f"one {percent(numbers['member'])}",
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
    ranks = [ranked.index(pair) + 1 for pair in classic]
    within = sum(rank <= 10 for rank in ranks)
    top = ", ".join(f"{a}/{b}" for a, b in ranked[:3])
    return Row(
        "confusions",
        "4/9, 3/8 and 1/7 are the common confusions",
        "mnist_cnn_fixed, rank among all 45 pairs; holds if all are in the first ten",
        ", ".join(f"{a}/{b} rank {r}" for (a, b), r in zip(classic, ranks, strict=True))
        + f"; the first: {top}",
        HOLDS if within == 3 else UNCLEAR if within else "fails",
        bench.seeds,
        {f"{a}/{b}": [float(totals[a, b])] for a, b in ranked[:10]},
    )
