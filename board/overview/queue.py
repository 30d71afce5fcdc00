"""The queue on the page Runs: its order, how long each run waits, and moving runs in it."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from board.page_context import PageContext
from board.runs.actions import act_button
from board.runs.queue_text import job_name
from board.widgets.common import duration_text, visible_count
from board.widgets.markdown import escape_markdown
from mnist_core.runs.queue_order import Queued, move_in_queue, queue_line
from mnist_core.runs.run_rows import RunRow

_STEP = 6


def draw_queue(context: PageContext, rows: Sequence[RunRow]) -> None:
    """Draw what waits, after what trains now; nothing if nothing waits."""
    line = queue_line(context.root, rows)
    if not line:
        return
    with st.container(border=True, gap="xsmall"):
        st.markdown(f"**{context.t('Queue')}**")
        for place in line[: visible_count(context, "queue", len(line), _STEP)]:
            _draw_place(context, place, line)


def _draw_place(context: PageContext, place: Queued, line: Sequence[Queued]) -> None:
    t, item = context.t, place.item
    first = next((one.ahead for one in line if one.is_waiting), len(line))
    with st.container(horizontal=True, vertical_alignment="center", gap="xsmall"):
        # what trains has them as well, so that all names are in line
        act_button(
            "↑",
            "",
            partial(move_in_queue, context.root, item, -1),
            disabled=place.ahead <= first,
            help=t("Earlier"),
            key=f"earlier-{item.id}",
        )
        act_button(
            "↓",
            "",
            partial(move_in_queue, context.root, item, 1),
            disabled=not place.is_waiting or place.ahead == len(line) - 1,
            help=t("Later"),
            key=f"later-{item.id}",
        )
        name = escape_markdown(place.name if place.row else job_name(context, item))
        st.markdown(f"{place.ahead + 1}. {name} · {_when(context, place, first)}")


def _when(context: PageContext, place: Queued, first: int) -> str:
    """Return when a run's turn is; `first` is how many train, which is where the queue begins."""
    t = context.t
    if not place.is_waiting:
        if place.seconds is None:
            return t("running")
        return t("running, about {time} left", time=duration_text(place.seconds, t))
    parts = [place.device] if place.device.startswith("cuda") else []
    waiting = place.ahead - first  # as the page Watch counts
    parts.append(t("{n} ahead", n=waiting) if waiting else t("next"))
    if place.wait is not None and place.ahead:
        parts.append(t("starts in about {time}", time=duration_text(place.wait, t)))
    return ", ".join(parts)
