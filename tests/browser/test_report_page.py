"""The HTML report in a browser that has nothing but the file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, expect
from support.training import part

from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import evaluate
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.reports.html import html_report
from mnist_core.runs.metric_log import Series

pytestmark = pytest.mark.browser
COLOURS = {"light": "rgb(0, 114, 178)", "dark": "rgb(86, 180, 233)"}
"""The first line of a chart on a light and on a dark page."""
NUMBERS = {"light": {"rgb(0, 0, 0)", "rgb(254, 254, 254)"}, "dark": {"rgb(0, 0, 0)"}}
"""Of the cells of the confusion matrix, which are lighter on a dark page."""


@pytest.fixture(scope="module")
def report(train_validation: tuple[Split, Split], tmp_path_factory: pytest.TempPathFactory) -> Path:
    _, validation = part(train_validation, 0, 1000)
    weights = weights_path("mnist_cnn")
    evaluation = evaluate(load_weights(weights)[0], validation)
    steps = np.arange(1, 50)
    curves = {"a run of a rather long name": {"train/loss": Series(steps, 1.0 / steps)}}
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(
        html_report(
            "mnist_cnn", evaluation, validation.images, curves, read_card(weights).as_dict()
        ),
        encoding="utf-8",
    )
    return path


def overlapping_ticks(plot: Locator) -> list[list[str]]:
    """Pairs of labels of an x and a y axis that touch, as in the corner between them."""
    return plot.evaluate(
        """plot => {
            // such as xtick, and x2tick of a second plot
            const labels = (axis) => plot.querySelectorAll(`[class^=${axis}][class$=tick] text`);
            const boxes = (axis) => [...labels(axis)].map((text) => {
                const { left, right, top, bottom } = text.getBoundingClientRect();
                return { text: text.textContent, left, right, top, bottom };
            });
            return boxes("x").flatMap((x) => boxes("y")
                .filter((y) => x.left < y.right && y.left < x.right
                    && x.top < y.bottom && y.top < x.bottom)
                .map((y) => [x.text, y.text]));
        }"""
    )


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_report_is_drawn_without_a_request(
    browser: Browser, report: Path, width: int, scheme: str
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    page = context.new_page()
    requests: list[str] = []
    problems: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text))
    page.goto(report.as_uri())
    page.wait_for_function(
        "[...document.querySelectorAll('.plotly-graph-div')].every(d => d.querySelector('svg'))"
    )
    assert page.locator(".plotly-graph-div").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for plot in page.locator(".plotly-graph-div").all():
        box, around = plot.bounding_box(), plot.locator("xpath=..").bounding_box()
        assert box is not None
        assert around is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["height"] > 100
        assert overlapping_ticks(plot) == []
    # the diagonal's counts are written in its cells, in colours for the page's scheme
    numbers = page.locator("#plot-confusion .heatmap-label text")
    assert "97" in numbers.all_text_contents()
    fills = numbers.evaluate_all("all => all.map(one => getComputedStyle(one).fill)")
    assert set(fills) == NUMBERS[scheme]
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(14, 17, 23)"
    assert dark == (scheme == "dark")
    assert page.locator(".modebar-btn").count()
    assert not page.locator('.modebar-btn[data-title^="Share"]').count()
    line = page.locator("#plot-loss .js-line").first
    expect(line).to_have_css("stroke", COLOURS[scheme])
    page.emulate_media(color_scheme="dark" if scheme == "light" else "light")
    expect(line).to_have_css("stroke", COLOURS["dark" if scheme == "light" else "light"])
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert problems == []
    context.close()
