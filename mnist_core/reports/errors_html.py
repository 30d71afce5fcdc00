"""Every error behind a scorecard as one self-contained HTML file."""

from collections.abc import Iterable, Sequence
from typing import Any

from mnist_core.evaluation.scorecard.results import Misclassified, Scorecard
from mnist_core.evaluation.scorecard.table import caption, cells, header
from mnist_core.reports.png import frame_png
from mnist_core.reports.template import template

_ALTERNATIVES = 3
Kind = tuple[str, str]
"""What it is, what it was classified as."""


def errors_report(card: Scorecard, errors: Sequence[Misclassified]) -> str:
    """Return an HTML page with the table and every error: no script, no server, no network.

    The errors are grouped by model and row, then by kind (true -> predicted), the most frequent
    kind first; in each kind the most confident first.
    """
    groups = []
    for model in (summary.name for summary in card.models):
        for row in card.rows:
            chosen = [one for one in errors if (one.model, one.row) == (model, row.title)]
            if chosen:
                groups.append(
                    {
                        "model": model,
                        "row": row.title,
                        "count": len(chosen),
                        "kinds": _kinds(chosen),
                    }
                )
    return template("errors.html.j2").render(
        title="Scorecard: every error",
        total=len(errors),
        header=header(card),
        cells=cells(card),
        caption=caption(card),
        groups=groups,
    )


def _kinds(errors: Iterable[Misclassified]) -> list[dict[str, Any]]:
    kinds: dict[Kind, list[Misclassified]] = {}
    for error in errors:
        kinds.setdefault((error.true, error.predicted), []).append(error)
    ranked = sorted(kinds.items(), key=lambda item: (-len(item[1]), item[0]))
    return [
        {
            "true": true,
            "predicted": predicted,
            "errors": [
                _shown(error)
                for error in sorted(members, key=lambda one: -one.probabilities.max(initial=0))
            ],
        }
        for (true, predicted), members in ranked
    ]


def _shown(error: Misclassified) -> dict[str, Any]:
    ranked = sorted(enumerate(error.probabilities.tolist()), key=lambda one: -one[1])
    return {
        "index": error.index,
        "width": error.frame.shape[1],
        "source": frame_png(error.frame),
        "bars": [(str(digit), probability) for digit, probability in ranked[:_ALTERNATIVES]],
        "probabilities": ", ".join(f"{d}: {p:.1%}" for d, p in sorted(ranked)),
    }
