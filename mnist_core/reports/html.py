"""An evaluation as one self-contained HTML file: no server, no network.

plotly.js and every image are inside, and a content security policy forbids requests.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from mnist_core import figures
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.results import Evaluation, Misclassified
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.figures.theme import as_array
from mnist_core.models.card_file import read_card
from mnist_core.reports.png import frame_png
from mnist_core.reports.template import template
from mnist_core.runs.evaluation import run_evaluation, run_validation
from mnist_core.runs.metric_damage import read_with_damage
from mnist_core.runs.run import Run

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from torch import Tensor

    from mnist_core.runs.metric_log import Series

IMAGES = 60
"""Most misclassified images that are shown."""
_ALTERNATIVES = 3


def html_report(
    title: str,
    evaluation: Evaluation,
    images: Tensor | np.ndarray | None = None,
    curves: Mapping[str, Mapping[str, Series]] | None = None,
    card: Mapping[str, Any] | None = None,
    curves_problem: str = "",
) -> str:
    """Return an evaluation as a self-contained HTML page, for light and dark screens.

    Parameters
    ----------
    title : str
        The page's heading; any text.
    evaluation : Evaluation
    images : float (N, 1, 28, 28) in [0, 1], optional
        Of the split that was evaluated, to show the misclassified ones (at most 60).
    curves : mapping of run name to mapping of tag to Series, optional
        A run's metrics, see `figures.loss_curves`.
    card : mapping, optional
        The model card: JSON types, shown as a table.
    curves_problem : str
        A sentence about damaged metrics, shown before the curves.

    Raises
    ------
    MnistCoreError
        If there are fewer images than the evaluation refers to.
    """
    from plotly.offline import get_plotlyjs  # 5 MB of text

    return template("report.html.j2").render(
        title=title,
        evaluation=evaluation,
        plotlyjs=Markup(get_plotlyjs()),
        dark_colours=figures.DARK_COLOURS,
        tiles=_tiles(evaluation),
        plots={
            "confusion": _plot("confusion", figures.confusion_matrix(evaluation.confusion)),
            "pairs": _plot("pairs", figures.pair_confusions(evaluation)),
            "reliability": _plot(
                "reliability", figures.reliability_diagram(evaluation.calibration)
            ),
        },
        classes=_class_rows(evaluation),
        pairs=[
            (f"{pair.true} predicted as {pair.predicted}", f"{pair.count:,}", f"{pair.rate:.2%}")
            for pair in evaluation.pairs
        ],
        calibration=_calibration_rows(evaluation),
        images=None if images is None else _misclassified_images(evaluation, images),
        images_note=_images_note(len(evaluation.misclassified)),
        curves=list(_curves(curves or {})),
        curves_problem=curves_problem,
        card=list(_flatten(card or {})),
    )


def run_report(run: Run, data: str | os.PathLike[str] | None = None) -> str:
    """Return `html_report` of the weights that a run keeps, on its validation images.

    Parameters
    ----------
    run : Run
        Evaluated here, on the CPU, if it is not finished.
    data : path, optional
        See `data_root`.

    Raises
    ------
    MnistCoreError
        If the run has no usable weights, is damaged, or MNIST is missing.
    """
    curves, problem = read_with_damage(run)
    name = run.state().name or run.id
    return html_report(
        name,
        run_evaluation(run, data),
        run_validation(run, data).images,
        curves={name: curves} if curves else None,
        card=read_card(run.weights_path).as_dict(),
        curves_problem=problem,
    )


def _tiles(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    wrong, total = len(evaluation.misclassified), evaluation.images
    low, high = wilson_interval(total - wrong, total)
    calibration = evaluation.calibration
    scaled = "no temperature"
    if calibration.temperature is not None:
        scaled = f"{calibration.scaled_ece:.2%} at temperature {calibration.temperature:.2f}"
    return [
        ("Accuracy", f"{evaluation.accuracy:.2%}", f"{low:.2%} to {high:.2%}"),
        ("Misclassified", f"{wrong:,}", f"of {total:,}"),
        ("Loss", f"{evaluation.loss:.4f}", "mean cross entropy, nats"),
        ("Calibration error", f"{calibration.ece:.2%}", scaled),
    ]


def _class_rows(evaluation: Evaluation) -> list[list[str]]:
    return [
        [
            digit,
            *(f"{scores[name]:.2%}" for name in ("precision", "recall", "f1")),
            f"{scores['support']:,}",
            f"{scores['support'] - evaluation.confusion[int(digit)][int(digit)]:,}",
        ]
        for digit, scores in evaluation.per_class.items()
    ]


def _calibration_rows(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    calibration = evaluation.calibration

    def shown(value: float | None, form: str) -> str:
        return "–" if value is None else format(value, form)

    return [
        (
            "expected calibration error",
            f"{calibration.ece:.2%}",
            shown(calibration.scaled_ece, ".2%"),
        ),
        ("loss (nats)", f"{evaluation.loss:.4f}", shown(calibration.scaled_loss, ".4f")),
        ("temperature, fitted on validation", "1", shown(calibration.temperature, ".3f")),
    ]


def _images_note(total: int) -> str:
    if not total:
        return "None."
    shown = f"{IMAGES} of {total:,}" if total > IMAGES else "All"
    return f"{shown}, the most confident first: true digit, then predicted digit."


def _misclassified_images(
    evaluation: Evaluation, images: Tensor | np.ndarray
) -> list[dict[str, Any]]:
    highest = max((row.index for row in evaluation.misclassified), default=-1)
    if highest >= len(images):
        raise MnistCoreError(
            f"image {highest} is misclassified, but there are {len(images)} images; "
            "give those of the split that was evaluated"
        )
    return [
        {
            "index": row.index,
            "label": row.label,
            "predicted": row.predicted,
            "source": frame_png(as_array(images[row.index]).squeeze()),
            "bars": _most_probable(row),
        }
        for row in evaluation.misclassified[:IMAGES]
    ]


def _most_probable(row: Misclassified) -> list[tuple[int, float]]:
    ranked = sorted(enumerate(row.probabilities), key=lambda one: -one[1])
    return ranked[:_ALTERNATIVES]


def _curves(curves: Mapping[str, Mapping[str, Series]]) -> Iterator[tuple[str, Markup]]:
    drawn = {
        "Loss": figures.loss_curves(curves),
        "Accuracy": figures.accuracy_curves(curves),
        "Learning rate": figures.learning_rate_curve(curves),
        "Gradient norms": figures.gradient_norms(curves),
        "Confused pairs during training": figures.pair_curves(curves),
    }
    for heading, figure in drawn.items():
        if figure.data:
            yield heading, _plot(heading.split()[0].lower(), figure, tools=True)


def _flatten(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield nested values as ("outer.inner", text)."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return f"{value:.6g}" if isinstance(value, float) else json.dumps(value, ensure_ascii=False)


def _plot(name: str, figure: go.Figure, *, tools: bool = False) -> Markup:
    """Return the place of a figure and its JSON, which the template's script draws there."""
    place = Markup('<div id="plot-{}" class="plotly-graph-div" style="height:{}px"{}></div>')
    shown = place.format(name, figure.layout.height, Markup(" data-tools") if tools else "")
    content = figure.to_json().replace("<", "\\u003c")  # no tag inside ends the script
    return shown + Markup('<script type="application/json">{}</script>').format(Markup(content))
