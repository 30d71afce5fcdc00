"""Entry point of the pad: `drawpad`, `python -m pad` or `python app.py`."""

from __future__ import annotations

from mnist_core.utils.runtime import configure_server_process


def main() -> int:
    """Serve the page until the process is stopped; Gradio's environment variables apply."""
    configure_server_process()
    from pad.library import Library  # imports torch
    from pad.page import build_page, launch_options

    build_page(Library()).launch(**launch_options())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
