"""Scripts of every page: the browser's history, and double clicks."""

from pathlib import Path

import streamlit as st

_WEB = Path(__file__).parents[1] / "web"


def run_scripts() -> None:
    """Keep one entry in the history for a page; let a double click on a primary button be one."""
    scripts = [(_WEB / name).read_text(encoding="utf-8") for name in ("address.js", "clicks.js")]
    st.html(f"<script>{''.join(scripts)}</script>", unsafe_allow_javascript=True)
