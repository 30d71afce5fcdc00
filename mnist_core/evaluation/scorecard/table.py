"""The scorecard as text: cells for a terminal, and Markdown."""

from collections.abc import Sequence

from mnist_core.evaluation.scorecard.results import Measurement, Row, Scorecard, Unit
from mnist_core.evaluation.scorecard.strokes import PENDIGITS, UNIPEN
from mnist_core.evaluation.scorecard.unreadable import unreadable_note


def header(card: Scorecard) -> list[str]:
    """Return the names of the columns."""
    return ["what", "aim", *(model.name for model in card.models)]


def cells(card: Scorecard) -> list[list[str]]:
    """Return the table's cells as text, a list for each row."""
    names = [model.name for model in card.models]
    return [[row.title, _aims(row), *_row_cells(row, names)] for row in card.rows]


def markdown(card: Scorecard) -> str:
    """Return the scorecard as a Markdown table, and below it how it was measured."""
    lines = [header(card), ["---"] * (2 + len(card.models)), *cells(card)]
    escaped = [[cell.replace("|", "\\|") for cell in line] for line in lines]
    table = "\n".join(f"| {' | '.join(line)} |" for line in escaped)
    return "\n\n".join([table, caption(card), *skipped(card)])


def skipped(card: Scorecard) -> list[str]:
    """Return a line for each reason why rows were not measured."""
    titles: dict[str, list[str]] = {}
    for row in card.rows:
        if row.skipped:
            titles.setdefault(row.skipped, []).append(row.title)
    return [f"Not measured: {'; '.join(rows)}. {reason}" for reason, rows in titles.items()]


def caption(card: Scorecard) -> str:
    """Return in words what was measured, and how certain it is."""
    drawings = "all drawings" if card.limit is None else f"the first {card.limit:,} drawings"
    seeds = ", ".join(
        f"{model.name} {model.seed}" for model in card.models if model.seed is not None
    )
    return (
        f"95% intervals: Wilson's of proportions, bootstrap of calibration errors, order "
        f"statistics of medians. {drawings[0].upper()}{drawings[1:]} of each set, at most "
        f"{card.pictures:,} for each kind of picture; generated with seed {card.seed}."
        + (f" Seeds of training: {seeds}." if seeds else "")
        + (f" {unreadable_note()}" if any(row.measured for row in _of_strokes(card)) else "")
    )


def _of_strokes(card: Scorecard) -> list[Row]:
    return [row for row in card.rows if row.key in (UNIPEN.key, PENDIGITS.key)]


def format_value(value: float, unit: Unit) -> str:
    """Return a number with its unit."""
    if unit is Unit.SHARE:
        return f"{value:.2%}"
    if unit is Unit.SECONDS:
        return f"{1000 * value:.1f} ms"
    return f"{value / 1e6:.2f} MB" if unit is Unit.BYTES else f"{value:,.0f}"


def format_measurement(measurement: Measurement, unit: Unit) -> str:
    """Return a value and its interval."""
    value = format_value(measurement.value, unit)
    if measurement.low == measurement.high:
        return value
    low, high = (format_value(limit, unit) for limit in (measurement.low, measurement.high))
    # a unit is said once
    return f"{value} ({low.removesuffix('%').removesuffix(' ms')} to {high})"


def _aims(row: Row) -> str:
    aims = [] if row.aim is None else [format_value(row.aim, row.unit)]
    aims += [f"{name} {format_value(aim, row.unit)}" for name, aim in row.aims.items()]
    return ", ".join(aims)


def _row_cells(row: Row, names: Sequence[str]) -> list[str]:
    return [
        format_measurement(row.measured[name], row.unit) if name in row.measured else "–"
        for name in names
    ]
