"""`ensemble`: make one model of several."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.cli.commands.options import (
    Subparsers,
    add_data_options,
    add_runs_option,
    check_output,
)
from mnist_core.errors import MnistCoreError
from mnist_core.models.card import ModelCard
from mnist_core.models.ensemble import VOTES, Ensemble
from mnist_core.models.weights import load_weights, save_weights

if TYPE_CHECKING:
    from mnist_core.data.mnist import Split


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("ensemble", help="make one model of several that vote")
    parser.add_argument(
        "members", nargs="+", metavar="MEMBER", help="a shipped name, a weights file or a run"
    )
    parser.add_argument(
        "--vote",
        choices=VOTES,
        default=VOTES[0],
        help="mean of the members' probabilities (default), or share of members that read a digit",
    )
    parser.add_argument("--output", type=Path, required=True, help="the .safetensors file to write")
    add_runs_option(parser)
    add_data_options(parser)
    parser.set_defaults(run=_ensemble)


def _ensemble(args: argparse.Namespace, words: list[str]) -> int:
    from mnist_core.data.mnist import load_validation
    from mnist_core.utils.devices import choose_device

    check_output(args.output)
    paths = [_resolve(name, args.runs) for name in args.members]
    _check_paths(args.members, paths, args.output)
    names = [_label(*member) for member in zip(args.members, paths, strict=True)]
    device = choose_device(args.device)
    networks, cards = zip(*map(load_weights, paths), strict=True)
    ensemble = Ensemble(networks, args.vote).to(device)
    scores = _score(names, ensemble, load_validation(device, args.data))
    for name, card in zip(names, cards, strict=True):
        if note := _note(card):
            print(f"note: {name} was {note}")
    card = {
        "members": [
            {"name": name, "validation": figures, **_known(card)}
            for name, figures, card in zip(names, scores[:-1], cards, strict=True)
        ],
        "command": shlex.join(["python", "-m", "mnist_core", *words]),
        "validation": scores[-1],
    }
    save_weights(args.output, ensemble, card)
    print(f"wrote {args.output}")
    return 0


def _resolve(name: str, runs: str | None) -> Path:
    """Return which weights are meant."""
    from mnist_core.runs.run import find_weights

    return find_weights(name, runs)


def _label(name: str, path: Path) -> str:
    """Return what the card calls a member: a run's id says more than "last"."""
    return path.parent.name if (path.parent / "config.json").is_file() else name


def _check_paths(names: list[str], paths: list[Path], output: Path) -> None:
    files = [path.resolve() for path in paths]
    for number, (name, file) in enumerate(zip(names, files, strict=True)):
        if file in files[:number]:
            raise MnistCoreError(f"{name} is there twice, as {file}; give each network once")
        if file == output.resolve():
            raise MnistCoreError(f"--output is {str(output)!r}, a member; give another file")


def _score(names: list[str], ensemble: Ensemble, validation: Split) -> list[dict[str, float]]:
    """Print accuracy and loss of each member, then of the ensemble; return them."""
    from mnist_core.evaluation.scores import score

    title = f"on {len(validation)} held-out images"
    width = max(map(len, [title, *names]))
    print(f"{title:{width}}  accuracy    loss")
    results = []
    rows = [*zip(names, ensemble.members, strict=True), (f"ensemble, {ensemble.vote}", ensemble)]
    for name, network in rows:
        scores = score(network, validation)
        results.append({"accuracy": scores.accuracy, "loss": scores.loss})
        print(f"{name:{width}}  {scores.accuracy:8.2%}  {scores.loss:6.4f}", flush=True)
    return results


def _known(card: ModelCard) -> dict[str, Any]:
    """Return what an ensemble's card says of a member: what its own card claims, and the note."""
    note = _note(card)
    own = {"card": {"validation": card.as_dict()["validation"]}} if card.validation else {}
    return {**own, **({"note": note} if note else {})}


def _note(card: ModelCard) -> str:
    """Return a warning if a network learned from images that are held out here; else nothing."""
    from mnist_core.data.sizes import VALIDATION_SIZE

    size = card.config.get("validation_size")
    if isinstance(size, int) and size < VALIDATION_SIZE:
        return f"trained with validation_size {size}: on some of these images too"
    return ""
