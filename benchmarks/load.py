"""Many visitors of the pad at once: answers a second, their times, errors and the server's memory.

    python -m benchmarks.load [--visitors 1 10 50 200] [--soak 600] [--markdown FILE] [--json FILE]

The pad runs in a process of its own on this machine, the visitors are threads of this one: plain
connections that speak the page's protocol, on the same cores. For each number of visitors:

- pages: each loads the page and the files with which its browser runs the model, again and again
- people: whose browsers cannot run models; each draws a digit in a second and looks for three
- pens: the same without pauses
- /classify: each uploads a picture and waits for its answer, again and again

`--soak` then lets ten of them draw and send pictures for so many seconds, and says whether memory
and temporary files are flat: uploads are deleted after a minute there.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.load_requests import prepare
from benchmarks.load_soak import soak
from benchmarks.load_visitors import (
    Times,
    Visitor,
    everyones_times,
    progress_report,
    report_errors,
)
from tests.support.chromium import ROOT, Server, serving

VISITORS = (1, 10, 50, 200)
MOST_SECONDS = 3600
MOST_VISITORS = 1000
LOOKING = 3.0
"""Seconds for which people look at what they have drawn."""
AFTER_BUSY = 1.0
"""Mean of the seconds after which those that were told "busy" ask again."""


@dataclass(frozen=True)
class Row:
    """One row of the table: times in milliseconds, memory in MB, `cpu` in cores."""

    visitors: int
    what: str
    answers_per_second: float
    p50: float
    p95: float
    p99: float
    busy: int
    busy_p95: float
    errors: int
    cpu: float
    memory: float


def _load_pages(visitor: Visitor, end: float) -> None:
    visitor.load_page()  # once at least, as in the other rows, however short the time is
    while time.perf_counter() < end:
        visitor.load_page()


def _people(visitor: Visitor, end: float) -> None:
    visitor.pause(LOOKING + 1, end)  # not all begin together
    while time.perf_counter() < end:
        visitor.draw(end)
        time.sleep(max(0.0, min(LOOKING, end - time.perf_counter())))


def _pens(visitor: Visitor, end: float) -> None:
    visitor.draw(end)
    while time.perf_counter() < end:
        visitor.draw(end)


def _classify(visitor: Visitor, end: float) -> None:
    answered = visitor.classify()
    while time.perf_counter() < end:
        if not answered:
            visitor.pause(2 * AFTER_BUSY, end)
        answered = visitor.classify()


PHASES: dict[str, Callable[[Visitor, float], None]] = {
    "pages": _load_pages,
    "people": _people,
    "pens": _pens,
    "/classify": _classify,
}


def measure(server: Server, visitors: int, what: str, seconds: float) -> tuple[Row, Times]:
    """Let visitors do one of `PHASES` for some seconds."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    everyone = [Visitor(server.port, number) for number in range(visitors)]
    with ThreadPoolExecutor(visitors) as pool:
        before, began = process.cpu_times(), time.perf_counter()
        list(pool.map(lambda one: PHASES[what](one, began + seconds), everyone))
        took, after = time.perf_counter() - began, process.cpu_times()
    times = everyones_times(everyone)
    used = after.user + after.system - before.user - before.system
    p50, p95, p99 = _percentiles(times.answers, (50, 95, 99))
    row = Row(
        visitors,
        what,
        round(len(times.answers) / took, 1),
        p50,
        p95,
        p99,
        len(times.busy),
        _percentiles(times.busy, (95,))[0],
        len(times.errors),
        round(used / took, 2),
        round(process.memory_info().rss / 1e6),
    )
    return row, times


def _percentiles(seconds: Sequence[float], which: Sequence[int]) -> list[float]:
    if not seconds:
        return [0.0 for _ in which]
    return [round(1000 * float(value), 1) for value in np.percentile(seconds, which)]


def markdown(rows: Sequence[Row]) -> str:
    """Return the rows as a table."""
    head = "| visitors | what | answers/s | p50 ms | p95 ms | p99 ms | busy (p95 ms) | errors |"
    lines = [f"{head} server's cores | MB |", "|" + "---|" * 10]
    for row in rows:
        busy = f"{row.busy:,} ({row.busy_p95:.0f})" if row.busy else "0"
        lines.append(
            f"| {row.visitors} | {row.what} | {row.answers_per_second:,.1f} | {row.p50:,.0f} "
            f"| {row.p95:,.0f} | {row.p99:,.0f} | {busy} | {row.errors} | {row.cpu:.2f} "
            f"| {row.memory:,.0f} |"
        )
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> int:
    """Print progress, then the table; return 1 if there was an error."""
    parser = argparse.ArgumentParser(
        allow_abbrev=False,
        prog="python -m benchmarks.load",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--visitors", type=int, nargs="+", default=VISITORS, metavar="N")
    parser.add_argument("--only", nargs="+", choices=PHASES, default=list(PHASES))
    parser.add_argument("--seconds", type=float, default=8, help="of each row")
    parser.add_argument("--soak", type=float, default=0, metavar="SECONDS")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the rows there")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table there")
    args = parser.parse_args(argv)
    if not all(1 <= number <= MOST_VISITORS for number in args.visitors):
        parser.error(f"--visitors takes numbers from 1 to {MOST_VISITORS}")
    if not (0 < args.seconds <= MOST_SECONDS and 0 <= args.soak <= MOST_SECONDS):  # nor NaN
        parser.error(f"--seconds is above 0, --soak from 0, both at most {MOST_SECONDS}")
    report, rows, summary = progress_report(), [], None
    with tempfile.TemporaryDirectory() as folder:
        environment = {"GRADIO_TEMP_DIR": folder, "DRAWPAD_UPLOAD_SECONDS": "60"}
        with serving(ROOT / "app.py", environment) as server:
            prepare(server.port)
            for visitors in args.visitors:
                for what in args.only:
                    row, times = measure(server, visitors, what, args.seconds)
                    rows.append(row)
                    report(
                        f"{visitors} visitors, {what}: {row.answers_per_second:.1f}/s, "
                        f"p95 {row.p95:.0f} ms, {row.busy} busy, {row.errors} errors, "
                        f"{row.memory:.0f} MB"
                    )
                    report_errors(times, report)
            if args.soak:
                summary = soak(server, Path(folder), args.soak, report)
    print(markdown(rows))
    if summary:
        print(f"\n{summary}")
    if args.json:
        found = {"rows": list(map(asdict, rows)), "soak": summary and asdict(summary)}
        args.json.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    if args.markdown:
        args.markdown.write_text(markdown(rows) + "\n", encoding="utf-8")
    return int(any(row.errors for row in rows) or bool(summary and not summary.good))


if __name__ == "__main__":
    raise SystemExit(main())
