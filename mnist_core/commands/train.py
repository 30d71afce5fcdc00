"""`train`: train a network on MNIST."""

from __future__ import annotations

import argparse
import dataclasses
import shlex
from pathlib import Path
from typing import Any

from mnist_core.commands.options import Subparsers
from mnist_core.errors import MnistCoreError
from mnist_core.files import make_folder
from mnist_core.models import ARCHITECTURES
from mnist_core.weights import card_path, save_weights


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("train", help="train a network on MNIST")
    from mnist_core.devices import DEVICES
    from mnist_core.train import OPTIMIZERS, TrainConfig

    default = TrainConfig()
    add = parser.add_argument
    add("--model", default=default.model, help=f"one of {', '.join(ARCHITECTURES)}")
    add("--epochs", type=int, default=default.epochs)
    add("--batch-size", type=int, default=default.batch_size)
    add("--learning-rate", type=float, default=default.learning_rate, help="the schedule's peak")
    add("--optimizer", default=default.optimizer, help=f"one of {', '.join(OPTIMIZERS)}")
    add("--weight-decay", type=float, default=default.weight_decay)
    add("--label-smoothing", type=float, default=default.label_smoothing)
    add("--ema-decay", type=float, default=default.ema_decay, help="0 turns averaging off")
    add(
        "--augment",
        action=argparse.BooleanOptionalAction,
        default=default.augment,
        help="random rotation, shift, scale, shear, elastic displacement, stroke thickness",
    )
    add("--amp", action=argparse.BooleanOptionalAction, default=default.amp, help="bfloat16")
    add("--device", default=default.device, help=f"one of {', '.join(DEVICES)}")
    add("--seed", type=int, default=default.seed)
    add("--data", help="folder with MNIST/raw; default MNIST_ROOT, else ./data")
    add("--output", type=Path, required=True, help="the .safetensors file to write")
    parser.set_defaults(run=_train)


def _train(args: argparse.Namespace, words: list[str]) -> int:
    from mnist_core.data import load_train_validation
    from mnist_core.devices import choose_device
    from mnist_core.progress import follow
    from mnist_core.train import TrainConfig, train

    if args.output.suffix != ".safetensors":
        raise MnistCoreError(
            f"--output is {str(args.output)!r}; give a file ending in .safetensors"
        )
    make_folder(args.output.parent)  # now, not when the run is over
    names = [field.name for field in dataclasses.fields(TrainConfig)]
    config = TrainConfig(**{name: getattr(args, name) for name in names})
    training, validation = load_train_validation(choose_device(config.device), args.data)
    finished = follow(train(config, training, validation), config)
    card = {
        "config": config.as_dict(),
        "data": f"MNIST: {len(training)} training images, {len(validation)} held out to validate",
        "command": shlex.join(["python", "-m", "mnist_core", *words]),
        "epoch": finished.epoch,
        "validation": {
            "accuracy": finished.validation_accuracy,
            "loss": finished.validation_loss,
        },
        "environment": _environment(),
    }
    save_weights(args.output, finished.model, config.model, card)
    print(
        f"best epoch {finished.epoch}: validation accuracy {finished.validation_accuracy:.2%}; "
        f"wrote {args.output} and {card_path(args.output).name}"
    )
    return 0


def _environment() -> dict[str, Any]:
    import torch

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {"torch": torch.__version__, "gpu": gpu, "cpu_threads": torch.get_num_threads()}
