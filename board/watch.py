"""Placeholder."""

from __future__ import annotations

import streamlit as st

from board.desk import Desk
from board.runs import pick_run


def show(desk: Desk) -> None:
    """Draw the page."""
    run = pick_run(desk)
    st.write(run and run.id)
