"""The runs as pages list them; a broken one is said to be broken and harms no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from board.page_context import RUN, PageContext
from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run, list_runs
from mnist_core.runs.state import RunState

STATUS_ICONS = {
    "queued": ":material/hourglass_empty:",
    "running": ":material/directions_run:",
    "stopped": ":material/pause_circle:",
    "finished": ":material/check_circle:",
    "failed": ":material/error:",
    "broken": ":material/heart_broken:",
}


@dataclass(frozen=True)
class Listed:
    """A run with what it is doing; `state` is None where the folder is broken, `problem` why."""

    run: Run
    state: RunState | None
    problem: str = ""

    @property
    def status(self) -> str:
        """queued, running, stopped, finished, failed or broken."""
        return self.state.status if self.state else "broken"

    @property
    def label(self) -> str:
        """Its name and id, in a line: no two runs have the same, and it does not change by itself.

        (Streamlit's lists know an entry by what it says.)
        """
        named = self.state is not None and self.state.name not in ("", self.run.id)
        return f"{self.state.name} · {self.run.id}" if self.state and named else self.run.id


def look(run: Run) -> Listed:
    """Return a run with what it is doing now."""
    try:
        return Listed(run, run.state())
    except MnistCoreError as error:
        return Listed(run, None, str(error))


def listed(root: Path) -> list[Listed]:
    """Return every run, the newest first."""
    return [look(run) for run in list_runs(root)]


def pick_run(
    context: PageContext,
    having: Callable[[Listed], bool] = lambda run: True,
    nothing: str = "There are no runs yet. Start one on the page Train.",
) -> Run | None:
    """Let the reader choose a run; the choice goes along from page to page and into the address.

    Parameters
    ----------
    having : callable
        Which runs to offer.
    nothing : str
        What to say, in English, where there are none to offer.
    """
    found = {one.run.id: one for one in listed(context.root) if having(one)}
    if not found:
        st.info(context.t(nothing), icon=":material/info:")
        if st.button(context.t("Start a run"), icon=":material/play_circle:"):
            context.open_page("train")
        return None
    chosen = st.session_state.get(RUN) or st.query_params.get(RUN)
    # set anew each time: the list's words change when the run is renamed
    st.session_state[RUN] = chosen if chosen in found else next(iter(found))
    chosen = st.selectbox(
        context.t("Run"),
        list(found),
        format_func=lambda name: found[name].label,
        key=RUN,
        persist_state="session",
    )
    st.query_params[RUN] = chosen
    return found[chosen].run
