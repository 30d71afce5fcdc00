"""The runs as the pages list them; a damaged one affects no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from board.page_context import RUN, PageContext
from board.widgets import BROKEN
from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.runs.state import RunState
from mnist_core.utils.text import single_line

DAMAGED = "damaged"
NO_RUNS = "There are no runs yet. Start one on the page Train."
STATUS_ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/directions_run:",
    "stopped": ":material/pause_circle:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
    DAMAGED: BROKEN,
}


@dataclass(frozen=True)
class RunSummary:
    """A run with its state; for a damaged run, `state` is None and `problem` says why."""

    run: Run
    state: RunState | None
    problem: str = ""

    @property
    def status(self) -> str:
        """Return queued, running, stopped, finished, failed or damaged."""
        return self.state.status if self.state else DAMAGED

    @property
    def label(self) -> str:
        """Its name and id in one line: unique, and independent of the run's progress.

        (Streamlit identifies the entries of a list by their labels.)
        """
        run_id = single_line(self.run.id)
        named = self.state is not None and self.state.name not in ("", self.run.id)
        return f"{self.state.name} · {run_id}" if self.state and named else run_id


def summarize(run: Run) -> RunSummary:
    """Return a run with its current state."""
    try:
        return RunSummary(run, run.state())
    except MnistCoreError as error:
        return RunSummary(run, None, str(error))


def summarize_runs(root: Path) -> list[RunSummary]:
    """Return every run, the newest first."""
    return [summarize(run) for run in list_runs(root)]


def offer_to_start(context: PageContext, hint: str = NO_RUNS) -> None:
    """Draw a hint, in English, and a button that opens the page Train."""
    st.info(context.t(hint), icon=":material/info:")
    if st.button(context.t("Start a run"), icon=":material/play_circle:"):
        context.open_page("train")


def pick_run(
    context: PageContext,
    having: Callable[[RunSummary], bool] = lambda run: True,
    nothing: str = NO_RUNS,
) -> RunSummary | None:
    """Let the user select a run; pages share the selection, and the address contains it.

    Runs without `having` are not offered; `nothing` is the page's hint, in English, if none is.
    """
    found = {one.run.id: one for one in summarize_runs(context.root) if having(one)}
    if not found:
        offer_to_start(context, nothing)
        return None
    selected = st.session_state.get(RUN) or st.query_params.get(RUN)
    # set each time: the labels change when a run is renamed
    st.session_state[RUN] = selected if selected in found else next(iter(found))
    selected = st.selectbox(
        context.t("Run"),
        list(found),
        format_func=lambda run_id: found[run_id].label,
        key=RUN,
        persist_state="session",
    )
    st.query_params[RUN] = selected
    return found[selected]
