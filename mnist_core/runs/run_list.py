"""The folder of all runs: creating runs, listing them, and finding one or its weights by name."""

import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import weights_path
from mnist_core.runs.folder import now
from mnist_core.runs.origin import ORIGIN_FILE, RunOrigin
from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import Kind
from mnist_core.utils.files import explain_errors, make_folder
from mnist_core.utils.json_files import write_json

T = TypeVar("T")
_ATTEMPTS = 10_000
_MAX_NAME_LENGTH = 40
"""Of the name in a run's id; a file name has at most 255 bytes."""
_MAX_LISTED = 10
"""Of the runs that a message names."""
_WEIGHTS_FIELDS = tuple(name for name, field in FIELDS.items() if field.kind is Kind.WEIGHTS)
_TIME = re.compile(r"\d{8}-\d{6}(\.\d{3})?")
"""What `_new_time` returns."""


def runs_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of all runs: argument, MNIST_RUNS, or ./runs."""
    return Path(root or os.environ.get("MNIST_RUNS") or "runs")


def create_run(
    config: TrainConfig,
    root: str | os.PathLike[str] | None = None,
    name: str = "",
    origin: RunOrigin | None = None,
) -> Run:
    """Create the folder of a new run, queued; its id is the time and the name, or the model.

    TensorBoard shows the folder's name: letters and digits of any language, and - _ . of the name
    are in it. `origin` is kept with it: the sweep that it is a trial of, or the run that it was
    cloned from.

    Raises
    ------
    MnistCoreError
        If the folder cannot be created or written.
    """
    folder = runs_root(root)
    make_folder(folder)
    for _ in range(_ATTEMPTS):
        run = Run(folder / f"{_new_time(folder)}-{as_file_name(name) or config.model}")
        try:
            run.folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise MnistCoreError(f"{run.folder}: cannot be created ({error.strerror})") from error
        try:
            run.write_state(
                RunState(
                    status=RunStatus.QUEUED,
                    name=name or run.id,
                    epochs=config.epochs,
                    created=now(),
                )
            )
            if origin is not None:
                write_json(run.folder / ORIGIN_FILE, origin)
            write_json(run.config_path, config)  # last: this makes the folder a run
        except BaseException:  # also when a signal interrupts
            shutil.rmtree(run.folder, ignore_errors=True)
            raise
        return run
    raise MnistCoreError(f"{folder}: too many runs are created in it at once; wait a second")


def _new_time(folder: Path) -> str:
    """Return the time: to the second, or if a run began in it, to the millisecond.

    A full stop sorts after a hyphen, so the first run of a second is the first in the list as well.
    Of a millisecond in which a run began, it waits for the end.
    """
    while True:
        at = datetime.now(UTC)
        second = f"{at:%Y%m%d-%H%M%S}"
        with explain_errors(folder, "cannot be read"):
            taken = [name for name in os.listdir(folder) if name.startswith(second)]
        if not taken:
            return second
        millisecond = f"{second}.{at.microsecond // 1000:03d}"
        if not any(name.startswith(millisecond) for name in taken):
            return millisecond


def as_file_name(name: str) -> str:
    """Return a name without what is special in a path, a shell or an address; it may be empty."""
    return re.sub(r"[^\w.]+", "-", name)[:_MAX_NAME_LENGTH].strip("-.")


def without_name(run_id: str, name: str) -> str:
    """Return an id without the name that it was made with, which is its time; else all of it."""
    time = run_id.removesuffix(f"-{as_file_name(name)}")
    return time if _TIME.fullmatch(time) else run_id


def list_runs(root: str | os.PathLike[str] | None = None) -> list[Run]:
    """Return every run folder, the newest first; damaged ones too (their `state` raises).

    Raises
    ------
    MnistCoreError
        If the folder of all runs cannot be read.
    """
    folder = runs_root(root)
    return [run for name in names_in(folder) if (run := Run(folder / name)).exists]


def names_in(folder: str | os.PathLike[str]) -> list[str]:
    """Return the names in a folder of runs, the newest first; none if there is no such folder.

    Raises MnistCoreError if it cannot be read.
    """
    if not os.path.lexists(folder):  # False, not an error, for a path that is too long
        return []
    hint = "; name a folder of runs that you may read, by --runs or MNIST_RUNS"
    with explain_errors(Path(folder), "cannot be read", hint):
        return sorted(os.listdir(folder), reverse=True)


def find_run(name: str, root: str | os.PathLike[str] | None = None) -> Run:
    """Return the run with this folder, id, beginning of an id, or name; "last" is the newest.

    A folder wins over an id, and an id over names and beginnings.

    Raises
    ------
    MnistCoreError
        If there is none, or several have the name or the prefix; the message lists their ids.
    """
    if not name.strip():
        raise MnistCoreError("the run's name is empty; give its id, its name, or last")
    if Run(Path(name)).exists:  # False, not an error, for an absurd name
        return Run(Path(name).resolve())
    runs = list_runs(root)
    if name == "last" and runs:
        return runs[0]
    exact = [run for run in runs if run.id == name]
    matching = exact or [run for run in runs if run.id.startswith(name) or _name(run) == name]
    if len(matching) == 1:
        return matching[0]
    if not matching:
        some = ", ".join(run.id for run in runs[:5]) or "none yet"
        raise MnistCoreError(f"there is no run {name!r} in {runs_root(root)}: {some}")
    some = ", ".join(run.id for run in matching[:_MAX_LISTED])
    more = f" and {len(matching) - _MAX_LISTED} more" if len(matching) > _MAX_LISTED else ""
    called = any(not run.id.startswith(name) for run in matching)
    what = "have the name, or begin with," if called else "begin with"
    raise MnistCoreError(
        f"several runs {what} {name!r} in {runs_root(root)}; give the id of one: {some}{more}"
    )


def _name(run: Run) -> str:
    """Return a run's display name; empty if it is damaged."""
    try:
        return run.read_state().name
    except MnistCoreError:
        return ""


def find_weights(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Return the weights file that a name refers to: shipped, promoted, a file, or a run's.

    Raises
    ------
    MnistCoreError
        If it refers to none, or the run has none yet.
    """
    try:
        return weights_path(name)
    except MnistCoreError as not_weights:
        if not name.strip():
            raise
        try:
            run = find_run(name, root)
        except MnistCoreError as not_run:
            raise MnistCoreError(f"{not_weights}; {not_run}") from None
    if not run.weights_path.is_file():
        raise MnistCoreError(f"run {run.id} has no weights yet: no epoch is complete")
    return run.weights_path


def run_of_weights(path: Path) -> Run | None:
    """Return the run whose kept weights a file is; None if it is no run's."""
    run = Run(path.parent)
    return run if run.weights_path == path and run.exists else None


def weights_label(path: Path) -> str:
    """Return what to call the weights of a file: a run's id, or the file's name without suffix."""
    run = run_of_weights(path)
    return path.stem if run is None else run.id


def lasting_name(name: str, root: str | os.PathLike[str] | None = None) -> str:
    """Return a name that keeps referring to the same weights: those of a run become its id.

    Raises MnistCoreError as `find_weights` does.
    """
    path = find_weights(name, root)
    run = run_of_weights(path)
    if run is None or name == str(path):
        return name
    in_root = run.folder.parent.resolve() == runs_root(root).resolve()
    return run.id if in_root else str(path)


def with_lasting_names(
    config: TrainConfig, root: str | os.PathLike[str] | None = None
) -> TrainConfig:
    """Return a configuration whose weights have lasting names, as `lasting_name` gives them."""
    return config.with_changes(
        **{name: lasting_value(name, getattr(config, name), root) for name in _WEIGHTS_FIELDS}
    )


def lasting_value(field: str, value: T, root: str | os.PathLike[str] | None = None) -> T | str:
    """Return the value of a field of `TrainConfig`; of weights, with their `lasting_name`."""
    if field in _WEIGHTS_FIELDS and isinstance(value, str):
        return lasting_name(value, root)
    return value
