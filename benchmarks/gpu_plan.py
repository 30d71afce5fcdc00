"""What gpu.py measures, in the order of importance."""

import argparse
import itertools
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from mnist_core.errors import MnistCoreError
from mnist_core.models.options import Architecture

PRECISIONS = ("bf16", "fp16", "fp32")
MODES = ("eager", "graph", "compile", "compile+graph")
_SECONDS = {"eager": 2.0, "graph": 2.0, "compile": 20.0, "compile+graph": 20.0}


@dataclass(frozen=True)
class Task:
    """One measurement.

    Attributes
    ----------
    section : str
    name : str
        Function in `gpu_worker.TASKS`.
    seconds : float
        Estimated duration.
    values : dict
        The function's arguments; also the first columns of its row.
    kind : str
        Tasks of one kind take equally long: the last one's duration is the next one's estimate.
    flexible : bool
        It takes a limit in seconds: what tasks with `reserved` leave of the budget.
    reserved : bool
        Flexible tasks before it leave it its time.
    """

    section: str
    name: str
    seconds: float
    values: dict[str, Any] = field(default_factory=dict)
    kind: str = ""
    flexible: bool = False
    reserved: bool = False


def speed(
    model: str,
    batch: int,
    precision: str = "bf16",
    channels_last: bool = True,
    mode: str = "eager",
    augment: str = "pen",
) -> Task:
    """Return the measurement of one way to take a training step."""
    values = {
        "model": model,
        "precision": precision,
        "channels_last": channels_last,
        "mode": mode,
        "augment": augment,
        "batch": batch,
    }
    return Task("speed", "step", _SECONDS[mode], values, mode)


def make_plan(args: argparse.Namespace) -> list[Task]:
    """Return the measurements of the chosen sections, the most important ones first.

    Raises
    ------
    MnistCoreError
        For an unknown architecture.
    """
    for model in args.models or ():
        if model not in _MODELS:
            raise MnistCoreError(f"model is {model!r}; choose from {', '.join(_MODELS)}")
    plan = [Task("ceiling", "ceiling", 2, {"precision": p}, "ceiling") for p in _CEILINGS]
    large, *_ = args.batch_sizes
    models = tuple(args.models or _MODELS)
    first = models[0]
    plan += [
        speed(first, large, mode="eager"),
        speed(first, large, mode="graph"),
        Task("speed", "epochs", 4, {"flags": "--preset gpu-fast"}, "epochs"),
        Task("speed", "epochs", 4, {"flags": f"--preset gpu-fast {_FP16}"}, "epochs"),
    ]
    plan += [speed(first, large, p, mode="eager") for p in ("fp32", "fp16")]
    plan += [speed(first, large, p, mode="graph") for p in ("fp32", "fp16")]
    plan += [speed(first, large, channels_last=False, mode=m) for m in ("eager", "graph")]
    plan += [speed(first, large, mode="graph", augment="none")]
    plan += [speed(first, batch, mode=m) for batch in args.batch_sizes for m in ("eager", "graph")]
    ours = args.train_flags
    plan += [
        *(replace(_accuracy(ours, 15, start=start), reserved=True) for start in _STARTS),
        Task("accuracy", "start_parts", 10, {"recipe": "the parts of a start"}, reserved=True),
        Task("two-runs", "two_runs", 15, {"mode": "eager"}, "two", reserved=True),
        Task("resume", "resume", 15, reserved=True),
        replace(speed(first, large, mode="compile"), reserved=True),
        Task("accuracy", "examples", 40, {"recipe": "pytorch/examples"}, flexible=True),
    ]
    plan += [speed(first, large, mode="compile+graph")]
    plan += [speed(model, large, mode=m) for model in models for m in ("eager", "graph")]
    plan += [Task("two-runs", "two_runs", 15, {"mode": "graph"}, "two")]
    for cache in ("empty", "full"):
        plan.append(_accuracy(f"{ours} --no-cuda-graph --compile", 40, compiler_cache=cache))
    plan += [Task("speed", "epochs", 8, {"flags": "--preset improved"}, "epochs")]
    for mode in MODES:
        for augment, batch, channels_last, precision, model in itertools.product(
            ("pen", "none"), args.batch_sizes, (True, False), PRECISIONS, models
        ):
            if augment == "pen" or mode == "eager":
                plan.append(speed(model, batch, precision, channels_last, mode, augment))
    unique: dict[tuple[object, ...], Task] = {}
    for task in plan:
        unique.setdefault((task.name, *task.values.items()), task)
    return [task for task in unique.values() if task.section in args.only]


_FP16 = "--no-cuda-graph --precision fp16"
_STARTS = ("first", "second")
"""The first start on a new machine fills the cache of files."""
_CEILINGS = ("bf16", "fp16", "tf32", "fp32", "copy")
_MODELS = sorted(get_args(Architecture), key=lambda name: name != "improved")


def _accuracy(flags: str, seconds: float, **values: str) -> Task:
    return Task("accuracy", "ours", seconds, {"recipe": flags, **values}, flexible=True)
