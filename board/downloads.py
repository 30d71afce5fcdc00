"""What a run's weights can be taken away as: weights, card, ONNX, report."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from board.page_context import PageContext
from board.translation import Translator
from mnist_core.errors import MnistCoreError
from mnist_core.models.onnx import export_file
from mnist_core.models.weights import read_card
from mnist_core.reports.run_html import run_report
from mnist_core.runs.run import Run

_BINARY = "application/octet-stream"


@dataclass(frozen=True)
class _File:
    """A file on offer: what the button says, the file's name and kind, what it is good for."""

    label: str
    name: str
    mime: str
    help: str


def draw_downloads(context: PageContext, run: Run) -> None:
    """Draw a button for each file; what takes a while is made when it is asked for."""
    t = context.t
    st.subheader(t("Take it away"))
    try:
        weights, stamp = run.weights_path.read_bytes(), run.weights_path.stat().st_mtime_ns
    except OSError as error:
        st.error(f"{run.weights_path}: {error.strerror}", icon=":material/error:")
        return
    with st.container(horizontal=True):
        about = t("safetensors: for torch and this program.")
        _offer(_File(t("Weights"), f"{run.id}.safetensors", _BINARY, about), weights)
        about = t("How the weights were made and what they score.")
        try:
            card = read_card(run.weights_path).as_json().encode()
        except MnistCoreError as error:
            st.error(str(error), icon=":material/error:")
        else:
            _offer(_File(t("Card"), f"{run.id}.json", "application/json", about), card)
        about = t(
            "For programs without torch: frames (N, 1, 28, 28) in [0, 1] to logits and "
            "probabilities. Checked against torch."
        )
        onnx = _File("ONNX", f"{run.id}.onnx", _BINARY, about)
        _make_and_offer(t, onnx, stamp, lambda: _onnx(run.folder, stamp))
        about = t("The evaluation as one page that opens in any browser.")
        report = _File(t("Report"), f"{run.id}.html", "text/html", about)
        _make_and_offer(t, report, stamp, lambda: _report(run.folder, stamp))


def _offer(file: _File, content: bytes) -> None:
    st.download_button(
        file.label,
        content,
        file.name,
        file.mime,
        key=f"download-{file.name}",
        icon=":material/download:",
        on_click="ignore",  # nothing on the page changes by it
        help=file.help,
    )


def _make_and_offer(t: Translator, file: _File, stamp: int, make: Callable[[], bytes]) -> None:
    """Draw a button that makes a file; once it is made, the one that downloads it."""
    key = f"made-{file.name}"
    place = st.empty()
    # made of the weights as they are now: those of a run under way get better
    if st.session_state.get(key) != stamp and not place.button(
        t("Make: {file}", file=file.label),
        icon=":material/build:",
        key=f"make-{file.name}",
        help=file.help,
    ):
        return
    try:
        with st.spinner(t("Making the file and checking it …")):
            content = make()
    except MnistCoreError as error:
        st.session_state.pop(key, None)
        st.error(str(error), icon=":material/error:")
        return
    st.session_state[key] = stamp
    with place:
        _offer(file, content)


@st.cache_data(max_entries=16, show_spinner=False)
def _onnx(folder: Path, stamp: int) -> bytes:
    """Return the ONNX file; `stamp` is when the weights were written."""
    return export_file(Run(folder).weights_path)


@st.cache_data(max_entries=8, show_spinner=False)
def _report(folder: Path, stamp: int) -> bytes:
    """Return the HTML file; `stamp` is when the weights were written."""
    return run_report(Run(folder)).encode()
