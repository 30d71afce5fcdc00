"""The dashboard without a browser: its pages, run by Streamlit's own test harness."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from support.chromium import ROOT

# each new page would read the metadata of all installed packages again
manifest_scanner.scan_component_manifests = functools.cache(
    manifest_scanner.scan_component_manifests
)


def open_page(
    name: str = "train",
    run: str | None = None,
    address: Mapping[str, str] | None = None,
    url: str | None = None,
    **session: object,
) -> AppTest:
    """Run a page as a browser's first visit does; `run` is the run in the address.

    `address` has its other parameters, and `url` is all before them.

    Set MNIST_RUNS before. Fails if the page raises.
    """
    page = AppTest.from_file(str(ROOT / "dashboard.py"), default_timeout=300)
    # the harness knows pages by their file only; ours are functions
    page._page_hash = calc_hash(name)
    page.context["url"] = url
    for parameter, value in {"run": run, **(address or {})}.items():
        if value is not None:
            page.query_params[parameter] = value
    for key, value in session.items():
        page.session_state[key] = value
    return show(page.run())


def show(page: AppTest) -> AppTest:
    """Return the page if nothing was raised."""
    assert not page.exception, page.exception[0].stack_trace
    return page


def press(page: AppTest, label: str) -> AppTest:
    """Press the button with this label, which may be escaped on the page."""
    found = next(b for b in page.button if label in (b.label, unescape(b.label)))
    return show(found.click().run())


def page_text(page: AppTest) -> str:
    """Return the texts on the page, without those of widgets, and without Markdown's escapes."""
    kinds = (page.title, page.subheader, page.markdown, page.caption, page.text, page.code)
    kinds += (page.info, page.error, page.warning, page.success, page.toast)
    return "\n".join(unescape(str(element.value)) for kind in kinds for element in kind)


def unescape(markdown: str) -> str:
    """Return Markdown without its backslash escapes, as a browser shows it."""
    return re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", markdown)
