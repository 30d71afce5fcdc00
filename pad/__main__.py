"""Entry point of the pad: `drawpad`, `python -m pad` or `python app.py`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import CommandParser
from mnist_core.utils.extras import explains_environment, requires_extra
from mnist_core.utils.runtime import without_garbage_collection
from pad.address import Address, check_root_path, take_address, without_proxies

if TYPE_CHECKING:
    from pad.gradio_import import gradio as gr


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until the process is stopped; return the exit status.

    Gradio's environment variables apply, for example GRADIO_SERVER_NAME and GRADIO_SERVER_PORT.
    """
    parser = CommandParser(prog="drawpad", description="Serve the drawing pad.")
    parser.add_argument("--host", help="address to listen on; default: 127.0.0.1")
    parser.add_argument("--port", type=int, help="port; default: the first free one from 7860")
    options = parser.parse_args(argv)
    try:
        check_root_path()
        address = take_address(options.host, options.port)
        with without_proxies(), without_garbage_collection():
            page = _serve(address)
    except (MnistCoreError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    page.block_thread()
    return 0


def _serve(address: Address) -> gr.Blocks:
    """Begin to serve the page. Raises MnistCoreError, and OSError if the address was taken."""
    with requires_extra("pad"):
        from pad.limits import Limits
        from pad.uploads import prepare_upload_folder
    limits = Limits.from_environment()
    # before Gradio is imported, which makes a folder in it, otherwise in one that users share
    prepare_upload_folder(limits.upload_seconds)
    with requires_extra("pad"):
        from pad.capacity import PictureCapacity
        from pad.gradio_import import without_reloading
        from pad.model_registry import ModelRegistry
        from pad.page import build_page, launch_options
    shared = ModelRegistry(), limits, PictureCapacity(limits)
    where = {"server_name": address.host, "server_port": address.port}
    with explains_environment(), without_reloading():
        page = build_page(*shared)
        page.launch(**where, **launch_options(*shared), prevent_thread_lock=True)
    return page


if __name__ == "__main__":
    raise SystemExit(main())
