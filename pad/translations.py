"""The page's texts in every language that it has."""

from pathlib import Path

from pad.gradio_import import gradio as gr

KEY = "pad"
_FOLDER = Path(__file__).parent / "web/strings"


def translations() -> gr.I18n:
    """Return the texts for `launch(i18n=...)`: under `KEY`, one JSON object per language."""
    english = (_FOLDER / "en.json").read_text(encoding="utf-8")
    chinese = (_FOLDER / "zh.json").read_text(encoding="utf-8")
    locales = {"en": english, "zh": chinese, "zh-CN": chinese, "zh-TW": chinese}
    return gr.I18n(**{locale: {KEY: texts} for locale, texts in locales.items()})
