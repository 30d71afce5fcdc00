"""The pad in a browser: draw, read the bars, inspect the frame and the maps."""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image
from playwright.sync_api import Error, Page, Request, TimeoutError, expect

from support.chromium import PATIENCE, draw, fit_strokes, thin_strokes

# `MODELS` in a page's name lets it run models; a route that blocks their files would switch off the
# browser's cache, and each load of the page would take twice the time
MODELS = "models"
WITHOUT_MODELS = f"if (name !== '{MODELS}') delete window.Worker"

# all that a test changes in the page, without what can be undone
STATE = """() => {
    const root = document.querySelector(".drawpad");
    const all = (selector) => [...root.querySelectorAll(selector)];
    return JSON.stringify([
        root.dataset.model, root.dataset.runs === "browser", root.className,
        // dark or light: the page follows the browser
        document.body.className.replace("dark", "").trim(), location.href, scrollY,
        // not which models are offered: it changes when one is promoted or withdrawn
        all("select").map(({ value }) => value),
        all("[aria-pressed], [aria-selected], [aria-expanded]").map(
            (node) => [node.ariaPressed, node.ariaSelected, node.ariaExpanded]),
        all("[data-part], [data-panel], dialog").map(({ hidden, classList, open }) => [
            // a narrow page's stages are in a column
            hidden, [...classList].filter((name) => name !== "column").sort(), open]),
        all(".digit, .confidence, .note, .answer").map((node) => node.textContent),
        all("button:not([data-tool=undo], [data-tool=redo])").map(({ disabled }) => disabled),
        // a test that replaces functions of the browser keeps something in a global variable
        Object.keys(window).sort() ]) }"""

RESET = """() => {
    const root = document.querySelector(".drawpad");
    if (!root) return false;
    const press = (selector) => {
        for (const button of root.querySelectorAll(selector)) if (!button.disabled) button.click();
    };
    root.querySelector("dialog").close();
    document.activeElement.blur();
    press("[data-tool=eraser][aria-pressed=true], .digits [aria-pressed=true], .detail .close");
    press("[data-tool=clear]");
    press("[data-pen='16'][aria-pressed=false]");
    press("[data-tab=why][aria-selected=false]");
    press("[data-value=channel][aria-pressed=false], [data-value=map][aria-pressed=false]");
    const picker = root.querySelector("[data-part=model]");
    if (picker.value !== "default") {
        picker.value = "default";
        picker.dispatchEvent(new Event("change", { bubbles: true }));
    }
    scrollTo(0, 0);
    return true }"""

DIGIT_IS = "(text) => document.querySelector('.digit')?.textContent.trim() === text"

COALESCED_MOVE = """(places) => {
    const events = places.map(([clientX, clientY]) => ({
        pointerId: 1, pointerType: "mouse", isPrimary: true, buttons: 1, bubbles: true,
        clientX, clientY }));
    const coalescedEvents = events.map((event) => new PointerEvent("pointermove", event));
    const event = new PointerEvent("pointermove", { ...events.at(-1), coalescedEvents });
    document.querySelector(".paper canvas").dispatchEvent(event) }"""


class PadPage:
    """The pad, opened in a page, which may have shown it before.

    With `runs` "server" the browser has no workers, which run models, so that the server answers
    for good; with "browser" the page is open once the browser answers. By default the server
    answers as well, without waiting until that is for good: to start the runtime of models on every
    page would take most of the tests' time.

    With `as_new`, an earlier visit's attribute of that name, the page is loaded again only if it
    cannot be brought back to its first state: that takes as much time as a test.
    """

    def __init__(
        self, page: Page, url: str, runs: str | None = None, as_new: str | None = None
    ) -> None:
        self.context = page.context
        self.page = page
        page.set_default_timeout(PATIENCE)
        self.url = url
        self.errors: list[str] = []
        self.outside: list[str] = []
        self.reusable = True  # by the next test, which loads it again if `as_new` is None
        self.page.on("pageerror", self._note_error)
        self.page.on("request", self._check_inside)
        if runs != "browser" and page.url == "about:blank":
            self.page.add_init_script(WITHOUT_MODELS)
        again = as_new is not None and self._reset(as_new)
        if not again:
            self.page.evaluate("location.href === 'about:blank' || sessionStorage.clear()")
            self.page.goto(url)
            self.page.wait_for_selector(".drawpad[data-model]")
        if runs is not None:
            self.wait_until_it_runs(runs)
        self.settle()
        self.as_new: str | None = as_new if again else self.page.evaluate(STATE)

    def allow_models(self) -> None:
        """Let the browser run models from the next reload on."""
        self.page.evaluate(f"name = '{MODELS}'")

    def leave(self) -> None:
        """Let the next test have the page."""
        self.page.remove_listener("pageerror", self._note_error)
        self.page.remove_listener("request", self._check_inside)
        self.page.unroute_all(behavior="ignoreErrors")
        self.page.evaluate("name = ''")
        self.page.mouse.up()
        self.page.mouse.move(0, 0)

    def _reset(self, as_new: str) -> bool:
        """Bring the page back to its first state; return whether that has succeeded."""
        if not self.page.evaluate(RESET):
            return False
        self.settle()
        return self.page.evaluate(STATE) == as_new

    def _note_error(self, error: Error) -> None:
        self.errors.append(str(error))

    def _check_inside(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.outside.append(request.url)

    def wait_until_it_runs(self, place: str) -> None:
        """Wait until the model runs in the "browser", or for good on the "server"."""
        self.page.wait_for_selector(f".drawpad[data-runs={place}]")

    @property
    def paper(self) -> dict[str, float]:
        """The drawing area's position on screen."""
        box = self.page.locator(".paper canvas").bounding_box()
        assert box is not None
        return dict(box)

    def draw(self, strokes: list[np.ndarray], share: float = 0.7, at_once: bool = True) -> None:
        """Draw pen strokes in the middle of the drawing area with the mouse.

        `share` is the longest side relative to the area's. What is between a stroke's ends comes
        in one event, as if the page had been busy meanwhile; with `at_once` false, in one event
        for each fifth position, each of which the page answers.
        """
        if not at_once:
            draw(self.page, fit_strokes(thin_strokes(strokes), self.paper, share))
            return
        for first, *between, last in fit_strokes(strokes, self.paper, share):
            self.page.mouse.move(*first)
            self.page.mouse.down()
            if between:
                self.page.evaluate(COALESCED_MOVE, between)
            self.page.mouse.move(*last)
            self.page.mouse.up()

    def settle(self) -> None:
        """Wait until the bars are those of the present drawing."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(done))")
        self.page.wait_for_selector(".drawpad[aria-busy=false]")

    def expect_digit(self, digit: int | None) -> None:
        """The big digit is this one, or there is none."""
        text = "" if digit is None else str(digit)
        try:  # `expect` would describe the whole page each time that it is not so yet
            self.page.wait_for_function(DIGIT_IS, arg=text, polling=20)
        except TimeoutError:
            expect(self.page.locator(".digit")).to_have_text(text, timeout=1000)

    @property
    def percentages(self) -> list[float]:
        """The ten bars' percentages, more precise than their texts; 0 on an empty pad."""
        bars = self.page.locator(".result .bars li")
        values = bars.evaluate_all("all => all.map((bar) => Number(bar.dataset.probability))")
        return [100 * value for value in values]

    @property
    def strokes(self) -> list[np.ndarray]:
        """The pen positions that the page keeps: (N, 2) arrays."""
        saved = self.page.evaluate("JSON.parse(sessionStorage.getItem('drawpad')).strokes")
        return [np.array(stroke["points"]).reshape(-1, 2) for stroke in saved]

    @property
    def winner(self) -> list[str]:
        """The digits whose bar is highlighted."""
        return self.page.locator(".bars li.winner b").all_inner_texts()

    def pixels(self, selector: str) -> np.ndarray:
        """A canvas' own pixels (H, W, 4) uint8."""
        url = self.page.locator(selector).first.evaluate("canvas => canvas.toDataURL()")
        image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))
        return np.asarray(image.convert("RGBA"))

    def play_example(self, digit: int) -> None:
        """Draw an example and wait for its digit."""
        self.page.click(f".examples button:nth-child({digit + 1})")
        self.expect_digit(digit)
        self.settle()

    def click(self, tool: str) -> None:
        """Press a tool's button."""
        self.page.click(f"[data-tool={tool}]")
