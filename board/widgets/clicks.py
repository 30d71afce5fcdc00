"""Buttons whose click is not lost.

What `st.button` returns is lost if the next click replaces the run of the script before it comes to
the button, or if a refresh ends just after the click and resets all buttons. A callback is called
in any case: it notes the click until the script comes to the button.
"""

from typing import Any

import streamlit as st

_CLICKED = "clicked"
"""Key of the button whose click is noted, in the session state."""
_PAGE = "clicked-page"
"""Key of the page that is shown, in the session state."""
_LASTING = "clicked-lasting"
"""Key of whether the noted click is answered also after another page was opened."""


def clicked(
    label: str,
    *,
    key: str,
    form: bool = False,
    keep: bool = False,
    lasting: bool = False,
    **options: Any,
) -> bool:
    """Draw a button; return whether it was clicked, as `st.button` does.

    Parameters
    ----------
    label, key, options
        Of `st.button`; with `form`, of `st.form_submit_button`.
    keep : bool
        Whether a click stays noted until `forget_click`: for what is drawn in answer to it, which
        the next click may interrupt.
    lasting
        Whether a click is answered before another page that is opened right after it. What the
        button acts on must be kept while another page is shown.
    """
    draw = st.form_submit_button if form else st.button
    draw(label, key=key, on_click=_note, args=(key, lasting), **options)
    found = st.session_state.get(_CLICKED) == key
    if found and not keep:
        forget_click()
    return found


def forget_click() -> None:
    """Forget a noted click: it was answered, or its button is not on the page."""
    st.session_state.pop(_CLICKED, None)
    st.session_state.pop(_LASTING, None)


def page_to_answer_first(page: str) -> str | None:
    """Return the page that was left before its script came to a lasting click, if any.

    Any other click that was noted on another page is forgotten: this one may have a button of the
    same key.
    """
    before = st.session_state.get(_PAGE)
    if before == page:
        return None
    if before is not None and st.session_state.pop(_LASTING, False):
        return before
    forget_click()
    st.session_state[_PAGE] = page
    return None


def _note(key: str, lasting: bool) -> None:
    st.session_state[_CLICKED], st.session_state[_LASTING] = key, lasting
