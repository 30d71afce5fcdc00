"""A button by which the browser notifies of the end of the watched run while its tab is hidden."""

from pathlib import Path

import streamlit as st

from board.translation import Translator
from board.widgets.common import capitalized, or_dash
from mnist_core.runs.run import Run
from mnist_core.runs.state import ACTIVE, RunState, RunStatus

_WEB = Path(__file__).parents[1] / "web"


def draw_notification(t: Translator, run: Run, state: RunState) -> None:
    """Draw the button, and tell the browser the run's status.

    The button is hidden for a run that cannot go on, and where the browser offers no notifications
    or they are denied. The browser asks for the permission when the button is clicked.
    """
    component = st.components.v2.component(
        "run_notification",
        html='<button type="button" hidden><span aria-hidden="true"></span></button>',
        css=(_WEB / "notification.css").read_text(encoding="utf-8"),
        js=(_WEB / "notification.js").read_text(encoding="utf-8"),
    )
    accuracy = f"{t('Validation accuracy')} {or_dash(state.validation_accuracy)}"
    data = {
        "run": run.id,
        "live": state.status in ACTIVE,
        "ended": state.status in (RunStatus.FINISHED, RunStatus.FAILED),
        "offered": state.status != RunStatus.FINISHED,
        "title": state.name or run.id,
        "body": f"{capitalized(t(state.status))} · {accuracy}",
        "label": t("Notify me when it ends"),
    }
    component(data=data, key="notification", width="content")
