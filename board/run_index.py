"""The rows of all runs, shared by all sessions: only what has changed is read again."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from mnist_core.runs.run_rows import RunIndex, RunRow


@st.cache_resource(max_entries=4, show_spinner=False)
def _index(root: Path) -> RunIndex:
    return RunIndex(root)


def read_rows(root: Path) -> list[RunRow]:
    """Return the row of every run, the newest first. Raises MnistCoreError as `RunIndex.rows`."""
    return _index(root).rows()
