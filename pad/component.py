"""The page's components: the sketchpad, whose html, css and script are in `web/`."""

from pathlib import Path
from typing import Any

from pydantic import model_validator

from pad.gradio_import import I18nData, ImageData, is_in_or_equal
from pad.gradio_import import gradio as gr

_WEB = Path(__file__).parent / "web"
_HANDLE_FILE = (
    "send the picture itself, not its path: in Python, "
    "client.predict(gradio_client.handle_file(path), ...)"
)
_STYLES = ("sketchpad.css", "drawing.css", "network.css", "layout.css", "place.css")


def sketchpad(strings: I18nData, **props: Any) -> gr.HTML:
    """Return the component: paper, ten bars, the frame and the feature maps, live while drawing.

    Parameters
    ----------
    strings : I18nData
        Key of the translated JSON object with the page's texts.
    props : Any
        What the page's scripts read as `props`: `ink`, `row_limits`, `default_model`,
        `picture_limits`, `files`, `functions`.
    """
    return gr.HTML(
        value=str(strings),
        html_template=_read("sketchpad.html"),
        css_template="".join(map(_read, _STYLES)),
        js_on_load=_read("dist/sketchpad.js"),  # built from src/ by `npm run build`
        apply_default_css=False,
        elem_id="sketchpad",
        **props,
    )


class UploadedImage(ImageData):
    """What a client sends for a picture."""

    @model_validator(mode="before")
    @classmethod
    def _name_no_file(cls, value: Any) -> Any:
        """Take a path or URL as text, which users try first, for a file that is not uploaded.

        `picture_input` then says what to send; pydantic's error would not reach the user.
        """
        if isinstance(value, str):
            return {"path": "", "meta": {"_type": "gradio.FileData"}}
        return value


def picture_input(**options: Any) -> gr.Image:
    """Return an image input that passes the path of the uploaded file on, unopened.

    Decoding is left to mnist_core, whose errors name the cause.
    """
    image = gr.Image(type="filepath", **options)

    def uploaded_path(payload: ImageData | None) -> str | None:
        if payload is None or payload.path is None:
            return None
        # a caller must not name files of the server
        if not is_in_or_equal(payload.path, image.GRADIO_CACHE):
            raise gr.Error(_HANDLE_FILE, print_exception=False)
        return payload.path

    image.data_model = UploadedImage
    # not a subclass: gradio writes a stub file next to the source of every component class
    image.preprocess = uploaded_path  # type: ignore[method-assign]
    return image


def _read(name: str) -> str:
    return (_WEB / name).read_text(encoding="utf-8")
