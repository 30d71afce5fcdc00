"""Entry point of the pad: `drawpad`, `python -m pad` or `python app.py`."""

import argparse
import sys
from collections.abc import Sequence

from mnist_core.errors import MnistCoreError
from mnist_core.utils.extras import requires_extra


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the page until the process is stopped; return the exit status.

    Gradio's environment variables apply, for example GRADIO_SERVER_NAME and GRADIO_SERVER_PORT.
    """
    parser = argparse.ArgumentParser(prog="drawpad", description="Serve the drawing pad.")
    parser.add_argument("--host", help="address to listen on; default: 127.0.0.1")
    parser.add_argument("--port", type=int, help="port; default: the first free one from 7860")
    options = parser.parse_args(argv)
    try:
        with requires_extra("pad"):
            from pad.capacity import PictureCapacity
            from pad.limits import Limits
            from pad.model_registry import ModelRegistry
            from pad.page import build_page, launch_options
            from pad.uploads import prepare_upload_folder
        limits = Limits.from_environment()
        prepare_upload_folder(limits.upload_seconds)
    except MnistCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    shared = ModelRegistry(), limits, PictureCapacity(limits)
    page = build_page(*shared)
    address = {"server_name": options.host, "server_port": options.port}
    page.launch(**address, **launch_options(*shared))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
