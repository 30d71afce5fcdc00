"""`calibrate`: fit a network's probabilities and its digit score, and write them into its card."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import (
    Subparsers,
    add_data_option,
    add_device_option,
    add_runs_option,
    add_weights_argument,
)
from mnist_core.cli.terminal import print_line, print_table
from mnist_core.utils.arguments import input_file_argument

if TYPE_CHECKING:
    from mnist_core.evaluation.calibration_fit import CalibrationSource
    from mnist_core.models.calibration import LogitCalibration


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "calibrate",
        help="fit the probabilities and the digit score on validation data; write them into the "
        "card",
    )
    add_weights_argument(parser)
    parser.add_argument(
        "--keep",
        type=float,
        default=0.97,
        help="share of each kind of digits that must be accepted (default: 0.97)",
    )
    parser.add_argument(
        "--drawings",
        type=int,
        default=3000,
        help="generated digits, and as many generated non-digits (default: 3000)",
    )
    for name, content in (
        ("pendigits", "UCI's pendigits-orig.tra.gz"),
        ("unipen", "UNIPEN digits as JSON lines in gzip"),
        ("letters", "UNIPEN letters as JSON lines in gzip"),
    ):
        parser.add_argument(
            f"--{name}",
            type=input_file_argument,
            metavar="FILE",
            help=f"validate on {content} as well",
        )
    add_device_option(parser)
    add_data_option(parser)
    add_runs_option(parser)
    parser.set_defaults(run=_calibrate)


def _calibrate(args: argparse.Namespace) -> int:
    from mnist_core.cli.progress import StepProgress
    from mnist_core.errors import MnistCoreError
    from mnist_core.evaluation.calibration_data import calibration_sources
    from mnist_core.evaluation.calibration_fit import fit_calibration
    from mnist_core.models.calibration import UNCALIBRATED
    from mnist_core.models.weights import load_weights, update_card
    from mnist_core.runs.run_list import find_weights, weights_label
    from mnist_core.utils.devices import choose_device
    from mnist_core.utils.files import check_writable

    if not 0 < args.keep < 1:
        raise MnistCoreError(f"--keep is {args.keep}; it must lie between 0 and 1")
    if args.drawings < 10:
        raise MnistCoreError(f"--drawings is {args.drawings}; give at least 10")
    path = find_weights(args.weights, args.runs)
    check_writable(path)
    model, card = load_weights(path)
    device = choose_device(args.device)
    refuses = card.trained_with_non_digits
    with StepProgress() as note:
        label = weights_label(path)
        note(f"{label}: classifying the validation images and drawings, on {device}")
        sources = calibration_sources(
            model.to(device),
            device,
            data=args.data,
            drawings=args.drawings,
            pendigits=args.pendigits,
            unipen=args.unipen,
            letters=args.letters,
        )
        note(f"{label}: fitting the calibration")
        calibration = fit_calibration(sources, keep=args.keep, refuses=refuses)
    update_card(path, calibration=calibration.model_dump(exclude_none=True))
    _print(sources, UNCALIBRATED, calibration)
    if not refuses:
        print_line(
            "it was trained without non-digits (--non-digits 0), so that it never refuses a drawing"
        )
    print_line(f"wrote the calibration into the card of {path}")
    return 0


def _print(
    sources: list[CalibrationSource], before: LogitCalibration, after: LogitCalibration
) -> None:
    print_line(
        f"temperature {after.temperature:.3f}"
        + (
            f"   digit score: scale {after.digit_scale:.3f}, offset {after.digit_offset:.3f}"
            if after.can_refuse
            else ""
        )
    )

    def percent(share: float | None) -> str | None:
        return None if share is None else f"{share:.2%}"

    rows = []
    for source in sources:
        accepted = source.accepted(after, digits=False)
        rows.append(
            (
                source.name,
                len(source.labels),
                percent(source.calibration_error(before)),
                percent(source.calibration_error(after)),
                percent(source.accepted(after, digits=True)),
                percent(None if accepted is None else 1 - accepted),
            )
        )
    print_table(
        ("validation data", "number", "ECE before", "ECE after", "digits kept", "others refused"),
        rows,
        align="lrrrrr",
    )
