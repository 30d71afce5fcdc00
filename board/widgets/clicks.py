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


def clicked(
    label: str, *, key: str, form: bool = False, keep: bool = False, **options: Any
) -> bool:
    """Draw a button; return whether it was clicked, as `st.button` does.

    Parameters
    ----------
    label, key, options
        Of `st.button`; with `form`, of `st.form_submit_button`.
    keep : bool
        Whether a click stays noted until `forget_click`: for what is drawn in answer to it, which
        the next click may interrupt.
    """
    draw = st.form_submit_button if form else st.button
    draw(label, key=key, on_click=_note, args=(key,), **options)
    found = st.session_state.get(_CLICKED) == key
    if found and not keep:
        forget_click()
    return found


def forget_click() -> None:
    """Forget a noted click: it was answered, or its button is not on the page."""
    st.session_state.pop(_CLICKED, None)


def forget_click_elsewhere(page: str) -> None:
    """Forget a click that was noted on another page, which may have a button of the same key."""
    if st.session_state.get(_PAGE) != page:
        forget_click()
        st.session_state[_PAGE] = page


def _note(key: str) -> None:
    st.session_state[_CLICKED] = key
