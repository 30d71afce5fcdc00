"""`evaluate`: score weights on MNIST."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import (
    Subparsers,
    add_data_option,
    add_device_option,
    add_runs_option,
    add_weights_argument,
)
from mnist_core.cli.terminal import print_error, print_line, print_table
from mnist_core.models.registry import DEFAULT
from mnist_core.utils.arguments import path_argument
from mnist_core.utils.files import check_writable, write_atomic
from mnist_core.utils.json_files import write_json

if TYPE_CHECKING:
    import torch

    from mnist_core.data.mnist import Split
    from mnist_core.evaluation.results import Evaluation
    from mnist_core.models.weights import Network
    from mnist_core.runs.metric_log import Series


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("evaluate", help="score weights on MNIST")
    add_weights_argument(parser, nargs="?", default=DEFAULT)
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="5,000 held-out training images (default), or the test set: only to report",
    )
    add_device_option(parser)
    add_data_option(parser)
    add_runs_option(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--html", type=path_argument, metavar="FILE", help="write an HTML report")
    parser.add_argument(
        "--output", type=path_argument, metavar="FILE", help="write the evaluation as JSON"
    )
    parser.add_argument("--update-card", action="store_true", help="write the scores into the card")
    parser.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace) -> int:
    from mnist_core.cli.progress import StepProgress
    from mnist_core.models.weights import load_weights, update_card
    from mnist_core.runs.run_list import find_weights, lasting_name, weights_label
    from mnist_core.utils.devices import choose_device

    name = lasting_name(args.weights, args.runs)  # "last" may be another run at the end
    path = find_weights(name, args.runs)
    label = weights_label(path)
    for file in filter(None, (args.output, args.html, args.update_card and path)):
        check_writable(file)
    model, card = load_weights(path)
    device = choose_device(args.device)
    with StepProgress() as note:
        note(f"{label}: scoring on the {args.split} images, on {device}")
        result, split = _score(path, model.to(device), args.split, device, args.data)
    curves, problem = _curves(path)
    if problem:
        print_error(f"warning: {problem}")
    if args.update_card:
        scores = {"accuracy": result.accuracy, "loss": result.loss}
        update_card(path, **{args.split: scores})
    if args.output:
        write_json(args.output, result)
    if args.html:
        from mnist_core.reports.html import html_report

        named = {path.parent.name: curves} if curves else None
        report = html_report(
            label, result, split.images, named, card.as_dict(), curves_problem=problem
        )
        write_atomic(args.html, report)
    if args.json:
        print(json.dumps({"weights": name, **result.model_dump(mode="json")}))
        return 0
    print_line(f"{label} ({card.architecture}) on {result.images} {result.split} images")
    _print(result)
    for file in filter(None, (args.output, args.html)):
        print_line(f"wrote {file}")
    return 0


def _score(
    path: Path, model: Network, name: str, device: torch.device, data: str | None
) -> tuple[Evaluation, Split]:
    from mnist_core.data.mnist import load_test, load_validation
    from mnist_core.data.sizes import VALIDATION_SIZE
    from mnist_core.evaluation.scores import evaluate
    from mnist_core.runs.evaluation import run_evaluation
    from mnist_core.runs.run_list import run_of_weights

    run = run_of_weights(path)
    # a run's own split: part of the default one may have been training images
    size = run.config().validation_size if run else VALIDATION_SIZE
    split = load_validation(device, data, size=size)
    evaluation = run_evaluation(run, data) if run else evaluate(model, split)
    if name == "test":
        # nothing is fitted on the test set
        temperature = evaluation.calibration.temperature
        split = load_test(device, data)
        evaluation = evaluate(model, split, name=name, temperature=temperature)
    return evaluation, split


def _curves(weights: Path) -> tuple[dict[str, Series], str]:
    """Return the metrics of the run whose weights these are, and what is damaged; empty if none."""
    from mnist_core.runs.metric_damage import read_with_damage
    from mnist_core.runs.run_list import run_of_weights

    run = run_of_weights(weights)
    return read_with_damage(run) if run else ({}, "")


def _print(result: Evaluation) -> None:
    calibration = result.calibration
    print_line(f"accuracy {result.accuracy:.2%}   loss {result.loss:.4f}")
    print_line(
        f"calibration error {calibration.ece:.2%}; at temperature {calibration.temperature:.3f} "
        f"(fitted on validation) {calibration.scaled_ece:.2%}, loss {calibration.scaled_loss:.4f}"
    )
    print_table(
        ("digit", "precision", "recall", "f1", "support"),
        [
            (digit, *(f"{row[name]:.4f}" for name in ("precision", "recall", "f1")), row["support"])
            for digit, row in result.per_class.items()
        ],
        align="rrrrr",
        title="scores of each digit",
    )
    print_table(
        ("", *map(str, range(len(result.confusion)))),
        [(digit, *row) for digit, row in enumerate(result.confusion)],
        align="r" * (1 + len(result.confusion)),
        title="confusion matrix (rows: true digit, columns: predicted digit)",
    )
    print_table(
        ("true", "predicted", "images", "share of the true digit"),
        [(pair.true, pair.predicted, pair.count, f"{pair.rate:.2%}") for pair in result.pairs],
        align="rrrr",
        title="pairs that are often confused",
    )
    if not result.most_confused:
        print("\nall images are classified correctly")
        return
    print_table(
        ("pair", "errors", "first as second", "second as first"),
        [
            (f"{p.first} / {p.second}", p.total, p.first_as_second, p.second_as_first)
            for p in result.most_confused
        ],
        align="lrrr",
        title="most confused pairs of this network",
    )
