"""Confusion matrix and hardest images of a watched run's newest epoch."""

from pathlib import Path

import numpy as np
import streamlit as st

from board.translation import Translator
from board.watch.charts import draw_charts
from board.widgets.common import errors_shown
from mnist_core import figures
from mnist_core.runs.newest_epoch import NewestEpoch, newest_epoch_version, read_newest_epoch
from mnist_core.runs.run import Run
from mnist_core.utils.json_files import MissingFileError

_KEY = "newest"
"""Key of the expander."""
_COLUMNS = 4


def draw_newest_epoch(t: Translator, run: Run) -> None:
    """Draw the section; its charts only if it is open."""
    place = st.expander(t("Newest epoch"), icon=":material/grid_view:", key=_KEY, on_change="rerun")
    if not place.open:
        return
    with place, errors_shown():
        try:
            epoch, charts = _charts(run.folder, newest_epoch_version(run.folder), t.language)
        except MissingFileError:
            text = t(
                "Confusion matrix and images are not recorded: no epoch is complete, or an "
                "earlier version trained this run."
            )
            st.info(text, icon=":material/info:")
            return
        st.markdown(t("Epoch **{n}**, on the held-out images", n=f"{epoch:,}"))
        draw_charts(t, charts)
        st.caption(
            t(
                "Above each image: true digit, prediction and confidence. The page Understand "
                "shows all mistakes of the epoch that is kept."
            )
        )


@st.cache_data(max_entries=8, show_spinner=False)
def _charts(folder: Path, version: str, language: str) -> tuple[int, dict[str, str]]:
    """Return the epoch and its charts, by English title; `version` changes with the file."""
    newest, t = read_newest_epoch(folder), Translator(language)
    confusion = figures.confusion_matrix(newest.confusion, translate=t)
    charts = {"Confusion matrix": confusion.to_json()}
    if newest.hardest:
        charts["Highest loss"] = _images(newest, t)
    return newest.epoch, charts


def _images(newest: NewestEpoch, t: Translator) -> str:
    captions = [
        f"{one.label}→<b>{one.predicted}</b> {one.confidence:.0%}" for one in newest.hardest
    ]
    hovers = [f"{t('image')} {one.index}: {t('loss')} {one.loss:.2f}" for one in newest.hardest]
    frames = np.stack([one.frame for one in newest.hardest])
    return figures.image_grid(frames, captions, hovers, columns=_COLUMNS).to_json()
