"""Images a second while training `mnist_cnn`: our engine against the usual tutorial's loop.

The same arithmetic on both sides: network, batch size, SGD with momentum, float32 (in another
order in memory: channels last). The baseline is the loop of most MNIST tutorials: torchvision's
data set and transforms, a DataLoader, and an `.item()` for the loss and the hits of every batch.
Each loop has a process of its own, as it has in use, and they take turns of 200 steps.

    python -m benchmarks.training_speed

`python -m benchmarks.gpu` compares precisions, and speeds with the card's.
"""

import argparse
import multiprocessing as mp
import statistics
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection

import torch
import torch.nn.functional as F

from mnist_core.data.mnist import MEAN, STD, data_root, load_train_validation
from mnist_core.models.architectures import build_model
from mnist_core.training.events import Step
from mnist_core.training.presets import preset
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import choose_device, device_name
from mnist_core.utils.runtime import keep_freed_memory

BATCH_SIZES = (64, 256)
REPEATS = 15
STEPS = 200


def tutorial_loop(batch_size: int, device: torch.device) -> Iterator[float]:
    """Train as tutorials do; yield images/s of every 200 steps."""
    from torchvision import transforms
    from torchvision.datasets import MNIST

    transform = transforms.Compose([transforms.ToTensor(), transforms.Normalize((MEAN,), (STD,))])
    dataset = MNIST(str(data_root()), train=True, transform=transform, download=True)
    loader = torch.utils.data.DataLoader(dataset, batch_size=batch_size, shuffle=True)
    config = preset("article")
    model = build_model(config.model).to(device)
    optimizer = torch.optim.SGD(model.parameters(), config.learning_rate, config.momentum)
    running_loss, correct, steps, began = 0.0, 0, 0, time.perf_counter()
    while True:
        for images, labels in loader:
            images, labels = images.to(device), labels.to(device)
            optimizer.zero_grad()
            logits = model(images)
            loss = F.cross_entropy(logits, labels)
            loss.backward()
            optimizer.step()
            running_loss += loss.item()
            correct += (logits.argmax(1) == labels).sum().item()
            steps += 1
            if steps == STEPS:
                yield steps * batch_size / (time.perf_counter() - began)
                steps, began = 0, time.perf_counter()


def our_engine(batch_size: int, device: torch.device) -> Iterator[float]:
    """Train with our engine; yield images/s of every 200 steps."""
    keep_freed_memory()  # in this process only, not in the baseline's
    config = preset("article").with_changes(batch_size=batch_size, epochs=1000)
    splits = load_train_validation(device)
    events = (event for event in Trainer(config, *splits).run() if isinstance(event, Step))
    done, began = next(events).global_step, time.perf_counter()
    for event in events:
        if event.global_step - done >= STEPS:
            now = time.perf_counter()
            yield (event.global_step - done) * batch_size / (now - began)
            done, began = event.global_step, time.perf_counter()


Loop = Callable[[int, torch.device], Iterator[float]]


def serve_turns(turns: Connection, loop: Loop, batch_size: int, device: torch.device) -> None:
    """Train for 200 steps whenever asked and send images/s; runs in a process of its own."""
    rates = loop(batch_size, device)
    while turns.recv():
        turns.send(next(rates))


def take_turns(loops: list[Loop], batch_size: int, device: torch.device) -> list[list[float]]:
    """Return REPEATS rows of images/s, one of each loop, after a first row that warms up."""
    fresh = mp.get_context("spawn")
    turns = []
    for loop in loops:
        here, there = fresh.Pipe()
        fresh.Process(target=serve_turns, args=(there, loop, batch_size, device)).start()
        turns.append(here)
    rows = []
    for _ in range(1 + REPEATS):
        row = []
        for turn in turns:
            turn.send(True)
            row.append(turn.recv())
        rows.append(row)
    for turn in turns:
        turn.send(False)
    return rows[1:]


def compare(batch_size: int, device: torch.device) -> None:
    """Print both loops' images/s and their ratio, measured in turn."""
    rates = take_turns([tutorial_loop, our_engine], batch_size, device)
    base, fast = (statistics.median(column) for column in zip(*rates, strict=True))
    ratios = sorted(b / a for a, b in rates)
    print(
        f"batch {batch_size:4}   tutorial loop {base:9,.0f} images/s   engine {fast:9,.0f} images/s"
        f"   {statistics.median(ratios):.2f} times ({ratios[0]:.2f} to {ratios[-1]:.2f})"
    )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto")
    device = choose_device(parser.parse_args().device)
    print(f"{device_name(device)}, torch {torch.__version__}; mnist_cnn, SGD, fp32")
    for batch_size in BATCH_SIZES:
        compare(batch_size, device)


if __name__ == "__main__":
    main()
