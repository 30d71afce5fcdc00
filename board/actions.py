"""Buttons that do something to a run or a job, and the question before a deletion."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from board.translation import Translator
from mnist_core.errors import MnistCoreError


def act_button(label: str, icon: str, act: Callable[[], None], *, disabled: bool = False) -> None:
    """Draw a button; when it is pressed, act, and say what went wrong, if anything did."""
    if not st.button(label, icon=icon, disabled=disabled):
        return
    try:
        act()
    except MnistCoreError as error:
        st.toast(str(error), icon=":material/error:")
    else:
        st.rerun()


def ask_to_delete(
    t: Translator, question: str, loss: str, name: str, act: Callable[[], None]
) -> None:
    """Open a dialog that names what will be lost; delete only when the answer is yes.

    Parameters
    ----------
    question, loss : str
        In the reader's language.
    name : str
        What is deleted.
    act : callable
        Deletes it.
    """

    @st.dialog(question)
    def ask() -> None:
        st.write(loss)
        st.code(name, language=None)
        with st.container(horizontal=True):
            if st.button(t("Delete"), type="primary", key="really"):
                try:
                    act()
                except MnistCoreError as error:
                    st.error(str(error), icon=":material/error:")
                else:
                    st.rerun()
            if st.button(t("Keep")):
                st.rerun()

    ask()
