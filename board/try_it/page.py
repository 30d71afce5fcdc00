"""The page Try it: draw a digit and see the predictions of one or two networks."""

import io
import json
from collections.abc import Sequence

import numpy as np
import streamlit as st

from board.page_context import PageContext
from board.translation import Translator
from board.try_it.canvas import SIDE, Drawing, draw_canvas
from board.try_it.source import Source, load, select_sources
from board.widgets.common import BROKEN, errors_shown
from board.widgets.live_chart import live_chart
from board.widgets.markdown import escape_markdown
from mnist_core import Classifier, Prediction, PredictionWithMaps, RefusalReason
from mnist_core.figures import feature_maps, prediction_chart
from mnist_core.imaging.images import open_picture

_REFRESH_SECONDS = 2.0
_LAYER = "try-layer"


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Try it"))
    sources = select_sources(context)
    if not sources:
        return

    def draw() -> None:
        if any(source.has_ended() for source in sources):
            st.rerun()  # its weights no longer change
        with st.container(horizontal=True, gap="medium"):
            with st.container(width=SIDE + 2):
                st.caption(t("Draw a digit. It is classified after every stroke."))
                drawing = draw_canvas(t)
            with st.container(width="stretch"):
                _predictions(t, sources, drawing)

    # refreshed only while the weights of a running training change
    changing = any(source.is_changing for source in sources)
    st.fragment(draw, run_every=_REFRESH_SECONDS if changing else None)()


def _predictions(t: Translator, sources: Sequence[Source], drawing: Drawing | None) -> None:
    """Draw a column for each network."""
    classifiers = [_load(source) for source in sources]
    stages = list(dict.fromkeys(stage for one in classifiers if one for stage in one.stages))
    layer = None
    if drawing is None:
        st.info(t("The canvas is empty."), icon=":material/draw:")
    elif stages:
        if st.session_state.get(_LAYER) not in stages:
            st.session_state[_LAYER] = stages[0]
        layer = st.segmented_control(
            t("Feature maps"), stages, required=True, key=_LAYER, persist_state="session"
        )
    columns = zip(sources, classifiers, st.columns(len(sources)), strict=True)
    for number, (source, classifier, column) in enumerate(columns):
        with column:
            st.text(source.label)  # plain text: a run's name may contain Markdown
            if classifier is not None:
                st.caption(_description(t, classifier))
                if drawing is not None and layer is not None:
                    with errors_shown():
                        _prediction(t, source, classifier, drawing, layer, f"try-{number}")


def _load(source: Source) -> Classifier | None:
    """Return a network; None, with the reason on the page, if it is damaged or deleted."""
    with errors_shown(BROKEN):
        return load(source)
    return None


def _description(t: Translator, classifier: Classifier) -> str:
    parts = [escape_markdown(classifier.architecture)]
    if classifier.card.epoch is not None:
        parts.append(t("epoch {n}", n=classifier.card.epoch))
    accuracy = classifier.card.accuracy()
    if accuracy is not None:
        parts.append(t("validation accuracy {accuracy}", accuracy=f"{accuracy:.2%}"))
    return " · ".join(parts)


def _prediction(
    t: Translator, source: Source, classifier: Classifier, drawing: Drawing, layer: str, key: str
) -> None:
    has_layer = layer in classifier.stages
    layers = (layer,) if has_layer else ()
    result = _classify(classifier, (source.key, source.version), drawing.source, layers)
    prediction = result.prediction
    if prediction.is_blank:
        st.info(t("This is only a dot; draw a digit."), icon=":material/draw:")
        return
    with st.container(horizontal=True):
        st.metric(t("Prediction"), str(prediction.digit), border=True, width=110)
        st.metric(t("Confidence"), f"{prediction.confidence:.1%}", border=True, width=130)
    if not prediction.is_digit:
        st.caption(_refusal(t, prediction))
    if prediction.close_call:
        first, second = prediction.close_call
        st.caption(t("Uncertain: {first} or {second}.", first=first, second=second))
    figure = prediction_chart(
        prediction.frame, prediction.probabilities, prediction.digit, translate=t
    )
    title = t("Network input and the probability of each digit")
    live_chart(title, figure, f"{key}-prediction")
    if has_layer:
        maps = feature_maps(result.maps[layer], translate=t)
        live_chart(t("Feature maps of {layer}", layer=layer), maps, f"{key}-maps")
    else:
        st.caption(t("This network has no layer {layer}.", layer=layer))


def _refusal(t: Translator, prediction: Prediction) -> str:
    if prediction.reason is RefusalReason.SEVERAL_DIGITS:
        return t("These look like several digits; closest is {digit}.", digit=prediction.digit)
    return t("This doesn't look like a digit; closest is {digit}.", digit=prediction.digit)


@st.cache_data(max_entries=64, show_spinner=False)
def _classify(
    _classifier: Classifier,
    weights: tuple[str, str],
    drawing: tuple[str, bytes],
    layers: tuple[str, ...],
) -> PredictionWithMaps:
    """Classify a drawing by its strokes, which is more accurate, else by its image.

    `weights` identifies the classifier in the cache.
    """
    strokes, picture = drawing
    if strokes:
        return _classifier.classify_strokes_with_maps(
            [np.array(s) for s in json.loads(strokes)], layers
        )
    return _classifier.classify_with_maps(open_picture(io.BytesIO(picture)), layers)
