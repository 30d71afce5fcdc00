"""The pad's page and its documented endpoint."""

import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware

from mnist_core import MnistCoreError
from mnist_core.data.sizes import MEAN, STD
from mnist_core.imaging.images import open_picture
from mnist_core.imaging.rasterize import INK_BOX, INK_PEN, INK_SIZE
from pad.allowed_requests import AllowedRequests
from pad.capacity import BusyError, PictureCapacity
from pad.component import picture_input, sketchpad
from pad.files import file_routes, file_urls
from pad.function_route import PATH, function_route
from pad.functions import server_functions
from pad.gradio_import import get_upload_folder
from pad.gradio_import import gradio as gr
from pad.json_bodies import JsonBodies
from pad.limits import Limits
from pad.mcp_answers import json_answers
from pad.middleware import BodyLimit, CompressResponses
from pad.model_registry import ModelRegistry
from pad.page_head import FAVICON, TITLE, PageHead
from pad.payload import encode_prediction
from pad.reasoned_errors import BUSY, ReasonedErrors
from pad.slow_clients import closing_slow_clients
from pad.translations import KEY, translations
from pad.upload_budget import UploadBudget
from pad.uploads import deleting_old_uploads

_NOT_RECEIVED = (
    "the picture was not received: upload it (in Python: gradio_client.handle_file), or give the "
    "address of a picture that is public (http or https)"
)
_NEVER = 10**8  # seconds
_QUEUE_SECONDS = 0.02
"""How often the endpoint's queue is looked at: Gradio's 1,000 times a second take 7% of a core."""
_FONT = ["system-ui", "sans-serif"]
# the sketchpad fills the page, without Gradio's margins
_CSS = """
.gradio-container, .gradio-container .main { padding: 0 !important; max-width: none !important; }
#sketchpad .html-container { padding: 4px 16px 0 !important; }
html { scrollbar-gutter: stable; }
footer { margin: 0 !important; padding: 2px 0 !important; }
footer .divider { display: none !important; }
footer, footer :is(a, button, span, div) { color: var(--body-text-color) !important; }
"""


def _classify_endpoint(
    registry: ModelRegistry, limits: Limits, capacity: PictureCapacity
) -> Callable[[str], dict[str, Any]]:
    """Return what the endpoint `classify` calls; its docstring is the tool's description."""

    def classify(image: str) -> dict[str, Any]:
        """Classify the handwritten digit in a picture.

        Args:
            image: A picture of one digit: dark on light or light on dark, 8 to 4000 px a side.

        Returns:
            digit (0 to 9, null when the picture is blank), probabilities (ten numbers that sum
            to 1, for the digits 0 to 9), blank, close (the two most probable
            digits where neither is clearly ahead), is_digit, digit_score (the probability that
            it is a single digit), and reason (of a refusal: "blank", "not a digit" or "several
            digits", else null).
        """
        if not image:
            raise _refusal("no picture was sent; give an image file as 'image'")
        try:
            classifier = registry.get(registry.default())
            # opened here, so that no message names the server's path
            with capacity.reading(), Path(image).open("rb") as file:
                prediction = classifier.classify(open_picture(file, limits.max_picture_side))
        except BusyError as error:
            raise _refusal(str(error), title=BUSY) from error
        except MnistCoreError as error:
            raise _refusal(str(error)) from error
        except FileNotFoundError as error:
            raise _refusal("the upload was deleted meanwhile; send the picture again") from error
        except IsADirectoryError as error:
            raise _refusal(_NOT_RECEIVED) from error
        return encode_prediction(prediction)

    return classify


def build_page(
    registry: ModelRegistry, limits: Limits | None = None, capacity: PictureCapacity | None = None
) -> gr.Blocks:
    """Return the page: the sketchpad, and the endpoint `classify` (also an MCP tool)."""
    limits = limits or Limits()
    capacity = capacity or PictureCapacity(limits)

    # Gradio deletes all uploads at the end only; see pad.uploads
    delete_cache = (_NEVER, limits.upload_seconds)
    options = {"title": TITLE, "analytics_enabled": False, "delete_cache": delete_cache}
    with gr.Blocks(**options) as page:
        # on a Space, the page would load its header and fonts from other servers
        page.space_id = None
        sketchpad(
            translations()(KEY),
            input_scale={"mean": MEAN, "std": STD},
            ink={"size": INK_SIZE, "box": INK_BOX, "pen": INK_PEN},
            row_limits={
                "strokes": limits.max_strokes,
                "positions": limits.max_stroke_numbers,
                "total": limits.max_drawing_numbers,
            },
            default_model=registry.default(),
            picture_limits={"bytes": limits.max_picture_bytes, "side": limits.max_picture_side},
            files=file_urls(),
            functions=PATH.removeprefix("/").removesuffix("{name}"),
        )
        # never visible: they give the endpoint its types
        image = picture_input(visible=False, label="image")
        prediction = gr.JSON(visible=False, label="prediction")
        image.input(
            _classify_endpoint(registry, limits, capacity),
            image,
            prediction,
            api_name="classify",
            concurrency_limit=limits.pictures_at_once,
        )
    # those that wait for the endpoint; others are refused with status 503, at once
    page.queue(max_size=max(1, limits.pictures_waiting))
    page._queue.sleep_when_free = _QUEUE_SECONDS
    page._queue.progress_update_sleep_when_free = 1.0  # the endpoint reports no progress
    _name_what_to_send(page)
    return page


def _name_what_to_send(page: gr.Blocks) -> None:
    """Say what to send where Gradio refuses an input, such as an address that it cannot load.

    Its own message is not passed on, since it may name the server's folders.
    """
    preprocess = page.preprocess_data

    async def preprocess_data(*args: Any, **options: Any) -> Any:
        try:
            return await preprocess(*args, **options)
        except gr.Error:
            raise
        except Exception as error:
            raise _refusal(_NOT_RECEIVED) from error

    page.preprocess_data = preprocess_data  # type: ignore[method-assign]


def _refusal(message: str, **options: Any) -> gr.Error:
    """Return an error of the sender, which is no entry of the server's log."""
    return gr.Error(message, print_exception=False, **options)


def launch_options(
    registry: ModelRegistry, limits: Limits | None = None, capacity: PictureCapacity | None = None
) -> dict[str, Any]:
    """Return what `page.launch` needs besides an address; with the capacity of `build_page`."""
    limits = limits or Limits()
    functions = server_functions(registry, capacity, limits)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with (
            json_answers(app),
            closing_slow_clients(app, limits.header_seconds),
            deleting_old_uploads(app, limits.upload_seconds),
        ):
            yield

    return {
        "theme": gr.themes.Base(font=_FONT, font_mono=["ui-monospace", "monospace"]),
        "css": _CSS,
        "i18n": translations(),
        "mcp_server": True,
        "ssr_mode": False,
        "max_file_size": limits.max_picture_bytes,
        "app_kwargs": {
            # from the outside in: the head is rewritten before the page is compressed
            "middleware": [
                Middleware(AllowedRequests),
                Middleware(ReasonedErrors),
                Middleware(
                    UploadBudget, folder=get_upload_folder, limit=limits.upload_folder_bytes
                ),
                Middleware(BodyLimit, limit=limits.max_body_bytes, patience=limits.body_seconds),
                Middleware(JsonBodies),
                Middleware(CompressResponses),
                Middleware(PageHead),
            ],
            "routes": [*file_routes(registry), function_route(functions, limits)],
            "lifespan": lifespan,
        },
        "footer_links": ["api"],
        "favicon_path": FAVICON,
    }
