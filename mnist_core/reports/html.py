"""An evaluation as one HTML file that needs nothing else: no server, no network.

plotly.js and every image are inside, and a content security policy forbids requests.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_core import figures
from mnist_core.evaluation.scores import Evaluation, Misclassified

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from torch import Tensor

    from mnist_core.runs.metric_log import Series

IMAGES = 60
"""Most misclassified images that are shown."""

_POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data: blob:"
)

_STYLE = """
:root {
  color-scheme: light dark;
  --desk: #f6f5f2; --paper: #fff; --ink: #1d1d22; --quiet: #5d5c66; --line: #e2e0da;
  --right: #0072b2; --wrong: #b84f00; --track: #ebe9e4;
}
@media (prefers-color-scheme: dark) {
  :root {
    --desk: #0e1117; --paper: #171b23; --ink: #eceae6; --quiet: #a5a7b0; --line: #2b303b;
    --right: #5cb0e6; --wrong: #ff9142; --track: #2a2f3a;
  }
}
* { box-sizing: border-box; margin: 0; }
body {
  max-width: 1180px; margin: 0 auto; padding: 28px 20px 40px; background: var(--desk);
  color: var(--ink); font: 15px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums;
}
h1 { font-size: 26px; line-height: 1.2; letter-spacing: -0.015em; overflow-wrap: anywhere; }
h2 { font-size: 17px; letter-spacing: -0.01em; margin-bottom: 2px; }
header p, .note, footer { color: var(--quiet); }
.note { font-size: 13px; max-width: 75ch; margin-bottom: 10px; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin: 20px 0; }
.tiles > div, section {
  background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
}
.tiles > div { padding: 12px 16px; }
.tiles dt { color: var(--quiet); font-size: 13px; }
.tiles dd { font-size: 26px; font-weight: 650; letter-spacing: -0.02em; line-height: 1.25; }
.tiles dd + dd { font-size: 13px; font-weight: 400; letter-spacing: 0; color: var(--quiet); }
main { display: grid; grid-template-columns: 1fr 1fr; gap: 16px; }
section { padding: 16px; min-width: 0; }
section.wide { grid-column: 1 / -1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: 5px 8px; text-align: right; }
td { white-space: nowrap; }
th { font-weight: 500; color: var(--quiet); font-size: 13px; }
th:first-child, td:first-child { text-align: left; }
tbody tr { border-top: 1px solid var(--line); }
tbody th { color: var(--ink); font-weight: 650; font-size: inherit; }
.card td { text-align: left; white-space: normal; overflow-wrap: anywhere; }
.card th { text-align: left; font-weight: 500; color: var(--quiet); vertical-align: top; }
.card { font-size: 13px; }
.gallery {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(100px, 1fr)); gap: 14px 12px;
}
.gallery img {
  display: block; width: 100%; height: auto; image-rendering: pixelated; border-radius: 6px;
}
.gallery figcaption { font-size: 13px; margin-top: 4px; }
.gallery b { font-size: 15px; }
.gallery .wrong { color: var(--wrong); }
.gallery .right { color: var(--right); }
.bar {
  display: grid; grid-template-columns: 1ch 1fr 5ch; gap: 5px; align-items: center;
  font-size: 11px; line-height: 1.3; color: var(--quiet); text-align: right;
}
.bar i { height: 5px; border-radius: 3px; background: var(--track); overflow: hidden; }
.bar i::before {
  content: ""; display: block; height: 100%; width: var(--share);
  background: var(--colour, var(--quiet));
}
.bar.is-wrong { --colour: var(--wrong); }
.bar.is-right { --colour: var(--right); }
/* text in cells and on labels is chosen for the colour behind it */
.plotly-graph-div text:not(.heatmap-label, .heatmap-label *, .hoverlayer *) {
  fill: var(--quiet) !important;
}
footer { font-size: 13px; margin-top: 20px; }
@media (max-width: 820px) {
  body { padding: 18px 10px 30px; }
  main { grid-template-columns: minmax(0, 1fr); gap: 10px; }
  section { padding: 12px; }
  .tiles { grid-template-columns: 1fr 1fr; gap: 8px; margin: 14px 0; }
  .tiles dd { font-size: 21px; }
  th, td { padding: 4px 5px; font-size: 13px; }
  .gallery { grid-template-columns: repeat(auto-fill, minmax(88px, 1fr)); }
}
@media print { section, .tiles > div { break-inside: avoid; } }
"""


def html_report(
    title: str,
    evaluation: Evaluation,
    images: Tensor | np.ndarray | None = None,
    curves: Mapping[str, Mapping[str, Series]] | None = None,
    card: Mapping[str, Any] | None = None,
) -> str:
    """Return an evaluation as a self-contained HTML page, for light and dark screens.

    Parameters
    ----------
    title : str
        The page's heading; any text.
    evaluation : Evaluation
    images : float (N, 1, 28, 28) in [0, 1], optional
        Of the split that was scored, to show the misclassified ones (at most 60).
    curves : mapping of run name to mapping of tag to Series, optional
        A run's metrics, see `figures.loss_curves`.
    card : mapping, optional
        What is known of the weights: JSON types, shown as a table.

    Raises
    ------
    MnistCoreError
        If there are fewer images than the evaluation speaks of.
    """
    from plotly.offline import get_plotlyjs  # 5 MB of text

    sections = [
        _confusion(evaluation),
        _classes(evaluation),
        _pairs(evaluation),
        _calibration(evaluation),
        *([_misclassified(evaluation, images)] if images is not None else []),
        *_curves(curves or {}),
        *([_card(card)] if card else []),
    ]
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
<script>{get_plotlyjs()}</script>
</head>
<body>
<header>
<h1>{escape(title)}</h1>
<p>{evaluation.images:,} {escape(evaluation.split)} images of MNIST</p>
</header>
{_tiles(evaluation)}
<main>
{"".join(sections)}
</main>
<footer>Expected calibration error and temperature scaling: Guo et al. 2017. Intervals: Wilson, 95%.
</footer>
</body>
</html>
"""


def _tiles(evaluation: Evaluation) -> str:
    from scipy.stats import binomtest  # slow to import

    wrong = len(evaluation.misclassified)
    interval = binomtest(evaluation.images - wrong, evaluation.images).proportion_ci(
        method="wilson"
    )
    calibration = evaluation.calibration
    scaled = "not fitted"
    if calibration.temperature is not None:
        scaled = f"{calibration.scaled_ece:.2%} at temperature {calibration.temperature:.2f}"
    tiles = [
        ("Accuracy", f"{evaluation.accuracy:.2%}", f"{interval.low:.2%} to {interval.high:.2%}"),
        ("Misclassified", f"{wrong:,}", f"of {evaluation.images:,}"),
        ("Loss", f"{evaluation.loss:.4f}", "mean cross entropy, nats"),
        ("Calibration error", f"{calibration.ece:.2%}", scaled),
    ]
    cells = "".join(
        f"<div><dt>{name}</dt><dd>{value}</dd><dd>{more}</dd></div>" for name, value, more in tiles
    )
    return f'<dl class="tiles">{cells}</dl>'


def _confusion(evaluation: Evaluation) -> str:
    note = "Errors have a colour scale of their own. Cells without images are empty."
    figure = figures.confusion_matrix(evaluation.confusion)
    return _section("Confusion matrix", _plot("confusion", figure), note)


def _classes(evaluation: Evaluation) -> str:
    note = "Precision: of all images read as the digit. Recall: of all images of the digit."
    rows = [
        [
            digit,
            f"{scores['precision']:.2%}",
            f"{scores['recall']:.2%}",
            f"{scores['f1']:.2%}",
            f"{scores['support']:,}",
            f"{scores['support'] - evaluation.confusion[int(digit)][int(digit)]:,}",
        ]
        for digit, scores in evaluation.per_class.items()
    ]
    table = _table(["digit", "precision", "recall", "F1", "images", "wrong"], rows)
    return _section("Digit by digit", table, note)


def _pairs(evaluation: Evaluation) -> str:
    note = "The classic pairs are bold; with them the pairs that were confused most."
    rows = [
        [f"{pair.true} read as {pair.predicted}", f"{pair.count:,}", f"{pair.rate:.2%}"]
        for pair in evaluation.pairs
    ]
    table = _table(["classic pairs", "images", "of the true digit"], rows)
    plot = _plot("pairs", figures.pair_confusions(evaluation))
    return _section("Digits taken for each other", plot + table, note)


def _calibration(evaluation: Evaluation) -> str:
    calibration = evaluation.calibration
    note = (
        "Is it as often right as it is sure? On the dashes it is; below them it is too sure. "
        "Above: how many images there are at each confidence."
    )
    scaled = [
        "–" if value is None else text.format(value)
        for value, text in (
            (calibration.scaled_ece, "{:.2%}"),
            (calibration.scaled_loss, "{:.4f}"),
            (calibration.temperature, "{:.3f}"),
        )
    ]
    rows = [
        ["expected calibration error", f"{calibration.ece:.2%}", scaled[0]],
        ["loss (nats)", f"{evaluation.loss:.4f}", scaled[1]],
        ["temperature, fitted on validation images", "1", scaled[2]],
    ]
    plot = _plot("reliability", figures.reliability_diagram(calibration))
    table = _table(["", "as trained", "scaled"], rows)
    return _section("Calibration", plot + table, note)


def _misclassified(evaluation: Evaluation, images: Tensor | np.ndarray) -> str:
    rows = evaluation.misclassified[:IMAGES]
    frames = figures.misclassified_frames(images, rows)
    total = len(evaluation.misclassified)
    shown = "All of them" if total <= IMAGES else f"{IMAGES} of {total:,}"
    note = f"{shown}, the most confident first: true digit, then what it was read as."
    if not total:
        note = "None."
    pictures = "".join(_picture(row, frame) for row, frame in zip(rows, frames, strict=True))
    return _section(
        "Misclassified images", f'<div class="gallery">{pictures}</div>', note, wide=True
    )


def _picture(row: Misclassified, frame: np.ndarray) -> str:
    best = sorted(range(10), key=lambda digit: -row.probabilities[digit])[:3]
    kinds = {row.predicted: " is-wrong", row.label: " is-right"}
    bars = "".join(
        f'<div class="bar{kinds.get(digit, "")}"><span>{digit}</span>'
        f'<i style="--share:{row.probabilities[digit]:.1%}"></i>'
        f"<span>{row.probabilities[digit]:.0%}</span></div>"
        for digit in best
    )
    return (
        f'<figure title="image {row.index}"><img src="{_png(frame)}" width="28" height="28" '
        f'alt="image {row.index}: a {row.label} read as {row.predicted}">'
        f'<figcaption><b class="right">{row.label}</b> as <b class="wrong">{row.predicted}</b>'
        f"</figcaption>{bars}</figure>"
    )


def _curves(curves: Mapping[str, Mapping[str, Series]]) -> Iterator[str]:
    drawn = {
        "Loss": figures.loss_curves(curves),
        "Accuracy": figures.accuracy_curves(curves),
        "Learning rate": figures.learning_rate_curve(curves),
        "Gradient norms": figures.gradient_norms(curves),
        "Confused pairs, epoch by epoch": figures.pair_curves(curves),
    }
    for heading, figure in drawn.items():
        if figure.data:
            yield _section(heading, _plot(heading.split()[0].lower(), figure, tools=True))


def _card(card: Mapping[str, Any]) -> str:
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>" for name, value in _flat(card)
    )
    return _section("Card", f'<table class="card"><tbody>{rows}</tbody></table>', wide=True)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", _text(value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False)


def _section(heading: str, content: str, note: str = "", *, wide: bool = False) -> str:
    note = f'<p class="note">{note}</p>' if note else ""
    kind = ' class="wide"' if wide else ""
    return f"<section{kind}>\n<h2>{heading}</h2>\n{note}\n{content}\n</section>\n"


def _table(head: list[str], rows: list[list[str]]) -> str:
    columns = "".join(f'<th scope="col">{name}</th>' for name in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>' + "".join(f"<td>{cell}</td>" for cell in rest) + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{columns}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _plot(name: str, figure: go.Figure, *, tools: bool = False) -> str:
    config = {"responsive": True, "displaylogo": False, "displayModeBar": None if tools else False}
    return figure.to_html(
        config=config,
        full_html=False,
        include_plotlyjs=False,
        div_id=f"plot-{name}",
        default_height=f"{figure.layout.height}px",
    )


def _png(frame: np.ndarray) -> str:
    from PIL import Image

    buffer = io.BytesIO()
    pixels = np.clip(np.rint(255 * frame), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
