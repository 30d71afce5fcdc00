"""A model card for the Hub: its metadata with the scores, and how the model was made."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2

from mnist_core.inference.graph_format import GraphDescription
from mnist_core.inference.graph_key import stored_card
from mnist_core.models.card import CardScores, ModelCard
from mnist_core.utils.extras import requires_extra
from mnist_core.utils.text import single_line

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

_DATASET = "ylecun/mnist"
"""MNIST's name on the Hub."""
_SPLITS = {
    "test": ("test", "MNIST, test set"),
    "validation": ("train", "MNIST, training images held out for validation"),
}
"""Of each of a card's scores: the data set's split, and what it is called."""

_TEMPLATE = """
# {{ name }}

A convolutional network (`{{ architecture }}`, {{ "{:,}".format(parameters) }} parameters) that
classifies one hand-drawn digit, 0 to 9.

| file | content |
|---|---|
| `model.safetensors` | weights for PyTorch, with this card as JSON in the header |
| `model.onnx` | ink canvas uint8 (N, 1, 56, 56) -> probabilities (N, 10), digit_score (N,), maps |
| `find_ink.onnx` | grey picture float32 (H, W) in [0, 1], sides of 8 to 512 -> ink canvas |
| `example.py` | classifies a picture file with the two graphs |

## Use

    pip install -r requirements.txt
    python example.py seven.png

## Scores
{% if scores %}
| data | accuracy | mean cross entropy |
|---|---|---|
{%- for title, accuracy, loss in scores %}
| {{ title }} | {{ accuracy }} | {{ loss }} |
{%- endfor %}
{% else %}
The card has no scores.
{% endif %}
## Training

{% if data %}Data: {{ data }}.
{% else %}The card does not say which data it was trained on.
{% endif %}
{%- if command %}
Command:

    {{ command }}
{% endif %}
{%- if epoch is not none %}
Weights of epoch {{ epoch }}.
{% endif %}
{%- if environment %}
Environment: {{ environment }}.
{% endif %}
## Intended use

Demonstrations and teaching: digits drawn with a mouse, finger or pen, or photographed, one in a
picture. Not for documents on which something depends, such as cheques, forms or votes.

## Limits

{% if refuses -%}
The network was trained with drawings that are no digit. `digit_score` is the calibrated probability
that a picture is a single digit; below one half, the picture should be refused. Some letters and
symbols that look like a digit are accepted nevertheless.
{%- else -%}
The network answers every picture with a digit, also pictures of something else: `digit_score` says
nothing.
{%- endif %}

Probabilities are {{ "calibrated on validation data" if calibrated else "not calibrated" }}.

MNIST was written by people in the United States; other ways to write a digit may be misread more
often.
"""


def model_card(weights: Path, name: str, graph: GraphDescription) -> str:
    """Return the text of a README.md with the Hub's metadata.

    Parameters
    ----------
    weights : Path
        A weights file with its card.
    name : str
        What the model is called.
    graph : GraphDescription
        Of its exported graph.

    Raises
    ------
    MnistCoreError
        If the weights cannot be read, or huggingface_hub is not installed.
    """
    with requires_extra("publish"):
        from huggingface_hub import ModelCardData
    card = stored_card(weights)
    name = single_line(name, 100)
    metadata = ModelCardData(
        license="apache-2.0",
        library_name="onnx",
        pipeline_tag="image-classification",
        tags=["mnist", "handwritten-digits", "safetensors", "pytorch"],
        datasets=[_DATASET],
        metrics=["accuracy"],
        model_name=name,
        eval_results=list(_results(card)) or None,
    )
    text = jinja2.Template(
        _TEMPLATE, undefined=jinja2.StrictUndefined, keep_trailing_newline=True
    ).render(
        name=name,
        architecture=graph.architecture,
        parameters=graph.parameters,
        scores=[
            (_SPLITS[split][1], _shown(scores.accuracy, "{:.2%}"), _shown(scores.loss, "{:.4f}"))
            for split, scores in _scores(card)
        ],
        data=single_line(card.data),
        command=single_line(card.command),
        epoch=card.epoch,
        environment=single_line(", ".join(f"{k} {v}" for k, v in card.environment.items())),
        refuses=card.calibration is not None and card.calibration.can_refuse,
        calibrated=card.calibration is not None,
    )
    return f"---\n{metadata.to_yaml()}\n---\n{text}"


def _scores(card: ModelCard) -> Iterator[tuple[str, CardScores]]:
    for split, scores in (("test", card.test), ("validation", card.validation)):
        if scores is not None and (scores.accuracy is not None or scores.loss is not None):
            yield split, scores


def _results(card: ModelCard) -> Iterator[EvalResult]:
    """Yield the scores in the Hub's form."""
    from huggingface_hub import EvalResult

    for split, scores in _scores(card):
        dataset_split, title = _SPLITS[split]
        for metric, value in (("accuracy", scores.accuracy), ("loss", scores.loss)):
            if value is not None:
                yield EvalResult(
                    task_type="image-classification",
                    dataset_type=_DATASET,
                    dataset_name=title,
                    dataset_split=dataset_split,
                    metric_type=metric,
                    metric_value=value,
                    metric_name={"accuracy": "Accuracy", "loss": "Mean cross entropy"}[metric],
                )


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else form.format(value)
