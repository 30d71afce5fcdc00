"""Running modules of this package in new processes, independent of the working directory."""

import io
import os
import subprocess
import sys
from pathlib import Path

from mnist_core.utils.files import SAFE_FLAGS

_ROOT = str(Path(__file__).resolve().parents[2])


def module_command(module: str, *args: str) -> list[str]:
    """Return the command that runs a module of this package with this Python."""
    return [sys.executable, "-m", module, *args]


def module_environment() -> dict[str, str]:
    """Return this process' environment, extended so that `module_command` finds the package.

    With `streamlit run elsewhere/dashboard.py` only the parent process has it on its path.
    """
    paths = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def start_module(
    *command: str, output: io.FileIO | io.BufferedWriter, lock: io.FileIO
) -> subprocess.Popen[bytes]:
    """Start a module of this package in a process that outlives this one and inherits a lock.

    The command is the module and its arguments; `output` receives what it prints. Raises OSError if
    it cannot be started.
    """
    return subprocess.Popen(
        module_command(*command),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=output,
        env=module_environment(),
        pass_fds=[lock.fileno()],
        start_new_session=True,  # Ctrl C in a terminal is not meant for it
    )


def open_output(path: Path) -> io.FileIO:
    """Open a new file for what a process prints. Raises OSError if it cannot be created."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SAFE_FLAGS
    return io.FileIO(path, "w", opener=lambda name, _: os.open(name, flags, 0o666))
