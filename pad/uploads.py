"""The folder of uploads: one of the pad's own, without what earlier processes left in it.

Gradio deletes the uploads of its own process only: those of one that was killed would stay.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
import time
from pathlib import Path

from mnist_core.errors import MnistCoreError

_VARIABLE = "GRADIO_TEMP_DIR"
_UPLOAD = re.compile("[0-9a-f]{64}")
"""The folder of one upload, as Gradio names it."""


def prepare_upload_folder(seconds: float) -> Path:
    """Make the folder of uploads, tell Gradio, and delete those older than `seconds`.

    It is the one that GRADIO_TEMP_DIR names, or one of this user in the system's folder for
    temporary files.

    Raises
    ------
    MnistCoreError
        If it cannot be made or written; the message names it.
    """
    user = getattr(os, "getuid", lambda: "user")()
    default = Path(tempfile.gettempdir()) / f"drawpad-{user}"
    folder = Path(os.environ.get(_VARIABLE) or default)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise MnistCoreError(
            f"uploads cannot be written to {folder} ({error.strerror}); "
            f"set {_VARIABLE} to a folder that can be written"
        ) from error
    os.environ[_VARIABLE] = str(folder)
    delete_old_uploads(folder, time.time() - seconds)
    return folder


def delete_old_uploads(folder: Path, before: float) -> None:
    """Delete the uploads in a folder that have not changed since a time; leave other files."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # another process deletes it too
            if _UPLOAD.fullmatch(path.name) and path.lstat().st_mtime < before:
                shutil.rmtree(path)
