"""The page Promote: make a run a model of the pad, download its files, withdraw models."""

from functools import partial

import streamlit as st

from board.access.visitors import check_may_change, may_change
from board.page_context import PageContext
from board.runs.actions import Question, confirmed_button
from board.runs.downloads import draw_downloads
from board.runs.run_choice import pick_run
from board.translation import Translator
from board.widgets.clicks import clicked
from board.widgets.common import BROKEN, draw_metrics, errors_shown, or_dash, show_error
from board.widgets.markdown import code_markdown
from mnist_core.data.sizes import VALIDATION_SIZE
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import DEFAULT, promoted_folder, promoted_models, weights_path
from mnist_core.runs.promotion import (
    MAX_NAME_LENGTH,
    Promoted,
    list_promoted,
    promote,
    suggest_name,
    withdraw,
)
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.state import RunStatus

_NAME_WIDTH = 316
"""Pixels."""


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    head = st.container(horizontal=True, vertical_alignment="center")
    head.title(t("Promote a run"), width="content")
    summary = pick_run(
        context,
        lambda one: one.run.weights_path.is_file(),
        "No run has weights yet: they are written at the end of the first epoch.",
        place=head.container(width=460),
    )
    st.caption(t("The weights that a run keeps become a model in the pad."))
    if summary is not None:
        _draw_run(context, summary)
    st.subheader(t("Promoted models"))
    _draw_models(t)


def _draw_run(context: PageContext, summary: RunRow) -> None:
    """Draw a run's result, the promotion and the downloads."""
    if summary.state is None:
        show_error(summary.problem, BROKEN)
        return
    with errors_shown():
        _result(context.t, summary)
        _promotion(context.t, summary.run)
        draw_downloads(context, summary.run)


def _result(t: Translator, summary: RunRow) -> None:
    state = summary.state
    assert state is not None
    config = summary.run.config()
    accuracy = read_card(summary.run.weights_path).accuracy()
    default = read_card(weights_path(DEFAULT)).accuracy()
    boxes = {
        t("Validation accuracy"): or_dash(accuracy),
        t("Default model"): or_dash(default),
        t("Model"): config.model,
        t("Kept epoch"): f"{state.best_epoch} / {state.epochs}",
    }
    draw_metrics(boxes, "content")
    if summary.status == RunStatus.RUNNING:
        st.info(
            t("This run is still training: the weights that it has kept so far are promoted."),
            icon=":material/directions_run:",
        )
    if config.validation_size != VALIDATION_SIZE:
        st.caption(
            t(
                "Validated on {n} images, the default model on {m}: the two accuracies are not "
                "fully comparable.",
                n=f"{config.validation_size:,}",
                m=f"{VALIDATION_SIZE:,}",
            )
        )
    if accuracy is not None and default is not None and accuracy < default:
        st.warning(
            t("Its validation accuracy is below the default model's, which stays in the pad."),
            icon=":material/warning:",
        )


def _promotion(t: Translator, run: Run) -> None:
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="bottom"):
            name = st.text_input(
                t("Name in the pad"),
                suggest_name(run),
                max_chars=MAX_NAME_LENGTH,
                key=f"name-{run.id}",
                help=t("Letters A to Z, digits, - _ and .; the first is a letter or a digit."),
                width=_NAME_WIDTH,
            ).strip()
            pressed = clicked(
                t("Promote"),
                key="promote",
                type="primary",
                icon=":material/upgrade:",
                disabled=not may_change(),
            )
        taken = name in promoted_models()
        replace = taken and st.checkbox(
            t("Replace the promoted model of this name"), key=f"replace-{run.id}"
        )
        if not pressed:
            return
        # its graph is exported as well, which takes seconds
        with errors_shown(), st.spinner(t("Generating the file …")):
            check_may_change()
            promote(run, name, replace=replace)
            _explain_use(t, name)


def _explain_use(t: Translator, name: str) -> None:
    st.success(
        t(
            "{name} is now in the pad, in the list Model at the top right. An open pad adds it "
            "automatically; if no pad is running, start it:",
            name=code_markdown(name),
        ),
        icon=":material/check_circle:",
    )
    st.code("python app.py", language="shell")
    st.caption(t("On the command line:"))
    st.code(f"python -m mnist_core predict --weights {name} FILE", "shell", wrap_lines=True)


def _draw_models(t: Translator) -> None:
    models = list_promoted()
    if not models:
        st.caption(t("None yet."))
    for model in models:
        with st.container(border=True):
            st.markdown(f"**{code_markdown(model.name)}**")
            if model.problem:
                show_error(model.problem, BROKEN)
            else:
                st.text(_origin(t, model))  # plain text: a run's name may contain Markdown
            question = Question(
                t("Withdraw this model?"),
                t(
                    "It is removed from the pad; a pad that uses it switches to the default "
                    "model. The run it was promoted from is not deleted."
                ),
                model.name,
                partial(withdraw, model.name),
            )
            confirmed_button(
                t,
                question,
                key=f"withdraw-{model.name}",
                label="Withdraw",
                icon=":material/undo:",
                type="secondary",
            )
    st.caption(t("Folder of promoted models: {folder}", folder=code_markdown(promoted_folder())))


def _origin(t: Translator, model: Promoted) -> str:
    name = model.run_name if model.run_name not in ("", model.run) else ""
    parts = [
        t("validation accuracy {accuracy}", accuracy=or_dash(model.accuracy)),
        " · ".join(part for part in (name, model.run) if part) or t("unknown run"),
        f"{model.time[:16].replace('T', ' ')} UTC" if model.time else "",
    ]
    return "\n".join(part for part in parts if part)
