"""The folder of uploads: one of the pad's own, from which old ones are deleted.

Gradio deletes the uploads of its own process only, and no more once one arrives while it looks.
"""

import asyncio
import contextlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.applications import Starlette

from mnist_core.errors import MnistCoreError

_VARIABLE = "GRADIO_TEMP_DIR"
_UPLOAD = re.compile("[0-9a-f]{64}")
"""The folder of one upload, as Gradio names it."""
_UNFINISHED = re.compile("tmp[a-z0-9_]{8}")
"""An upload that broke off, which Gradio leaves: a file, as `tempfile` names it."""


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


@contextlib.asynccontextmanager
async def deleting_old_uploads(app: Starlette, seconds: float) -> AsyncIterator[None]:
    """Delete uploads older than `seconds` while a Gradio application is served."""
    folder = Path(os.environ.get(_VARIABLE) or Path(tempfile.gettempdir()) / "gradio")

    async def repeat() -> None:
        while True:
            await asyncio.sleep(min(600, seconds))
            with contextlib.suppress(OSError):  # the folder is gone
                await asyncio.to_thread(delete_old_uploads, folder, time.time() - seconds)
            for names in app.get_blocks().temp_file_sets:  # type: ignore[attr-defined]
                names -= {name for name in list(names) if not os.path.lexists(name)}

    repeating = asyncio.create_task(repeat())
    try:
        yield
    finally:
        repeating.cancel()


def delete_old_uploads(folder: Path, before: float) -> None:
    """Delete uploads, also unfinished ones, that have not changed since a time; no other files."""
    for path in folder.iterdir():
        with contextlib.suppress(OSError):  # another process deletes it too
            if path.lstat().st_mtime >= before:
                continue
            if _UPLOAD.fullmatch(path.name):
                shutil.rmtree(path)
            elif _UNFINISHED.fullmatch(path.name) and not path.is_dir():
                path.unlink()
