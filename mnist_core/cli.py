"""The command line: train, evaluate, predict, weights."""

from __future__ import annotations

import argparse
import dataclasses
import json
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mnist_core.errors import MnistCoreError
from mnist_core.models import ARCHITECTURES
from mnist_core.predict import load_classifier
from mnist_core.weights import (
    DEFAULT,
    card_path,
    load_weights,
    make_folder,
    read_card,
    save_weights,
    shipped_models,
    weights_path,
    write_card,
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status: 0, 2 for bad input, 130 when interrupted."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser().parse_args(words)
    try:
        return args.run(args, words)
    except MnistCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mnist_core", description="Train and use networks that read digits."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train a network on MNIST"))

    evaluate = commands.add_parser("evaluate", help="score weights on MNIST")
    evaluate.add_argument("weights", nargs="?", default=DEFAULT, help="shipped name or path")
    evaluate.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="5,000 held-out training images (default), or the test set: only to report",
    )
    evaluate.add_argument("--device", default="auto", help="auto, cpu or cuda")
    evaluate.add_argument("--data", help="folder with MNIST/raw; default MNIST_ROOT, else ./data")
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")
    evaluate.add_argument(
        "--update-card", action="store_true", help="write the figures into the card"
    )
    evaluate.set_defaults(run=_evaluate)

    predict = commands.add_parser("predict", help="read pictures, one line each")
    predict.add_argument("files", nargs="+", metavar="FILE")
    predict.add_argument("--weights", default=DEFAULT, help="shipped name or path")
    predict.set_defaults(run=_predict)

    weights = commands.add_parser("weights", help="list the shipped weights")
    weights.set_defaults(run=_weights)
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    from mnist_core.train import DEVICES, OPTIMIZERS, TrainConfig

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
    from mnist_core.progress import follow
    from mnist_core.train import TrainConfig, choose_device, train

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


def _evaluate(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.data import load_test, load_train_validation
    from mnist_core.evaluate import evaluate
    from mnist_core.train import choose_device

    path = weights_path(args.weights)
    model, architecture = load_weights(path)
    device = choose_device(args.device)
    if args.split == "test":
        split = load_test(device, args.data)
    else:
        split = load_train_validation(device, args.data)[1]
    result = evaluate(model.to(device), split)
    if args.update_card:
        figures = {"accuracy": result.accuracy, "loss": result.loss}
        card = {"architecture": architecture, **read_card(path)}
        write_card(path, {**card, args.split: figures})
    if args.json:
        head = {"weights": str(args.weights), "split": args.split}
        print(json.dumps({**head, **result.as_dict()}))
        return 0
    print(f"{path.stem} ({architecture}) on {len(split)} {args.split} images")
    print(f"accuracy {result.accuracy:.2%}   loss {result.loss:.4f}\n")
    print("digit  precision  recall      f1  support")
    for digit, row in result.per_class.items():
        print(
            f"{digit:>5}  {row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1-score']:6.4f}"
            f"  {row['support']:7.0f}"
        )
    print("\nconfusion matrix (rows: true digit, columns: read as)")
    print("     " + "".join(f"{digit:6d}" for digit in range(len(result.confusion))))
    for digit, row in enumerate(result.confusion):
        print(f"{digit:5d}" + "".join(f"{count:6d}" for count in row))
    return 0


def _predict(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.pictures import open_picture

    classifier = load_classifier(args.weights)
    status = 0
    for file in args.files:
        try:
            prediction = classifier.classify(open_picture(file))
        except MnistCoreError as error:
            # one bad file must not keep the others from being read
            print(f"error: {error}", file=sys.stderr)
            status = 2
            continue
        answer = (
            "blank" if prediction.is_blank else f"{prediction.digit} {prediction.confidence:.1%}"
        )
        print(f"{file}: {answer}")
    return status


def _weights(_args: argparse.Namespace, _words: list[str]) -> int:
    for name in shipped_models():
        path = weights_path(name)
        card = read_card(path)
        figures = "  ".join(
            f"{split} {card[split]['accuracy']:.2%}"
            for split in ("validation", "test")
            if split in card
        )
        megabytes = path.stat().st_size / 1e6
        print(f"{name}: {card.get('architecture', '?')}, {megabytes:.1f} MB  {figures}")
    return 0
