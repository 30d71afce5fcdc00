"""How the cost of training grows: with the batch, and with the number of images.

    python -m benchmarks.scaling

`mnist_cnn`, SGD, float32, no augmentation. Images/s for batches of 32 to 8,192, and seconds of an
epoch for 1,000 to 60,000 images; every row relative to the first one of its table.
"""

import argparse
import time

import torch

from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.training.events import Epoch
from mnist_core.training.presets import preset
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import choose_device, device_name
from mnist_core.utils.runtime import keep_freed_memory

BATCHES = (32, 64, 128, 256, 512, 1024, 2048, 4096, 8192)
SIZES = (1_000, 2_000, 5_000, 10_000, 20_000, 40_000, 60_000)


def epoch_seconds(batch_size: int, training: Split, validation: Split) -> float:
    """Return the seconds of the fastest of three epochs, validation included."""
    config = preset("article").with_changes(batch_size=batch_size, epochs=3)
    events = Trainer(config, training, validation).run(report_every=10**9)
    return min(event.seconds for event in events if isinstance(event, Epoch))


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="auto")
    device = choose_device(parser.parse_args().device)
    keep_freed_memory()
    training, held_out = load_train_validation(device)
    validation = Split(held_out.images[:1000], held_out.labels[:1000])
    whole = Split(
        torch.cat([training.images, held_out.images]), torch.cat([training.labels, held_out.labels])
    )
    print(f"{device_name(device)}, torch {torch.__version__}; mnist_cnn, SGD, fp32")
    part = Split(whole.images[:16_384], whole.labels[:16_384])
    base = None
    for batch_size in BATCHES:
        rate = len(part) / epoch_seconds(batch_size, part, validation)
        base = base or rate
        print(f"batch {batch_size:5}  {rate:10,.0f} images/s  {rate / base:5.2f} times batch 32")
    base = None
    for size in SIZES:
        began = time.perf_counter()
        seconds = epoch_seconds(64, Split(whole.images[:size], whole.labels[:size]), validation)
        base = base or seconds
        print(
            f"{size:6,} images  {seconds:7.2f} s an epoch  {seconds / base:6.2f} times 1,000 "
            f"({time.perf_counter() - began:.1f} s with the start)"
        )


if __name__ == "__main__":
    main()
