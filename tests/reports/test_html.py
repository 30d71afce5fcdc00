from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import Evaluation, evaluate
from mnist_core.models.card import read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.reports.html import IMAGES, html_report
from mnist_core.runs.metric_log import Series

SHIPPED = weights_path("mnist_cnn")


class Page(HTMLParser):
    """Tags, attributes and text of a page; scripts and styles apart from what is read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.scripts: list[str] = []
        self._open = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open == "script":
            self.scripts[-1] += data
        elif self._open != "style":
            self.text += data

    def images(self) -> list[np.ndarray]:
        """The pixels of every <img>."""
        sources = [attrs["src"] or "" for tag, attrs in self.tags if tag == "img"]
        return [
            np.array(Image.open(io.BytesIO(base64.b64decode(source.split(",")[1]))))
            for source in sources
        ]


@pytest.fixture(scope="module")
def validation(train_validation: tuple[Split, Split]) -> Split:
    return train_validation[1]


@pytest.fixture(scope="module")
def evaluation(validation: Split) -> Evaluation:
    return evaluate(load_weights(SHIPPED)[0], validation)


@pytest.fixture(scope="module")
def curves() -> dict[str, dict[str, Series]]:
    steps = np.arange(1, 4, dtype=np.int64)
    return {"run": {tag: Series(steps, 1.0 / steps) for tag in ("train/loss", "validation/loss")}}


@pytest.fixture(scope="module")
def page(evaluation: Evaluation, validation: Split, curves: dict[str, dict[str, Series]]) -> Page:
    return Page(html_report("mnist_cnn", evaluation, validation.images, curves, read_card(SHIPPED)))


def test_the_page_asks_for_nothing(page: Page) -> None:
    for tag, attrs in page.tags:
        assert tag not in ("link", "iframe", "base", "object", "embed")
        for name in ("src", "href", "srcset", "action", "data", "poster"):
            target = attrs.get(name)
            assert target is None or target.startswith("data:"), (tag, name, target)
    policy = next(
        attrs["content"]
        for tag, attrs in page.tags
        if attrs.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "http" not in policy


def test_plotly_is_inside_once(page: Page) -> None:
    assert sum("* plotly.js v" in script for script in page.scripts) == 1
    assert sum(len(script) > 1_000_000 for script in page.scripts) == 1
    drawn = [script for script in page.scripts if "Plotly.newPlot" in script[:1000]]
    assert len(drawn) == 4  # confusion, pairs, reliability, loss


def test_every_number_is_on_the_page(page: Page, evaluation: Evaluation) -> None:
    for text in (
        f"{evaluation.accuracy:.2%}",
        f"{evaluation.loss:.4f}",
        f"{evaluation.calibration.ece:.2%}",
        f"{evaluation.calibration.temperature:.3f}",
        f"{evaluation.calibration.scaled_loss:.4f}",
        *(f"{scores['recall']:.2%}" for scores in evaluation.per_class.values()),
        *(f"{pair.true} read as {pair.predicted}" for pair in evaluation.pairs),
        "5,000 validation images",
    ):
        assert text in page.text


def test_the_card_is_on_the_page(page: Page) -> None:
    card = read_card(SHIPPED)
    for text in (card["command"], card["data"], "config.batch_size", "environment.torch"):
        assert text in page.text


def test_misclassified_images_are_on_the_page(
    page: Page, evaluation: Evaluation, validation: Split
) -> None:
    shown = page.images()
    assert len(shown) == len(evaluation.misclassified)
    for image, row in zip(shown, evaluation.misclassified, strict=True):
        expected = (255 * validation.images[row.index, 0]).round().numpy()
        np.testing.assert_array_equal(image, expected)
    first = evaluation.misclassified[0]
    alternatives = [attrs["alt"] for tag, attrs in page.tags if tag == "img"]
    assert alternatives[0] == f"image {first.index}: a {first.label} read as {first.predicted}"


def test_a_page_of_an_evaluation_alone(evaluation: Evaluation) -> None:
    page = Page(html_report("bare", evaluation))
    assert page.images() == []
    assert "Confusion matrix" in page.text
    for heading in ("Misclassified images", "Card", "Gradient norms"):
        assert heading not in page.text


def test_text_is_never_markup(evaluation: Evaluation) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    renamed = evaluation.model_copy(update={"split": evil})
    runs = {evil: {"train/loss": Series(np.arange(2), np.ones(2))}}
    page = Page(html_report(evil, renamed, None, runs, {evil: {"note": evil}, "list": [evil]}))
    assert page.text.count(evil) == 6  # title, heading, split, name and value of the card, list
    assert not any("alert(1)" in script for script in page.scripts if script.startswith("alert"))
    assert all(tag != "img" for tag, _ in page.tags)
    assert not any("onerror" in attrs for _, attrs in page.tags)
    # within a script, a "<" of data would end it
    assert not any(evil in script for script in page.scripts)


def test_many_misclassified_images_are_cut(evaluation: Evaluation, validation: Split) -> None:
    many = evaluation.model_copy(update={"misclassified": evaluation.misclassified[:1] * 100})
    page = Page(html_report("many", many, validation.images))
    assert len(page.images()) == IMAGES
    assert re.search(rf"{IMAGES} of 100,", page.text)


def test_no_misclassified_images(evaluation: Evaluation, validation: Split) -> None:
    perfect = evaluation.model_copy(update={"misclassified": ()})
    page = Page(html_report("perfect", perfect, validation.images))
    assert re.search(r"Misclassified images\s+None\.", page.text)


def test_images_of_another_split(evaluation: Evaluation, validation: Split) -> None:
    with pytest.raises(MnistCoreError, match="the split that was scored"):
        html_report("wrong", evaluation, validation.images[:2])
