"""`evaluate`: score weights on MNIST."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import Subparsers, add_data_options, add_runs_option
from mnist_core.models.registry import DEFAULT
from mnist_core.models.weights import load_weights, update_card
from mnist_core.utils.files import make_folder, write_atomic

if TYPE_CHECKING:
    import torch

    from mnist_core.data.mnist import Split
    from mnist_core.evaluation.scores import Evaluation
    from mnist_core.models.card import ModelCard
    from mnist_core.models.weights import Network


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("evaluate", help="score weights on MNIST")
    parser.add_argument(
        "weights",
        nargs="?",
        default=DEFAULT,
        help="a shipped or promoted name, a weights file or a run",
    )
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="5,000 held-out training images (default), or the test set: only to report",
    )
    add_data_options(parser)
    add_runs_option(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--html", type=Path, metavar="FILE", help="write a report that opens in any browser"
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the evaluation as JSON")
    parser.add_argument(
        "--update-card", action="store_true", help="write the figures into the card"
    )
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.runs.run import find_weights
    from mnist_core.utils.devices import choose_device

    path = find_weights(args.weights, args.runs)
    model, card = load_weights(path)
    device = choose_device(args.device)
    result, split = _score(path, model.to(device), args.split, device, args.data)
    if args.update_card:
        scores = {"accuracy": result.accuracy, "loss": result.loss}
        update_card(path, **{args.split: scores})
    if args.output:
        result.write(args.output)
    if args.html:
        _write_report(args.html, path, card, result, split)
    if args.json:
        print(json.dumps({"weights": str(args.weights), **result.model_dump(mode="json")}))
        return 0
    print(f"{path.stem} ({card.architecture}) on {result.images} {result.split} images")
    _print(result)
    for file in (args.output, args.html):
        if file:
            print(f"wrote {file}")
    return 0


def _score(
    path: Path, model: Network, name: str, device: torch.device, data: str | None
) -> tuple[Evaluation, Split]:
    from mnist_core.data.mnist import VALIDATION_SIZE, load_test, load_validation
    from mnist_core.evaluation.scores import evaluate
    from mnist_core.runs.evaluation import run_evaluation
    from mnist_core.runs.run import run_of_weights

    run = run_of_weights(path)
    # a run's own: it may have been trained on a part of the usual ones
    size = run.config().validation_size if run else VALIDATION_SIZE
    split = load_validation(device, data, size=size)
    evaluation = run_evaluation(run, data) if run else evaluate(model, split)
    if name == "test":
        # nothing is fitted on the test set
        temperature = evaluation.calibration.temperature
        split = load_test(device, data)
        evaluation = evaluate(model, split, name=name, temperature=temperature)
    return evaluation, split


def _write_report(
    file: Path, weights: Path, card: ModelCard, result: Evaluation, split: Split
) -> None:
    from mnist_core.reports.html import html_report  # slow to import
    from mnist_core.runs.metric_log import MetricReader

    curves = MetricReader(weights.parent).read()  # empty where the weights are no run's
    report = html_report(
        weights.stem,
        result,
        split.images,
        curves={weights.parent.name: curves} if curves else None,
        card=card.as_dict(),
    )
    make_folder(file.parent)
    write_atomic(file, report)


def _print(result: Evaluation) -> None:
    print(f"accuracy {result.accuracy:.2%}   loss {result.loss:.4f}")
    calibration = result.calibration
    print(
        f"calibration error {calibration.ece:.2%}; at temperature {calibration.temperature:.3f} "
        f"(fitted on validation) {calibration.scaled_ece:.2%}, loss {calibration.scaled_loss:.4f}"
    )
    print("\ndigit  precision  recall      f1  support")
    for digit, row in result.per_class.items():
        print(
            f"{digit:>5}  {row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1']:6.4f}"
            f"  {row['support']:7d}"
        )
    print("\nconfusion matrix (rows: true digit, columns: read as)")
    print("     " + "".join(f"{digit:6d}" for digit in range(len(result.confusion))))
    for digit, row in enumerate(result.confusion):
        print(f"{digit:5d}" + "".join(f"{count:6d}" for count in row))
    print("\nclassic pairs (share of the true digit's images)")
    for pair in result.pairs:
        print(f"{pair.true} read as {pair.predicted}  {pair.count:5d}  {pair.rate:7.2%}")
    if not result.most_confused:
        print("\nno digits are confused")
        return
    print("\nmost confused")
    for pair in result.most_confused:
        print(
            f"{pair.first} / {pair.second}  {pair.total:5d}   "
            f"{pair.first} read as {pair.second}: {pair.first_as_second}, "
            f"{pair.second} read as {pair.first}: {pair.second_as_first}"
        )
