"""The connection between page and server: slow, lost and restored."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Error, Route, expect
from support.chromium import Server, draw, fit_strokes
from support.pad_page import PadPage
from support.pictures import drop_picture, picture_of_a_seven

pytestmark = pytest.mark.browser

ONE = [np.array([[50.0, 0], [50, 100]])]
HOOK = [np.array([[0.0, 0], [60, 0], [30, 100]])]


@pytest.fixture
def pad(open_pad: Callable[..., PadPage]) -> PadPage:
    """The pad in a browser that cannot run models."""
    return open_pad(runs="server")


@pytest.fixture
def restarted_server(server: Server) -> Iterator[Server]:
    """The server of all tests, which the test may stop; it runs again afterwards."""
    yield server
    if server.process is None:
        server.start()


def is_classification(route: Route) -> bool:
    return route.request.url.endswith("/classify_ink")


def hold_first_request(pad: PadPage) -> list[Route]:
    """Withhold the answer to the first drawing; its route is in the list once it was sent."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if is_classification(route) and not held:
            held.append(route)
        else:
            route.continue_()

    pad.page.route("**/functions/*", hold)
    return held


def test_an_older_response_never_overwrites_a_newer_drawing(pad: PadPage) -> None:
    """The answer to a cleared drawing arrives late and is not shown."""
    with pad.page.expect_request("**/functions/classify_ink"):
        held = hold_first_request(pad)
        pad.draw(ONE)
    pad.click("clear")
    with pad.page.expect_response("**/functions/*"):
        held[0].continue_()
    pad.settle()
    pad.expect_digit(None)
    pad.draw(HOOK)
    pad.expect_digit(7)


def test_at_most_one_request_is_in_flight(pad: PadPage) -> None:
    # counted in the page: of a request that it gave up, on a busy machine, it is told later
    pad.as_new = None  # loaded again for the next test
    pad.page.evaluate(
        """() => {
            const send = window.fetch;
            let inFlight = 0;
            window.most = 0;
            window.fetch = async (url, ...options) => {
                if (!String(url).endsWith("/classify_ink")) return send(url, ...options);
                window.most = Math.max(window.most, ++inFlight);
                try {
                    const response = await send(url, ...options);
                    return new Response(await response.text(), response);
                } finally {
                    inFlight--;
                }
            };
        }"""
    )
    circle = np.linspace(0, 6.1, 60)
    pad.draw([np.stack([np.sin(circle), -np.cos(circle)], 1)], at_once=False)
    pad.expect_digit(0)
    pad.settle()
    assert pad.page.evaluate("window.most") == 1


def test_a_lost_response_does_not_freeze_the_page(pad: PadPage) -> None:
    lost = 0

    def lose_two(route: Route) -> None:
        nonlocal lost
        if is_classification(route) and lost < 2:
            lost += 1
            route.abort()
        else:
            route.continue_()

    pad.page.route("**/functions/*", lose_two)
    pad.draw(HOOK)
    expect(pad.page.locator(".banner")).to_contain_text("No answer from the server")
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert lost == 2


def test_a_request_without_a_response_times_out(pad: PadPage) -> None:
    held = hold_first_request(pad)
    pad.draw(HOOK)
    expect(pad.page.locator(".banner")).to_be_visible()
    pad.expect_digit(7)
    with contextlib.suppress(Error):
        held[0].abort()


def test_server_is_restarted_during_drawing(pad: PadPage, restarted_server: Server) -> None:
    stroke = fit_strokes(HOOK, pad.paper)[0]
    pad.page.mouse.move(*stroke[0])
    pad.page.mouse.down()
    pad.page.mouse.move(*stroke[1], steps=5)
    restarted_server.stop()
    pad.page.mouse.move(*stroke[2], steps=10)
    pad.page.mouse.up()
    expect(pad.page.locator(".banner")).to_contain_text("No answer from the server")
    ink = pad.pixels(".paper canvas")
    assert ink[..., 3].max() > 0
    restarted_server.start()
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert np.array_equal(pad.pixels(".paper canvas"), ink)
    pad.click("clear")
    draw(pad.page, fit_strokes(ONE, pad.paper))
    pad.expect_digit(1)
    pad.settle()
    pad.expect_digit(1)


def test_without_the_server_no_prediction_is_of_an_earlier_drawing(pad: PadPage) -> None:
    pad.play_example(3)
    pad.page.route("**/functions/classify_picture", lambda route: route.abort())
    drop_picture(pad, picture_of_a_seven())
    expect(pad.page.locator(".banner")).to_contain_text("No answer from the server")
    pad.expect_digit(None)
    assert pad.winner == []
    expect(pad.page.locator("[data-part=share]")).to_be_disabled()
    pad.page.unroute("**/functions/classify_picture")
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()


def test_a_model_that_is_not_waited_for_any_more_is_no_lost_connection(pad: PadPage) -> None:
    pad.page.route("**/functions/describe_model", lambda route: route.abort())
    model, banner = pad.page.locator("[data-part=model]"), pad.page.locator(".banner")
    model.select_option("ensemble")
    expect(banner).to_contain_text("No answer from the server")
    expect(pad.page.locator(".place")).to_contain_text("Waiting for the model ensemble")
    model.select_option("default")
    expect(banner).to_be_hidden()
    expect(pad.page.locator(".place")).not_to_contain_text("Waiting")
    pad.page.unroute("**/functions/describe_model")
    pad.play_example(4)
    assert pad.page.get_attribute(".drawpad", "data-model") == "default"
