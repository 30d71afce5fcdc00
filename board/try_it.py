"""Draw a digit, and see what a run makes of it; two runs side by side on one drawing."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

import numpy as np
import streamlit as st

from board.canvas import SIDE, Drawing, draw_canvas
from board.live_chart import live_chart
from board.page_context import PageContext
from board.translation import Translator
from board.try_it_source import Source, load, pick_sources
from mnist_core import Classifier, MnistCoreError, Reading
from mnist_core.figures import feature_maps, prediction_chart
from mnist_core.imaging.images import open_picture

_EVERY = 2.0
_LAYER = "try-layer"


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Try it"))
    sources = pick_sources(context)
    if not sources:
        return

    def draw() -> None:
        if any(source.has_ended() for source in sources):
            st.rerun()  # its weights change no more
        _input_column(t, sources)

    # by itself only where the weights change by themselves
    live = any(source.is_changing for source in sources)
    st.fragment(draw, run_every=_EVERY if live else None)()


def _input_column(t: Translator, sources: Sequence[Source]) -> None:
    """Draw the paper and, beside it, an answer for each network."""
    with st.container(horizontal=True, gap="medium"):
        with st.container(width=SIDE + 2):
            st.caption(t("Draw a digit; it is read whenever you lift the pen."))
            drawing = draw_canvas(t)
        with st.container(width="stretch"):
            _answers(t, sources, drawing)


def _answers(t: Translator, sources: Sequence[Source], drawing: Drawing | None) -> None:
    loaded = [_loaded(source) for source in sources]
    stages = list(dict.fromkeys(stage for one in loaded if one for stage in one.stages))
    if drawing is None:
        st.info(t("The paper is blank."), icon=":material/draw:")
    layer = None
    if stages and drawing is not None:
        if st.session_state.get(_LAYER) not in stages:
            st.session_state[_LAYER] = stages[0]
        layer = st.segmented_control(
            t("Feature maps of"), stages, required=True, key=_LAYER, persist_state="session"
        )
    places = st.columns(len(sources))
    for number, (source, classifier, place) in enumerate(zip(sources, loaded, places, strict=True)):
        with place:
            # plain text: a run's name may look like anything
            st.text(source.label)
            if classifier is None:
                continue
            st.caption(_about(t, classifier))
            if drawing is not None and layer is not None:
                _answer(t, source, classifier, drawing, layer, f"try-{number}")


def _loaded(source: Source) -> Classifier | None:
    """Return a network; None, and say so, where it cannot be had (any more)."""
    try:
        return load(source)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/heart_broken:")
        return None


def _about(t: Translator, classifier: Classifier) -> str:
    parts = [classifier.architecture]
    if classifier.card.epoch is not None:
        parts.append(t("epoch {n}", n=classifier.card.epoch))
    accuracy = classifier.card.accuracy()
    if accuracy is not None:
        parts.append(t("{accuracy} of the held-out images right", accuracy=f"{accuracy:.2%}"))
    return " · ".join(parts)


def _answer(
    t: Translator, source: Source, classifier: Classifier, drawing: Drawing, layer: str, key: str
) -> None:
    has_layer = layer in classifier.stages
    layers = (layer,) if has_layer else ()
    try:
        read = _read(classifier, (source.key, source.version), drawing.source, layers)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    prediction = read.prediction
    if prediction.is_blank:
        st.info(t("A dot is no digit: draw one."), icon=":material/draw:")
        return
    with st.container(horizontal=True):
        st.metric(t("Reads"), str(prediction.digit), border=True, width=100)
        st.metric(t("Confidence"), f"{prediction.confidence:.1%}", border=True, width=130)
    if prediction.close_call:
        first, second = prediction.close_call
        st.caption(t("A close call: {first} or {second}.", first=first, second=second))
    title = t("What it sees, and how probable each digit is")
    figure = prediction_chart(
        prediction.frame, prediction.probabilities, prediction.digit, translate=t
    )
    live_chart(title, figure.to_json(), f"{key}-reading")
    if has_layer:
        maps = feature_maps(read.maps[layer], translate=t)
        live_chart(t("Feature maps of {layer}", layer=layer), maps.to_json(), f"{key}-maps")
    else:
        st.caption(t("This network has no {layer}.", layer=layer))


@st.cache_data(max_entries=64, show_spinner=False)
def _read(
    _classifier: Classifier,
    weights: tuple[str, str],
    drawing: tuple[str, bytes],
    layers: tuple[str, ...],
) -> Reading:
    """Read a drawing: by its strokes, which is read best, else by its picture.

    `weights` stands for the classifier: nothing is read again while neither changes.
    """
    strokes, picture = drawing
    if strokes:
        points = [np.array(stroke) for stroke in json.loads(strokes)]
        return _classifier.read_strokes(points, layers)
    return _classifier.read_image(open_picture(io.BytesIO(picture)), layers)
