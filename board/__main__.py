"""Entry points of the dashboard: the page that Streamlit runs, and the command that starts it."""

import getpass
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.utils.extras import requires_extra
from mnist_core.utils.runtime import (
    configure_server_process,
    keep_freed_memory,
    without_garbage_collection,
)

# `.streamlit/config.toml` is next to the script, where Streamlit looks for it
_INSTALLED = Path(__file__).parent / "script/dashboard.py"
_IN_CHECKOUT = Path(__file__).parents[1] / "dashboard.py"


def draw_page() -> None:
    """Draw the page that the address names; Streamlit calls this on every interaction."""
    configure_server_process()
    keep_freed_memory()  # so that it estimates training times as a training process has them
    if "board.shell" not in sys.modules:
        with without_garbage_collection():
            importlib.import_module("board.shell")  # imports torch
    from board.shell import show

    show()


def main(argv: Sequence[str] | None = None) -> int:
    """Serve the dashboard until the process is stopped: `drawpad-dashboard [STREAMLIT OPTION]...`.

    The options are those of `streamlit run`, for example `--server.port 8600`.
    `drawpad-dashboard hash-password` prints the hash of a password, for the environment.
    """
    options = list(sys.argv[1:] if argv is None else argv)
    if options[:1] == ["hash-password"]:
        return _print_hash(options[1:])
    script = _INSTALLED if _INSTALLED.is_file() else _IN_CHECKOUT
    try:
        with requires_extra("dashboard"):
            from streamlit.web.cli import main as streamlit
    except MnistCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    try:
        return streamlit(["run", str(script), *options], prog_name="streamlit")
    except FileNotFoundError as error:  # that an option or a variable STREAMLIT_... names
        print(f"error: {error}", file=sys.stderr)
        return 2
    except (OSError, OverflowError) as error:  # of the socket
        print(
            f"error: the dashboard cannot listen there ({error}); give an address of this machine "
            "as --server.address, and a --server.port from 1 to 65535",
            file=sys.stderr,
        )
        return 2


def _print_hash(options: Sequence[str]) -> int:
    """Ask for a password, and print its hash."""
    from board.access.password import hash_password

    try:
        if options:
            raise MnistCoreError("hash-password asks for the password; give nothing after it")
        print(hash_password(getpass.getpass("password: ")))
    except EOFError:
        print("error: no password was given", file=sys.stderr)
        return 2
    except MnistCoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
