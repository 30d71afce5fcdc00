"""Speed of training steps and of the card, for gpu.py."""

import argparse
import gc
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.data.sizes import TRAINING_SET_SIZE, VALIDATION_SIZE
from mnist_core.models.architectures import build_model
from mnist_core.training.config import TrainConfig
from mnist_core.training.cuda_graph import prepare_for_capture
from mnist_core.training.events import Epoch, Step
from mnist_core.training.optimizers import build_optimizer
from mnist_core.training.step import TrainingStep
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import choose_device
from mnist_core.utils.runtime import keep_freed_memory

EPOCH_IMAGES = TRAINING_SET_SIZE - VALIDATION_SIZE
_DTYPES = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
_WARM_UP = 5


class Bench:
    """The device, the images on it, the options, and the last cache of torch.compile, if any."""

    def __init__(self, args: argparse.Namespace) -> None:
        keep_freed_memory()
        self.args = args
        self.device = choose_device(args.device)
        self.compiler_cache: tempfile.TemporaryDirectory[str] | None = None
        self.splits: tuple[Split, Split] = load_train_validation(
            self.device, training_size=min(args.images, EPOCH_IMAGES)
        )
        self.synchronize()

    @property
    def cuda(self) -> bool:
        """Whether it is a GPU."""
        return self.device.type == "cuda"

    def synchronize(self) -> None:
        """Wait for the GPU."""
        if self.cuda:
            torch.cuda.synchronize(self.device)

    def median_seconds(self, repeat: Callable[[int], object], steps: int) -> float:
        """Return the median duration of one step of `repeat(steps)`, which is called repeatedly."""
        times = []
        for _ in range(self.args.repeats):
            self.synchronize()
            began = time.perf_counter()
            repeat(steps)
            self.synchronize()
            times.append((time.perf_counter() - began) / steps)
        return statistics.median(times)

    def is_broken(self) -> bool:
        """Return whether the GPU computes no more in this process."""
        try:
            return torch.ones(2, device=self.device).sum().item() != 2
        except RuntimeError:
            return True

    def clean(self) -> None:
        """Free what the last measurement used."""
        if "torch._dynamo" in sys.modules:  # a slow import
            torch._dynamo.reset()
        gc.collect()
        if self.cuda:
            torch.cuda.empty_cache()


def ceiling(bench: Bench, precision: str) -> dict[str, Any]:
    """Measure the product of two large random matrices, or a copy within the device's memory."""
    n, cuda_matmul = bench.args.matrix, torch.backends.cuda.matmul
    left, right, out = (torch.randn(n, n, device=bench.device) for _ in range(3))
    if precision in ("fp16", "bf16"):
        left, right, out = (t.to(_DTYPES[precision]) for t in (left, right, out))
    before, cuda_matmul.allow_tf32 = cuda_matmul.allow_tf32, precision == "tf32"

    def run(steps: int) -> None:
        for _ in range(steps):
            out.copy_(left) if precision == "copy" else torch.mm(left, right, out=out)

    try:
        run(3)
        seconds = bench.median_seconds(run, 10)
    finally:
        cuda_matmul.allow_tf32 = before
    if precision == "copy":
        return {"GB/s": 2 * left.nbytes / seconds / 1e9}  # read and written
    return {"side": n, "TFLOP/s": 2 * n**3 / seconds / 1e12}


class StepLoop:
    """Training steps on random batches: the gather of the images, augmentation, forward and
    backward pass and optimizer; in mode "graph" all of it is one captured CUDA graph.
    """

    def __init__(self, bench: Bench, config: TrainConfig, *, graph: bool) -> None:
        if graph and not bench.cuda:
            raise ValueError("a CUDA graph needs a GPU")
        self._images, self._labels = bench.splits[0].images, bench.splits[0].labels
        torch.manual_seed(0)
        model = build_model(config.model).to(bench.device).train()
        if config.channels_last:
            model = model.to(memory_format=torch.channels_last)
        optimizer = build_optimizer(model, config)
        if graph:
            prepare_for_capture(optimizer, bench.device)
        self._step = TrainingStep(config, model, optimizer, None)
        order = torch.randperm(len(self._labels)).to(bench.device)
        self._order = order.split(config.batch_size)[: len(order) // config.batch_size]
        if not self._order:
            raise ValueError(f"batch {config.batch_size} is larger than {len(order)} images")
        self._sums = torch.zeros(2, device=bench.device)
        self._graph: torch.cuda.CUDAGraph | None = None
        began = time.perf_counter()
        if graph:
            self._capture(optimizer)
        else:
            self._take(self._order[0])
        self.run(_WARM_UP)
        bench.synchronize()
        self.preparation = time.perf_counter() - began

    def run(self, steps: int) -> None:
        """Take some steps."""
        for number in range(steps):
            index = self._order[number % len(self._order)]
            if self._graph is None:
                self._take(index)
            else:
                self._index.copy_(index)
                self._graph.replay()

    def _take(self, index: Tensor) -> None:
        images = self._images.index_select(0, index)
        self._sums += self._step(images, self._labels.index_select(0, index))

    def _capture(self, optimizer: torch.optim.Optimizer) -> None:
        self._index = self._order[0].clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                self._take(self._index)
        torch.cuda.current_stream().wait_stream(stream)
        optimizer.zero_grad(set_to_none=True)  # the captured step has gradients of its own
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, stream=stream):
            self._take(self._index)
        self._graph = graph


def step_config(device: torch.device, *, mode: str, batch: int, **fields: Any) -> TrainConfig:
    """Return the configuration of a row."""
    return TrainConfig(compile="compile" in mode, batch_size=batch, device=str(device), **fields)


def step(bench: Bench, **values: Any) -> dict[str, Any]:
    """Measure training steps; the epoch is extrapolated to 55,000 images."""
    allocated = 0
    if bench.cuda:
        bench.clean()
        torch.cuda.reset_peak_memory_stats(bench.device)
        allocated = torch.cuda.memory_allocated(bench.device)
    config = step_config(bench.device, **values)
    loop = StepLoop(bench, config, graph="graph" in values["mode"])
    seconds = bench.median_seconds(loop.run, bench.args.steps)
    rate = config.batch_size / seconds
    row = {
        "images/s": rate,
        "ms/step": 1000 * seconds,
        "epoch s": EPOCH_IMAGES / rate,
        "TFLOP/s": rate * flops_per_image(config.model) / 1e12,
        "prepare s": loop.preparation,
    }
    if bench.cuda:
        peak = torch.cuda.max_memory_allocated(bench.device) - allocated
        row["MiB"] = peak / 2**20
    return row


def epochs(bench: Bench, flags: str) -> dict[str, Any]:
    """Measure whole epochs of `Trainer`, with schedule, EMA and validation."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    add_config_flags(parser)
    config = config_from_flags(parser.parse_args(flags.split()))
    config = config.with_changes(epochs=4, device=str(bench.device))
    if len(bench.splits[0]) < config.batch_size:
        config = config.with_changes(batch_size=len(bench.splits[0]))
    events = list(Trainer(config, *bench.splits).run(report_every=10**9))
    seconds = [event.seconds for event in events if isinstance(event, Epoch)][1:]
    steps = [event for event in events if isinstance(event, Step)]
    images = len(bench.splits[0])
    row: dict[str, Any] = {
        "model": config.model,
        "precision": config.precision,
        "channels_last": config.channels_last,
        "mode": "Trainer, with validation",
        "augment": config.augment,
        "batch": config.batch_size,
        "images/s": images / statistics.median(seconds),
        "epoch s": statistics.median(seconds) * EPOCH_IMAGES / images,
    }
    if config.precision == "fp16":
        row["skipped steps"] = sum(step.skipped_steps or 0 for step in steps)
        # the schedule advances with the steps that were taken, so its end is not reached
        row["last learning rate"] = steps[-1].learning_rate
    return row


def flops_per_image(model: str) -> float:
    """Return floating-point operations of one image, forward and backward."""
    network = build_model(model)
    with FlopCounterMode(display=False) as counter:
        network(torch.zeros(2, 1, 28, 28)).sum().backward()
    return counter.get_total_flops() / 2
