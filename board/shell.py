"""What all pages have in common: navigation, title and language."""

import importlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

import streamlit as st

from board.access.visitors import admit, keep_login
from board.address import page_name, remove_parameters_of_others
from board.language import LANGUAGE, current_translator
from board.page_context import PageContext
from board.runs.actions import act_button
from board.translation import LANGUAGES, Translator
from board.widgets.clicks import forget_click, page_to_answer_first
from board.widgets.common import errors_shown
from board.widgets.markdown import escape_markdown
from board.widgets.scripts import run_scripts
from mnist_core.runs.run_list import runs_root

_PAGES = {
    "runs": ("Runs", ":material/table_rows:"),
    "train": ("Train", ":material/play_circle:"),
    "watch": ("Watch", ":material/monitoring:"),
    "understand": ("Understand", ":material/visibility:"),
    "compare": ("Compare", ":material/compare_arrows:"),
    "try_it": ("Try it", ":material/draw:"),
    "promote": ("Promote", ":material/upgrade:"),
    "search": ("Search", ":material/tune:"),
}
_PACKAGES = {"runs": "overview"}
"""Packages of the pages that are not called as the page."""
_ICON = Path(__file__).parent / "icon.png"
CSS = """
<style>
.block-container { padding: 4.2rem 1rem 2rem; max-width: 1200px; }
/* titles are in line with those beside which there is a box */
.stApp h1 { padding: 0.3rem 0; }
[data-testid="stVerticalBlock"] > * > [data-testid="stHeading"] h1 { padding-bottom: 1rem; }
[data-testid="stMetricValue"] { font-size: 1.15rem; }
/* charts and messages stand close to what is above them */
[data-testid="stHeading"] h3 { padding: 0.25rem 0; }
.st-key-progress [data-testid="stAlertContainer"] { padding: 0.4rem 0.8rem; min-height: 0; }
/* "Press Enter to submit form" covers what is typed; the form has a button */
.stForm [data-testid="InputInstructions"] { display: none; }
/* what a page is about */
[class*="st-key-main-"] [data-testid="stMetricValue"] { font-size: 2.2rem; }
/* contrast of at least 4.5: captions have 3.9 otherwise, white on the dark theme's accent 2.3 */
.stApp [data-testid="stCaptionContainer"] { opacity: 0.8; }
.stApp [data-testid="stCaptionContainer"] code { font-size: 0.9em; }
/* without a mouse, the toolbar of a table is always shown: above it, over what is there */
@media (hover: none) { [data-testid="stFullScreenFrame"]:has(> [data-testid="stDataFrame"]) {
    margin-top: 1.8rem;
} }
/* a phone shows the button that starts a form at the bottom of the screen */
@media (max-width: 640px), (max-height: 500px) {
    .st-key-start { position: fixed; inset: auto 0 0; width: auto; z-index: 9; padding: 0.6rem 1rem;
        background: light-dark(#ffffff, #171614); box-shadow: 0 0 8px #0003; }
    .block-container:has(.st-key-start) { padding-bottom: 6rem; }
    .st-key-progress > * { width: 100% !important; }
    .st-key-axis button { padding: 0 0.4rem; }
}
.stApp [data-testid^="stBaseButton-primary"]:enabled, .stApp [data-tag], .stApp [data-tag] span {
    color: light-dark(#ffffff, #171614);
}
/* toasts have a strip of their own below the page, whose buttons they would cover otherwise */
body:has([data-testid="stToast"]) { display: flex; flex-direction: column; height: 100dvh; }
body:has([data-testid="stToast"]) > #root { position: relative; flex: 1; min-height: 0;
    transform: translate(0); }  /* what is fixed in the page stays above the strip */
body > [data-testid="stToastContainer"] { position: relative; inset: auto !important;
    align-self: flex-end; padding: 0.5rem; }
/* paper and ink in the page's colours: on a dark page each is the difference to this one; what is
   classified has the colours of a light page */
.st-key-canvas { position: relative; isolation: isolate; }
.st-key-canvas::after { content: ""; position: absolute; inset: 0; z-index: 15;
    pointer-events: none; mix-blend-mode: difference; background: light-dark(#000000, #d9d8d3); }
</style>
"""


def show() -> None:
    """Draw the page that the address names."""
    # a named icon would be loaded from another server
    st.set_page_config(page_title="Drawpad dashboard", page_icon=_ICON, layout="wide")
    st.html(CSS)
    t = current_translator()
    pages: dict[str, st.Page] = {}
    context = PageContext(runs_root(), t, pages)
    for name, (title, icon) in _PAGES.items():
        pages[name] = st.Page(
            _page(name, context),
            title=t(title),
            icon=icon,
            url_path=name,
        )

    def home() -> None:
        st.switch_page(pages["runs"], query_params=st.query_params.to_dict())

    # the default page has no address of its own: so every page of the menu has one
    first = st.Page(home, title=t("Runs"), default=True, visibility="hidden")
    found = [first, *pages.values()]
    name = page_name()
    if name and name not in pages and "/" not in name:
        # Streamlit's own message is in English only, and its pages have no / in their names
        title = t("There is no such page")
        found.append(
            st.Page(
                partial(_show_missing, context, name),
                title=title,
                url_path=name,
                visibility="hidden",
            )
        )
    st.navigation(found, position="top").run()
    _select_language(t)
    keep_login(t)
    run_scripts()
    forget_click()  # its button is not on this page


def _page(name: str, context: PageContext) -> Callable[[], None]:
    def draw() -> None:
        if not admit(context.t):
            return
        if (left := page_to_answer_first(name)) is not None:
            context.open_page(left)
        remove_parameters_of_others(name)
        # imported on first use: some pages need packages that are slow to import
        page = importlib.import_module(f"board.{_PACKAGES.get(name, name)}.page")
        with errors_shown():
            page.show(context)

    return draw


def _show_missing(context: PageContext, name: str) -> None:
    """Draw what an address shows that names no page."""
    t = context.t
    st.title(t("There is no such page"))
    text = t(
        "The address names the page {name}. The menu has all pages.", name=escape_markdown(name)
    )
    st.info(text, icon=":material/info:")
    open_runs = partial(context.open_page, "runs")
    act_button(t("Runs"), ":material/table_rows:", open_runs, changes=False, type="primary")


def _select_language(t: Translator) -> None:
    st.divider()
    st.segmented_control(
        "Language / 语言",
        list(LANGUAGES),
        default=t.language,
        required=True,
        format_func=LANGUAGES.get,
        key=LANGUAGE,
        label_visibility="collapsed",
        persist_state="session",
    )
