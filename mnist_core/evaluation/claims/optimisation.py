"""Claims about how the network is trained."""

import gc
import statistics

import torch

from mnist_core.evaluation.claims.experiment import Experiment
from mnist_core.evaluation.claims.verdict import ClaimResult, Verdict, judge, percent
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Step
from mnist_core.training.trainer import Trainer

_PEAKS = (0.01, 0.03, 0.1)
_SCHEDULES = ("step", "cosine", "plateau", "onecycle")
_BATCH = 1024
_FASTER, _SMALLER = 2.0, 0.55
"""Speed-up and share of the memory at which the claim about mixed precision holds."""


def momentum(experiment: Experiment) -> ClaimResult:
    """SGD with momentum."""
    numbers = {}
    for value in (0.0, 0.5, 0.9):
        config = experiment.base.with_changes(momentum=value)
        numbers[f"{value:g}"] = [o.accuracies[0] for o in experiment.run(config)]
    return ClaimResult(
        "momentum",
        "Momentum makes training faster",
        "SGD 0.01, validation accuracy after the first epoch",
        ", ".join(f"{name}: {percent(values)}" for name, values in numbers.items()),
        judge(numbers["0.9"], numbers["0"]),
        experiment.seeds,
        numbers,
    )


def schedules(experiment: Experiment) -> ClaimResult:
    """Schedules against a constant rate, each at its best of the same three peaks.

    The mean of the four schedules decides. All peaks are chosen by validation accuracy, that of
    the constant rate too, so that none has an advantage.
    """
    numbers, peaks = {}, {}
    for name in ("none", *_SCHEDULES):
        variants: dict[float, list[float]] = {}
        for rate in _PEAKS:
            config = experiment.base.with_changes(
                lr_scheduler=name,
                learning_rate=rate,
                momentum=0.9,
                lr_step_size=max(1, experiment.epochs // 2),
                lr_patience=0,
                lr_warmup=0.2 if name == "onecycle" else 0.0,
            )
            variants[rate] = [o.best for o in experiment.run(config)]
        peaks[name] = max(variants, key=lambda rate: statistics.mean(variants[rate]))
        numbers[name] = variants[peaks[name]]
    mean = [
        statistics.mean(values) for values in zip(*[numbers[s] for s in _SCHEDULES], strict=True)
    ]
    names = {"none": "constant"}
    return ClaimResult(
        "schedules",
        "A learning-rate schedule is better than a constant rate",
        f"SGD with momentum 0.9, {experiment.epochs} epochs, each at its best of "
        f"{', '.join(f'{r:g}' for r in _PEAKS)}; the schedules' mean decides",
        ", ".join(f"{names.get(n, n)} {percent(v)} at {peaks[n]:g}" for n, v in numbers.items()),
        judge(mean, numbers["none"]),
        experiment.seeds,
        numbers,
    )


def mixed_precision(experiment: Experiment) -> ClaimResult:
    """fp16 and bf16 on a GPU. It holds if both reach both bounds, fails if neither does."""
    claim = "Mixed precision halves memory and is 2 to 3 times faster"
    device = experiment.training.images.device
    if device.type != "cuda":
        return ClaimResult("mixed-precision", claim, "a GPU", "no GPU", Verdict.NOT_MEASURED)
    numbers = {p: _speed_and_memory(experiment, p) for p in ("fp32", "fp16", "bf16")}
    base = numbers["fp32"]
    ratios = {p: (v[0] / base[0], v[1] / base[1]) for p, v in numbers.items() if p != "fp32"}
    met = [speed >= _FASTER and memory <= _SMALLER for speed, memory in ratios.values()]
    return ClaimResult(
        "mixed-precision",
        claim,
        f"improved, batch {_BATCH}, against fp32; holds from {_FASTER:g} times the speed with at "
        f"most {_SMALLER:.0%} of the memory",
        ", ".join(
            f"{p}: {s:.2f} times the speed, {m:.0%} of the memory" for p, (s, m) in ratios.items()
        ),
        Verdict.HOLDS if all(met) else Verdict.UNCLEAR if any(met) else Verdict.FAILS,
        numbers=numbers,
    )


def _speed_and_memory(experiment: Experiment, precision: str) -> list[float]:
    """Return images per second, and the bytes that training needs besides the images."""
    device = experiment.training.images.device
    config = TrainConfig(
        precision=precision, batch_size=_BATCH, augment="none", epochs=10, device=str(device)
    )
    gc.collect()  # schedule and optimizer refer to each other: the last variant may still exist
    before = torch.cuda.memory_allocated(device)
    torch.cuda.reset_peak_memory_stats(device)
    events = Trainer(config, experiment.training, experiment.validation).run(report_every=5)
    steps = [event for event in events if isinstance(event, Step)]
    speed = statistics.median(step.images_per_second for step in steps[2:])
    # validation runs in fp32 and comes after the first epoch's steps
    memory = max(step.usage.device_memory_peak or 0 for step in steps if step.epoch == 1)
    return [speed, float(memory - before)]


def distillation(experiment: Experiment) -> ClaimResult:
    """A student with and without a teacher."""
    config = experiment.base.with_changes(momentum=0.9)
    without = [o.best for o in experiment.run(config)]
    taught = [o.best for o in experiment.run(config.with_changes(teacher="default"))]
    return ClaimResult(
        "distillation",
        "Distillation improves a small network",
        f"mnist_cnn_fixed, {experiment.epochs} epochs; its teacher, the shipped default, was "
        "trained on all 55,000 images",
        f"with teacher {percent(taught)}, without {percent(without)}",
        judge(taught, without),
        experiment.seeds,
        {"with teacher": taught, "without": without},
    )
