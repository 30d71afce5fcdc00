"""Commands of this package in processes of their own, wherever this one was started."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_ROOT = str(Path(__file__).resolve().parents[2])


def module_command(module: str, *words: str) -> list[str]:
    """Return the command that runs a module of this package with this Python."""
    return [sys.executable, "-m", module, *words]


def module_environment() -> dict[str, str]:
    """Return this process' environment, in which `module_command` also finds the package.

    `streamlit run elsewhere/dashboard.py` has the package on its own path only.
    """
    found = [_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(found)}
