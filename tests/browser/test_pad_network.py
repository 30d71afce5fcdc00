"""The network's view: input, feature maps, kernels, models, pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage

from mnist_core import Classifier, load_classifier

pytestmark = pytest.mark.browser


def stage_picture(pad: PadPage, stage: str) -> np.ndarray:
    return pad.pixels(f"[data-stage={stage}] canvas")


def test_every_stage_is_live(pad: PadPage, classifier: Classifier) -> None:
    seen = []
    for digit in (1, 8):
        pad.play_example(digit)
        seen.append([stage_picture(pad, stage) for stage in classifier.stages])
    for before, after in zip(*seen, strict=True):
        assert before.shape == after.shape
        assert len(np.unique(after.reshape(-1, 4), axis=0)) > 10
        assert (before != after).any()
    for stage in classifier.stages:
        channels, height, width = classifier.stage_shape(stage)
        expect(pad.page.locator(f"[data-stage={stage}] .map")).to_have_count(channels)
        title = pad.page.locator(f"[data-stage={stage}] .caption").get_attribute("title")
        assert title is not None
        assert f"{channels} × {height}×{width}" in title
        assert f"{classifier.stage_parameters(stage):,} parameters" in title
    outputs = pad.page.locator(".outputs li")
    expect(outputs).to_have_count(10)
    expect(pad.page.locator(".outputs .winner")).to_have_text("8")


def test_the_hidden_layer_is_live(pad: PadPage) -> None:
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.page.wait_for_selector(".drawpad[data-model=mnist_cnn]")
    seen = []
    for digit in (1, 8):
        pad.play_example(digit)
        seen.append(stage_picture(pad, "hidden"))
    assert seen[0].shape == seen[1].shape
    assert (seen[0] != seen[1]).any()


def test_maps_are_in_full_rows_and_the_strip_is_on_the_screen(pad: PadPage) -> None:
    pad.play_example(4)
    for model in ("default", "mnist_cnn"):
        pad.page.select_option("[data-part=model]", model)
        pad.page.wait_for_selector(f".drawpad[data-model={model}]")
        pad.settle()
        rows = pad.page.evaluate(
            """[...document.querySelectorAll('.layer')].map((stage) => {
                const tops = {};
                for (const map of stage.querySelectorAll('.map'))
                    (tops[Math.round(map.getBoundingClientRect().top)] ??= []).push(map);
                return Object.values(tops).map((row) => row.length);
            })"""
        )
        assert all(len(set(row)) == 1 for row in rows), rows
        boxes = pad.page.evaluate(
            """[...document.querySelectorAll('.strip .stage')].map((stage) => {
                const {left, right, bottom} = stage.getBoundingClientRect();
                return [left, right, bottom];
            })"""
        )
        for (_, right, bottom), (left, *_) in zip(boxes, [*boxes[1:], (1280, 0, 0)], strict=True):
            assert right <= left
            assert bottom <= 900


def test_nothing_moves_when_a_map_is_opened(pad: PadPage) -> None:
    pad.play_example(4)
    where = """[...document.querySelectorAll('.stage')].map(
        (stage) => Object.values(stage.getBoundingClientRect().toJSON()))"""
    before = pad.page.evaluate(where)
    pad.page.click("[data-stage=conv3] .map >> nth=5")
    expect(pad.page.locator(".detail .kernel")).to_be_visible()
    assert pad.page.evaluate(where) == before


def test_a_map_opens_next_to_its_kernel(pad: PadPage, classifier: Classifier) -> None:
    pad.play_example(4)
    pad.page.click("[data-stage=conv2] .map >> nth=3")
    detail = pad.page.locator(".detail")
    kernel = classifier.kernels("conv2")[3]
    size = "kernel " + " × ".join([str(kernel.shape[0]), "×".join(map(str, kernel.shape[1:]))])
    expect(detail.locator("figcaption")).to_have_text(
        f"{size} · {kernel.min():.2f} … {kernel.max():.2f}".replace("-", "−")
    )
    expect(detail.locator("h2")).to_contain_text("conv2, map 3")
    assert pad.pixels(".detail .large").shape[:2] == classifier.stage_shape("conv2")[1:]
    expect(pad.page.locator("[data-stage=conv2] .map[aria-pressed=true]")).to_have_count(1)
    pad.page.click(".detail .close")
    expect(detail).to_have_count(0)
    pad.page.click("[data-stage=conv2] .map >> nth=3")
    expect(detail).to_be_visible()
    pad.page.keyboard.press("Escape")
    expect(detail).to_have_count(0)
    pad.page.click("[data-stage=conv2] .map >> nth=3")
    pad.page.locator(".detail .large").focus()
    pad.page.keyboard.press("Escape")
    expect(detail).to_have_count(0)
    expect(pad.page.locator("[data-stage=conv2] .map >> nth=3")).to_be_focused()


def test_a_pixel_shows_its_receptive_field_and_conv1_its_numbers(
    pad: PadPage, classifier: Classifier
) -> None:
    pad.play_example(4)
    field = pad.page.locator("[data-part=field]")
    expect(field).to_be_hidden()
    pad.page.locator("[data-stage=conv3] .map >> nth=9").hover()
    expect(field).to_be_visible()
    expect(pad.page.locator("[data-part=readout]")).to_contain_text("looks at 10×10 pixels")
    pad.page.mouse.move(5, 5)
    expect(field).to_be_hidden()

    pad.page.locator("[data-stage=conv1] .map >> nth=0").focus()
    pad.page.keyboard.press("ArrowRight")
    pad.page.keyboard.press("Enter")
    expect(pad.page.locator(".detail h2")).to_contain_text("conv1, map 1")
    large = pad.page.locator(".detail .large")
    expect(large).to_be_focused()
    pad.page.keyboard.press("Home")
    for key in ("ArrowRight",) * 13 + ("ArrowDown",) * 9:
        pad.page.keyboard.press(key)
    expect(pad.page.locator(".detail .value")).to_contain_text("row 9, column 13")
    frame = classifier.classify_strokes(pad.strokes).frame
    patch = (frame[8:11, 12:15] - 0.1307) / 0.3081
    kernel = classifier.kernels("conv1")[1, 0]
    numbers = pad.page.locator(".detail .numbers").all()
    shown = [
        [float(text.replace("−", "-")) for text in table.locator("span").all_inner_texts()]
        for table in numbers
    ]
    assert shown[0] == pytest.approx(patch.ravel(), abs=0.07)
    assert shown[1] == pytest.approx(kernel.ravel(), abs=0.051)
    total = pad.page.locator(".product b").last.inner_text().strip("= ").replace("−", "-")
    assert float(total) == pytest.approx(float((patch * kernel).sum()), abs=0.05)
    expect(pad.page.locator("[data-part=readout]")).to_contain_text("map 1, row 9, column 13")
    pad.click("clear")
    expect(pad.page.locator(".detail .numbers")).to_have_count(0)


def map_labels(pad: PadPage) -> list[str]:
    labels = "all => all.map((map) => map.getAttribute('aria-label'))"
    return list(pad.page.locator("[data-stage=conv1] .map").evaluate_all(labels))


def test_order_and_scale_of_the_maps_can_be_chosen(pad: PadPage) -> None:
    pad.play_example(4)
    before = stage_picture(pad, "conv1")
    pad.page.click("[data-part=map-scale] [data-value=stage]")
    by_stage = stage_picture(pad, "conv1")
    assert (before != by_stage).any()
    expect(pad.page.locator("[data-stage=conv1] .range")).to_contain_text("0 … ")
    pad.page.click("[data-part=map-order] [data-value=brightness]")
    assert (stage_picture(pad, "conv1") != by_stage).any()
    labels = map_labels(pad)
    assert len(set(labels)) == len(labels)
    assert labels != sorted(labels, key=lambda label: int(label.split("map ")[1].split(":")[0]))
    # the maps stay where they are while a pen is down
    box = pad.paper
    pad.page.mouse.move(box["x"] + 20, box["y"] + 20)
    pad.page.mouse.down()
    for x, y in ((280, 30), (30, 60), (280, 90), (30, 120)):
        pad.page.mouse.move(box["x"] + x, box["y"] + y, steps=5)
    pad.settle()
    assert map_labels(pad) == labels
    pad.page.mouse.up()
    pad.settle()
    assert map_labels(pad) != labels


def test_each_group_of_maps_is_one_tab_stop(new_pad: PadPage) -> None:
    pad = new_pad
    pad.play_example(4)
    stops = pad.page.locator(".stages button").evaluate_all(
        """all => all.filter((button) => button.tabIndex === 0)
            .map((button) => button.closest('.stage').dataset.stage)"""
    )
    assert stops == [f"conv{number}" for number in range(1, 7)]


def test_an_empty_pad_says_what_will_be_seen_and_an_example_writes_itself(pad: PadPage) -> None:
    expect(pad.page.locator(".strip")).to_be_hidden()
    expect(pad.page.locator(".empty")).to_contain_text("appears here")
    pad.page.click("[data-part=show-me]")
    expect(pad.page.locator(".strip")).to_be_visible()
    expect(pad.page.locator(".empty")).to_be_hidden()


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
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.play_example(5)
    expect(pad.page.locator("[data-stage=conv2] .map")).to_have_count(20)
    expect(pad.page.locator(".banner")).to_be_hidden()
    expect(pad.page.locator("[data-stage=conv4]")).to_have_count(0)
    assert len(np.unique(stage_picture(pad, "conv2").reshape(-1, 4), axis=0)) > 10


def test_page_assets_are_all_local() -> None:
    web = Path(__file__).parents[2] / "pad/web"
    # not onnxruntime-web's, whose errors and licences name addresses that it does not load
    files = [*web.glob("*.html"), *web.glob("*.css"), *web.glob("strings/*")]
    files.append(web / "dist/sketchpad.js")
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, file
