"""Carry out a run: reserve its folder, train, and record in its state how it ended."""

import os
import traceback
from datetime import UTC, datetime

import torch

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import now
from mnist_core.runs.run import Run, exited_unexpectedly
from mnist_core.runs.run_training import Listener, train_in_folder
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.training.config import TrainConfig


def execute(
    run: Run,
    *,
    data: str | None = None,
    splits: tuple[Split, Split] | None = None,
    listen: Listener | None = None,
    stop: StopFlag | None = None,
    if_queued: bool = False,
    device: str | None = None,
) -> RunState:
    """Train a run to its end, or until a stop is requested; resume from its checkpoint if any.

    Parameters
    ----------
    run : Run
    data : str or None
        Folder with MNIST/raw, see `data_root`.
    splits : (training, validation) or None
        Images to use instead of MNIST's.
    listen : callable or None
        Called with every event.
    stop : StopFlag or None
        Another way to stop than `run.request_stop()`.
    if_queued : bool
        Do nothing if it has left the queue: it was stopped while this process started.
    device : str or None
        What "auto" means, such as cuda:1; None: a free one. Given `splits`, theirs is used.

    Returns
    -------
    RunState
        Its status is finished or stopped; unchanged if it was no longer queued.

    Raises
    ------
    MnistCoreError
        If it fails; the state gives the reason, and complete epochs are kept. Also if its folder
        was removed meanwhile, which is not created again.
    """
    stop = stop or StopFlag()
    with run.exclusive():
        before = run.read_state()
        if before.status == RunStatus.RUNNING:  # reserved, so its process was killed
            before = exited_unexpectedly(run, before)
        if if_queued and not run.is_in_queue():
            return before
        check_not_finished(run, before)
        try:
            return _train(run, before, data, splits, listen, stop, device)
        except (KeyboardInterrupt, SystemExit):
            _record_end(run, RunStatus.STOPPED, stop.reason or StopReason.INTERRUPTED)
            raise
        except MnistCoreError as error:
            _record_end(run, RunStatus.FAILED, StopReason.ERROR, str(error))
            _check_folder(run, error)
            raise
        except torch.OutOfMemoryError as error:
            reason = out_of_memory_advice(run.config())
            _record_end(run, RunStatus.FAILED, StopReason.ERROR, reason)
            raise MnistCoreError(reason) from error
        except Exception as error:
            _check_folder(run, error)
            reason = f"unexpected {type(error).__name__}: {str(error).partition(chr(10))[0]}"
            if run.config().compile:
                reason += "; torch.compile may not work here, try without it"
            _record_end(run, RunStatus.FAILED, StopReason.ERROR, reason, traceback.format_exc())
            raise MnistCoreError(f"{reason} (more in {run.log_path})") from error
        finally:
            stop.deferred = False


def check_not_finished(run: Run, state: RunState) -> None:
    """Raise MnistCoreError if a run is finished: it cannot be resumed."""
    if state.status == RunStatus.FINISHED:
        raise MnistCoreError(f"run {run.id} is finished; train a new one with other settings")


def out_of_memory_advice(config: TrainConfig) -> str:
    """Return which batch size to try on a GPU whose memory was too small."""
    smaller = 2 ** ((config.batch_size - 1).bit_length() - 1)
    options = [f"{smaller}" if smaller >= 2 else "a smaller model"]
    options += ["precision bf16"] if config.precision == "fp32" else []
    return (
        f"the GPU's memory is too small for batch_size {config.batch_size}; "
        f"try {', or '.join(options)}"
    )


def _train(
    run: Run,
    before: RunState,
    data: str | None,
    splits: tuple[Split, Split] | None,
    listen: Listener | None,
    stop: StopFlag,
    device: str | None,
) -> RunState:
    run.update_state(
        status=RunStatus.RUNNING,
        reason="",
        stop_reason=None,
        started=before.started or now(),
        resumed=now(),
        ended="",
        trained_seconds=before.seconds(datetime.now(UTC)),
        pid=os.getpid(),
    )
    run.leave_queue()
    stop.deferred = False  # nothing can be lost until training begins
    if stop.reason is not None:
        return _record_end(run, RunStatus.STOPPED, stop.reason)
    finished = train_in_folder(
        run, data=data, splits=splits, listen=listen, stop=stop, device=device
    )
    if finished is None:
        return _record_end(run, RunStatus.STOPPED, stop.reason)
    reason = StopReason.PATIENCE_EXHAUSTED if finished.early else None
    return _record_end(run, RunStatus.FINISHED, reason)


def _record_end(
    run: Run,
    status: RunStatus,
    stop_reason: StopReason | None,
    message: str = "",
    details: str = "",
) -> RunState:
    """Write the state of a run that has ended, and log it; nothing if its folder was removed."""
    reason = message or (stop_reason.message if stop_reason else "")
    changes = {
        "status": status,
        "reason": reason,
        "stop_reason": stop_reason,
        "ended": now(),
        "pid": None,
    }
    if not run.exists:
        return RunState.model_validate(changes)
    seconds = run.read_state().seconds(datetime.now(UTC))
    state = run.update_state(**changes, trained_seconds=seconds)
    if status != RunStatus.FINISHED:
        run.log(f"{state.outcome}\n{details}".rstrip())
    return state


def _check_folder(run: Run, error: Exception) -> None:
    if not run.exists:
        raise MnistCoreError(f"{run.folder}: the run's folder was removed") from error
