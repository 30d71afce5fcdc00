"""Deleting runs, also those that are running: they are stopped first."""

import time
from collections.abc import Iterable

from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.state import ACTIVE

_POLL_SECONDS = 0.05
_STOP_SECONDS = 60.0


def stop_and_delete(runs: Iterable[Run], timeout: float = _STOP_SECONDS) -> None:
    """Stop the runs that train, wait until they have ended, and delete all of them.

    Of a run whose folder is a symbolic link, only the link is deleted. A run that cannot be deleted
    does not keep the others.

    Parameters
    ----------
    runs : iterable of Run
    timeout : float
        Seconds to wait for those that train; they end after the current step.

    Raises
    ------
    MnistCoreError
        If some of them have not ended in this time, or cannot be deleted; the message names each.
    """
    found = list(runs)
    problems: list[str] = []
    for run in found:
        _stop(run)
    deadline = time.monotonic() + timeout
    for run in found:
        while run.is_active() and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        try:
            run.delete()
        except MnistCoreError as error:
            problems.append(str(error))
    if problems:
        raise MnistCoreError("; ".join(problems))


def _stop(run: Run) -> None:
    """Ask a run to stop, so that no worker starts it meanwhile either."""
    try:
        if run.state().status in ACTIVE:
            run.request_stop()
    except MnistCoreError:  # damaged, or it has just ended: `delete` says what is wrong
        return
