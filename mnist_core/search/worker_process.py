"""The process of one of several workers: `python -m mnist_core.search.worker_process`.

It reads a `WorkerTask` as JSON from standard input.
"""

from __future__ import annotations

import sys
from contextlib import suppress

from mnist_core.utils.runtime import configure_training_process

configure_training_process()  # before torch is imported

from mnist_core.errors import MnistCoreError  # noqa: E402
from mnist_core.search.stop_file import stop_on_file  # noqa: E402
from mnist_core.search.study import open_study  # noqa: E402
from mnist_core.search.sweep import splits_loader  # noqa: E402
from mnist_core.search.trial_text import trial_line  # noqa: E402
from mnist_core.search.worker import Worker  # noqa: E402
from mnist_core.search.worker_pool import WorkerError, WorkerTask  # noqa: E402


def run_worker(task: WorkerTask) -> int:
    """Work until the sweep has ended or is stopped; return the exit status."""
    try:
        with stop_on_file(task.stop_file) as stop:
            Worker(
                task.request,
                open_study(task.request, task.storage),
                task.storage,
                task.root,
                load_splits=splits_loader(task.request, task.data),
                stop=stop,
                report=lambda trial: print(trial_line(trial), file=sys.stderr, flush=True),
            ).run()
    except KeyboardInterrupt:
        return 130
    except MnistCoreError as error:
        with suppress(BrokenPipeError):  # the parent process may have been killed
            print(WorkerError(message=str(error)).model_dump_json(), flush=True)
        return 2
    return 130 if stop.reason else 0


if __name__ == "__main__":
    sys.exit(run_worker(WorkerTask.model_validate_json(sys.stdin.buffer.read())))
