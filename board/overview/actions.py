"""What can be done with the selected rows of the page Runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from board.access.visitors import check_may_change, may_change
from board.language import current_translator, error_text
from board.overview.table import SELECTED
from board.page_context import RUNS, SEARCH_SECTION, STUDY, PageContext
from board.runs.actions import Question, act_button, confirmed_button
from board.widgets.clicks import clicked
from board.widgets.common import ERROR
from board.widgets.markdown import escape_markdown
from mnist_core.errors import MnistCoreError
from mnist_core.runs.labels import (
    MAX_NOTE_LENGTH,
    RunLabels,
    change_labels,
    read_labels,
    set_baseline,
)
from mnist_core.runs.queue import enqueue, ensure_workers
from mnist_core.runs.removal import stop_and_delete
from mnist_core.runs.run_rows import DAMAGED, RunRow
from mnist_core.runs.run_table import SweepRow, TableRow
from mnist_core.runs.state import RunStatus
from mnist_core.search.sweep_list import delete_sweep, stop_sweep

_FORM, _FORMS = "runs-label-form", "runs-label-forms"
"""Keys of the form that is drawn, and of how many have been, in the session state."""
_MAX_NAMES = 8


def draw_actions(
    context: PageContext, selected: Sequence[TableRow], baseline: RunRow | None
) -> None:
    """Draw the buttons that apply to the selected rows."""
    t = context.t
    runs = _runs(selected)
    with st.container(horizontal=True):
        if len(selected) == 1:
            _draw_one(context, selected[0], baseline)
        comparable = [row.id for row in runs if row.status != DAMAGED]
        if len(comparable) > 1:
            compare = partial(_compare, context, comparable)
            act_button(t("Compare"), ":material/compare_arrows:", compare, changes=False)
        if any(row.is_active for row in (*runs, *selected)):
            act_button(t("Stop"), ":material/stop:", partial(_stop, context, selected))
        if runs and all(row.status in (RunStatus.STOPPED, RunStatus.FAILED) for row in runs):
            act_button(t("Resume"), ":material/play_arrow:", partial(_resume, context, runs))
        if runs:
            _draw_labels(context, runs)
            _draw_archive(context, runs)
        confirmed_button(t, _question(context, selected), key="runs-delete", type="secondary")


def _draw_one(context: PageContext, row: TableRow, baseline: RunRow | None) -> None:
    t = context.t
    if isinstance(row, SweepRow):
        if row.trials:
            show = partial(st.session_state.update, {STUDY: row.study, SELECTED: ()})
            act_button(
                t("Show trials"), ":material/unfold_more:", show, changes=False, type="primary"
            )
        search = partial(_search, context)
        act_button(t("Search"), ":material/tune:", search, changes=False)
        return
    watch = partial(context.open_page, "watch", row.id)
    act_button(t("Watch"), ":material/monitoring:", watch, changes=False, type="primary")
    if row.run.weights_path.is_file():
        understand = partial(context.open_page, "understand", row.id)
        act_button(t("Understand"), ":material/visibility:", understand, changes=False)
    if baseline is not None and baseline.id == row.id:
        clear = partial(set_baseline, context.root, None)
        act_button(t("Clear baseline"), ":material/star_half:", clear)
        return
    if baseline is not None:
        compare = partial(_compare, context, [baseline.id, row.id])
        act_button(t("Compare with baseline"), ":material/compare_arrows:", compare, changes=False)
    about = t("Shows in the table how the others differ from it.")
    pin = partial(set_baseline, context.root, row.id)
    act_button(t("Set as baseline"), ":material/star:", pin, help=about)


@dataclass
class _LabelForm:
    """The form of the selected runs' labels, from when it is first drawn until it is saved.

    Others may change the labels meanwhile: what is saved is the difference to what it showed.
    """

    number: int
    runs: tuple[str, ...]
    seen: RunLabels


def _label_form(runs: Sequence[RunRow]) -> _LabelForm:
    """Return the form of these runs: a new one, with the present labels, for another selection."""
    ids, before = tuple(row.id for row in runs), st.session_state.get(_FORM)
    if before is None or before.runs != ids:
        seen = runs[0].labels if len(runs) == 1 else RunLabels()
        number = st.session_state[_FORMS] = st.session_state.get(_FORMS, 0) + 1
        st.session_state[_FORM] = before = _LabelForm(number, ids, seen)
    return before


def _draw_labels(context: PageContext, runs: Sequence[RunRow]) -> None:
    t, form = context.t, _label_form(runs)
    seen, number = form.seen, form.number
    only = runs[0] if len(runs) == 1 else None
    # another form is another popover: it is closed after a change
    with (
        st.popover(t("Note and tags"), icon=":material/label:", key=f"labels-{number}"),
        st.form(f"labels-form-{number}", border=False),
    ):
        note = None
        if only:
            note = st.text_area(
                t("Note"), seen.note, max_chars=MAX_NOTE_LENGTH, key=f"note-{number}"
            )
        given = st.text_input(
            t("Tags, separated by commas"), ", ".join(seen.tags), key=f"tags-{number}"
        )
        if only is None:
            st.caption(t("They are added to those of each run."))
        saved = clicked(
            t("Save"),
            key=f"save-{number}",
            form=True,
            icon=":material/check:",
            disabled=not may_change(),
        )
    if not saved:
        return
    tags = [tag.strip() for tag in given.split(",") if tag.strip()]
    changes: dict[str, Any] = {
        "add_tags": [tag for tag in tags if tag not in seen.tags],
        "remove_tags": [tag for tag in seen.tags if tag not in tags],
    }
    if note is not None and note != seen.note:
        changes |= {"note": note, "seen_note": seen.note}
    _each(runs, lambda row: change_labels(row.run, **changes))
    if only:  # it was refused: the next attempt is from what is stored
        form.seen = read_labels(only.run.folder).model_copy(update={"tags": seen.tags})


def _draw_archive(context: PageContext, runs: Sequence[RunRow]) -> None:
    t = context.t
    archived = all(row.labels.archived for row in runs)
    label, icon = ("Restore", "unarchive") if archived else ("Archive", "archive")
    about = t("Archived runs are kept, and listed only on request.")
    options = {"icon": f":material/{icon}:", "help": about, "disabled": not may_change()}
    if clicked(t(label), key="archive", **options):
        _each(runs, lambda row: change_labels(row.run, archived=not archived))


def _each(runs: Iterable[RunRow], act: object) -> None:
    """Call a function with each run, and draw the page again; report the runs where it failed."""
    problems = []
    for row in runs:
        try:
            check_may_change()
            act(row)  # type: ignore[operator]
        except MnistCoreError as error:
            problems.append(error_text(error, current_translator()))
    if problems:
        for problem in list(dict.fromkeys(problems))[:_MAX_NAMES]:
            # no box: it would stand among the buttons, behind the open form
            st.toast(escape_markdown(problem), icon=ERROR, duration="long")
    else:
        st.session_state.pop(_FORM, None)
        st.rerun()


def _compare(context: PageContext, runs: list[str]) -> None:
    st.session_state[RUNS] = runs
    context.open_page("compare")


def _search(context: PageContext) -> None:
    st.session_state[SEARCH_SECTION] = "sweep"
    context.open_page("search")


def _stop(context: PageContext, selected: Sequence[TableRow]) -> None:
    for row in selected:
        if isinstance(row, SweepRow):
            stop_sweep(context.root, row.study)
        elif row.is_active:
            row.run.request_stop()


def _resume(context: PageContext, runs: Sequence[RunRow]) -> None:
    for row in runs:
        enqueue(row.run)
    ensure_workers(context.root)


def _question(context: PageContext, selected: Sequence[TableRow]) -> Question:
    """Return what is asked before the selected rows are deleted."""
    t, runs = context.t, _runs(selected)
    consequence = t("Weights, metrics and logs are deleted. This cannot be undone.")
    running = sum(row.status == RunStatus.RUNNING for row in runs)
    if running:
        consequence += " " + t("Runs that are training are stopped first: {n}.", n=running)
    names = [row.name for row in selected]
    if len(names) > _MAX_NAMES:
        names = [*names[:_MAX_NAMES], t("and {n} more", n=len(names) - _MAX_NAMES)]
    title = t("Delete these runs: {n}?", n=len(runs))
    return Question(title, consequence, "\n".join(names), partial(_delete, context, selected))


def _delete(context: PageContext, selected: Sequence[TableRow]) -> None:
    for row in selected:
        if isinstance(row, SweepRow):
            delete_sweep(context.root, row.study, [trial.run for trial in row.trials])
    stop_and_delete(row.run for row in selected if isinstance(row, RunRow))
    st.session_state[SELECTED] = ()


def _runs(selected: Sequence[TableRow]) -> list[RunRow]:
    """Return the selected runs, and the trials of the selected sweeps."""
    found: list[RunRow] = []
    for row in selected:
        found += row.trials if isinstance(row, SweepRow) else [row]
    return found
