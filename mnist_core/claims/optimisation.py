"""Claims about how the network is trained."""

from __future__ import annotations

import statistics

import torch

from mnist_core.claims.bench import (
    FAILS,
    HOLDS,
    NOT_MEASURED,
    UNCLEAR,
    Bench,
    Row,
    percent,
    verdict,
)
from mnist_core.config import TrainConfig
from mnist_core.events import Step
from mnist_core.train import Trainer

_FIXED_RATES = (0.01, 0.03, 0.1)
_SCHEDULES = ("step", "cosine", "plateau", "onecycle")


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
    """Schedules against a fixed rate, every one at its own best of three peaks."""
    numbers = {}
    for name in ("none", *_SCHEDULES):
        arms = []
        for rate in _FIXED_RATES:
            config = bench.base.with_changes(
                lr_scheduler=name,
                learning_rate=rate,
                momentum=0.9,
                lr_step_size=max(1, bench.epochs // 2),
                lr_patience=0,
                lr_warmup=0.2 if name == "onecycle" else 0.0,
            )
            arms.append([o.best for o in bench.run(config)])
        numbers[name] = max(arms, key=statistics.mean)
    mean = [
        statistics.mean(values) for values in zip(*[numbers[s] for s in _SCHEDULES], strict=True)
    ]
    names = {"none": "fixed"}
    return Row(
        "schedules",
        "A learning-rate schedule beats a fixed rate",
        f"SGD with momentum 0.9, {bench.epochs} epochs, each at its best of "
        f"{', '.join(f'{r:g}' for r in _FIXED_RATES)}",
        ", ".join(f"{names.get(n, n)} {percent(v)}" for n, v in numbers.items()),
        verdict(mean, numbers["none"]),
        bench.seeds,
        numbers,
    )


def mixed_precision(bench: Bench) -> Row:
    """fp16 and bf16 on a GPU."""
    claim = "Mixed precision halves memory and is 2 to 3 times faster"
    device = bench.training.images.device
    if device.type != "cuda":
        return Row("mixed-precision", claim, "a GPU", "no GPU here", NOT_MEASURED)
    numbers = {}
    for precision in ("fp32", "fp16", "bf16"):
        config = TrainConfig(
            precision=precision, batch_size=1024, augment="none", epochs=10, device=str(device)
        )
        torch.cuda.reset_peak_memory_stats(device)
        events = Trainer(config, bench.training, bench.validation).run(report_every=5)
        steps = [event for event in events if isinstance(event, Step)][2:]
        speed = statistics.median(step.images_per_second for step in steps)
        numbers[precision] = [speed, float(steps[-1].device_memory or 0)]
    base = numbers["fp32"]
    ratios = {p: (v[0] / base[0], v[1] / base[1]) for p, v in numbers.items() if p != "fp32"}
    met = [speed >= 2 and memory <= 0.55 for speed, memory in ratios.values()]
    return Row(
        "mixed-precision",
        claim,
        "improved, batch 1024",
        ", ".join(f"{p}: {s:.2f} times faster, {m:.0%} of memory" for p, (s, m) in ratios.items()),
        HOLDS if all(met) else UNCLEAR if any(met) else FAILS,
        numbers=numbers,
    )


def distillation(bench: Bench) -> Row:
    """A student with and without a teacher."""
    config = bench.base.with_changes(momentum=0.9)
    alone = [o.best for o in bench.run(config)]
    taught = [o.best for o in bench.run(config.with_changes(teacher="default"))]
    return Row(
        "distillation",
        "A teacher makes a small network better",
        f"default teaches mnist_cnn_fixed, T 4, alpha 0.7, {bench.epochs} epochs",
        f"taught {percent(taught)}, alone {percent(alone)}",
        verdict(taught, alone),
        bench.seeds,
        {"taught": taught, "alone": alone},
    )
