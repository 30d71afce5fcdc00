"""A folder of links to runs, called by their present names: TensorBoard shows names of folders."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import as_file_name, list_runs, runs_root
from mnist_core.utils.files import explain_errors, make_folder


def link_runs(
    folder: str | os.PathLike[str], root: str | os.PathLike[str] | None = None
) -> list[Path]:
    """Make a link to each run, in place of the links that are there; return them, newest first.

    A run is called by its present name; by its id as well where others have that name, and by its
    id alone where it has none that a folder can have, or is damaged.

    Raises
    ------
    MnistCoreError
        If the folder has something else in it, or cannot be written.
    """
    place, runs, source = Path(folder), list_runs(root), runs_root(root).resolve()
    make_folder(place)
    with explain_errors(place, "cannot be written"):
        there = list(place.iterdir())
        for path in there:
            if not path.is_symlink() or path.readlink().parent != source:
                raise MnistCoreError(f"{place}: has {path.name!r} in it; give a folder of its own")
        for path in there:
            path.unlink()
        links = [place / name for name in _names(runs)]
        for link, run in zip(links, runs, strict=True):
            link.symlink_to(source / run.id, target_is_directory=True)
    return links


def _names(runs: list[Run]) -> list[str]:
    names = [_name(run) for run in runs]
    count = Counter(name.casefold() for name in names)
    return [
        name if count[name.casefold()] == 1 or name == run.id else f"{name}-{run.id}"
        for name, run in zip(names, runs, strict=True)
    ]


def _name(run: Run) -> str:
    try:
        return as_file_name(run.read_state().name) or run.id
    except MnistCoreError:
        return run.id
