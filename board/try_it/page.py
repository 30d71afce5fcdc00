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
from board.widgets.common import BROKEN, draw_refreshed, errors_shown
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
                st.caption(t("Draw a digit."))
                drawing = draw_canvas(t)
            with st.container(width="stretch"):
                _predictions(t, sources, drawing)

    # refreshed only while the weights of a running training change
    changing = any(source.is_changing for source in sources)
    draw_refreshed(draw, _REFRESH_SECONDS if changing else None)


def _predictions(t: Translator, sources: Sequence[Source], drawing: Drawing | None) -> None:
    """Draw a column for each network, and below it one for its feature maps."""
    classifiers = [_load(source) for source in sources]
    stages = list(dict.fromkeys(stage for one in classifiers if one for stage in one.stages))
    if drawing is None:
        st.info(t("The canvas is empty."), icon=":material/draw:")
    if stages and st.session_state.get(_LAYER) not in stages:
        st.session_state[_LAYER] = stages[0]
    layer = st.session_state[_LAYER] if stages else ""
    found = []
    columns = zip(sources, classifiers, st.columns(len(sources)), strict=True)
    for number, (source, classifier, column) in enumerate(columns):
        with column:
            st.text(source.label)  # plain text: a run's name may contain Markdown
            if classifier is None:
                continue
            st.caption(_description(t, classifier))
            with errors_shown():
                if drawing is not None:
                    result = _classify(
                        classifier,
                        (source.key, source.version),
                        drawing.source,
                        (layer,) if layer in classifier.stages else (),
                    )
                    if _prediction(t, result.prediction, f"try-{number}"):
                        found.append((number, result))
    if found:
        _feature_maps(t, stages, len(sources), found)


def _feature_maps(
    t: Translator,
    stages: Sequence[str],
    columns: int,
    found: Sequence[tuple[int, PredictionWithMaps]],
) -> None:
    """Draw the choice of a layer, and its maps in each network that has it."""
    layer = st.segmented_control(
        t("Feature maps"), stages, required=True, key=_LAYER, persist_state="session"
    )
    places = st.columns(columns)
    for number, result in found:
        with places[number]:
            if layer in result.maps:
                maps = feature_maps(result.maps[layer], translate=t)
                live_chart(t("Feature maps of {layer}", layer=layer), maps, f"try-{number}-maps")
            else:
                st.caption(t("This network has no layer {layer}.", layer=layer))


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


def _prediction(t: Translator, prediction: Prediction, key: str) -> bool:
    """Draw a prediction; return whether it is one: not of a mere dot."""
    if prediction.is_blank:
        st.info(t("This is only a dot; draw a digit."), icon=":material/draw:")
        return False
    with st.container(horizontal=True, key=f"main-{key}"):
        st.metric(t("Prediction"), str(prediction.digit), width="content")
        st.metric(t("Confidence"), f"{prediction.confidence:.1%}", width="content")
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
    return True


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
