"""The dashboard as a person with a browser uses it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import BrowserContext, Error, Locator, Page, expect

from support.chromium import PATIENCE


class BoardPage:
    """One browser window with the dashboard; collects what went wrong in it.

    With `reusable` set to False no other test gets its page.
    """

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.set_default_timeout(PATIENCE)
        self.context: BrowserContext = page.context
        self.url = url
        self.reusable = True
        self.errors: list[str] = []
        self.foreign: list[str] = []
        page.on("pageerror", self._note_error)
        page.on("request", self._note)

    def _note_error(self, error: Error) -> None:
        self.errors.append(str(error))

    def _note(self, request: Any) -> None:
        if not request.url.startswith((self.url, "data:", "blob:", self.url.replace("http", "ws"))):
            self.foreign.append(request.url)

    def leave(self) -> bool:
        """End the session; return whether the page is as a new one."""
        if not self.reusable or self.page.is_closed():
            return False
        if self.page.url.startswith(self.url):
            self.page.evaluate("sessionStorage.clear(); localStorage.clear()")
            self.page.goto("about:blank")
        self.page.remove_listener("pageerror", self._note_error)
        self.page.remove_listener("request", self._note)
        return True

    def open(self, path: str = "", title: str = "") -> None:
        """Go to an address and wait until the page is drawn."""
        self.page.goto(self.url + path)
        self.settle()
        if title:
            self._expect_title(title)

    def go(self, name: str, title: str) -> None:
        """Choose a page in the menu, and wait until it is drawn."""
        self.page.get_by_role("link", name=name, exact=True).click()
        self._expect_title(title)
        self.settle()

    def _expect_title(self, title: str) -> None:
        heading = self.page.get_by_role("heading", name=title, level=1)
        expect(heading).to_be_visible(timeout=PATIENCE)

    def go_back_and_forward(self, title: str) -> None:
        """Press Back, which must lead to the page with this title, and Forward."""
        here = self.page.get_by_role("heading", level=1).inner_text()
        self.page.go_back(wait_until="commit")
        self._expect_title(title)
        self.settle()
        left = self.page.url
        self.page.go_forward(wait_until="commit")
        self._expect_title(here)
        self.settle()
        self._expect_a_late_answer_to_change_nothing(left)

    def _expect_a_late_answer_to_change_nothing(self, address: str) -> None:
        """Do what Streamlit does if the answer for a page comes after the next Back or Forward."""
        before, after = self.page.evaluate(
            """address => {
                const state = () => [location.href, history.length], before = state();
                history.pushState({}, "", address);
                return [before, state()] }""",
            address,
        )
        assert after == before

    def go_in_history(self, path: str) -> None:
        """Go to another page as the browser's buttons Back and Forward do: nothing is reloaded."""
        before = self.page.get_by_role("heading", level=1).inner_text()
        self.page.evaluate(
            """path => {
                history.pushState({}, "", path);
                dispatchEvent(new PopStateEvent("popstate")) }""",
            self.url + path,
        )
        expect(self.page.get_by_role("heading", level=1)).not_to_have_text(before)
        self.settle()

    def settle(self) -> None:
        """Wait until the script of the page has come to its end."""
        app = self.page.locator("[data-testid=stApp]")
        expect(app).to_have_attribute("data-test-script-state", "notRunning", timeout=PATIENCE)
        assert self.page.locator("[data-testid=stException]").count() == 0

    def button(self, name: str) -> Locator:
        """Return the button with that label."""
        return self.page.get_by_role("button", name=name, exact=True)

    def number(self, label: str) -> Locator:
        """Return the box for a number."""
        return self.page.get_by_role("spinbutton", name=label, exact=True)

    def tab(self, name: str) -> None:
        """Turn to a tab."""
        self.page.get_by_role("tab", name=name, exact=True).click()

    def status(self, words: str, patience: float = PATIENCE) -> None:
        """Wait until the run has that status."""
        box = self.page.get_by_test_id("stMetric").filter(has_text="Status").first
        expect(box).to_contain_text(words, timeout=patience)

    def points(self, title: str) -> int:
        """Return how many points the chart of that title has, all lines together."""
        return self.page.evaluate(
            """title => (document.querySelector(`.live-chart[aria-label="${title}"]`)
                ?.calcdata ?? []).reduce((sum, line) => sum + line.length, 0)""",
            title,
        )

    def axis(self, title: str) -> list[float]:
        """Return the ends of the chart's horizontal axis."""
        return self.page.evaluate(
            """title => document.querySelector(`.live-chart[aria-label="${title}"]`)
                ._fullLayout.xaxis.range""",
            title,
        )

    def wait_for_points(self, title: str, more_than: int) -> None:
        """Wait until a chart has more points."""
        self.page.wait_for_function(
            """([title, count]) => (document.querySelector(`.live-chart[aria-label="${title}"]`)
                ?.calcdata ?? []).reduce((sum, line) => sum + line.length, 0) > count""",
            arg=[title, more_than],
            timeout=PATIENCE,
        )

    def click_cell(self, title: str, row: int, column: int) -> None:
        """Click a cell of a chart that is a matrix."""
        place = self.page.evaluate(
            """([title, row, column]) => {
                const chart = document.querySelector(`.live-chart[aria-label="${title}"]`);
                chart.scrollIntoView({ block: 'center' });
                delete chart.dataset.hovered;
                chart.once('plotly_hover', () => { chart.dataset.hovered = ''; });
                const { xaxis, yaxis } = chart._fullLayout, box = chart.getBoundingClientRect();
                return [box.x + xaxis._offset + xaxis.d2p(column),
                        box.y + yaxis._offset + yaxis.d2p(row)] }""",
            [title, row, column],
        )
        self.page.mouse.move(*place)
        # plotly reports a click only on a point that it has reported as hovered
        self.page.wait_for_selector(f'.live-chart[aria-label="{title}"][data-hovered]')
        self.page.mouse.click(*place)

    def expect_scheme(self, scheme: str) -> None:
        """Wait until the page is drawn in light or dark colours."""
        self.page.wait_for_function(
            """scheme => {
                const app = document.querySelector('[data-testid=stApp]');
                const red = +getComputedStyle(app).backgroundColor.match(/\\d+/)[0];
                return (red > 128) === (scheme === 'light') }""",
            arg=scheme,
            timeout=PATIENCE,
        )

    def fits(self) -> bool:
        """Return whether nothing has to be scrolled sideways."""
        return self.page.evaluate(
            """() => { const main = document.querySelector('[data-testid=stMain]');
                return main.scrollWidth <= main.clientWidth }"""
        )
