"""Where a run comes from: its sweep, the run it was cloned from, and how it can be repeated."""

import platform
import subprocess
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from mnist_core.runs.state import Line
from mnist_core.utils.json_files import DamagedFileError, JsonModel, read_json, write_json

ORIGIN_FILE = "origin.json"
_PROVENANCE_FILE = "provenance.json"
_MAX_BYTES = 64 * 2**10
_GIT_SECONDS = 5.0


class RunOrigin(JsonModel):
    """origin.json: what a run was created for.

    Attributes
    ----------
    study : str
        The sweep that the run is a trial of; empty if it is none.
    trial : int or None
        Number of that trial.
    parent : str
        Id of the run whose settings it was started with; empty if there is none.
    """

    study: Line = ""
    trial: Annotated[int, Field(ge=0)] | None = None
    parent: Line = ""


class Provenance(JsonModel):
    """provenance.json: with what a run was trained, as of its last start.

    Attributes
    ----------
    command : str
        The shell command that trains the same settings.
    commit : str
        Git commit of the source; empty outside a checkout.
    modified : bool
        Whether the source had changes that are not in that commit.
    environment : dict of str to str
        Versions of what affects the result, and the machine.
    """

    command: Line = ""
    commit: Line = ""
    modified: bool = False
    environment: dict[Line, Line] = Field(default_factory=dict)


def read_origin(folder: Path) -> RunOrigin:
    """Return where the run in a folder comes from; empty if the file is missing or damaged."""
    try:
        return read_json(folder / ORIGIN_FILE, RunOrigin, limit=_MAX_BYTES)
    except DamagedFileError:
        return RunOrigin()


def read_provenance(folder: Path) -> Provenance | None:
    """Return with what the run in a folder was trained; None if that is not known."""
    try:
        return read_json(folder / _PROVENANCE_FILE, Provenance, limit=_MAX_BYTES)
    except DamagedFileError:
        return None


def write_provenance(folder: Path, command: str, device: str) -> None:
    """Record with what the run in a folder is trained now. Raises MnistCoreError."""
    import torch

    commit, modified = _git_commit()
    environment = {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": device,
        "threads": str(torch.get_num_threads()),
        "platform": platform.platform(),
        "host": platform.node(),
    }
    provenance = Provenance(
        command=command, commit=commit, modified=modified, environment=environment
    )
    write_json(folder / _PROVENANCE_FILE, provenance)


@cache
def _git_commit() -> tuple[str, bool]:
    """Return the commit of the source and whether it was changed; an installed package has none."""
    source = Path(__file__).parents[2]
    if not (source / ".git").exists():
        return "", False
    try:
        commit = _git(source, "rev-parse", "HEAD")
        return commit, bool(_git(source, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return "", False


def _git(source: Path, *arguments: str) -> str:
    finished = subprocess.run(
        ("git", "-C", str(source), *arguments),
        capture_output=True,
        text=True,
        timeout=_GIT_SECONDS,
        check=True,
    )
    return finished.stdout.strip()
