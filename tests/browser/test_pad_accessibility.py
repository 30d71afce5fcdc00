"""axe-core finds nothing on the pad, in any of its states, light and dark."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from support.axe import axe_violations
from support.pad_page import PadPage
from support.pictures import drop_picture, picture_of_a_seven

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("size", "scheme"), [((1280, 900), "light"), ((390, 844), "dark")])
def test_no_violations(
    open_pad: Callable[..., PadPage], size: tuple[int, int], scheme: str
) -> None:
    pad = open_pad(viewport={"width": size[0], "height": size[1]}, color_scheme=scheme)
    found = {"empty": axe_violations(pad.page)}
    pad.play_example(4)
    pad.page.locator(".map").first.click()
    pad.page.keyboard.press("e")
    found["map opened, eraser chosen"] = axe_violations(pad.page)
    pad.page.click("[data-tab=why]")
    pad.page.click(".digits button >> nth=9")
    pad.page.wait_for_selector(".explained:not([aria-busy])")
    found["explanation"] = axe_violations(pad.page)
    pad.page.click("[data-tab=compare]")
    expect(pad.page.locator(".other-digit")).to_have_text("4")
    found["comparison"] = axe_violations(pad.page)
    pad.page.click("[data-part=share]")
    found["share"] = axe_violations(pad.page)
    pad.page.click("[data-share=close]")
    drop_picture(pad, picture_of_a_seven())
    pad.expect_digit(7)
    pad.page.locator(".paper canvas").click()
    pad.page.wait_for_selector(".banner:not([hidden])")
    found["message"] = axe_violations(pad.page)
    assert found == {state: [] for state in found}
