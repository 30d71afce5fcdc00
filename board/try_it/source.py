"""The networks of the page Try it: a run's kept or newest weights, or a model of the pad."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import streamlit as st

from board.page_context import RUN, PageContext
from board.runs.run_choice import (
    explain_no_weights,
    first_shown,
    present_row,
    without_archived,
)
from board.runs.run_index import read_rows
from board.translation import Translator
from board.widgets.common import warn
from mnist_core import Classifier, load_classifier
from mnist_core.models.registry import available_models, shipped_models, weights_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import (
    BEST,
    NEWEST,
    Which,
    available_weights,
    load_run_classifier,
    run_version,
    weights_version,
)
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.state import RunStatus

_FIRST, _SECOND = "try-first", "try-second"
_FOLLOWED = "try-followed"
_NAMES: Mapping[Which, str] = {BEST: "Kept weights", NEWEST: "Newest checkpoint"}


@dataclass(frozen=True)
class Source:
    """A network that can be selected.

    Attributes
    ----------
    key : str
        Unique.
    label : str
        Shown on the page.
    run : RunRow or None
        None for a shipped or promoted model, whose name is `model`.
    which : "best" or "newest"
        The weights of the run.
    """

    key: str
    label: str
    run: RunRow | None = None
    model: str = ""
    which: Which = BEST

    @property
    def is_changing(self) -> bool:
        """Whether the weights change: the run is training."""
        return self.run is not None and self.run.status == RunStatus.RUNNING

    def has_ended(self) -> bool:
        """Whether the run was training when it was selected, and is no longer."""
        return (
            self.is_changing
            and self.run is not None
            and present_row(self.run.run).status != RunStatus.RUNNING
        )

    @property
    def version(self) -> str:
        """A text that changes with the weights. Raises MnistCoreError if they are deleted."""
        if self.run is not None:
            return run_version(self.run.run, self.which)
        return weights_version(weights_path(self.model))


def load(source: Source) -> Classifier:
    """Return a source's network. Raises MnistCoreError if it is damaged or deleted."""
    if source.run is not None:
        return _load_run(source.run.run.folder, source.which, source.version)
    return _load_model(str(weights_path(source.model)), source.version)


def select_sources(context: PageContext) -> list[Source]:
    """Draw the selection of one or two networks; empty, with a hint, if there are none."""
    t = context.t
    available = _available(context)
    if not available:
        st.info(
            t("No run has weights yet: they are written at the end of the first epoch."),
            icon=":material/info:",
        )
        return []
    _follow_run(t, available)
    if (second := st.session_state.get(_SECOND)) not in available:
        _warn_if_gone(t, second)
        st.session_state[_SECOND] = None

    def label(key: str) -> str:
        return available[key].label

    first, second = st.columns(2)
    with first:
        chosen = st.selectbox(
            t("Network"),
            list(available),
            format_func=label,
            key=_FIRST,
            on_change=_share_choice,
            persist_state="session",
        )
        sources = [_select_weights(t, available[chosen], _FIRST)]
    _remember(context, available, available[chosen])
    with second:
        chosen = st.selectbox(
            t("Compare with"),
            list(available),
            format_func=label,
            key=_SECOND,
            placeholder=t("none"),
            persist_state="session",
        )
        if chosen is not None:
            sources.append(_select_weights(t, available[chosen], _SECOND))
    return sources


def _available(context: PageContext) -> dict[str, Source]:
    """Return runs with weights, the newest first, then models."""
    t = context.t
    found = []
    keys = [st.session_state.get(_FIRST), st.session_state.get(_SECOND)]
    selected = [key.removeprefix("run ") for key in keys if key]
    selected.append(_requested_run())
    for one in without_archived(read_rows(context.root), selected):
        if available_weights(one.run):
            label = one.label if one.state else f"{one.label} ({t('damaged')})"
            found.append(Source(f"run {one.run.id}", label, run=one))
    shipped = shipped_models()
    for name in available_models():
        kind = t("shipped") if name in shipped else t("promoted")
        found.append(Source(f"model {name}", f"{name} · {kind}", model=name))
    return {source.key: source for source in found}


def _follow_run(t: Translator, available: Mapping[str, Source]) -> None:
    """Select the run that was selected on another page, or that the address names."""
    requested = _requested_run()
    selected = st.session_state.get(_FIRST)
    if (
        requested
        and requested != st.session_state.get(_FOLLOWED)
        and f"run {requested}" in available
    ):
        selected = f"run {requested}"
    st.session_state[_FOLLOWED] = requested
    if selected not in available:
        _warn_if_gone(t, selected)
        runs = [source.run for source in available.values() if source.run is not None]
        selected = f"run {first_shown(runs).id}" if runs else next(iter(available))
    st.session_state[_FIRST] = selected


def _requested_run() -> str | None:
    return st.session_state.get(RUN) or st.query_params.get(RUN)


def _warn_if_gone(t: Translator, key: str | None) -> None:
    """Draw a warning if a network was selected that no longer exists."""
    if key is not None:
        text = t("{network} no longer exists.", network=key)
        warn(text)


def _share_choice() -> None:
    """Select the run that was just chosen on the other pages, too."""
    kind, _, name = st.session_state[_FIRST].partition(" ")
    if kind == "run":
        st.session_state[RUN] = st.session_state[_FOLLOWED] = name


def _remember(context: PageContext, available: Mapping[str, Source], source: Source) -> None:
    """Keep the selected run for other pages and in the address.

    They keep one without weights as well, for which this page shows another.
    """
    requested = _requested_run()
    if requested and f"run {requested}" not in available:
        waiting = [row for row in read_rows(context.root) if row.id == requested]
        for row in waiting:
            explain_no_weights(context.t, row)
        if waiting:
            st.session_state[RUN] = st.query_params[RUN] = requested
            return
    if source.run is None:
        st.query_params.pop(RUN, None)
        return
    name = source.run.run.id
    st.session_state[RUN] = st.session_state[_FOLLOWED] = name
    st.query_params[RUN] = name


def _select_weights(t: Translator, source: Source, key: str) -> Source:
    """Draw the selection of a run's kept or newest weights."""
    if source.run is None:
        return source
    available = available_weights(source.run.run)
    if not available:
        return source  # deleted meanwhile, which is reported when it is loaded
    key = f"{key}-weights"
    if st.session_state.get(key) not in available:
        st.session_state[key] = available[0]
    which = st.segmented_control(
        t("Weights"),
        available,
        required=True,
        format_func=lambda which: t(_NAMES[which]),
        key=key,
        persist_state="session",
        label_visibility="collapsed",
    )
    label = f"{source.label} · {t(_NAMES[which])}"
    return replace(source, key=f"{source.key} {which}", label=label, which=which)


@st.cache_resource(max_entries=8, show_spinner=False)
def _load_run(folder: Path, which: Which, version: str) -> Classifier:
    """Load a run's network; `version` changes with its weights."""
    return load_run_classifier(Run(folder), which)


@st.cache_resource(max_entries=8, show_spinner=False)
def _load_model(path: str, version: str) -> Classifier:
    """Load a model; `version` changes with its weights."""
    return load_classifier(path)
