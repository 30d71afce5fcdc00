"""The HTML report of an evaluation."""

from __future__ import annotations

import base64
import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
import torch
from PIL import Image
from support.evaluations import random_evaluation

from mnist_core import MnistCoreError
from mnist_core.evaluation.results import Evaluation
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
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


IMAGES_OF_SPLIT = torch.rand(400, 1, 28, 28, generator=torch.Generator().manual_seed(0))
EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def evaluation() -> Evaluation:
    return random_evaluation(400)


@pytest.fixture(scope="module")
def curves() -> dict[str, dict[str, Series]]:
    steps = np.arange(1, 4, dtype=np.int64)
    return {"run": {tag: Series(steps, 1.0 / steps) for tag in ("train/loss", "validation/loss")}}


@pytest.fixture(scope="module")
def page(evaluation: Evaluation, curves: dict[str, dict[str, Series]]) -> Page:
    card = read_card(SHIPPED).as_dict()
    return Page(html_report("a run", evaluation, IMAGES_OF_SPLIT, curves, card))


def test_the_page_makes_no_request(page: Page) -> None:
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
    drawn = [script for script in page.scripts if script.startswith('{"data":')]
    assert len(drawn) == 4  # confusion, pairs, reliability, loss
    assert all(json.loads(figure)["data"] for figure in drawn)


def test_every_number_is_on_the_page(page: Page, evaluation: Evaluation) -> None:
    for text in (
        f"{evaluation.accuracy:.2%}",
        f"{evaluation.loss:.4f}",
        f"{evaluation.calibration.ece:.2%}",
        f"{evaluation.calibration.temperature:.3f}",
        f"{evaluation.calibration.scaled_loss:.4f}",
        *(f"{scores['recall']:.2%}" for scores in evaluation.per_class.values()),
        *(f"{pair.true} predicted as {pair.predicted}" for pair in evaluation.pairs),
        "400 validation images",
    ):
        assert text in page.text


def test_the_card_is_on_the_page(page: Page) -> None:
    card = read_card(SHIPPED).as_dict()
    for text in (card["command"], card["data"], "config.batch_size", "environment.torch"):
        assert text in page.text


def test_misclassified_images_are_on_the_page(page: Page, evaluation: Evaluation) -> None:
    shown = page.images()
    assert len(shown) == len(evaluation.misclassified)
    for image, row in zip(shown, evaluation.misclassified, strict=True):
        expected = (255 * IMAGES_OF_SPLIT[row.index, 0]).round().numpy()
        np.testing.assert_array_equal(image, expected)
    first = evaluation.misclassified[0]
    alternatives = [attrs["alt"] for tag, attrs in page.tags if tag == "img"]
    assert (
        alternatives[0]
        == f"image {first.index}: true digit {first.label}, predicted {first.predicted}"
    )


def test_a_report_of_only_an_evaluation(evaluation: Evaluation) -> None:
    page = Page(html_report("bare", evaluation))
    assert page.images() == []
    assert "Confusion matrix" in page.text
    for heading in ("Misclassified images", "Model card", "Gradient norms"):
        assert heading not in page.text


def test_text_is_never_markup(evaluation: Evaluation) -> None:
    renamed = evaluation.model_copy(update={"split": EVIL})
    runs = {EVIL: {"train/loss": Series(np.arange(2), np.ones(2))}}
    page = Page(html_report(EVIL, renamed, None, runs, {EVIL: {"note": EVIL}, "list": [EVIL]}))
    assert page.text.count(EVIL) == 6  # title, heading, split, name and value of the card, list
    assert not any("alert(1)" in script for script in page.scripts if script.startswith("alert"))
    assert all(tag != "img" for tag, _ in page.tags)
    assert not any("onerror" in attrs for _, attrs in page.tags)
    # within a script, a "<" of data would end it
    assert not any(EVIL in script for script in page.scripts)


def test_at_most_sixty_misclassified_images(evaluation: Evaluation) -> None:
    many = evaluation.model_copy(update={"misclassified": evaluation.misclassified[:1] * 100})
    page = Page(html_report("many", many, IMAGES_OF_SPLIT))
    assert len(page.images()) == IMAGES
    assert re.search(rf"{IMAGES} of 100,", page.text)


def test_no_misclassified_images(evaluation: Evaluation) -> None:
    perfect = evaluation.model_copy(update={"misclassified": ()})
    page = Page(html_report("perfect", perfect, IMAGES_OF_SPLIT))
    assert re.search(r"Misclassified images\s+None\.", page.text)


def test_images_of_another_split(evaluation: Evaluation) -> None:
    with pytest.raises(MnistCoreError, match="the split that was evaluated"):
        html_report("wrong", evaluation, IMAGES_OF_SPLIT[:2])
