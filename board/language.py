"""The language of the visitor, and errors in it."""

import streamlit as st

from board.translation import LANGUAGES, Translator
from mnist_core.errors import ExplainedError, Message
from mnist_core.training.config import FIELDS

LANGUAGE = "lang"
"""Key of the selected language, in the session state and in the address."""


def current_translator() -> Translator:
    """Return that of the selected language, else the browser's if it is available, else English."""
    selected = st.session_state.get(LANGUAGE) or st.query_params.get(LANGUAGE)
    language = selected or (st.context.locale or "en").partition("-")[0]
    return Translator(language if language in LANGUAGES else "en")


def error_text(error: object, t: Translator) -> str:
    """Return an error, or the message of one, in the language of the visitor.

    Errors whose texts have no template stay English.
    """
    if isinstance(error, ExplainedError):
        error = error.message
    if not isinstance(error, Message):
        return str(error)
    values = {
        name: _field_text(value, t)
        if name == "field"
        else error_text(value, t)
        if isinstance(value, Message)
        else value
        for name, value in error.values.items()
    }
    return t.fill(error.template, values)


def _field_text(name: str, t: Translator) -> str:
    """Return a field of `TrainConfig` as the form calls it; in English, and others, its name."""
    label = FIELDS[name].label if name in FIELDS else name
    translated = t(label)
    return name if translated == label else translated
