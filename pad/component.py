"""The sketchpad: a `gr.HTML` whose page code lies in `web/` as plain html, css and js files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.data_classes import ImageData
from gradio.i18n import I18nData
from gradio.utils import is_in_or_equal

_WEB = Path(__file__).parent / "web"
# one function scope, in the order in which they build on each other
_SCRIPTS = (
    "ink",
    "drawing",
    "link",
    "paper",
    "colour",
    "answer",
    "stages",
    "examples",
    "keyboard",
    "pictures",
    "main",
)


class SketchPad(gr.HTML):
    """Paper, ten bars, the frame and the feature maps, live while the pen moves.

    Parameters
    ----------
    strings : I18nData
        Key of the translated JSON object with the page's words.
    functions : list of callables
        `pad.functions.server_functions`.
    props : Any
        What the page code reads as `props`: `ink`, `default_model`, `picture_limits`.
    """

    def __init__(
        self, strings: I18nData, functions: list[Callable[[Any], Any]], **props: Any
    ) -> None:
        super().__init__(
            value=str(strings),
            html_template=_read("sketchpad.html"),
            css_template=_read("sketchpad.css"),
            js_on_load="\n".join(_read(f"js/{name}.js") for name in _SCRIPTS),
            apply_default_css=False,
            server_functions=functions,
            elem_id="sketchpad",
            **props,
        )


class PictureFile(gr.Image):
    """An image input that leaves decoding to mnist_core, whose errors say what is wrong."""

    def preprocess(self, payload: ImageData | None) -> str | None:
        """Return the path of the uploaded file, unopened.

        Raises
        ------
        gr.Error
            If the path is not that of an upload: a caller must not name files of the server.
        """
        if payload is None or payload.path is None:
            return super().preprocess(payload)
        if not is_in_or_equal(payload.path, self.GRADIO_CACHE):
            raise gr.Error("send the picture itself, for example with gradio_client.handle_file")
        return payload.path

    def get_block_name(self) -> str:
        """Return the name of the page code that it shares."""
        return "image"


def _read(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")
