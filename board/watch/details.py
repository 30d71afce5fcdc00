"""What is known about a run: settings, the command that repeats it, commit, environment, origin."""

from functools import partial

import streamlit as st

from board.page_context import RUN, STUDY, PageContext
from board.runs.actions import act_button
from board.settings.texts import field_label, setting_text
from board.translation import Translator
from board.widgets.common import errors_shown
from board.widgets.markdown import code_markdown, escape_markdown
from mnist_core.runs.labels import read_labels
from mnist_core.runs.origin import Provenance, read_origin, read_provenance
from mnist_core.runs.run import Run
from mnist_core.training.command_line import train_command
from mnist_core.training.config import TrainConfig


def draw_details(context: PageContext, run: Run) -> None:
    """Draw a button that shows the details of a run."""
    t = context.t
    with st.popover(t("Details"), icon=":material/info:"), errors_shown():
        config = run.config()
        st.caption(t("Settings that are not the default"))
        _draw_settings(t, config)
        st.caption(t("Command that trains the same"))
        st.code(train_command(config), language="shell", wrap_lines=True)
        _draw_origin(context, run)
        provenance = read_provenance(run.folder)
        if provenance is not None:
            _draw_provenance(t, provenance)
        labels = read_labels(run.folder)
        if labels.note or labels.tags:
            st.caption(t("Note and tags"))
            st.text("\n".join(filter(None, (labels.note, ", ".join(labels.tags)))))
        st.caption(f"id: {code_markdown(run.id)}")


def _draw_settings(t: Translator, config: TrainConfig) -> None:
    changed = config.differences(TrainConfig())
    if not changed:
        st.text(t("none"))
        return
    names = {
        field_label(name, t): setting_text(t, name, value) for name, (value, _) in changed.items()
    }
    st.text("\n".join(f"{name}: {value}" for name, value in names.items()))
    if st.toggle(t("All settings"), key="all-settings"):
        values = {field_label(name, t): setting_text(t, name, value) for name, value in config}
        st.text("\n".join(f"{name}: {value}" for name, value in values.items()))


def _draw_origin(context: PageContext, run: Run) -> None:
    t, origin = context.t, read_origin(run.folder)
    if origin.parent:
        st.caption(t("Started with the settings of"))
        parent = Run(run.folder.parent / origin.parent)
        act_button(
            escape_markdown(origin.parent),
            ":material/monitoring:",
            partial(st.session_state.update, {RUN: parent.id}),
            disabled=not parent.exists,
            key="parent",
            changes=False,
        )
    if origin.study:
        st.caption(t("Trial {n} of the sweep", n=origin.trial))
        show = partial(_show_trials, context, origin.study)
        name = escape_markdown(origin.study)
        act_button(name, ":material/tune:", show, key="study", changes=False)


def _show_trials(context: PageContext, study: str) -> None:
    st.session_state[STUDY] = study
    context.open_page("runs")


def _draw_provenance(t: Translator, provenance: Provenance) -> None:
    if provenance.commit:
        st.caption(t("Git commit"))
        changed = f" {t('with uncommitted changes')}" if provenance.modified else ""
        st.text(provenance.commit + changed)
    st.caption(t("Environment"))
    st.text("\n".join(f"{name}: {value}" for name, value in provenance.environment.items()))
