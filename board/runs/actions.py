"""Buttons that act on a run or a job, and confirmation dialogs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from board.access.visitors import check_may_change, may_change
from board.language import current_translator, error_text
from board.translation import Translator
from board.widgets.clicks import clicked, forget_click
from board.widgets.common import ERROR, errors_shown, show_error
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError

ButtonType = Literal["primary", "secondary", "tertiary"]


def act_button(
    label: str,
    icon: str,
    act: Callable[[], object],
    *,
    disabled: bool = False,
    help: str = "",
    key: str | None = None,
    changes: bool = True,
    type: ButtonType = "secondary",
) -> None:
    """Draw a button that calls `act`, and shows its MnistCoreError if it raises one.

    It is called before the page is drawn again, so that no click is lost (`board.widgets.clicks`):
    `act` must read values of widgets from the session state. It may open another page. The button
    is disabled for visitors who may only look, unless `act` changes nothing.
    """
    st.button(
        label,
        icon=icon or None,
        help=help or None,
        key=key,
        type=type,
        disabled=disabled or (changes and not may_change()),
        on_click=_call,
        args=(act, changes),
    )


def _call(act: Callable[[], object], changes: bool) -> None:
    try:
        if changes:
            check_may_change()
        act()
        st.rerun()  # the whole page, also if the button is in a fragment
    except MnistCoreError as error:
        st.toast(
            escape_markdown(error_text(error, current_translator())), icon=ERROR, duration="long"
        )


def start_button(t: Translator, start: Callable[[], None] | None) -> None:
    """Draw the button that starts what a form describes, and the error if that fails.

    None: the form is not valid. On a phone both stay at the bottom of the screen, however long the
    form is (`board.shell.CSS`).
    """
    with st.container(key="start", width="content"):
        # not called back: it starts what the form shows when the script comes here
        pressed = clicked(
            t("Start"),
            key="start-button",
            type="primary",
            icon=":material/play_arrow:",
            disabled=start is None or not may_change(),
            lasting=True,
        )
        if pressed and start:  # a browser can send it all the same
            with errors_shown():
                check_may_change()
                start()


@dataclass(frozen=True)
class Question:
    """What a dialog asks before something is deleted or withdrawn.

    Attributes
    ----------
    title, consequence : str
        In the user's language.
    name : str
        What is deleted or withdrawn.
    act : callable
        Deletes or withdraws it.
    """

    title: str
    consequence: str
    name: str
    act: Callable[[], None]


def confirmed_button(
    t: Translator,
    question: Question,
    *,
    key: str = "delete",
    label: str = "Delete",
    icon: str = ":material/delete:",
    type: ButtonType = "tertiary",
    disabled: bool = False,
) -> None:
    """Draw a button that opens a dialog, which says what will be lost and acts if it is confirmed.

    `label` is that of this button and of the confirming one, in English.
    """
    disabled = disabled or not may_change()
    if clicked(t(label), key=key, icon=icon, type=type, disabled=disabled, keep=True):
        _ask(t, question, t(label))
        forget_click()


def _ask(t: Translator, question: Question, label: str) -> None:
    problems: list[MnistCoreError] = []

    def confirm() -> None:
        problems.clear()
        try:
            check_may_change()
            question.act()
        except MnistCoreError as error:
            problems.append(error)
            return
        st.rerun()

    @st.dialog(question.title)
    def ask() -> None:
        st.write(question.consequence)
        st.code(question.name, language=None)
        with st.container(horizontal=True):
            st.button(label, type="primary", key="confirm", on_click=confirm)
            st.button(t("Keep"), key="keep", on_click=st.rerun)
        for problem in problems:
            show_error(problem)

    ask()
