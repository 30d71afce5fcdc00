"""`ensemble`: combine several networks into one model."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.cli.commands.options import (
    WEIGHTS_HELP,
    Subparsers,
    add_data_option,
    add_device_option,
    add_runs_option,
    check_output,
)
from mnist_core.cli.terminal import print_line, print_table
from mnist_core.errors import MnistCoreError
from mnist_core.models.options import VOTES
from mnist_core.utils.arguments import path_argument

if TYPE_CHECKING:
    from mnist_core.data.mnist import Split
    from mnist_core.models.card import ModelCard
    from mnist_core.models.ensemble import Ensemble


_KEPT = ("data", "command", "epoch", "validation")


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("ensemble", help="combine several networks into one model")
    parser.add_argument("members", nargs="+", metavar="MEMBER", help=WEIGHTS_HELP)
    parser.add_argument(
        "--vote",
        choices=VOTES,
        default=VOTES[0],
        help="mean of the members' probabilities (default), or share of members that predict a "
        "digit",
    )
    parser.add_argument(
        "--output", type=path_argument, required=True, help="the .safetensors file to write"
    )
    parser.add_argument(
        "--half", action="store_true", help="store float16: half the size, loaded as float32"
    )
    add_runs_option(parser)
    add_device_option(parser)
    add_data_option(parser)
    parser.set_defaults(run=_ensemble)


def _ensemble(args: argparse.Namespace) -> int:
    from mnist_core.data.mnist import load_validation
    from mnist_core.models.ensemble import Ensemble
    from mnist_core.models.weights import load_weights, save_weights
    from mnist_core.runs.run_list import find_weights
    from mnist_core.utils.devices import choose_device

    check_output(args.output)
    paths = [find_weights(name, args.runs) for name in args.members]
    _check_paths(args.members, paths, args.output)
    names = [_label(*member) for member in zip(args.members, paths, strict=True)]
    device = choose_device(args.device)
    networks, cards = zip(*map(load_weights, paths), strict=True)
    refuses = all(card.trained_with_non_digits for card in cards)
    ensemble = Ensemble(networks, args.vote, refuses=refuses).to(device)
    scores = _score(names, ensemble, load_validation(device, args.data))
    for name, card in zip(names, cards, strict=True):
        if note := _note(card):
            print_line(f"note: {name} was {note}")
    card = {
        "members": [
            {"name": name, "validation": scored, **_original_scores(card)}
            for name, scored, card in zip(names, scores[:-1], cards, strict=True)
        ],
        "command": shlex.join(["python", "-m", "mnist_core", *_argv(args, names)]),
        "validation": scores[-1],
    }
    save_weights(args.output, ensemble, card, half=args.half)
    print_line(f"wrote {args.output}")
    return 0


def _label(name: str, path: Path) -> str:
    """Return a member's name for the card: a run's id instead of "last" or its name."""
    from mnist_core.runs.run import Run

    return path.parent.name if Run(path.parent).exists else name


def _argv(args: argparse.Namespace, names: list[str]) -> list[str]:
    """Return the arguments with the members' names for the card."""
    argv, count = list(args.argv), len(names)
    for start in range(len(argv) - count + 1):
        if argv[start : start + count] == args.members:
            return [*argv[:start], *names, *argv[start + count :]]
    return argv


def _check_paths(names: list[str], paths: list[Path], output: Path) -> None:
    files = [path.resolve() for path in paths]
    for number, (name, file) in enumerate(zip(names, files, strict=True)):
        if file in files[:number]:
            raise MnistCoreError(f"{name} is given twice, as {file}; give each network once")
        if file == output.resolve():
            raise MnistCoreError(f"--output is {str(output)!r}, a member; give another file")


def _score(names: list[str], ensemble: Ensemble, validation: Split) -> list[dict[str, float]]:
    """Print accuracy and loss of each member, then of the ensemble; return them."""
    from mnist_core.cli.progress import StepProgress
    from mnist_core.evaluation.scores import score

    names = [*names, f"ensemble, {ensemble.vote}"]
    scores = []
    with StepProgress() as note:
        for name, network in zip(names, (*ensemble.members, ensemble), strict=True):
            note(f"{name}: scoring on {len(validation)} validation images")
            scores.append(score(network, validation))
    print_table(
        (f"on {len(validation)} validation images", "accuracy", "loss"),
        [
            (name, f"{s.accuracy:.2%}", f"{s.loss:.4f}")
            for name, s in zip(names, scores, strict=True)
        ],
        align="lrr",
    )
    return [{"accuracy": s.accuracy, "loss": s.loss} for s in scores]


def _original_scores(card: ModelCard) -> dict[str, Any]:
    """Return what an ensemble's card says of a member's own card: data, command, scores, a note."""
    note = _note(card)
    kept = {key: value for key, value in card.as_dict().items() if key in _KEPT}
    own = {"card": kept} if kept else {}
    return {**own, **({"note": note} if note else {})}


def _note(card: ModelCard) -> str:
    """Return a warning if a network was trained on validation images of this split."""
    from mnist_core.data.sizes import VALIDATION_SIZE

    size = card.config.get("validation_size")
    if isinstance(size, int) and size < VALIDATION_SIZE:
        return f"trained with validation_size {size}: on some of these images too"
    return ""
