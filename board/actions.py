"""Buttons that act on a run or a job, and confirmation dialogs."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from board.markdown import escape_markdown
from board.translation import Translator
from mnist_core.errors import MnistCoreError


def act_button(label: str, icon: str, act: Callable[[], None], *, disabled: bool = False) -> None:
    """Draw a button that calls `act`, and shows its MnistCoreError if it raises one."""
    if not st.button(label, icon=icon, disabled=disabled):
        return
    try:
        act()
    except MnistCoreError as error:
        st.toast(escape_markdown(error), icon=":material/error:")
    else:
        st.rerun()


def ask_to_confirm(
    t: Translator,
    question: str,
    consequence: str,
    name: str,
    act: Callable[[], None],
    label: str = "Delete",
) -> None:
    """Open a dialog that explains what will be lost; call `act` if that is confirmed.

    Parameters
    ----------
    question, consequence : str
        In the user's language.
    name : str
        What is deleted.
    act : callable
        Deletes it.
    label : str
        The confirming button, in English.
    """

    @st.dialog(question)
    def ask() -> None:
        st.write(consequence)
        st.code(name, language=None)
        with st.container(horizontal=True):
            if st.button(t(label), type="primary", key="confirm"):
                try:
                    act()
                except MnistCoreError as error:
                    st.error(escape_markdown(error), icon=":material/error:")
                else:
                    st.rerun()
            if st.button(t("Keep"), key="keep"):
                st.rerun()

    ask()
