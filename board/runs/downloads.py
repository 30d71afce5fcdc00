"""Downloads of a run: weights, model card, ONNX, report."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from board.page_context import PageContext
from board.translation import Translator
from board.widgets.clicks import clicked
from board.widgets.common import errors_shown, show_error
from mnist_core.errors import MnistCoreError
from mnist_core.inference.export import export_weights
from mnist_core.models.card_file import read_card
from mnist_core.reports.html import run_report
from mnist_core.runs.axes import curves_csv
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run

_BINARY = "application/octet-stream"


@dataclass(frozen=True)
class _File:
    """A download: the button's label and help text, the file's name and MIME type."""

    label: str
    name: str
    mime: str
    help: str


def draw_downloads(context: PageContext, run: Run) -> None:
    """Draw a button for each file; slow ones are generated on request."""
    t = context.t
    st.subheader(t("Downloads"))
    try:
        weights, stamp = run.weights_path.read_bytes(), run.weights_path.stat().st_mtime_ns
    except OSError as error:
        show_error(f"{run.weights_path}: {error.strerror}")
        return
    with st.container(horizontal=True):
        about = t("safetensors file for PyTorch and this program.")
        _draw_download(_File(t("Weights"), f"{run.id}.safetensors", _BINARY, about), weights)
        about = t("How the weights were trained, and their scores.")
        with errors_shown():
            card = read_card(run.weights_path).as_json().encode()
            _draw_download(_File(t("Card"), f"{run.id}.json", "application/json", about), card)
        about = t(
            "For programs without PyTorch: the graph that the pad runs. Input: ink canvases "
            "(N, 1, 56, 56), uint8. Output: frames, probabilities, digit scores and feature maps. "
            "The file is checked against PyTorch."
        )
        onnx = _File("ONNX", f"{run.id}.onnx", _BINARY, about)
        _draw_generated(t, onnx, stamp, lambda: _onnx(run.folder, stamp))
        draw_report_download(t, run)


def draw_report_download(t: Translator, run: Run) -> None:
    """Draw the button that generates a run's report; nothing while it has no weights."""
    try:
        stamp = f"{run.weights_path.stat().st_mtime_ns} {run.state().model_dump_json()}"
    except OSError:
        return
    except MnistCoreError as error:
        show_error(error)
        return
    about = t("The evaluation as one HTML file for any browser.")
    report = _File(t("Report"), f"{run.id}.html", "text/html", about)
    _draw_generated(t, report, stamp, lambda: _report(run.folder, stamp))


def draw_curves_download(t: Translator, run: Run) -> None:
    """Draw the button that downloads a run's metrics as CSV; they are read on request."""
    st.download_button(
        t("Curves as CSV"),
        lambda: curves_csv(MetricReader(run.folder).read(), run.config()),
        f"{run.id}.csv",
        "text/csv",
        key=f"curves-{run.id}",
        icon=":material/download:",
        on_click="ignore",
        help=t("Every point of every curve, with its step, epoch, images and time."),
    )


def _draw_download(file: _File, content: bytes) -> None:
    st.download_button(
        file.label,
        content,
        file.name,
        file.mime,
        key=f"download-{file.name}",
        icon=":material/download:",
        on_click="ignore",  # nothing on the page changes
        help=file.help,
    )


def _draw_generated(
    t: Translator, file: _File, stamp: int | str, make: Callable[[], bytes]
) -> None:
    """Draw the button that generates a file; then the one that downloads it."""
    key = f"made-{file.name}"
    place = st.empty()
    # a running training replaces its weights, and grows; the file is of the present state
    if st.session_state.get(key) != stamp:
        with place:
            pressed = clicked(
                t("Generate {file}", file=file.label),
                key=f"make-{file.name}",
                icon=":material/build:",
                help=file.help,
            )
        if not pressed:
            return
    try:
        with st.spinner(t("Generating the file …")):
            content = make()
    except MnistCoreError as error:
        st.session_state.pop(key, None)
        show_error(error)
        return
    st.session_state[key] = stamp
    with place:
        _draw_download(file, content)


@st.cache_data(max_entries=16, show_spinner=False)
def _onnx(folder: Path, stamp: int) -> bytes:
    """Return the ONNX file; `stamp` is the modification time of the weights."""
    return export_weights(Run(folder).weights_path)


@st.cache_data(max_entries=8, show_spinner=False)
def _report(folder: Path, stamp: str) -> bytes:
    """Return the HTML file; `stamp` changes with the weights, the name and the epochs."""
    return run_report(Run(folder)).encode()
