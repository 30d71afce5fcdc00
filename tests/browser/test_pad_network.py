"""The network's view: input, feature maps, kernels, models, pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage

from mnist_core import Classifier, load_classifier

pytestmark = pytest.mark.browser


def test_conv1_maps_are_live(pad: PadPage, classifier: Classifier) -> None:
    channels, height, width = classifier.stage_shape("conv1")
    caption = pad.page.locator("[data-stage=conv1] .caption")
    expect(caption).to_contain_text(f"{channels} × {height}×{width}")
    expect(pad.page.locator("[data-stage=conv1] .map")).to_have_count(channels)
    seen = []
    for digit in (1, 8):
        pad.play_example(digit)
        maps = pad.page.locator("[data-stage=conv1] .map canvas")
        seen.append(maps.evaluate_all("all => all.map((canvas) => canvas.toDataURL())"))
        expect(caption).to_contain_text("0 … ")
    assert len(set(seen[1])) > channels / 2, "maps differ from each other"
    assert sum(a != b for a, b in zip(*seen, strict=True)) > channels / 2


def test_a_map_opens_next_to_its_kernel(pad: PadPage, classifier: Classifier) -> None:
    pad.play_example(4)
    pad.page.click("[data-stage=conv1] .map:nth-child(4)")
    detail = pad.page.locator("[data-stage=conv1] .detail")
    kernel = classifier.kernels("conv1")[3]
    size = f"kernel {kernel.shape[1]}×{kernel.shape[2]} · {kernel.min():.2f} … {kernel.max():.2f}"
    expect(detail.locator("figcaption").first).to_have_text(size)
    expect(detail.locator("figcaption").last).to_contain_text("channel 3 · ")
    large = pad.pixels("[data-stage=conv1] .detail .large")
    assert np.array_equal(large, pad.pixels("[data-stage=conv1] .map:nth-child(4) canvas"))
    pad.page.click("[data-stage=conv1] .detail .close")
    expect(detail).to_be_hidden()


def test_conv2_opens_with_one_click(pad: PadPage) -> None:
    maps = pad.page.locator("[data-stage=conv2] .map").first
    expect(maps).to_be_hidden()
    pad.play_example(3)
    pad.page.click("[data-stage=conv2] .caption")
    expect(maps).to_be_visible()
    pad.settle()
    canvases = pad.page.locator("[data-stage=conv2] .map canvas")
    drawn = canvases.evaluate_all("all => all.map((canvas) => canvas.toDataURL())")
    assert len(set(drawn)) > len(drawn) / 2, "maps differ from each other"
    expect(pad.page.locator("[data-stage=conv2] .range")).to_contain_text("0 … ")


def test_another_model_classifies_the_same_drawing(pad: PadPage) -> None:
    pad.play_example(0)
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.page.wait_for_selector(".drawpad[data-model=mnist_cnn]")
    expect(pad.page.locator("[data-stage=conv1] .map")).to_have_count(10)
    pad.settle()
    expected = load_classifier("mnist_cnn").classify_strokes(pad.strokes)
    assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.06)
    pad.page.reload()
    expect(pad.page.locator("[data-part=model]")).to_have_value("mnist_cnn")


def test_drawing_continues_while_another_model_is_loaded(pad: PadPage) -> None:
    pad.page.click("[data-stage=conv2] .caption")
    pad.page.click("[data-stage=conv4] .caption")
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.play_example(5)
    expect(pad.page.locator("[data-stage=conv2] .map")).to_have_count(20)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert pad.pixels("[data-stage=conv2] .map canvas").shape[:2] == (8, 8)


def test_page_assets_are_all_local() -> None:
    web = Path(__file__).parents[2] / "pad/web"
    files = [*web.glob("*.html"), *web.glob("*.css"), *web.glob("dist/*"), *web.glob("strings/*")]
    assert web / "dist/sketchpad.js" in files
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, file
