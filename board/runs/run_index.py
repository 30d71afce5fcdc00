"""The rows of all runs, shared by all sessions: only what has changed is read again."""

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import streamlit as st

from mnist_core.errors import MnistCoreError
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run_rows import RunIndex, RunRow

_TRIAL_NAME = re.compile(r".+ trial [0-9]+")
"""How sweeps name their trials."""


@st.cache_resource(max_entries=4, show_spinner=False)
def _index(root: Path) -> RunIndex:
    return RunIndex(root)


def read_rows(root: Path) -> list[RunRow]:
    """Return the row of every run, the newest first. Raises MnistCoreError as `RunIndex.rows`.

    Trials of earlier versions, which do not say of which sweep they are, get it from its database.
    """
    rows = _index(root).rows()
    unknown = [row.id for row in rows if not row.origin.study and _TRIAL_NAME.fullmatch(row.name)]
    if not unknown:
        return rows
    origins = _trial_origins(root, tuple(unknown))
    return [replace(row, origin=origins[row.id]) if row.id in origins else row for row in rows]


@st.cache_data(max_entries=4, ttl=60, show_spinner=False)
def _trial_origins(root: Path, runs: tuple[str, ...]) -> Mapping[str, RunOrigin]:
    """Return the origins of those of the runs that a study in the database lists."""
    from mnist_core.search.results import trial_origins  # slow to import

    try:
        found = trial_origins(root)
    except MnistCoreError:
        return {}  # the page Search reports a damaged database
    return {run: found[run] for run in runs if run in found}
