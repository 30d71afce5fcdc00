"""Entry point of the dashboard: what `streamlit run dashboard.py` executes."""

from __future__ import annotations

from mnist_core.utils.runtime import configure_server_process, keep_freed_memory


def draw_page() -> None:
    """Draw the page that the address names; Streamlit calls this on every interaction."""
    configure_server_process()
    keep_freed_memory()  # its estimates of training times shall be those of a training process
    from board.shell import show  # imports torch

    show()
