"""Promote a run to a model of the pad; take its files away; withdraw what was promoted."""

from __future__ import annotations

import streamlit as st

from board.downloads import draw_downloads
from board.page_context import PageContext
from board.runs import Listed, look, pick_run
from board.translation import Translator
from mnist_core.data.sizes import VALIDATION_SIZE
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import DEFAULT, promoted_folder, promoted_models, weights_path
from mnist_core.models.weights import read_card
from mnist_core.runs.promote import (
    MAX_NAME_LENGTH,
    Promoted,
    list_promoted,
    promote,
    suggest_name,
    withdraw,
)
from mnist_core.runs.run import Run


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Promote a run"))
    st.caption(t("A run's best weights become a model that the pad offers under a name."))
    run = pick_run(
        context,
        lambda one: one.run.weights_path.is_file(),
        "No run has weights yet: they are there once an epoch is complete.",
    )
    if run is not None:
        _one(context, look(run))
    st.subheader(t("Promoted models"))
    _list(t)


def _one(context: PageContext, seen: Listed) -> None:
    """Draw a run's result, the way into the pad, and its files."""
    if seen.state is None:
        st.error(seen.problem, icon=":material/heart_broken:")
        return
    try:
        _result(context.t, seen)
        _promotion(context.t, seen.run)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    draw_downloads(context, seen.run)


def _result(t: Translator, seen: Listed) -> None:
    state = seen.state
    assert state is not None
    config = seen.run.config()
    accuracy = read_card(seen.run.weights_path).accuracy()
    best = read_card(weights_path(DEFAULT)).accuracy()
    boxes = {
        t("Held-out accuracy"): _percent(accuracy),
        t("The default's"): _percent(best),
        t("Model"): config.model,
        t("Best epoch"): f"{state.best_epoch} / {state.epochs}",
    }
    with st.container(horizontal=True):
        for label, value in boxes.items():
            st.metric(label, value, border=True, width="content")
    if seen.status == "running":
        st.info(
            t("It is still training: what you promote are its best weights so far."),
            icon=":material/directions_run:",
        )
    if config.validation_size != VALIDATION_SIZE:
        st.caption(
            t(
                "Measured on {n} held-out images, the default on {m}: the two are not quite "
                "comparable.",
                n=f"{config.validation_size:,}",
                m=f"{VALIDATION_SIZE:,}",
            )
        )
    if accuracy is not None and best is not None and accuracy < best:
        st.warning(
            t("It reads fewer held-out digits right than the default, which stays in the pad."),
            icon=":material/warning:",
        )


def _promotion(t: Translator, run: Run) -> None:
    with st.container(border=True):
        name = st.text_input(
            t("Name in the pad"),
            suggest_name(run),
            max_chars=MAX_NAME_LENGTH,
            key=f"name-{run.id}",
            help=t("Letters A to Z, digits, - _ and . (the first a letter or a digit)."),
        ).strip()
        taken = name in promoted_models()
        replace = taken and st.checkbox(
            t("Replace the promoted model of that name"), key=f"replace-{run.id}"
        )
        if not st.button(t("Promote"), type="primary", icon=":material/upgrade:"):
            return
        try:
            promote(run, name, replace=replace)
        except MnistCoreError as error:
            st.error(str(error), icon=":material/error:")
            return
        st.success(
            t(
                "The pad offers {name} now: at the top right, under Model. A pad that is open "
                "already finds it by itself; if none is running, start one:",
                name=f"`{name}`",
            ),
            icon=":material/check_circle:",
        )
        st.code("python app.py", language="shell")
        st.caption(t("Commands know it too:"))
        st.code(f"python -m mnist_core predict --weights {name} FILE", "shell", wrap_lines=True)


def _list(t: Translator) -> None:
    models = list_promoted()
    if not models:
        st.caption(t("None yet."))
    for model in models:
        with st.container(border=True):
            st.markdown(f"**`{model.name}`**")
            if model.problem:
                st.error(model.problem, icon=":material/heart_broken:")
            else:
                # plain text: a run's name may look like anything
                st.text(_origin(t, model))
            if st.button(t("Withdraw"), icon=":material/undo:", key=f"withdraw-{model.name}"):
                _ask_to_withdraw(t, model)
    st.caption(t("They lie in {folder}.", folder=f"`{promoted_folder()}`"))


def _origin(t: Translator, model: Promoted) -> str:
    named = model.run_name if model.run_name not in ("", model.run) else ""
    parts = [
        t("{accuracy} of the held-out images", accuracy=_percent(model.accuracy)),
        " · ".join(part for part in (named, model.run) if part) or t("of an unknown run"),
        f"{model.time[:16].replace('T', ' ')} UTC" if model.time else "",
    ]
    return "\n".join(part for part in parts if part)


def _ask_to_withdraw(t: Translator, model: Promoted) -> None:
    @st.dialog(t("Withdraw this model?"))
    def ask() -> None:
        st.write(
            t(
                "The pad offers {name} no more; who has it chosen gets the default. Its run, if "
                "you still have it, stays.",
                name=f"`{model.name}`",
            )
        )
        with st.container(horizontal=True):
            if st.button(t("Withdraw"), type="primary", key="really-withdraw"):
                try:
                    withdraw(model.name)
                except MnistCoreError as error:
                    st.error(str(error), icon=":material/error:")
                else:
                    st.rerun()
            if st.button(t("Keep"), key="keep"):
                st.rerun()

    ask()


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.2%}"
