"""Parts that several pages use."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import wraps
from typing import TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from board.language import current_translator, error_text
from board.page_context import PageContext
from board.translation import Translator
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError

ERROR = ":material/error:"
BROKEN = ":material/broken_image:"
Item = TypeVar("Item")


def show_error(error: object, icon: str = ERROR) -> None:
    """Draw an error's message, without Markdown: names in it may come from files."""
    st.error(escape_markdown(error_text(error, current_translator())), icon=icon)


@contextmanager
def errors_shown(icon: str = ERROR) -> Iterator[None]:
    """End the block at a MnistCoreError, whose message is drawn."""
    try:
        yield
    except MnistCoreError as error:
        show_error(error, icon)


def draw_refreshed(draw: Callable[[], None], seconds: float | None) -> None:
    """Draw a part of a page, and again each time the seconds have passed; once without them.

    The message of a MnistCoreError is drawn in its place.
    """

    @wraps(draw)  # Streamlit tells the parts of a page apart by their names
    def guarded() -> None:
        with errors_shown():
            draw()

    st.fragment(guarded, run_every=seconds)()


def warn(text: object, icon: str = ":material/warning:") -> None:
    """Draw a warning, without Markdown: names in it may come from files."""
    st.warning(escape_markdown(text), icon=icon)


def draw_metrics(values: Mapping[str, str], width: int | str) -> None:
    """Draw texts in a row of boxes, by their titles."""
    with st.container(horizontal=True):
        for title, value in values.items():
            st.metric(title, value, border=True, width=width)


def in_columns(items: Sequence[Item], count: int = 2) -> Iterator[tuple[Item, DeltaGenerator]]:
    """Yield each item with its column, row by row: a phone shows them in this order."""
    for first in range(0, len(items), count):
        yield from zip(items[first : first + count], st.columns(count), strict=False)


def visible_count(context: PageContext, key: str, total: int, step: int) -> int:
    """Return how many of `total` items to show; draw the button that shows `step` more."""
    key = f"visible-{key}"
    visible = st.session_state.get(key, step)
    if visible < total:
        st.button(
            context.t("Show more ({n} left)", n=total - visible),
            key=f"{key}-more",
            icon=":material/expand_more:",
            on_click=st.session_state.update,
            args=({key: visible + step},),
        )
    return min(visible, total)


def or_dash(value: float | None, form: str = ".2%") -> str:
    """Return a number as text; a dash for None."""
    return "–" if value is None else format(value, form)


def in_percent(value: float | None, reference: float = 0.0) -> float | None:
    """Return a share, or its difference to another one, in percent, for columns of tables."""
    return None if value is None else 100 * (value - reference)


def duration_text(seconds: float, t: Translator) -> str:
    """Return a duration in seconds, minutes or hours, rounded."""
    if seconds < 90:
        return t.plural(max(1, round(seconds)), "{n} second", "{n} seconds")
    if seconds < 90 * 60:
        return t.plural(round(seconds / 60), "{n} minute", "{n} minutes")
    return t.plural(round(seconds / 3600, 1), "{n} hour", "{n} hours")


def capitalized(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]
