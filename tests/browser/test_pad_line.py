"""The line between page and server: slow, lost, dead and back."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Error, Route, expect
from support.chromium import ROOT, Server, draw, fit_strokes
from support.pad_page import PadPage

pytestmark = pytest.mark.browser

ONE = [np.array([[50.0, 0], [50, 100]])]
HOOK = [np.array([[0.0, 0], [60, 0], [30, 100]])]


@pytest.fixture
def own_server() -> Iterator[Server]:
    server = Server(ROOT / "app.py")
    server.start()
    yield server
    server.stop()


def is_reading(route: Route) -> bool:
    return route.request.post_data_json["fn_name"] == "classify_ink"


def hold_first_reading(pad: PadPage) -> list[Route]:
    """Keep the first reading from its answer; it is in the list once it was asked for."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if is_reading(route) and not held:
            held.append(route)
        else:
            route.continue_()

    pad.page.route("**/component_server/", hold)
    return held


def test_an_older_answer_never_overwrites_a_newer_drawing(pad: PadPage) -> None:
    """The answer to a cleared drawing comes late, and is not shown."""
    held = hold_first_reading(pad)
    pad.draw(ONE)
    for _ in range(50):
        pad.page.wait_for_timeout(100)
        if held:
            break
    assert held
    pad.click("clear")
    held[0].continue_()
    pad.page.wait_for_timeout(400)
    pad.expect_digit(None)
    pad.draw(HOOK)
    pad.expect_digit(7)


def test_at_most_one_request_is_in_flight(pad: PadPage) -> None:
    under_way, most = 0, 0

    def count(route: Route) -> None:
        nonlocal under_way, most
        if not is_reading(route):
            route.continue_()
            return
        under_way += 1
        most = max(most, under_way)
        response = route.fetch()
        under_way -= 1
        route.fulfill(response=response)

    pad.page.route("**/component_server/", count)
    circle = np.linspace(0, 6.1, 60)
    pad.draw([np.stack([np.sin(circle), -np.cos(circle)], 1)])
    pad.expect_digit(0)
    pad.settle()
    pad.page.unroute_all(behavior="ignoreErrors")
    assert most == 1


def test_a_lost_answer_does_not_freeze_the_page(pad: PadPage) -> None:
    lost = 0

    def lose_two(route: Route) -> None:
        nonlocal lost
        if is_reading(route) and lost < 2:
            lost += 1
            route.abort()
        else:
            route.continue_()

    pad.page.route("**/component_server/", lose_two)
    pad.draw(HOOK)
    expect(pad.page.locator(".banner")).to_contain_text("No answer from the server")
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert lost == 2


def test_an_answer_that_never_comes_is_given_up(pad: PadPage) -> None:
    held = hold_first_reading(pad)
    pad.draw(HOOK)
    expect(pad.page.locator(".banner")).to_be_visible()
    pad.expect_digit(7)
    with contextlib.suppress(Error):
        held[0].abort()


def test_server_dies_and_comes_back_while_somebody_draws(
    open_pad: Callable[..., PadPage], own_server: Server
) -> None:
    pad = open_pad(own_server.url, viewport={"width": 1280, "height": 900}, locale="en-US")
    stroke = fit_strokes(HOOK, pad.paper)[0]
    pad.page.mouse.move(*stroke[0])
    pad.page.mouse.down()
    pad.page.mouse.move(*stroke[1], steps=5)
    own_server.stop()
    pad.page.mouse.move(*stroke[2], steps=10)
    pad.page.mouse.up()
    expect(pad.page.locator(".banner")).to_contain_text("No answer from the server")
    ink = pad.pixels(".paper canvas")
    assert ink[..., 3].max() > 0
    own_server.start()
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert np.array_equal(pad.pixels(".paper canvas"), ink)
    pad.click("clear")
    draw(pad.page, fit_strokes(ONE, pad.paper))
    pad.expect_digit(1)
    time.sleep(0.5)
    pad.expect_digit(1)
