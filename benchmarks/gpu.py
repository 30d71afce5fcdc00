"""Everything that needs a GPU, measured in one command, as JSON and Markdown.

    python benchmarks/gpu.py [--seconds 480] [--only speed accuracy ...]

Sections: `ceiling` (large matrix products), `speed` (images/s, epoch time, share of the ceiling and
memory of each architecture, precision, memory layout and way to run a step), `accuracy` (seconds
from the start of a process to 99.5% held-out accuracy, against pytorch/examples' recipe), `resume`
(weights after a kill and a resume against those of an uninterrupted run), `two-runs` (two trainings
at once on one card).

The measurements are taken in a worker process, so that a failure costs one row. Both files are
written after each measurement; what no longer fits into `--seconds` is listed as left out.
"""

import argparse
import os
import sys
import time
from pathlib import Path

SECTIONS = ("ceiling", "speed", "accuracy", "resume", "two-runs")


def parse_args(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return the options."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=SECTIONS, metavar="SECTION")
    parser.add_argument("--seconds", type=float, default=480, help="budget for everything")
    parser.add_argument("--json", type=Path, default=Path("gpu.json"))
    parser.add_argument("--markdown", type=Path, default=Path("gpu.md"))
    parser.add_argument("--device", default="cuda", help="cuda (default), cuda:1 or cpu")
    parser.add_argument("--steps", type=int, default=30, help="training steps between two times")
    parser.add_argument("--repeats", type=int, default=5, help="times; their median is reported")
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1024, 256])
    parser.add_argument("--models", nargs="+", help="architectures (default: all)")
    parser.add_argument("--matrix", type=int, default=8192, help="side of the ceiling's matrices")
    parser.add_argument("--images", type=int, default=55_000, help="training images to use")
    parser.add_argument("--accuracy", type=float, default=0.995, help="goal on held-out images")
    parser.add_argument("--train-flags", default="--preset gpu-fast", help="our recipe's flags")
    return parser.parse_args(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Measure what fits into the budget and write the results; return the exit status."""
    began = time.monotonic()
    args = parse_args(arguments)
    # processes that are started from here may have another working directory
    os.environ["MNIST_ROOT"] = str(Path(os.environ.get("MNIST_ROOT") or "data").resolve())
    from benchmarks.gpu_plan import make_plan
    from benchmarks.gpu_report import Report
    from benchmarks.gpu_schedule import run_plan
    from mnist_core.errors import MnistCoreError

    report = Report(args.json, args.markdown, vars(args))
    try:
        run_plan(make_plan(args), args, report, began + args.seconds)
    except MnistCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(f"\n{report.markdown()}\n{time.monotonic() - began:.0f} s in all", flush=True)
    return 0


if __name__ == "__main__":
    if not __package__:  # run as a file: as with -m, modules are found from the root
        sys.path[0] = str(Path(__file__).resolve().parents[1])
    raise SystemExit(main())
