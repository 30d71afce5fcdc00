"""Whose answer is asked for: a run's best or newest weights, or a shipped or promoted model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from board.page_context import RUN, PageContext
from board.runs import Listed, listed, look
from board.translation import Translator
from mnist_core import Classifier, load_classifier
from mnist_core.models.registry import available_models, shipped_models, weights_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import (
    BEST,
    NEWEST,
    Which,
    available_weights,
    run_classifier,
    run_version,
    weights_version,
)

_FIRST, _SECOND = "try-first", "try-second"
_FOLLOWED = "try-followed"
_NAMES: Mapping[Which, str] = {BEST: "Best", NEWEST: "Newest checkpoint"}


@dataclass(frozen=True)
class Source:
    """A network that can be asked.

    Attributes
    ----------
    key : str
        No two sources have the same.
    label : str
        For the reader.
    run : Listed or None
        None for a shipped or promoted model, whose name is `model`.
    which : "best" or "newest"
        Of a run.
    """

    key: str
    label: str
    run: Listed | None = None
    model: str = ""
    which: Which = BEST

    @property
    def is_changing(self) -> bool:
        """Whether its weights change by themselves: it is a run that trains."""
        return self.run is not None and self.run.status == "running"

    def has_ended(self) -> bool:
        """Whether it trained when it was chosen, and does no more."""
        return self.is_changing and self.run is not None and look(self.run.run).status != "running"

    @property
    def version(self) -> str:
        """A text that changes when its weights do.

        Raises
        ------
        MnistCoreError
            If they are gone.
        """
        if self.run is not None:
            return run_version(self.run.run, self.which)
        return weights_version(weights_path(self.model))


def load(source: Source) -> Classifier:
    """Return a source's network. Raises MnistCoreError if it is damaged or gone."""
    if source.run is not None:
        return _run(source.run.run.folder, source.which, source.version)
    return _model(source.model, str(weights_path(source.model)), source.version)


def pick_sources(context: PageContext) -> list[Source]:
    """Let the reader choose one network, or two; empty, and says so, where there is none."""
    t = context.t
    offered = _offered(context)
    if not offered:
        st.info(
            t("No run has weights yet: they are there once an epoch is complete."),
            icon=":material/info:",
        )
        return []
    _follow_run(offered)
    if st.session_state.get(_SECOND) not in offered:
        st.session_state[_SECOND] = None
    places = st.columns(2)
    with places[0]:
        first = st.selectbox(
            t("Network"),
            list(offered),
            format_func=lambda key: offered[key].label,
            key=_FIRST,
            persist_state="session",
        )
        sources = [_with_weights(t, offered[first], _FIRST)]
    _remember(offered[first])
    with places[1]:
        second = st.selectbox(
            t("Beside it"),
            list(offered),
            format_func=lambda key: offered[key].label,
            key=_SECOND,
            placeholder=t("none"),
            persist_state="session",
        )
        if second is not None:
            sources.append(_with_weights(t, offered[second], _SECOND))
    return sources


def _offered(context: PageContext) -> dict[str, Source]:
    """Return what can be asked: runs with weights, the newest first, then models."""
    t = context.t
    found = []
    for one in listed(context.root):
        if available_weights(one.run):
            label = one.label if one.state else f"{one.label} ({t('broken')})"
            found.append(Source(f"run {one.run.id}", label, run=one))
    shipped = shipped_models()
    for name in available_models():
        kind = t("shipped") if name in shipped else t("promoted")
        found.append(Source(f"model {name}", f"{name} · {kind}", model=name))
    return {source.key: source for source in found}


def _follow_run(offered: Mapping[str, Source]) -> None:
    """Choose the run that was chosen on another page, or that the address names."""
    asked = st.session_state.get(RUN) or st.query_params.get(RUN)
    chosen = st.session_state.get(_FIRST)
    if asked and asked != st.session_state.get(_FOLLOWED) and f"run {asked}" in offered:
        chosen = f"run {asked}"
    st.session_state[_FOLLOWED] = asked
    # set anew each time: a run may be gone
    st.session_state[_FIRST] = chosen if chosen in offered else next(iter(offered))


def _remember(source: Source) -> None:
    """Take the chosen run along to other pages and into the address."""
    if source.run is None:
        st.query_params.pop(RUN, None)
        return
    name = source.run.run.id
    st.session_state[RUN] = st.session_state[_FOLLOWED] = name
    st.query_params[RUN] = name


def _with_weights(t: Translator, source: Source, key: str) -> Source:
    """Let the reader choose a run's best or newest weights, where it has both."""
    if source.run is None:
        return source
    there = available_weights(source.run.run)
    if not there:
        return source  # deleted meanwhile: loading it says so
    key = f"{key}-weights"
    if st.session_state.get(key) not in there:
        st.session_state[key] = there[0]
    which = st.segmented_control(
        t("Weights"),
        there,
        required=True,
        format_func=lambda which: t(_NAMES[which]),
        key=key,
        persist_state="session",
        label_visibility="collapsed",
    )
    label = f"{source.label} · {t(_NAMES[which])}"
    return replace(source, key=f"{source.key} {which}", label=label, which=which)


@st.cache_resource(max_entries=8, show_spinner=False)
def _run(folder: Path, which: Which, version: str) -> Classifier:
    """`version` makes other weights in the same place another entry."""
    return run_classifier(Run(folder), which)


@st.cache_resource(max_entries=8, show_spinner=False)
def _model(name: str, path: str, version: str) -> Classifier:
    return load_classifier(path)
