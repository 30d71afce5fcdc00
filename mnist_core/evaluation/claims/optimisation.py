"""Claims about how the network is trained."""

from __future__ import annotations

import gc
import statistics

import torch

from mnist_core.evaluation.claims.bench import (
    FAILS,
    HOLDS,
    NOT_MEASURED,
    UNCLEAR,
    Bench,
    Row,
    percent,
    verdict,
)
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Step
from mnist_core.training.trainer import Trainer

_PEAKS = (0.01, 0.03, 0.1)
_SCHEDULES = ("step", "cosine", "plateau", "onecycle")
_BATCH = 1024
_FASTER, _SMALLER = 2.0, 0.55
"""Times as fast, and share of the memory, from which on the claim about precision holds."""


def momentum(bench: Bench) -> Row:
    """SGD with momentum."""
    numbers = {}
    for value in (0.0, 0.5, 0.9):
        config = bench.base.with_changes(momentum=value)
        numbers[f"{value:g}"] = [o.accuracies[0] for o in bench.run(config)]
    return Row(
        "momentum",
        "Momentum makes training faster",
        "SGD 0.01, validation accuracy after the first epoch",
        ", ".join(f"{name}: {percent(values)}" for name, values in numbers.items()),
        verdict(numbers["0.9"], numbers["0"]),
        bench.seeds,
        numbers,
    )


def schedules(bench: Bench) -> Row:
    """Schedules against a fixed rate, every one at its own best of the same three peaks.

    What decides is the mean of the four schedules. A peak is chosen by validation accuracy and so
    is every arm, the fixed rate like the others: none has an advantage by it.
    """
    numbers, peaks = {}, {}
    for name in ("none", *_SCHEDULES):
        arms: dict[float, list[float]] = {}
        for rate in _PEAKS:
            config = bench.base.with_changes(
                lr_scheduler=name,
                learning_rate=rate,
                momentum=0.9,
                lr_step_size=max(1, bench.epochs // 2),
                lr_patience=0,
                lr_warmup=0.2 if name == "onecycle" else 0.0,
            )
            arms[rate] = [o.best for o in bench.run(config)]
        peaks[name] = max(arms, key=lambda rate: statistics.mean(arms[rate]))
        numbers[name] = arms[peaks[name]]
    mean = [
        statistics.mean(values) for values in zip(*[numbers[s] for s in _SCHEDULES], strict=True)
    ]
    names = {"none": "fixed"}
    return Row(
        "schedules",
        "A learning-rate schedule beats a fixed rate",
        f"SGD with momentum 0.9, {bench.epochs} epochs, each at its best of "
        f"{', '.join(f'{r:g}' for r in _PEAKS)}; the schedules' mean decides",
        ", ".join(f"{names.get(n, n)} {percent(v)} at {peaks[n]:g}" for n, v in numbers.items()),
        verdict(mean, numbers["none"]),
        bench.seeds,
        numbers,
    )


def mixed_precision(bench: Bench) -> Row:
    """fp16 and bf16 on a GPU. It holds if both reach both bounds, fails if neither does."""
    claim = "Mixed precision halves memory and is 2 to 3 times faster"
    device = bench.training.images.device
    if device.type != "cuda":
        return Row("mixed-precision", claim, "a GPU", "no GPU here", NOT_MEASURED)
    numbers = {p: _speed_and_memory(bench, p) for p in ("fp32", "fp16", "bf16")}
    base = numbers["fp32"]
    ratios = {p: (v[0] / base[0], v[1] / base[1]) for p, v in numbers.items() if p != "fp32"}
    met = [speed >= _FASTER and memory <= _SMALLER for speed, memory in ratios.values()]
    return Row(
        "mixed-precision",
        claim,
        f"improved, batch {_BATCH}, against fp32; holds from {_FASTER:g} times the speed with at "
        f"most {_SMALLER:.0%} of the memory",
        ", ".join(
            f"{p}: {s:.2f} times the speed, {m:.0%} of the memory" for p, (s, m) in ratios.items()
        ),
        HOLDS if all(met) else UNCLEAR if any(met) else FAILS,
        numbers=numbers,
    )


def _speed_and_memory(bench: Bench, precision: str) -> list[float]:
    """Return images per second, and the bytes that training takes beside the images."""
    device = bench.training.images.device
    config = TrainConfig(
        precision=precision, batch_size=_BATCH, augment="none", epochs=10, device=str(device)
    )
    gc.collect()  # a schedule and its optimizer hold each other: the arm before is still there
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    events = Trainer(config, bench.training, bench.validation).run(report_every=5)
    steps = [event for event in events if isinstance(event, Step)]
    speed = statistics.median(step.images_per_second for step in steps[2:])
    # validation runs in fp32 and comes after the first epoch's steps
    memory = max(step.device_memory or 0 for step in steps if step.epoch == 1)
    return [speed, float(memory - before)]


def distillation(bench: Bench) -> Row:
    """A student with and without a teacher."""
    config = bench.base.with_changes(momentum=0.9)
    alone = [o.best for o in bench.run(config)]
    taught = [o.best for o in bench.run(config.with_changes(teacher="default"))]
    return Row(
        "distillation",
        "A teacher makes a small network better",
        f"mnist_cnn_fixed, {bench.epochs} epochs; its teacher is the shipped default, which has "
        "seen all 55,000 training images",
        f"taught {percent(taught)}, alone {percent(alone)}",
        verdict(taught, alone),
        bench.seeds,
        {"taught": taught, "alone": alone},
    )
