"""Buttons that act on a run or a job, and confirmation dialogs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st

from board.access.visitors import check_may_change, may_change
from board.translation import Translator
from board.widgets.common import ERROR, errors_shown
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError


def act_button(
    label: str,
    icon: str,
    act: Callable[[], object],
    *,
    disabled: bool = False,
    help: str = "",
    key: str | None = None,
    changes: bool = True,
) -> None:
    """Draw a button that calls `act`, and shows its MnistCoreError if it raises one.

    What changes something is called before the page is drawn again: `act` must read values of
    widgets from the session state. The button is disabled for visitors who may only look, unless
    `act` changes nothing, and then may open another page.
    """
    options = {"icon": icon or None, "help": help or None, "key": key}
    if changes:
        # what `st.button` returns is lost if the next click replaces the run of the script before
        # it comes to this line, or if a refresh ends just after the click and resets all buttons
        disabled = disabled or not may_change()
        st.button(label, disabled=disabled, on_click=_change, args=(act,), **options)
    elif st.button(label, disabled=disabled, **options):
        with _error_as_toast():
            act()
            st.rerun()


def _change(act: Callable[[], object]) -> None:
    with _error_as_toast():
        check_may_change()
        act()
        st.rerun()  # the whole page, also if the button is in a fragment


@contextmanager
def _error_as_toast() -> Iterator[None]:
    try:
        yield
    except MnistCoreError as error:
        st.toast(escape_markdown(error), icon=ERROR)


def start_button(t: Translator, start: Callable[[], None] | None) -> None:
    """Draw the button that starts what a form describes, and the error if that fails.

    None: the form is not valid. On a phone both stay at the bottom of the screen, however long the
    form is (`board.shell.CSS`).
    """
    with st.container(key="start", width="content"):
        pressed = st.button(
            t("Start"),
            type="primary",
            icon=":material/play_arrow:",
            disabled=start is None or not may_change(),
        )
        if pressed and start:  # a browser can send it all the same
            with errors_shown():
                check_may_change()
                start()


def ask_to_confirm(
    t: Translator,
    question: str,
    consequence: str,
    name: str,
    act: Callable[[], None],
    label: str = "Delete",
) -> None:
    """Open a dialog that says what will be lost; call `act` if that is confirmed.

    `name` is what is deleted; `label` is the confirming button, in English.
    """

    @st.dialog(question)
    def ask() -> None:
        st.write(consequence)
        st.code(name, language=None)
        with st.container(horizontal=True):
            if st.button(t(label), type="primary", key="confirm"):
                with errors_shown():
                    check_may_change()
                    act()
                    st.rerun()
            if st.button(t("Keep"), key="keep"):
                st.rerun()

    ask()
